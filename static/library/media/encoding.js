// @ts-check
/** Re-encode pictures and sound from recordings into one output. */

import { AudioSample, AudioSampleSource, QUALITY_HIGH, Quality, VideoSampleSink, VideoSampleSource } from "mediabunny";
import { Fault } from "../fault.js";
import { shownSpan } from "./input.js";
import { encodableSize, fitted, paddingNote } from "./fit.js";
import { asBytes, framesOf, preSkipOf, RATE } from "./opus.js";
import { labelsOf, LAST, SLACK } from "./packets.js";
import { cut, sound } from "./sound.js";
import { asInt16 } from "./wav.js";

/** @typedef {import("mediabunny").EncodedPacket} EncodedPacket */
/** @typedef {import("mediabunny").InputAudioTrack} InputAudioTrack */
/** @typedef {import("mediabunny").InputVideoTrack} InputVideoTrack */
/** @typedef {import("mediabunny").Output} Output */
/** @typedef {import("mediabunny").VideoCodec} VideoCodec */
/** @typedef {import("./formats.js").SoundParameters} SoundParameters */
/** @typedef {import("./packets.js").Pieces} Pieces */
/** @typedef {import("./part.js").Part} Part */
/** @typedef {import("./task.js").Task} Task */

/** Seconds of sound to pass to the encoder at a time. */
const BLOCK = 0.5;

/**
 * A track of the output with the pictures of one track of each part. A picture is shown until the next one, or the end.
 * @param {InputVideoTrack[]} tracks  @param {Part[]} parts  @param {Output} output
 * @param {VideoCodec} codec  @param {number | undefined} bitsPerSecond  @param {Task} task
 * @returns {Promise<Pieces>}
 */
export async function encodingPictures(tracks, parts, output, codec, bitsPerSecond, task) {
  const [first] = tracks;
  const alpha = ["vp8", "vp9"].includes(codec) && (await first.canBeTransparent()) ? "keep" : "discard";
  const source = new VideoSampleSource({
    codec,
    quality: bitsPerSecond ? new Quality({ bitrate: bitsPerSecond }) : QUALITY_HIGH,
    alpha,
  });
  output.addVideoTrack(source, await labelsOf(first));
  /** The size of the first picture, which all others get, too. @type {{width: number, height: number} | undefined} */
  let size;
  return async function* (index) {
    const [track, part] = [tracks[index], parts[index]];
    /** @type {import("mediabunny").VideoSample | undefined} */
    let shown;
    const piece = (/** @type {number} */ until) => {
      const picture = /** @type {import("mediabunny").VideoSample} */ (shown);
      const at = Math.max(0, picture.timestamp - part.from);
      const lasts = Math.max(0, until - part.from - at);
      const add = async (/** @type {number} */ shift) => {
        if (!size) {
          const shape = { width: picture.displayWidth, height: picture.displayHeight };
          size = encodableSize(shape, codec);
          task.note = paddingNote(shape, size);
        }
        const ground = alpha === "keep" ? "transparent" : "black";
        const sample = await fitted(picture, size.width, size.height, ground, codec);
        try {
          sample.setTimestamp(shift + at);
          sample.setDuration(lasts);
          await source.add(sample);
        } finally {
          sample.close();
        }
      };
      return { at, lasts, add };
    };
    try {
      let usual = LAST;
      for await (const picture of pictures(track, part)) {
        if (shown) yield piece(picture.timestamp);
        if (shown) usual = Math.min(LAST, picture.timestamp - shown.timestamp);
        shown?.close();
        shown = picture;
      }
      if (!shown) throw new Fault("EncodingError", "no picture can be decoded");
      const end = await part.end();
      yield piece(end > shown.timestamp ? end : shown.timestamp + usual);
    } finally {
      shown?.close();
    }
  };
}

/**
 * The visible pictures of a part. The first picture is shown before its own time, too.
 * @param {InputVideoTrack} track  @param {Part} part
 */
async function* pictures(track, part) {
  const sink = new VideoSampleSink(track);
  const shown = await shownSpan(track);
  const [from, until] = [Math.max(part.from, shown.from), Math.min(part.until ?? Infinity, shown.until)];
  let any = false;
  // (A picture at 47/30 s has the time 1.567 s in Matroska. A part that starts at 47/30 s includes it; one that ends
  // there does not.)
  for await (const picture of sink.samples(from + SLACK, until - SLACK)) {
    any = true;
    yield picture;
  }
  const first = any ? null : await sink.getSample(Math.max(shown.from, await track.getFirstTimestamp()));
  if (first) yield first;
}

/**
 * The quality with which sound is encoded.
 * @param {SoundParameters} parameters  @param {number | undefined} bitsPerSecond
 */
