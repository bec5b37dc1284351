// @ts-check
/**
 * Objects in the worker with W3C interfaces, each of which represents a real one in the page. Their state is mirrored,
 * calls are posted to the page, and the page's events are fired here again. Code above them sees no difference.
 */

import { Fault } from "../fault.js";
import { Connection, lost } from "./connection.js";
import { DEVICES, PERMISSIONS, reviveError, SERVICES, typeKey } from "./protocol.js";

/** @typedef {import("./protocol.js").EventDescription} EventDescription */
/** @typedef {import("./protocol.js").TrackDescription} TrackDescription */
/** @typedef {import("./protocol.js").TrackState} TrackState */
/** @typedef {import("./protocol.js").StreamDescription} StreamDescription */
/** @typedef {import("./protocol.js").RecorderState} RecorderState */

/** @returns {Connection} */
function connected() {
  if (Connection.current) return Connection.current;
  throw new Fault("PageUnavailableError", "await mediarecorder.connect() first");
}

/** An event that was fired in the page at another time. */
class MirroredEvent extends Event {
  /** @param {string} type  @param {{timeStamp?: number, began?: number, error?: Error, detail?: any}} [fields] */
  constructor(type, { timeStamp, ...fields } = {}) {
    super(type);
    if (timeStamp !== undefined) Object.defineProperty(this, "timeStamp", { value: timeStamp });
    Object.assign(this, fields);
  }
}

/** See https://developer.mozilla.org/docs/Web/API/BlobEvent; workers have none. */
export class BlobEvent extends MirroredEvent {
  #data;

  /** @param {string} type  @param {{data: Blob, timecode?: number, timeStamp?: number}} fields */
  constructor(type, { data, timecode, timeStamp }) {
    super(type, { timeStamp, ...(timecode === undefined ? {} : { timecode }) });
    this.#data = data;
  }

  get data() {
    return this.#data;
  }
}

/** @param {EventDescription} described  `at` on this worker's clock */
function revive({ type, at, late, data, timecode, error, detail }) {
  if (data) return new BlobEvent(type, { data, timecode, timeStamp: at });
  return new MirroredEvent(type, {
    timeStamp: at,
    // (A negative `late` means that the page's clock was set back after the call. Python counts from the call at the
    // earliest.)
    ...(late === undefined ? {} : { began: late < 0 ? 0 : at - late }),
    ...(error ? { error: reviveError(error) } : {}),
    ...(detail === undefined ? {} : { detail }),
  });
}

/** An object that has a handle in the page and receives its events. */
class Mirrored extends EventTarget {
  /** Objects with listeners, which must outlive their last reference. @type {Set<Mirrored>} */
  static #listened = new Set();
  /** @type {Map<string, Set<unknown>>} */
  #listeners = new Map();

  /** @param {Connection} connection  @param {string} handle */
  constructor(connection, handle) {
    super();
    this.connection = connection;
    this.handle = handle;
    connection?.enter(this, handle);
  }

  /** Event types that the page always sends. @returns {string[]} */
  get toldAnyway() {
    return [];
  }

