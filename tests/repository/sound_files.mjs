/**
 * Reads and writes sound files with the patched mediabunny. For test_ogg_times.py and test_wave_and_flac.py,
 * which send one line of JSON and get one line back. All times are in frames.
 *
 *     {verb: "read", path, times}     returns facts about the first track, its packets as [timestamp, duration],
 *                                     and for each of the times the packet that is found there
 *     {verb: "write", path, to, packets, tags, preSkip, silence, renumber}
 *                                     copies packets, each given as [index, timestamp, duration], into another
 *                                     file, whose ending decides the format. `preSkip` replaces the pre-skip;
 *                                     `silence` replaces each packet by 20 ms of Opus silence; `renumber` gives
 *                                     frames of FLAC the number of their new position
 *     {verb: "renumber", path, index, number}
 *                                     returns the bytes of a frame of FLAC with this number
 */

import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import {
  ALL_FORMATS, BufferSource, BufferTarget, EncodedAudioPacketSource, EncodedPacket, EncodedPacketSink, FlacOutputFormat,
  Input, OggOutputFormat, Output, WavOutputFormat,
} from "../../build/mediabunny/dist/modules/src/index.js";
import { renumbered } from "../../static/library/media/flac.js";

const FORMATS = { flac: FlacOutputFormat, ogg: OggOutputFormat, wav: WavOutputFormat };
const SILENCE = new Uint8Array([0xf8, 0xff, 0xfe]); // 20 ms (RFC 6716, 3.1)

/** @param {string} path */
async function opened(path) {
  const input = new Input({ source: new BufferSource(readFileSync(path)), formats: ALL_FORMATS });
  const [track] = await input.getAudioTracks();
  if (!track) throw new Error("no track");
  return { input, track, sink: new EncodedPacketSink(track), rate: await track.getSampleRate() };
}

const verbs = {
  async read({ path, times = [] }) {
    const { input, track, sink, rate } = await opened(path);
    const facts = (packet) => packet && [packet.timestamp * rate, packet.duration * rate];
    const packets = [];
    for await (const packet of sink.packets()) packets.push(facts(packet));
    // Search in a file that has not been read yet.
    const { sink: other } = await opened(path);
    const found = [];
    for (const time of times) found.push(facts(await other.getPacket(time / rate, { metadataOnly: true })));
    return {
      codec: await track.getCodec(),
      rate,
      channels: await track.getNumberOfChannels(),
      packets,
      found,
      first: (await track.getFirstTimestamp()) * rate,
      end: (await track.computeDuration()) * rate,
      tags: await input.getMetadataTags().then(({ title }) => ({ title })),
    };
  },

  async renumber({ path, index, number }) {
    const packets = [];
    for await (const packet of (await opened(path)).sink.packets()) packets.push(packet);
    return { frame: [...renumbered(packets[index].data, number)] };
  },

  async write({ path, to, packets, tags = {}, preSkip, silence, renumber }) {
    for (const image of tags.images ?? []) image.data = new Uint8Array(image.data);
    const { track, sink, rate } = await opened(path);
    const decoderConfig = { ...(await track.getDecoderConfig()) };
    if (preSkip !== undefined) {
      decoderConfig.description = decoderConfig.description.slice();
      new DataView(decoderConfig.description.buffer).setUint16(10, preSkip, true);
    }
    const all = [];
    for await (const packet of sink.packets()) all.push(packet);
    const format = new FORMATS[to.slice(to.lastIndexOf(".") + 1)]();
    const output = new Output({ format, target: new BufferTarget() });
    const source = new EncodedAudioPacketSource(await track.getCodec());
    output.addAudioTrack(source);
    output.setMetadataTags(tags);
    await output.start();
    for (const [index, timestamp, duration] of packets) {
      const own = silence ? SILENCE : all[index].data;
      const data = renumber ? renumbered(own, timestamp) : own;
      await source.add(new EncodedPacket(data, "key", timestamp / rate, duration / rate), { decoderConfig });
    }
    await output.finalize();
    writeFileSync(to, new Uint8Array(output.target.buffer));
    return {};
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { verb, ...job } = JSON.parse(line);
  let answer;
  try {
    answer = await verbs[verb](job);
  } catch (error) {
    answer = { error: String(error?.stack ?? error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