function soundQuality({ codec, sampleRate, numberOfChannels }, bitsPerSecond) {
  // For Opus, browsers refuse rates that are too high (Firefox 320 kbit/s for one channel). LAME uses the nearest rate.
  // (quirk: firefox-refuses-opus-of-320-kbit)
  const highest = codec === "opus" ? Math.min(255000 * numberOfChannels, 510000) : Infinity;
  if (bitsPerSecond) return new Quality({ bitrate: Math.min(bitsPerSecond, highest) });
  // mediabunny would use 320 kbit/s, even for a voice. The lower rates are those of MPEG-2 and 2.5.
  const perChannel = sampleRate >= 32000 ? 96000 : sampleRate >= 16000 ? 64000 : 32000;
  return codec === "mp3" || codec === "aac" ? new Quality({ bitrate: perChannel * numberOfChannels }) : QUALITY_HIGH;
}

/**
 * The bits per sample of a sound, 16 or 24. Sound from lossy codecs gets 16.
 * @param {InputAudioTrack} track
 */
async function depthOf(track) {
  const codec = (await track.getCodec()) ?? "";
  if (codec === "flac") {
    // STREAMINFO (RFC 9639, 8.2), after "fLaC" and the header of its block.
    const head = asBytes((await track.getDecoderConfig())?.description ?? new Uint8Array(22));
    return ((head[20] & 1) << 4) + (head[21] >> 4) + 1 > 16 ? 24 : 16;
  }
  return /^pcm-[a-z]+(24|32|64)/.test(codec) ? 24 : 16;
}

/** Passes sound to an encoder. */
export class SoundEncoding {
  /** The frames passed to the encoder. */
  #given = 0;
  /** The frames that the encoder has put into packets. */
  #packed = 0;
  #preSkip = 0;

  /**
   * @param {SoundParameters} parameters  @param {number | undefined} bitsPerSecond
   * @param {number} depth  bits per sample, 16 or 24, if the codec is lossless and supports both
   */
  constructor(parameters, bitsPerSecond, depth) {
    const { codec, sampleRate, numberOfChannels } = parameters;
    this.codec = codec;
    this.sampleRate = sampleRate;
    this.channels = numberOfChannels;
    // The FLAC encoder writes 16 bits if it gets integers, and 24 if it gets floats.
    this.whole = codec === "flac" && depth === 16;
    // tools/patches/8-sound-times.patch adds the option `timed`.
    const config = { codec, quality: soundQuality(parameters, bitsPerSecond), timed: this.#timed.bind(this) };
    this.source = new AudioSampleSource({
      ...config,
      onEncodedSample: (sample) => {
        this.#given += sample.numberOfFrames;
      },
    });
  }

  /** @param {Float32Array} data  the encoder may keep it  @param {number} at  seconds */
  async add(data, at) {
    const sample = new AudioSample({
      data: this.whole ? asInt16(data) : /** @type {Float32Array<ArrayBuffer>} */ (data),
      format: this.whole ? "s16" : "f32",
      numberOfChannels: this.channels,
      sampleRate: this.sampleRate,
      timestamp: at,
    });
    try {
      await this.source.add(sample);
    } finally {
      sample.close();
    }
  }

  /**
   * A packet with its exact times, or null if it contains no part of the sound: players skip the samples that Opus puts
   * before the sound, and the padding of the last packet.
   * @param {EncodedPacket} packet  @param {EncodedAudioChunkMetadata} [meta]
   */
  #timed(packet, meta) {
    let { timestamp, duration } = packet;
    if (this.codec === "opus") {
      const head = meta?.decoderConfig?.description;
      if (head && this.#packed === 0) this.#preSkip = preSkipOf(head);
      timestamp = (this.#packed - this.#preSkip) / RATE;
      const frames = framesOf(packet.data);
      duration = frames / RATE;
      this.#packed += frames;
    }
    const left = this.#given / this.sampleRate - timestamp;
    if (left < 1e-6) return null;
    return packet.clone({ timestamp, duration: Math.min(duration, left) });
  }
}

/**
 * A track of the output with the sound of one track of each part, joined without a gap.
 * @param {InputAudioTrack[]} tracks  @param {Part[]} parts  @param {Output} output
 * @param {SoundParameters} parameters  @param {number | undefined} bitsPerSecond
 * @returns {Promise<Pieces>}
 */
export async function encodingSound(tracks, parts, output, parameters, bitsPerSecond) {
  const [first] = tracks;
  const depth = Math.max(...(await Promise.all(tracks.map(depthOf))));
  const encoding = new SoundEncoding(parameters, bitsPerSecond, depth);
  output.addAudioTrack(encoding.source, await labelsOf(first));
  const { sampleRate, channels } = encoding;
  return async function* (index) {
    const part = parts[index];
    // The last part may end before the pictures do. If its sound ends before the part begins, the part is silent.
    const isSilent = async () => part.from >= (await tracks[index].computeDuration());
    const until = index < parts.length - 1 || (await isSilent()) ? await part.end() : part.until;
    const { frames } = await sound(tracks[index], part.from, until, { sampleRate, channels });
    let given = 0;
    for await (const block of cut(frames(), Math.round(BLOCK * sampleRate), channels)) {
      const [at, lasts] = [given / sampleRate, block.length / channels / sampleRate];
      given += block.length / channels;
      const data = block.slice();
      yield { at, lasts, add: (/** @type {number} */ shift) => encoding.add(data, shift + at) };
    }
  };
}
