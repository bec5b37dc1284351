// @ts-check
/** The baseline for `samples()` in plain JavaScript: mediabunny's decoder, and one array of floats. */

import {
  AudioSampleSink, BlobSource, EncodedPacketSink, Input, MATROSKA, OGG, WEBM,
} from "/node_modules/mediabunny/dist/bundles/mediabunny.min.mjs";

/** Interleaved samples of the whole sound. @param {Blob} blob */
export async function samplesOf(blob) {
  const input = new Input({ source: new BlobSource(blob), formats: [WEBM, MATROSKA, OGG] });
  const track = await input.getPrimaryAudioTrack();
  if (!track) throw new Error("no sound");
  const blocks = [];
  let length = 0;
  for await (const sample of new AudioSampleSink(track).samples()) {
    const block = new Float32Array(sample.numberOfFrames * sample.numberOfChannels);
    sample.copyTo(block, { planeIndex: 0, format: "f32" });
    sample.close();
    blocks.push(block);
    length += block.length;
  }
  input.dispose();
  const whole = new Float32Array(length);
  let at = 0;
  for (const block of blocks) {
    whole.set(block, at);
    at += block.length;
  }
  return whole;
}

/** Milliseconds that the browser's decoder alone takes for the sound, without reading its packets. @param {Blob} blob */
export async function decodingTime(blob) {
  const input = new Input({ source: new BlobSource(blob), formats: [WEBM, MATROSKA, OGG] });
  const track = await input.getPrimaryAudioTrack();
  const config = await track?.getDecoderConfig();
  if (!track || !config) throw new Error("no sound");
  const chunks = [];
  for await (const packet of new EncodedPacketSink(track).packets()) chunks.push(packet.toEncodedAudioChunk());
  input.dispose();
  const begun = performance.now();
  const output = (/** @type {AudioData} */ data) => {
    data.copyTo(new Float32Array(data.numberOfFrames * data.numberOfChannels), { planeIndex: 0, format: "f32" });
    data.close();
  };
  const decoder = new AudioDecoder({ output, error: (error) => { throw error; } });
  decoder.configure(config);
  for (const chunk of chunks) decoder.decode(chunk);
  await decoder.flush();
  decoder.close();
  return performance.now() - begun;
}
