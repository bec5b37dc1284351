// @ts-check
/**
 * The protocol between the two halves of the bridge: page.js in the page, worker.js in the worker.
 *
 * The handshake uses one BroadcastChannel, whose name is in the script that loads the page's half. Then the halves
 * switch to a second one, whose name only they know:
 *
 *     worker  knock   {version}                         is a page there?
 *     page    hello   {version, agent}                  yes, I am `agent`; also sent unasked at the start
 *     page    refuse  {version}                         yes, but with another version
 *     worker  accept  {version, agent, channel, token}  I choose you; the others close themselves
 *     page    ready   {token, snapshot}                 (from here on in the second channel), or
 *     page    unable  {error}                           the browser refuses what the bridge needs
 *
 *     worker  call    {id, target, method, parameters}  answered by
 *     page    return  {id, value}                       or
 *     page    throw   {id, error}
 *     worker  post    {target, method, parameters}      not answered, unless it fails:
 *     page    failed  {target, method, error}
 *     page    event   {target, event, state}            an event of an object, and its new state
 *     worker  listen, unlisten {target, name}           start or stop sending events of this type
 *     worker  forget  {targets}                         these objects are no longer reachable in the worker
 *     both    lockStolen                                my lock was stolen: check whether I am alive
 *
 * With `token`, the receiver can check that the sender is alive (liveness.js). `target` is the handle of an object in
 * the page: `w…` if the worker requested it, `p…` if the page created it, or a word for an object that always exists.
 */

import { Fault } from "../fault.js";

export const VERSION = MEDIARECORDER_VERSION;

export const DEVICES = "mediaDevices";
export const PERMISSIONS = "permissions";
export const SERVICES = "services";

/** The methods that a worker may call, with an answer. @type {Record<string, string[]>} */
export const CALLS = {
  MediaDevices: ["getUserMedia", "getDisplayMedia", "enumerateDevices"],
  Permissions: ["query"],
  MediaStreamTrack: ["applyConstraints", "cropTo", "restrictTo"],
  Services: ["photograph", "save", "ask", "show", "panel", "window", "persist", "now"],
  Meter: ["begin", "read"],
  Mix: ["begin"],
  Live: ["begin", "next", "put", "gone"],
};
/** The methods that a worker may post, without an answer. @type {Record<string, string[]>} */
export const POSTS = {
  MediaStreamTrack: ["stop", "clone", "set"],
  MediaStream: ["addTrack", "removeTrack"],
  MediaRecorder: ["start", "stop", "pause", "resume", "requestData"],
  Services: ["makeStream", "makeSteady", "makeRecorder", "makeMeter", "makeMix", "makeLive", "makeFeed", "makeFile"],
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
/** An event of the page. `at` is its time stamp and `said` the time of sending, in milliseconds on the page's clock
 * (clock.js). For a recorder's `start`, `late` is how much earlier the recorded data begins.
 * @typedef {{type: string, at: number, said: number, late?: number, data?: Blob, timecode?: number,
 *   error?: ErrorDescription, detail?: any}} EventDescription */

/** @typedef {(value: any) => boolean} Check */
const isString = /** @type {Check} */ ((value) => typeof value === "string");
const isObject = /** @type {Check} */ ((value) => typeof value === "object" && value !== null);
const isError = /** @type {Check} */ ((value) => isObject(value) && isString(value.name) && isString(value.message));

/** The type check of each field. @type {Record<string, Check>} */
const FIELDS = {
  type: isString,
  version: isString,
  agent: isString,
  channel: isString,
  token: (token) => isObject(token) && [token.lock, token.client, token.proof].every(isString),
  snapshot: (snapshot) => isObject(snapshot) && isObject(snapshot.types) && isObject(snapshot.constraints)
    && isObject(snapshot.policy),
  id: Number.isInteger,
  target: isString,
  method: isString,
  parameters: Array.isArray,
  name: isString, // the event's type
  targets: (targets) => Array.isArray(targets) && targets.every(isString),
  error: isError,
  event: (event) => isObject(event) && isString(event.type)
    && [event.at, event.said, event.late ?? 0].every(Number.isFinite)
    && (event.data === undefined || event.data instanceof Blob) && (event.error === undefined || isError(event.error)),
  state: (state) => state === null || (isObject(state) && (isString(state.readyState)
    ? isObject(state.settings) && isObject(state.constraints)
    : isString(state.state) && isString(state.mimeType) && Number.isInteger(state.take))),
};

/** The required fields of each message. @type {Record<string, string>} */
const MESSAGES = {
  knock: "version",
  hello: "version agent",
  refuse: "version",
  accept: "version agent channel token",
  ready: "token snapshot",
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
  lockStolen: "type",
};

/**
 * Whether this is a valid message. Other pages may have read a channel's name and can send anything there.
 * @param {any} data
 * @returns {data is {type: string, [field: string]: any}}
 */
export function isMessage(data) {
  if (!isObject(data) || !isString(data.type) || !Object.hasOwn(MESSAGES, data.type)) return false;
  return MESSAGES[data.type].split(" ").every((field) => FIELDS[field](data[field]));
}

/** A description of an error that can be posted. @param {any} error @returns {ErrorDescription} */
export function describeError(error) {
  const { name = "", message = "", constraint, isFault } = error instanceof Object ? error : { message: error };
  return {
    name: String(name),
    message: String(message),
    ...(constraint ? { constraint: String(constraint) } : {}),
    ...(isFault ? { isFault } : {}),
  };
}

/** The error for a description. @param {ErrorDescription} described */
export function reviveError({ name, message, constraint, isFault }) {
  if (isFault) return new Fault(name, message);
  if (name === "TypeError") return new TypeError(message);
  // (Workers have no OverconstrainedError.)
  if (constraint !== undefined) return Object.assign(new Error(message), { name, constraint });
  return new DOMException(message, name);
}

/** One codec of each family. Browsers also check details such as avc1.640028; the page handles those. */
const PICTURES = ["vp8", "vp9", "vp09.00.10.08", "av1", "av01.0.04m.08", "h264", "avc1", "avc1.42e01e", "avc3",
  "hvc1", "hev1", "theora"];
const SOUNDS = ["opus", "vorbis", "pcm", "mp4a.40.2", "flac", "mp3"];
/** The browsers' spelling of codecs that are not in lower case. */
const SPELLED = /** @type {Record<string, string>} */ ({ "av01.0.04m.08": "av01.0.04M.08", "avc1.42e01e": "avc1.42E01E" });

/** All types that a worker may ask about, as `typeKey` returns them and as browsers expect them. */
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

/** Details of a codec that hardly affect whether it can be recorded. @type {[RegExp, string][]} */
const FAMILIES = [
  [/^vp09\..*/, "vp09.00.10.08"],
  [/^av01\..*/, "av01.0.04m.08"],
  [/^(avc[13])\.(?!42e01e).*/, "$1"],
  [/^(hvc1|hev1)\..*/, "$1"],
  [/^mp4a\..*/, "mp4a.40.2"],
];

/** The normal form of a type, equal for types with the same meaning. @param {string} type */
export function typeKey(type) {
  const [container, ...parameters] = type.toLowerCase().split(";");
  const codecs = parameters
    .map((parameter) => /^\s*codecs\s*=\s*"?([^"]*)"?\s*$/.exec(parameter)?.[1])
    .filter((list) => list !== undefined)
    .flatMap((list) => list.split(","))
    .map((codec) => FAMILIES.reduce((name, [pattern, family]) => name.replace(pattern, family), codec.trim()));
  return codecs.length ? `${container.trim()};codecs=${codecs.sort()}` : container.trim();
}
