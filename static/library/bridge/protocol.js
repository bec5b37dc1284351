// @ts-check
/**
 * What the two halves of the bridge say to each other: page.js in the page, worker.js in the worker.
 *
 * They meet on one BroadcastChannel, whose name stands in the script that brings the page's half there, and go on
 * in a second one, whose name only they know:
 *
 *     worker  knock   {version}                        is anybody there?
 *     page    hello   {version, agent}                 yes, I am `agent`; said unasked too, when it begins
 *     page    refuse  {version}                        yes, but of another version
 *     worker  accept  {version, agent, channel, sign}  it is you; the others close themselves
 *     page    ready   {sign, snapshot}                 (from here on in the second channel), or
 *     page    unable  {error}                          the browser refuses what the bridge needs
 *
 *     worker  call    {id, target, method, parameters}    answered by
 *     page    return  {id, value}                      or
 *     page    throw   {id, error}
 *     worker  post    {target, method, parameters}        not answered, unless it fails:
 *     page    failed  {target, method, error}
 *     page    event   {target, event, state}           something happened to an object, which is like this now
 *     worker  listen, unlisten {target, name}          from now on, or no longer, tell events of this type
 *     worker  forget  {targets}                        no one there can reach these objects any more
 *     both    robbed                                   my lock was stolen: look after me
 *
 * `sign` tells how to see that the sender lives (liveness.js). `target` is the handle of an object
 * of the page: `w…` if the worker asked for its making, `p…` if it came up in the page, or a word for one that is
 * always there.
 */

import { Fault } from "../fault.js";

export const VERSION = MEDIARECORDER_VERSION;

export const DEVICES = "mediaDevices";
export const PERMISSIONS = "permissions";
export const SERVICES = "services";

/** What may be called, and answers. @type {Record<string, string[]>} */
export const CALLS = {
  MediaDevices: ["getUserMedia", "getDisplayMedia", "enumerateDevices"],
  Permissions: ["query"],
  MediaStreamTrack: ["applyConstraints", "cropTo", "restrictTo"],
  Services: ["photograph", "save", "show", "panel", "persist", "now"],
  Meter: ["begin", "read"],
  Mix: ["begin"],
};
/** What may be posted. @type {Record<string, string[]>} */
export const POSTS = {
  MediaStreamTrack: ["stop", "clone", "set"],
  MediaStream: ["addTrack", "removeTrack"],
  MediaRecorder: ["start", "stop", "pause", "resume", "requestData"],
  Services: ["makeStream", "makeSteady", "makeRecorder", "makeMeter", "makeMix"],
  Panel: ["show", "begin"],
};

/** @typedef {{name: string, message: string, constraint?: string, isFault?: boolean}} ErrorDescription */
/** @typedef {{muted: boolean, enabled: boolean, readyState: string, contentHint: string, settings: object,
 *   capabilities: object | null, constraints: object, stats: object | null, methods: string[]}} TrackState */
/** @typedef {{handle: string, id: string, kind: string, label: string, state: TrackState}} TrackDescription */
/** @typedef {{handle: string, id: string, tracks: TrackDescription[]}} StreamDescription */
/** @typedef {{state: string, mimeType: string, audioBitsPerSecond: number, videoBitsPerSecond: number,
 *   audioBitrateMode?: string, take: number}} RecorderState */
/** @typedef {{types: Record<string, boolean>, constraints: Record<string, boolean>, screen: boolean,
 *   policy: {ancestors: number, features: string[] | null}}} Snapshot */
/** An event of the page. `at` is its time stamp, and `said` when it was sent, in milliseconds on the page's clock (clock.js);
 * of a recorder's `start`, `late` is how much earlier that begins which is recorded.
 * @typedef {{type: string, at: number, said: number, late?: number, data?: Blob, timecode?: number,
 *   error?: ErrorDescription, detail?: any}} EventDescription */

/** 122 random bits: nobody guesses it. */
export function randomName() {
  return `mediarecorder-${crypto.randomUUID()}`;
}

/** @typedef {(value: any) => boolean} Check */
const isString = /** @type {Check} */ ((value) => typeof value === "string");
const isObject = /** @type {Check} */ ((value) => typeof value === "object" && value !== null);
const isError = /** @type {Check} */ ((value) => isObject(value) && isString(value.name) && isString(value.message));

