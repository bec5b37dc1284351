// @ts-check
/**
 * Media work for Python, on mediabunny. This is the entry of the bundle that the wheel carries as
 * `mediarecorder/js/media.js`; Python loads it on first use (py/mediarecorder/_media/engine.py) and finds it where it
 * registers itself.
 */

import { AudioSample, CustomAudioEncoder, EncodedPacket, Logging, LogLevel, registerEncoder } from "mediabunny";
import { convert, measure, seekable, trim, withTags } from "./convert.js";
import { concat } from "./join.js";
import { FrameReader, thumbnail } from "./pictures.js";
import { sweepTemporaryFiles } from "./result.js";
import { encodeSamples } from "./samples.js";
import { SoundReader, waveform } from "./sound.js";
import { tags } from "./tags.js";

// What is wrong is thrown, and Python says it.
Logging.level = LogLevel.Silent;

const media = {
  concat,
  convert,
  encodeSamples,
  measure,
  seekable,
  tags,
  thumbnail,
  trim,
  waveform,
  withTags,
  frameReader: () => new FrameReader(),
  soundReader: () => new SoundReader(),
  /** For the bundles of encoders, which must meet this very copy. */
  mediabunny: { AudioSample, CustomAudioEncoder, EncodedPacket, Logging, registerEncoder },
};

Object.assign(globalThis, { [Symbol.for("mediarecorder.media")]: media });
sweepTemporaryFiles();
