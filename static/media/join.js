// @ts-check
/** Several recordings, one after the other, in one file. */

import { AudioSampleSource, QUALITY_HIGH, VideoSampleSink, VideoSampleSource } from "mediabunny";
import { formatLike } from "./convert.js";
import { Fault } from "../fault.js";
import { encodablePicture, encodableSound, FORMATS, unsupported } from "./formats.js";
import { duration, open, origin } from "./input.js";
import { copying, isSame, write } from "./packets.js";
import { writing } from "./result.js";
import { addSamples, sound } from "./sound.js";
import { tagsFor } from "./tags.js";
import { perform } from "./task.js";

/** @typedef {import("mediabunny").Input} Input */
/** @typedef {import("./packets.js").Pieces} Pieces */
/** @typedef {import("./task.js").Request} Request */
/** @typedef {import("./task.js").Task} Task */

/** @param {Blob[]} blobs  @param {Request} request */
export const concat = (blobs, request) =>
  perform(request, async (task) => {
    /** @type {Input[]} */
    const inputs = [];
    try {
      for (const blob of blobs) inputs.push(await open(blob));
      return await joined(inputs, task);
    } finally {
      for (const input of inputs) input.dispose();
    }
  });

// Null where there is none, which `joined` looks at before it goes on.
const pictureTrack = async (/** @type {Input} */ input) => /** @type {any} */ (await input.getPrimaryVideoTrack());
const soundTrack = async (/** @type {Input} */ input) => /** @type {any} */ (await input.getPrimaryAudioTrack());

/** @param {Input[]} inputs  @param {Task} task */
async function joined(inputs, task) {
  const pictures = await Promise.all(inputs.map(pictureTrack));
  const sounds = await Promise.all(inputs.map(soundTrack));
  refuseMixture(pictures, "a picture");
  refuseMixture(sounds, "sound");
  await refuseSizes(pictures);

  // What a decoder only swings in with lies before 0, and must not fall into the recording before.
  const first = (/** @type {Input} */ input, /** @type {number} */ index) =>
    index === 0 ? origin(input) : input.getFirstTimestamp();
  const begins = await Promise.all(inputs.map(first));
  const lengths = await Promise.all(inputs.map(duration));
  const format = await formatLike(inputs[0]);
  return writing(format, async (output) => {
    output.setMetadataTags(await tagsFor(inputs[0], format));
    const tracks = [];
    if (pictures[0]) tracks.push(await pictureOf(inputs, begins, output));
    if (sounds[0]) tracks.push(await soundOf(inputs, begins, output));
    await output.start();
    await write(tracks, lengths, task);
  });
}

/** @param {unknown[]} tracks  @param {string} what */
function refuseMixture(tracks, what) {
  if (tracks.some(Boolean) && !tracks.every(Boolean)) {
    const without = tracks.flatMap((track, index) => (track ? [] : [index + 1]));
    throw new Fault("NotSupportedError", `some recordings have ${what}, and number ${without.join(", ")} has none. Join recordings of one kind`);
  }
}

/** @param {(import("mediabunny").InputVideoTrack | null)[]} pictures */
async function refuseSizes(pictures) {
  const size = async (/** @type {import("mediabunny").InputVideoTrack | null} */ track) => {
    if (!track) return "";
    const turned = [await track.getRotation(), await track.getFlip()];
    const how = turned.some(Boolean) ? ` turned by ${turned[0]} degrees${turned[1] ? " and flipped" : ""}` : "";
    return `${await track.getDisplayWidth()} x ${await track.getDisplayHeight()}${how}`;
  };
  const sizes = new Set(await Promise.all(pictures.map(size)));
  if (sizes.size > 1) {
    throw new Fault("NotSupportedError", `the pictures differ in size: ${[...sizes].join(", ")}. Join recordings of one size`);
  }
}

/**
 * @param {Input[]} inputs  @param {number[]} begins  @param {import("mediabunny").Output} output
 * @returns {Promise<Pieces>}
 */
async function pictureOf(inputs, begins, output) {
  const tracks = await Promise.all(inputs.map(pictureTrack));
  const configs = await Promise.all(tracks.map((track) => track.getDecoderConfig()));
  if (configs.every((config) => isSame(config, configs[0]))) return copying(tracks, begins, output);
  const [first] = tracks;
  const codec = await first.getCodec();
  const format = { ...FORMATS.mkv, video: output.format.getSupportedVideoCodecs() };
  const target = await encodablePicture(first, format, codec ?? undefined);
  if (!target) throw await unsupported(inputs[0], output.format.fileExtension.slice(1), format.video);
  const source = new VideoSampleSource({ codec: target, quality: QUALITY_HIGH });
  output.addVideoTrack(source, { rotation: await first.getRotation() });
  return async function* (index) {
    for await (const sample of new VideoSampleSink(tracks[index]).samples()) {
      const at = sample.timestamp - begins[index];
      const add = (/** @type {number} */ shift) => {
        sample.setTimestamp(shift + at);
        return source.add(sample);
      };
      try {
        yield { at, lasts: sample.duration, add };
      } finally {
        sample.close();
      }
    }
  };
}

/**
 * @param {Input[]} inputs  @param {number[]} begins  @param {import("mediabunny").Output} output
 * @returns {Promise<Pieces>}
 */
async function soundOf(inputs, begins, output) {
  const tracks = await Promise.all(inputs.map(soundTrack));
  const configs = await Promise.all(tracks.map((track) => track.getDecoderConfig()));
  if (configs.every((config) => isSame(config, configs[0]))) return copying(tracks, begins, output);
  const codec = await tracks[0].getCodec();
  const decoded = await Promise.all(inputs.map((input) => sound(input)));
  const channels = Math.max(...decoded.map((one) => one.channels));
  const supported = output.format.getSupportedAudioCodecs();
  const wishes = [...(codec ? [codec] : []), .../** @type {const} */ (["opus", "aac", "pcm-s16"])];
  const allowed = wishes.filter((codec) => supported.includes(codec));
  const parameters = await encodableSound({ sampleRate: decoded[0].sampleRate, channels }, allowed);
  if (!parameters) throw await unsupported(inputs[0], output.format.fileExtension.slice(1), allowed);
  const { sampleRate, numberOfChannels } = parameters;
  const source = new AudioSampleSource({ codec: parameters.codec, quality: QUALITY_HIGH });
  output.addAudioTrack(source);
  return async function* (index) {
    const { frames } = await sound(inputs[index], { sampleRate, channels: numberOfChannels });
    let given = 0;
    for await (const data of frames()) {
      if (data.length === 0) continue;
      const at = given / sampleRate;
      const lasts = data.length / numberOfChannels / sampleRate;
      given += data.length / numberOfChannels;
      const add = (/** @type {number} */ shift) =>
        addSamples(source, data, { sampleRate, channels: numberOfChannels }, shift + at);
      yield { at, lasts, add };
    }
  };
}