/** What the fields of messages are. @type {Record<string, Check>} */
const FIELDS = {
  type: isString,
  version: isString,
  agent: isString,
  channel: isString,
  sign: (sign) => isObject(sign) && [sign.lock, sign.client, sign.proof].every(isString),
  snapshot: (snapshot) => isObject(snapshot) && isObject(snapshot.types) && isObject(snapshot.constraints)
    && isObject(snapshot.policy),
  id: Number.isInteger,
  target: isString,
  method: isString,
  parameters: Array.isArray,
  name: isString, // of an event
  targets: (targets) => Array.isArray(targets) && targets.every(isString),
  error: isError,
  event: (event) => isObject(event) && isString(event.type)
    && [event.at, event.said, event.late ?? 0].every(Number.isFinite)
    && (event.data === undefined || event.data instanceof Blob) && (event.error === undefined || isError(event.error)),
  state: (state) => state === null || (isObject(state) && (isString(state.readyState)
    ? isObject(state.settings) && isObject(state.constraints)
    : isString(state.state) && isString(state.mimeType) && Number.isInteger(state.take))),
};

/** What each message must have. @type {Record<string, string>} */
const MESSAGES = {
  knock: "version",
  hello: "version agent",
  refuse: "version",
  accept: "version agent channel sign",
  ready: "sign snapshot",
  unable: "error",
  call: "id target method parameters",
  return: "id",
  throw: "id error",
  post: "target method parameters",
  failed: "target method error",
  event: "target event state",
  state: "target state",
  listen: "target name",
  unlisten: "target name",
  forget: "targets",
  robbed: "type",
};

/**
 * Whether this is a message. A channel's name may have been read from a page by others, who can say what they
 * like there.
 * @param {any} data
 * @returns {data is {type: string, [field: string]: any}}
 */
export function isMessage(data) {
  if (!isObject(data) || !isString(data.type) || !Object.hasOwn(MESSAGES, data.type)) return false;
  return MESSAGES[data.type].split(" ").every((field) => FIELDS[field](data[field]));
}

/** An error in words that can be posted. @param {any} error @returns {ErrorDescription} */
export function describeError(error) {
  const { name = "", message = "", constraint, isFault } = error instanceof Object ? error : { message: error };
  return {
    name: String(name),
    message: String(message),
    ...(constraint ? { constraint: String(constraint) } : {}),
    ...(isFault ? { isFault } : {}),
  };
}

/** The error that was meant. @param {ErrorDescription} described */
export function reviveError({ name, message, constraint, isFault }) {
  if (isFault) return new Fault(name, message);
  if (name === "TypeError") return new TypeError(message);
  // (There is no OverconstrainedError in workers.)
  if (constraint !== undefined) return Object.assign(new Error(message), { name, constraint });
  return new DOMException(message, name);
}

/** A codec for each family. Browsers look at the details too, such as avc1.640028; those are left to the page. */
const PICTURES = ["vp8", "vp9", "vp09.00.10.08", "av1", "av01.0.04m.08", "h264", "avc1", "avc1.42e01e", "avc3",
  "hvc1", "hev1", "theora"];
const SOUNDS = ["opus", "vorbis", "pcm", "mp4a.40.2", "flac", "mp3"];
/** Of these the browser does not expect lower case. */
const SPELLED = /** @type {Record<string, string>} */ ({ "av01.0.04m.08": "av01.0.04M.08", "avc1.42e01e": "avc1.42E01E" });

/** All types that a worker may ask for, in the form that `typeKey` gives them, and as browsers want them. */
export function* askableTypes() {
  const containers = [
    ...["webm", "mp4", "x-matroska", "ogg", "quicktime"].map((container) => `video/${container}`),
    ...["webm", "mp4", "ogg", "x-matroska", "wav", "mpeg", "aac", "flac"].map((container) => `audio/${container}`),
  ];
  for (const container of containers) {
    yield [container, container];
    for (const picture of ["", ...PICTURES]) {
      for (const sound of ["", ...SOUNDS]) {
        const codecs = [picture, sound].filter(Boolean);
        if (!codecs.length) continue;
        const spelled = codecs.map((codec) => SPELLED[codec] ?? codec);
        yield [typeKey(`${container};codecs=${codecs}`), `${container};codecs=${spelled}`];
      }
    }
  }
}

/** Details of a codec that matter little to whether it can be recorded. @type {[RegExp, string][]} */
const FAMILIES = [
  [/^vp09\..*/, "vp09.00.10.08"],
  [/^av01\..*/, "av01.0.04m.08"],
  [/^(avc[13])\.(?!42e01e).*/, "$1"],
  [/^(hvc1|hev1)\..*/, "$1"],
  [/^mp4a\..*/, "mp4a.40.2"],
];

/** The form of a type in which those that mean the same are equal. @param {string} type */
export function typeKey(type) {
  const [container, ...parameters] = type.toLowerCase().split(";");
  const codecs = parameters
    .map((parameter) => /^\s*codecs\s*=\s*"?([^"]*)"?\s*$/.exec(parameter)?.[1])
    .filter((list) => list !== undefined)
    .flatMap((list) => list.split(","))
    .map((codec) => FAMILIES.reduce((name, [pattern, family]) => name.replace(pattern, family), codec.trim()));
  return codecs.length ? `${container.trim()};codecs=${codecs.sort()}` : container.trim();
}
