// @ts-check
/**
 * Prints the samples that a sink of the patched mediabunny yields from a file with sound. Our decoder behaves like those
 * of browsers: it counts time from its first packet, ignores gaps, and fails at a broken packet.
 *
 *     node sinks.mjs '{"times": [0, 0.02, 0.5], "broken": 2}'    prints the times of the samples, and the error
 */

import {
  ALL_FORMATS, AudioSample, AudioSampleSink, BufferSource, BufferTarget, CustomAudioDecoder, EncodedAudioPacketSource,
  EncodedPacket, Input, MkvOutputFormat, Output, registerDecoder,
} from "../../build/mediabunny/dist/modules/src/index.js";

const { times, broken = Infinity } = JSON.parse(process.argv[2]);
const SILENCE = [0xf8, 0xff, 0xfe]; // 20 ms of Opus (RFC 6716, 3.1)
const LASTS = 0.02;

class Decoder extends CustomAudioDecoder {
  #next = NaN;
  static supports = () => true;
  init() {}
  /** @param {EncodedPacket} packet */
  async decode({ data, timestamp }) {
    if (data.length > SILENCE.length) throw new Error("a broken packet");
    this.#next = Number.isNaN(this.#next) ? timestamp : this.#next + LASTS;
    const shape = { format: /** @type {const} */ ("f32"), numberOfChannels: 1, sampleRate: 48000 };
    this.onSample(new AudioSample({ data: new Float32Array(960), timestamp: this.#next, ...shape }));
  }
  flush() {}
  close() {}
}
registerDecoder(Decoder);
// mediabunny passes our decoder's error to the sink, and also rejects a second promise that has no handler.
process.on("unhandledRejection", () => {});

const output = new Output({ format: new MkvOutputFormat(), target: new BufferTarget() });
const source = new EncodedAudioPacketSource("opus");
output.addAudioTrack(source);
await output.start();
const head = new Uint8Array([...Buffer.from("OpusHead"), 1, 1, 0, 0, 128, 187, 0, 0, 0, 0, 0]);
const decoderConfig = { codec: "opus", sampleRate: 48000, numberOfChannels: 1, description: head };
for (const [index, time] of times.entries()) {
  const data = new Uint8Array(index === broken ? [...SILENCE, 0] : SILENCE);
  await source.add(new EncodedPacket(data, "key", time, LASTS), { decoderConfig });
}
await output.finalize();

const input = new Input({ source: new BufferSource(/** @type {ArrayBuffer} */ (output.target.buffer)), formats: ALL_FORMATS });
const [track] = await input.getAudioTracks();
const found = [];
let error = null;
try {
  for await (const sample of new AudioSampleSink(track).samples()) {
    found.push(sample.timestamp);
    sample.close();
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve)); // packets are decoded in advance
  }
} catch (caught) {
  error = /** @type {Error} */ (caught).message;
}
console.log(JSON.stringify({ found, error }));
