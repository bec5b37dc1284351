// Runs jobs of test_mp3_times.py in mediabunny: each input line is a job in JSON, each output line its answer.

globalThis.WorkerGlobalScope = class {}; // so that the encoder starts no worker

import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import * as mediabunny from "../../build/mediabunny/dist/modules/src/index.js";

const {
  AudioSample, AudioSampleSource, BufferSource, BufferTarget, EncodedAudioPacketSource, EncodedPacketSink, Input, MP3,
  Mp3OutputFormat, Output, Quality,
} = mediabunny;
globalThis[Symbol.for("mediarecorder.media")] = { mediabunny };
await import("../../py/mediarecorder/js/mp3.js");

const open = (path) => new Input({ source: new BufferSource(readFileSync(path)), formats: [MP3] });

/** The packets of a file, with times in samples. */
async function read({ path }) {
  const input = open(path);
  const said = await input.getDurationFromMetadata();
  const track = await input.getPrimaryAudioTrack();
  const rate = await track.getSampleRate();
  const sink = new EncodedPacketSink(track);
  const packets = [];
  for (let packet = await sink.getFirstPacket(); packet; packet = await sink.getNextPacket(packet)) {
    packets.push([packet.timestamp * rate, packet.duration * rate, packet.data.length]);
  }
  const { images = [], title } = await input.getMetadataTags();
  const covers = images.map(({ data }) => Buffer.from(data).toString("hex"));
  return { packets, said: said === null ? null : said * rate, covers, title };
}

async function written(to, source, tags, work) {
  const output = new Output({ format: new Mp3OutputFormat(), target: new BufferTarget() });
  output.addAudioTrack(source);
  output.setMetadataTags(tags);
  await output.start();
  await work();
  await output.finalize();
  writeFileSync(to, new Uint8Array(output.target.buffer));
}

/** The packets in a new file, with their times shifted by this many seconds. */
async function copy({ path, to, shift = 0 }) {
  const input = open(path);
  const track = await input.getPrimaryAudioTrack();
  const source = new EncodedAudioPacketSource("mp3");
  const meta = { decoderConfig: await track.getDecoderConfig() };
  await written(to, source, await input.getMetadataTags(), async () => {
    for await (const packet of new EncodedPacketSink(track).packets()) {
      await source.add(packet.clone({ timestamp: packet.timestamp + shift }), meta);
    }
  });
}

/** A file of 16-bit samples, in pieces of different lengths. */
async function encode({ path, to, rate, channels, bitrate }) {
  const values = new Int16Array(readFileSync(path).buffer.slice(0));
  const source = new AudioSampleSource({ codec: "mp3", quality: new Quality({ bitrate }) });
  await written(to, source, {}, async () => {
    for (let start = 0, frames = 1000; start < values.length / channels; start += frames, frames = 5000 - frames) {
      const data = values.slice(start * channels, (start + frames) * channels);
      const timestamp = start / rate;
      const sample = new AudioSample({ data, format: "s16", numberOfChannels: channels, sampleRate: rate, timestamp });
      await source.add(sample);
      sample.close();
    }
  });
}

const verbs = { read, copy, encode };
for await (const line of createInterface({ input: process.stdin })) {
  const { verb, ...job } = JSON.parse(line);
  console.log(JSON.stringify((await verbs[verb](job)) ?? null));
}
process.exit();
