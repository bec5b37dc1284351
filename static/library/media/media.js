// @ts-check
/**
 * The media engine for Python, based on mediabunny. This is the entry of the bundle that the wheel contains as
 * `mediarecorder/js/media.js`. Python loads it on first use (py/mediarecorder/_media/engine.py); it registers itself
 * below.
 */

import { AudioSample, CustomAudioEncoder, EncodedPacket, Logging, LogLevel, registerEncoder } from "mediabunny";
import { convert, measure, seekable, takenAsWav, trim, withTags } from "./convert.js";
import { concat } from "./join.js";
import { FrameReader, pictureFacts, thumbnail } from "./pictures.js";
import { sweepTemporaryFiles } from "./result.js";
import { encodeSamples } from "./samples.js";
import { SoundReader, waveform } from "./sound.js";
import { tags } from "./tags.js";
import { WavTake } from "./wav.js";
import { FileWriter } from "./writer.js";

// Errors are thrown and reach Python, so mediabunny need not log them.
Logging.level = LogLevel.Silent;

const media = {
  concat,
  convert,
  encodeSamples,
  measure,
  pictureFacts,
  seekable,
  tags,
  takenAsWav,
  thumbnail,
  trim,
  waveform,
  withTags,
  /** @param {string} name  @param {import("./writer.js").Wishes} wishes */
  fileWriter: (name, wishes) => new FileWriter(name, wishes),
  frameReader: () => new FrameReader(),
  soundReader: () => new SoundReader(),
  wavTake: (/** @type {BlobEvent[]} */ events) => new WavTake(events),
  /** For the encoders' bundles, which must use this copy. */
  mediabunny: { AudioSample, CustomAudioEncoder, EncodedPacket, Logging, registerEncoder },
};

Object.assign(globalThis, { [Symbol.for("mediarecorder.media")]: media });
sweepTemporaryFiles();