  /** @param {string} type  @param {any} listener  @param {any} [options] */
  addEventListener(type, listener, options) {
    super.addEventListener(type, listener, options);
    const listeners = this.#listeners.get(type) ?? new Set();
    if (listener) listeners.add(listener);
    if (this.#listeners.has(type) || !listeners.size) return;
    this.#listeners.set(type, listeners);
    Mirrored.#listened.add(this);
    if (!this.toldAnyway.includes(type)) this.connection?.listen(this.handle, type);
  }

  /** @param {string} type  @param {any} listener  @param {any} [options] */
  removeEventListener(type, listener, options) {
    super.removeEventListener(type, listener, options);
    const listeners = this.#listeners.get(type);
    if (!listeners?.delete(listener) || listeners.size) return;
    this.#listeners.delete(type);
    if (!this.#listeners.size) Mirrored.#listened.delete(this);
    if (!this.toldAnyway.includes(type)) this.connection?.unlisten(this.handle, type);
  }

  /** Switch to another connection. @param {Connection} connection */
  attach(connection) {
    this.connection = connection;
    connection.enter(this, this.handle);
    for (const type of this.#listeners.keys()) connection.listen(this.handle, type);
  }

  /** Handle a message from the page about this object. @param {any} message */
  hear({ type, event, state, method, error }) {
    if (state) this.update(state);
    if (type === "event") this.dispatchEvent(revive(event));
    if (type === "failed") this.failed(method, reviveError(error));
  }

  /** @param {any} state */
  update(state) {}

  /** A posted call has failed. @param {string} method  @param {Error} error */
  failed(method, error) {
    console.warn(`mediarecorder: ${method} failed in the page: ${error.message}`);
  }

  /** The page has gone. @param {Error} error */
  lost(error) {}
}

/** @param {StreamDescription} described  @param {Connection} connection */
function mirrorStream({ handle, id, tracks }, connection) {
  const known = connection.mirror(handle);
  return known ?? new MediaStream(tracks.map((track) => mirrorTrack(track, connection)), { connection, handle, id });
}

/** @param {TrackDescription} described  @param {Connection} connection */
function mirrorTrack(described, connection) {
  const known = connection.mirror(described.handle);
  known?.update(described.state);
  return known ?? new MediaStreamTrack(connection, described);
}

/** See https://developer.mozilla.org/docs/Web/API/MediaStreamTrack. */
export class MediaStreamTrack extends Mirrored {
  /** @type {TrackState} */
  #state;

  /** @param {Connection} connection  @param {TrackDescription} described */
  constructor(connection, { handle, id, kind, label, state }) {
    super(connection, handle);
    this.id = id;
    this.kind = kind;
    this.label = label;
    this.#state = state;
    for (const method of state.methods) {
      Object.assign(this, { [method]: (/** @type {unknown} */ target) => connection.call(handle, method, target) });
    }
    connection.forgetLater(this, handle);
  }

  /** The statistics at the page's last read. */
  get stats() {
    const { stats } = this.#state;
    return stats && { toJSON: () => stats };
  }

  get toldAnyway() {
    return ["ended", "mute", "unmute"];
  }

  get muted() {
    return this.#state.muted;
  }

  get readyState() {
    return this.#state.readyState;
  }

  get enabled() {
    return this.#state.enabled;
  }

  set enabled(value) {
    this.#state = { ...this.#state, enabled: Boolean(value) };
    this.connection.post(this.handle, "set", "enabled", this.#state.enabled);
  }

  get contentHint() {
    return this.#state.contentHint;
  }

  set contentHint(value) {
    const known = this.kind === "audio" ? ["", "speech", "music"] : ["", "motion", "detail", "text"];
    if (!known.includes(value)) return; // as browsers do
    this.#state = { ...this.#state, contentHint: value };
    this.connection.post(this.handle, "set", "contentHint", value);
  }

  getSettings() {
    return structuredClone(this.#state.settings);
  }

  getCapabilities() {
    return structuredClone(this.#state.capabilities ?? {});
  }

  getConstraints() {
    return structuredClone(this.#state.constraints);
  }

  /** @param {object} [constraints] */
  async applyConstraints(constraints = {}) {
    this.update(await this.connection.call(this.handle, "applyConstraints", constraints));
  }

  /** A clone's id differs from the one it has in the page. */
  clone() {
    const handle = this.connection.newHandle();
    this.connection.post(this.handle, "clone", handle);
    const { kind, label } = this;
    return new MediaStreamTrack(this.connection, {
      handle,
      id: crypto.randomUUID(),
      kind,
      label,
      state: this.#state,
    });
  }

  stop() {
    if (this.readyState === "ended") return;
    this.#state = { ...this.#state, readyState: "ended" };
    this.connection.post(this.handle, "stop");
  }

  /** @param {TrackState} state */
  update(state) {
    // Changes made in the worker take precedence over states that the page sent before it received them.
    const { enabled, contentHint } = this;
    const readyState = this.readyState === "ended" ? "ended" : state.readyState;
    this.#state = { ...state, readyState, enabled, contentHint };
  }

  lost() {
    if (this.readyState === "ended") return;
    this.#state = { ...this.#state, readyState: "ended" };
    this.dispatchEvent(new MirroredEvent("ended"));
  }
}

/** See https://developer.mozilla.org/docs/Web/API/MediaStream. */
export class MediaStream extends Mirrored {
  /** @type {Set<MediaStreamTrack>} */
  #tracks;

  /**
   * @param {MediaStream | MediaStreamTrack[]} [tracks]
   * @param {{connection: Connection, handle: string, id: string}} [known]  if it already exists in the page
   */
  constructor(tracks = [], known) {
    const given = tracks instanceof MediaStream ? tracks.getTracks() : [...tracks];
    if (!given.every((track) => track instanceof MediaStreamTrack)) throw new TypeError("a stream consists of tracks");
    const connection = known?.connection ?? given[0]?.connection ?? connected();
    const handle = known?.handle ?? connection.newHandle();
    super(connection, handle);
    this.id = known?.id ?? crypto.randomUUID();
    this.#tracks = new Set(given);
    connection.forgetLater(this, handle);
    if (!known) connection.post(SERVICES, "makeStream", handle, given.map((track) => track.handle));
  }

  get active() {
    return this.getTracks().some((track) => track.readyState === "live");
  }

  getTracks() {
    return [...this.#tracks];
  }

  getAudioTracks() {
    return this.getTracks().filter((track) => track.kind === "audio");
  }

  getVideoTracks() {
    return this.getTracks().filter((track) => track.kind === "video");
  }

  /** @param {string} id */
  getTrackById(id) {
    return this.getTracks().find((track) => track.id === id) ?? null;
  }

  /** @param {MediaStreamTrack} track */
  addTrack(track) {
    if (!(track instanceof MediaStreamTrack)) throw new TypeError("addTrack takes a MediaStreamTrack");
    if (this.#tracks.has(track)) return;
    this.#tracks.add(track);
    this.connection.post(this.handle, "addTrack", track.handle);
  }

  /** @param {MediaStreamTrack} track */
  removeTrack(track) {
    if (!(track instanceof MediaStreamTrack)) throw new TypeError("removeTrack takes a MediaStreamTrack");
    if (this.#tracks.delete(track)) this.connection.post(this.handle, "removeTrack", track.handle);
  }

  clone() {
    return new MediaStream(this.getTracks().map((track) => track.clone()));
  }
}

/** See https://developer.mozilla.org/docs/Web/API/MediaRecorder. */
export class MediaRecorder extends Mirrored {
  /** @type {RecorderState} */
  #state;
  /** How often it was started. */
  #take = 0;
  /** The error if the page could not create the recorder. @type {Error | null} */
  #broken = null;
  /** From `start()` until the page's recorder has fired `stop`. */
  #running = false;
  /** Keeps the mirrored state correct without other listeners. */
  #onStop = () => {
    this.#running = false;
    this.removeEventListener("stop", this.#onStop);
  };

  /** @param {MediaStream} stream  @param {any} [options] */
  constructor(stream, options = {}) {
    if (!(stream instanceof MediaStream)) throw new TypeError("MediaRecorder takes a MediaStream");
    super(stream.connection, stream.connection.newHandle());
    this.stream = stream;
    this.#state = {
      state: "inactive",
      mimeType: options.mimeType ?? "",
      audioBitsPerSecond: options.audioBitsPerSecond ?? 0,
      videoBitsPerSecond: options.videoBitsPerSecond ?? 0,
      audioBitrateMode: options.audioBitrateMode,
      take: 0,
    };
    this.connection.forgetLater(this, this.handle);
    this.connection.post(SERVICES, "makeRecorder", this.handle, stream.handle, options);
  }

  /** The page's answer for this container and the families of these codecs. @param {string} type */
  static isTypeSupported(type) {
    return String(type) === "" || Boolean(connected().snapshot?.types[typeKey(String(type))]);
  }

  get state() {
    return this.#state.state;
  }

  get mimeType() {
    return this.#state.mimeType;
  }

  get audioBitsPerSecond() {
    return this.#state.audioBitsPerSecond;
  }

  get videoBitsPerSecond() {
    return this.#state.videoBitsPerSecond;
  }

  get audioBitrateMode() {
    return this.#state.audioBitrateMode;
  }

  /** @param {number} [timeslice]  in milliseconds */
  start(timeslice) {
    if (this.state !== "inactive") throw new DOMException(`the recorder is ${this.state}`, "InvalidStateError");
    if (this.#broken) throw this.#broken;
    if (this.connection.closed) throw lost();
    this.#become("recording");
    this.#running = true;
    this.#take++;
    this.addEventListener("stop", this.#onStop);
    this.connection.post(this.handle, "start", ...(timeslice === undefined ? [] : [timeslice]));
    this.connection.synchronize();
  }

  stop() {
    if (this.state === "inactive") return;
    this.#become("inactive");
    this.connection.post(this.handle, "stop");
  }

  pause() {
    this.#mustBeActive();
    if (this.state === "paused") return;
    this.#become("paused");
    this.connection.post(this.handle, "pause");
  }

  resume() {
    this.#mustBeActive();
    if (this.state === "recording") return;
    this.#become("recording");
    this.connection.post(this.handle, "resume");
  }

  requestData() {
    this.#mustBeActive();
    this.connection.post(this.handle, "requestData");
  }

  #mustBeActive() {
    if (this.state === "inactive") throw new DOMException("the recorder is inactive", "InvalidStateError");
  }

  /** @param {string} state */
  #become(state) {
    this.#state = { ...this.#state, state };
  }

  /** @param {RecorderState} told */
  update(told) {
    // A browser changes the state by itself only to end the take; other states may be older than the last verb.
    const ended = told.take === this.#take && told.take > 0 && told.state === "inactive";
    this.#state = { ...told, state: ended ? "inactive" : this.state };
  }

  /** @param {string} method  @param {Error} error */
  failed(method, error) {
    if (method === "makeRecorder") this.#broken = error;
    else if (method !== "start") return; // it has become inactive, as its own events report
    if (this.#running) this.#fail(error);
  }

  /** @param {Error} error */
  lost(error) {
    if (this.#running) this.#fail(error);
  }

  /** End a take that cannot continue, with the events of a failing browser. @param {Error} error */
  #fail(error) {
    this.#become("inactive");
    this.dispatchEvent(new MirroredEvent("error", { error }));
    this.dispatchEvent(new BlobEvent("dataavailable", { data: new Blob([]) }));
    this.dispatchEvent(new MirroredEvent("stop"));
  }
}

/** See https://developer.mozilla.org/docs/Web/API/MediaDevices. The only object of this class; it outlives connections. */
export class MediaDevices extends Mirrored {
  constructor() {
    super(/** @type {any} */ (null), DEVICES);
  }

  /** @param {Connection} connection */
  attach(connection) {
    super.attach(connection);
    // The method is absent if the page's browser lacks it (on phones).
    const own = /** @type {any} */ (this);
    delete own.getDisplayMedia;
    if (connection.snapshot?.screen) {
      own.getDisplayMedia = async (/** @type {{controller?: CaptureController}} */ { controller, ...options } = {}) => {
        const current = connected();
        const request = { ...options, ...(controller ? { focus: controller.focus } : {}) };
        return mirrorStream(await current.call(DEVICES, "getDisplayMedia", request), current);
      };
    }
  }

  /** @param {object} constraints */
  async getUserMedia(constraints) {
    const current = connected();
    return mirrorStream(await current.call(DEVICES, "getUserMedia", constraints), current);
  }

  /** Plain objects, since workers cannot make a MediaDeviceInfo. */
  async enumerateDevices() {
    const infos = await connected().call(DEVICES, "enumerateDevices");
    return infos.map((/** @type {any} */ { capabilities, ...info }) => ({
      ...info,
      ...(capabilities ? { getCapabilities: () => capabilities } : {}),
    }));
  }

  getSupportedConstraints() {
    return { ...connected().snapshot?.constraints };
  }
}

/**
 * See https://developer.mozilla.org/docs/Web/API/CaptureController: holds the setting for the page's own controller.
 */
export class CaptureController {
  focus = "";

  /** @param {string} behavior */
  setFocusBehavior(behavior) {
    this.focus = behavior;
  }
}

/** See https://developer.mozilla.org/docs/Web/API/Permissions: the page's permissions. */
export class Permissions {
  /** @param {{name: string}} descriptor */
  async query({ name }) {
    return connected().call(PERMISSIONS, "query", { name });
  }
}

/** See https://developer.mozilla.org/docs/Web/API/StorageManager: the part that workers lack. */
export class StorageManager {
  /** @returns {Promise<boolean>} */
  persist() {
    return connected().call(SERVICES, "persist");
  }
}

/** The recorder panel or a window in the page (page/panel.js, page/window.js). */
class Panel extends Mirrored {
  begin() {
    this.connection.post(this.handle, "begin");
  }

  /** @param {import("../page/panel.js").Showing} showing */
  show({ stream, ...showing }) {
    const seen = stream && /** @type {any} */ (stream).handle;
    this.connection.post(this.handle, "show", { ...showing, ...(stream === undefined ? {} : { stream: seen }) });
  }

  close() {
    this.connection.forget(this.handle);
  }
}

/** The page's services (page/services.js). */
export class Services {
  /** @param {MediaStream} stream  @param {string} type */
  photograph(stream, type) {
    return stream.connection.call(SERVICES, "photograph", stream.handle, type);
  }

  /** @param {MediaStream} stream  @param {number} seconds */
  meter({ connection, handle }, seconds) {
    const meter = connection.newHandle();
    connection.post(SERVICES, "makeMeter", meter, handle, seconds);
    return {
      begin: () => connection.call(meter, "begin"),
      /** @returns {Promise<{peak: number, rms: number}>} */
      read: () => connection.call(meter, "read"),
      close: () => connection.forget(meter),
    };
  }

  /** @param {MediaStreamTrack[]} tracks */
  mix(tracks) {
    const { connection } = tracks[0];
    const mix = connection.newHandle();
    connection.post(SERVICES, "makeMix", mix, tracks.map((track) => track.handle));
    return {
      begin: async () => mirrorStream(await connection.call(mix, "begin"), connection),
      close: () => connection.forget(mix),
    };
  }

  /** @param {MediaStreamTrack} track  @param {...any} choice */
  liveSound(track, ...choice) {
    return live("liveSound", track, choice);
  }

  /** @param {MediaStreamTrack} track  @param {...any} choice */
  livePictures(track, ...choice) {
    return live("livePictures", track, choice);
  }

  /** @param {number} rate  @param {number} channels  @param {number} latency */
  soundFeed(rate, channels, latency) {
    return feed("soundFeed", "audio", [rate, channels, latency]);
  }

  pictureFeed() {
    return feed("pictureFeed", "video", []);
  }

  /** @param {Blob} blob */
  player(blob) {
    return file("player", blob);
  }

  /** @param {import("../upload/transfer.js").Order} order */
  transfer(order) {
    return file("transfer", order);
  }

  /**
   * @param {MediaStream} stream  @param {MediaStreamTrack | undefined} picture
   * @param {MediaStreamTrack | undefined} sound  @param {number} every  milliseconds
   */
  steady({ connection, handle }, picture, sound, every) {
    const steady = connection.newHandle();
    connection.post(SERVICES, "makeSteady", steady, handle, picture?.handle, sound?.handle, every);
    return {
      stream: new MediaStream([], { connection, handle: steady, id: "" }),
      close: () => connection.forget(steady),
    };
  }

  /** @param {string} prompt  @returns {Promise<string | null>} */
  ask(prompt) {
    return connected().call(SERVICES, "ask", prompt);
  }

  /** @param {Blob} blob  @param {string} name  @param {boolean} pick  @returns {Promise<string>} */
  save(blob, name, pick) {
    return connected().call(SERVICES, "save", blob, name, pick);
  }

  /** @param {string} id  @param {{stream?: MediaStream, poster?: string, svg?: string}} what */
  show(id, { stream, ...what }) {
    return connected().call(SERVICES, "show", id, { ...what, ...(stream ? { stream: stream.handle } : {}) });
  }

  /** @param {string} id */
  async panel(id) {
    const current = connected();
    const handle = await current.call(SERVICES, "panel", id);
    return new Panel(current, handle);
  }

  /** @param {string} id  @param {string} title  @param {boolean} inBody */
  async window(id, title, inBody) {
    const current = connected();
    return new Panel(current, await current.call(SERVICES, "window", id, title, inBody));
  }
}

/** @param {"player" | "transfer"} kind  @param {any} what */
function file(kind, what) {
  const connection = connected();
  const made = connection.newHandle();
  connection.post(SERVICES, "makeFile", made, kind, what);
  return calls(connection, made);
}

/** @param {string} kind  @param {MediaStreamTrack} track  @param {any[]} choice */
function live(kind, { connection, handle }, choice) {
  const made = connection.newHandle();
  connection.post(SERVICES, "makeLive", made, kind, handle, ...choice);
  return calls(connection, made);
}

/**
 * A stream that this worker feeds. It exists at once here, and in the page when it gets the message.
 * @param {string} service  @param {string} kind  of its track  @param {any[]} choice
 */
function feed(service, kind, choice) {
  const connection = connected();
  const [made, handle, id] = [connection.newHandle(), connection.newHandle(), crypto.randomUUID()];
  const state = { muted: false, enabled: true, readyState: "live", contentHint: "", settings: {}, capabilities: null,
    constraints: {}, stats: null, methods: [] };
  const track = new MediaStreamTrack(connection, { handle: connection.newHandle(), id, kind, label: "", state });
  connection.post(SERVICES, "makeFeed", made, service, handle, track.handle, ...choice);
  return { ...calls(connection, made), stream: new MediaStream([track], { connection, handle, id }) };
}

/** @param {Connection} connection  @param {string} made  the handle of an object that works until it is closed */
function calls(connection, made) {
  const call = (/** @type {string} */ method) => (/** @type {any[]} */ ...given) => connection.call(made, method, ...given);
  const [begin, next, put, gone] = ["begin", "next", "put", "gone"].map(call);
  return { begin, next, put, gone, close: () => connection.forget(made) };
}
