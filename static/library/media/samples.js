// @ts-check
/** Make a file from samples in Python's memory. */

import { Fault } from "../fault.js";
import { SoundEncoding } from "./encoding.js";
import { withoutCodecs } from "./faults.js";
import { floats } from "./floats.js";
import { encodableSound, FORMATS, named, outputFormat } from "./formats.js";
import { writing } from "./result.js";
import { cut, remixed, resampled } from "./sound.js";
import { perform } from "./task.js";
import { sampleSize } from "./wav.js";

/** Frames to fetch from Python at a time. */
const PIECE = 48000;

/**
 * @param {string} name  a format
 * @param {{sampleRate: number, channels: number, length: number}} facts
 * @param {(start: number, end: number) => Uint8Array} read  returns the bytes of these frames
 * @param {import("./task.js").Request} request
 */
export const encodeSamples = (name, facts, read, request) =>
  perform(request, async (task) => {
    const { audio, encoders } = FORMATS[name];
    const codecs = task.audio ? [task.audio] : audio;
    const parameters = await encodableSound(facts, codecs, encoders);
    if (!parameters) {
      const why = withoutCodecs();
      throw new Fault("NotSupportedError", `this browser cannot encode ${named(codecs)} for ${name}${why}. It can make wav`);
    }
    const { sampleRate, numberOfChannels: channels } = parameters;
    const length = Math.round((facts.length * sampleRate) / facts.sampleRate);
    const mixed = remixed(frames(facts, read), facts.channels, channels);
    const sound = resampled(mixed, facts.sampleRate, sampleRate, channels, length);
    return writing(outputFormat(name, length * channels * sampleSize(task)), async (output) => {
      const encoding = new SoundEncoding(parameters, task.bitsPerSecond, 24);
      output.addAudioTrack(encoding.source);
      await output.start();
      let given = 0;
      for await (const block of cut(sound, sampleRate, channels)) {
        task.signal.throwIfAborted();
        await encoding.add(block.slice(), given / sampleRate);
        given += block.length / channels;
        task.report(given / length);
      }
    });
  });

/**
 * @param {{channels: number, length: number}} facts  @param {(start: number, end: number) => Uint8Array} read
 * @returns {AsyncGenerator<Float32Array>}
 */
async function* frames({ length }, read) {
  for (let start = 0; start < length; start += PIECE) {
    yield floats(read(start, Math.min(start + PIECE, length)));
  }
}
