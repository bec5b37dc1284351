// @ts-check
/**
 * The page's side of one worker: the objects that were opened for it, their events, and their release.
 *
 * A session owns every track that it opened. It stops the track when the worker dies (liveness.js) or when the track is
 * no longer reachable in the worker.
 */

import { Liveness } from "./liveness.js";
import { services } from "../page/services.js";
import {
  askableTypes,
  CALLS,
  describeError,
  DEVICES,
  isMessage,
  PERMISSIONS,
  POSTS,
  SERVICES,
} from "./protocol.js";

/** @typedef {import("./protocol.js").EventDescription} EventDescription */

const TRACK_EVENTS = ["ended", "mute", "unmute"];
/** Milliseconds between reads of the tracks' settings and statistics, which change without an event. */
const LOOK = 500;

export class Session {
  /** Objects by their handles, with the names of their kinds. @type {Map<string, {object: any, kind: string}>} */
  #objects = new Map();
  /** @type {Map<object, string>} */
  #handles = new Map();
  /** The listeners of each object, by type. @type {Map<string, Map<string, (event: Event) => void>>} */
  #listeners = new Map();
  /** How often each recorder was started. @type {WeakMap<object, number>} */
  #takes = new WeakMap();
  #last = 0;
  #closed = false;
  #liveness = new Liveness(() => this.#say({ type: "lockStolen" }));
  /** When each recorder was started, and when the page's thread next started a task.
   * @type {WeakMap<object, {called: number, turned: number}>} */
  #begun = new WeakMap();
  /** The last reported state of each track, as text. @type {WeakMap<object, string>} */
  #told = new WeakMap();
  #looking = setInterval(() => this.#look(), LOOK);

  /** @param {{channel: string, token: import("./liveness.js").Token}} accepted */
  constructor({ channel, token }) {
    this.channel = new BroadcastChannel(channel);
    this.channel.onmessage = ({ data }) => this.#hear(data);
    this.#keep(DEVICES, "MediaDevices", navigator.mediaDevices);
    this.#keep(PERMISSIONS, "Permissions", navigator.permissions);
    this.#keep(SERVICES, "Services", services);
    this.#liveness.watch(token, () => this.close());
    this.#begin();
  }

  async #begin() {
    try {
      this.#say({ type: "ready", token: await this.#liveness.begin(), snapshot: snapshot() });
    } catch (error) {
      this.#say({ type: "unable", error: describeError(error) });
      this.close();
    }
  }

  /** Release everything. */
  close() {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#looking);
    for (const handle of [...this.#objects.keys()]) this.#forget(handle);
    this.channel.close();
    this.#liveness.end();
  }

  get closed() {
    return this.#closed;
  }

  /** @param {object} message */
  #say(message) {
    if (!this.#closed) this.channel.postMessage(message);
  }

  /** @param {unknown} message */
  #hear(message) {
    if (!isMessage(message)) return;
    const { type, id, target, method, parameters, name, targets } = message;
    if (type === "call") this.#call(id, target, method, parameters);
    else if (type === "post") this.#post(target, method, parameters);
    else if (type === "listen") this.#listen(target, name);
    else if (type === "unlisten") this.#unlisten(target, name);
    else if (type === "lockStolen") this.#liveness.suspect();
    else if (type === "forget") {
      // Objects that always exist are not forgotten.
      for (const handle of targets) if (/^[pw]\d/.test(handle)) this.#forget(handle);
    }
  }

  /** @param {number} id  @param {string} target  @param {string} method  @param {any[]} parameters */
  async #call(id, target, method, parameters) {
    try {
      const value = await this.#perform(CALLS, target, method, parameters);
      this.#say({ type: "return", id, value });
    } catch (error) {
      this.#say({ type: "throw", id, error: describeError(error) });
    }
  }

  /** @param {string} target  @param {string} method  @param {any[]} parameters */
  #post(target, method, parameters) {
    try {
      this.#perform(POSTS, target, method, parameters);
    } catch (error) {
      // The first parameter of a `make…` method is the new object's handle.
      const failed = method.startsWith("make") ? String(parameters[0]) : target;
      this.#say({ type: "failed", target: failed, method, error: describeError(error) });
    }
  }

  /** @param {Record<string, string[]>} allowed  @param {string} target  @param {string} method
   * @param {any[]} parameters @returns {any} */
  #perform(allowed, target, method, parameters) {
    const { object, kind } = this.#objects.get(target) ?? { object: undefined, kind: "" };
    if (!object) throw new DOMException(`the page no longer has ${target}`, "InvalidStateError");
    if (!allowed[kind]?.includes(method)) throw new DOMException(`${kind} has no ${method}`, "NotSupportedError");
    const own = /** @type {any} */ (this)[`${kind}_${method}`];
    return own ? own.call(this, object, ...parameters) : object[method](...parameters);
  }

  /** The object behind a handle. @param {string} handle  @returns {any} */
  object(handle) {
    const kept = this.#objects.get(handle);
    if (!kept) throw new DOMException(`the page no longer has ${handle}`, "InvalidStateError");
    return kept.object;
  }

  /** Enter an object under a new handle. @param {string} kind  @param {object} object */
  enter(kind, object) {
    return this.#keep(`p${++this.#last}`, kind, object);
  }

  /** @param {string} handle  @param {string} kind  @param {object} object */
  #keep(handle, kind, object) {
    if (typeof handle !== "string" || this.#objects.has(handle)) throw new TypeError("a new object needs a new handle");
    this.#objects.set(handle, { object, kind });
    if (object) this.#handles.set(object, handle);
    return handle;
  }

  /** @param {string} handle */
  #forget(handle) {
    const { object, kind } = this.#objects.get(handle) ?? {};
    if (!object) return;
    for (const type of [...(this.#listeners.get(handle)?.keys() ?? [])]) this.#unlisten(handle, type);
    this.#objects.delete(handle);
    this.#handles.delete(object);
    if (kind === "MediaStreamTrack") object.stop();
    if (["Meter", "Mix", "Live", "Panel", "Steady"].includes(kind ?? "")) object.close();
  }

  // Events

  /** @param {string} handle  @param {string} type */
  #listen(handle, type) {
    const object = this.#objects.get(handle)?.object;
    if (!object?.addEventListener) return;
    const listeners = this.#listeners.get(handle) ?? new Map();
    this.#listeners.set(handle, listeners);
    if (listeners.has(type)) return;
    const listener = (/** @type {Event} */ event) => this.#tell(handle, event);
    listeners.set(type, listener);
    object.addEventListener(type, listener, false, true); // (quirk: firefox-hides-events-of-scripts)
  }

  /** @param {string} handle  @param {string} type */
  #unlisten(handle, type) {
    const listeners = this.#listeners.get(handle);
    const listener = listeners?.get(type);
    if (!listeners || !listener) return;
    this.#objects.get(handle)?.object.removeEventListener(type, listener);
    listeners.delete(type);
    if (!listeners.size) this.#listeners.delete(handle);
  }

  /** @param {string} handle  @param {any} event */
  #tell(handle, event) {
    /** @type {EventDescription} */
    const told = { type: event.type, at: event.timeStamp, said: performance.now() };
    if (event.data instanceof Blob) {
      told.data = event.data;
      remindOf(event.data.size);
    }
    if (event.type === "start") told.late = event.timeStamp - this.#began(event.target, event.timeStamp);
    if (typeof event.timecode === "number") told.timecode = event.timecode;
    // Firefox and Chromium send different classes; the text is in `.error`, if that exists.
    // (quirk: engines-have-different-error-events)
    if (event.type === "error") told.error = describeError(event.error ?? event);
    if (event instanceof CustomEvent) told.detail = event.detail;
    this.#say({ type: "event", target: handle, event: told, state: this.#state(handle) });
    if (event.type === "ended") this.#unwatch(handle);
  }

  /** The state for the mirror in the worker. @param {string} handle */
  #state(handle) {
    const { object, kind } = this.#objects.get(handle) ?? {};
    if (kind === "MediaStreamTrack") return trackState(object);
    if (kind === "MediaRecorder") return this.#recorderState(object);
    return null;
  }

  /** Report changes of tracks. */
  #look() {
    for (const [handle, { object, kind }] of this.#objects) {
      if (kind !== "MediaStreamTrack" || object.readyState !== "live") continue;
      const state = trackState(object);
      const text = JSON.stringify(state);
      if (this.#told.get(object) !== text) this.#say({ type: "state", target: handle, state });
      this.#told.set(object, text);
    }
  }

  /** @param {string} handle  the handle of a track that will fire no more events */
  #unwatch(handle) {
    for (const type of TRACK_EVENTS) this.#unlisten(handle, type);
  }

  // Devices

  /** @param {MediaDevices} devices  @param {MediaStreamConstraints} constraints */
  async MediaDevices_getUserMedia(devices, constraints) {
    const stream = await devices.getUserMedia(constraints);
    const { MediaStreamTrackProcessor } = /** @type {any} */ (window);
    if (MediaStreamTrackProcessor) {
      // (quirk: chromium-starves-other-tabs, as in devices.py)
      for (const track of stream.getVideoTracks().filter(({ readyState }) => readyState === "live")) {
        const { readable } = new MediaStreamTrackProcessor({ track, maxBufferSize: 1 });
        Object.assign(track, { mediarecorderReader: readable.getReader() });
      }
    }
    return this.describeStream(stream);
  }

  /** @param {MediaDevices} devices  @param {DisplayMediaStreamOptions & {focus?: string}} options */
  async MediaDevices_getDisplayMedia(devices, { focus, ...options }) {
    const { CaptureController } = /** @type {any} */ (window);
    if (focus && CaptureController) {
      const controller = new CaptureController();
      controller.setFocusBehavior(focus);
      Object.assign(options, { controller });
    }
    return this.describeStream(await devices.getDisplayMedia(options));
  }

  /** @param {MediaDevices} devices */
  async MediaDevices_enumerateDevices(devices) {
    const infos = await devices.enumerateDevices();
    return infos.map((info) => {
      const { deviceId, groupId, kind, label } = info;
      return { deviceId, groupId, kind, label, capabilities: /** @type {any} */ (info).getCapabilities?.() };
    });
  }

  /** @param {Permissions} permissions  @param {PermissionDescriptor} descriptor */
  async Permissions_query(permissions, descriptor) {
    const { name, state } = await permissions.query(descriptor);
    return { name, state };
  }

  // Services, with the objects behind the handles

  /** The page's clock (clock.js). */
  Services_now() {
    return performance.now();
  }

  /** Ask the browser to keep this origin's files: workers cannot. */
  Services_persist() {
    return navigator.storage.persist();
  }

  /** @param {typeof services} _  @param {string} prompt */
  Services_ask(_, prompt) {
    return services.ask(prompt);
  }

  /** @param {typeof services} _  @param {string} stream  @param {string} type */
  Services_photograph(_, stream, type) {
    return services.photograph(this.object(stream), type);
  }

  /** @param {typeof services} _  @param {string} handle  @param {string} stream  @param {number} seconds */
  Services_makeMeter(_, handle, stream, seconds) {
    this.#keep(handle, "Meter", services.meter(this.object(stream), seconds));
  }

  /** @param {typeof services} _  @param {string} handle  @param {string[]} tracks */
  Services_makeMix(_, handle, tracks) {
    this.#keep(handle, "Mix", services.mix(tracks.map((track) => this.object(track))));
  }

  /** @param {ReturnType<typeof services.mix>} mix */
  async Mix_begin(mix) {
    return this.describeStream(await mix.begin());
  }

  /** @param {typeof services} _  @param {string} handle  @param {"liveSound" | "livePictures"} kind  @param {string} track
   * @param {any[]} choice */
  Services_makeLive(_, handle, kind, track, ...choice) {
    this.#keep(handle, "Live", /** @type {any} */ (services)[kind](this.object(track), ...choice));
  }

  /** @param {typeof services} _  @param {string} handle  @param {"soundFeed" | "pictureFeed"} kind
   * @param {string} streamHandle  @param {string} trackHandle  @param {any[]} choice */
  Services_makeFeed(_, handle, kind, streamHandle, trackHandle, ...choice) {
    const feed = /** @type {any} */ (services)[kind](...choice);
    this.#keep(handle, "Live", feed);
    this.#keep(streamHandle, "MediaStream", feed.stream);
    this.#keep(trackHandle, "MediaStreamTrack", feed.track);
    this.#watch(trackHandle, feed.track);
  }

  /** @param {typeof services} _  @param {string} handle  @param {"player" | "transfer"} kind  @param {any} what */
  Services_makeFile(_, handle, kind, what) {
    this.#keep(handle, "Live", services[kind](what));
  }

  /** @param {typeof services} _  @param {string} name  @param {any} what */
  Services_show(_, name, { stream, ...what }) {
    services.show(name, { ...what, ...(stream ? { stream: this.object(stream) } : {}) });
  }

  /** @param {typeof services} _  @param {string} name */
  Services_panel(_, name) {
    return this.enter("Panel", services.panel(name));
  }

  /** @param {typeof services} _  @param {string} name  @param {string} title  @param {boolean} inBody */
  Services_window(_, name, title, inBody) {
    return this.enter("Panel", services.window(name, title, inBody));
  }

  // Streams and tracks

  /** Enter a stream and its tracks. @param {MediaStream} stream */
  describeStream(stream) {
    if (this.#closed) {
      // The user allowed access after the worker had died.
      for (const track of stream.getTracks()) track.stop();
      throw new DOMException("the worker is gone", "AbortError");
    }
    const handle = this.#handles.get(stream) ?? this.enter("MediaStream", stream);
    return { handle, id: stream.id, tracks: stream.getTracks().map((track) => this.#describeTrack(track)) };
  }

  /** @param {MediaStreamTrack} track @returns {import("./protocol.js").TrackDescription} */
  #describeTrack(track) {
    const handle = this.#handles.get(track) ?? this.enter("MediaStreamTrack", track);
    this.#watch(handle, track);
    return { handle, id: track.id, kind: track.kind, label: track.label, state: trackState(track) };
  }

  /** @param {string} handle  @param {MediaStreamTrack} track */
  #watch(handle, track) {
    if (track.readyState === "live") for (const type of TRACK_EVENTS) this.#listen(handle, type);
  }

  /** @param {typeof services} _  @param {string} handle  @param {string[]} tracks */
  Services_makeStream(_, handle, tracks) {
    this.#keep(handle, "MediaStream", new MediaStream(tracks.map((track) => this.object(track))));
  }

  /** @param {MediaStream} stream  @param {string} track */
  MediaStream_addTrack(stream, track) {
    stream.addTrack(this.object(track));
  }

  /** @param {MediaStream} stream  @param {string} track */
  MediaStream_removeTrack(stream, track) {
    stream.removeTrack(this.object(track));
  }

  /** @param {MediaStreamTrack} track */
  MediaStreamTrack_stop(track) {
    track.stop();
    this.#unwatch(this.#handles.get(track) ?? "");
  }

  /** @param {MediaStreamTrack} track  @param {string} handle  the clone's handle */
  MediaStreamTrack_clone(track, handle) {
    const clone = track.clone();
    this.#keep(handle, "MediaStreamTrack", clone);
    this.#watch(handle, clone);
  }

  /** @param {MediaStreamTrack} track  @param {string} property  @param {any} value */
  MediaStreamTrack_set(track, property, value) {
    if (property === "enabled") track.enabled = value;
    else if (property === "contentHint") track.contentHint = value;
  }

  /** @param {MediaStreamTrack} track  @param {MediaTrackConstraints} constraints */
  async MediaStreamTrack_applyConstraints(track, constraints) {
    await track.applyConstraints(constraints);
    return trackState(track);
  }

  /** @param {any} track  @param {unknown} target */
  MediaStreamTrack_cropTo(track, target) {
    return watched(track, () => track.cropTo(target));
  }

  /** @param {any} track  @param {unknown} target */
  MediaStreamTrack_restrictTo(track, target) {
    return watched(track, () => track.restrictTo(target));
  }

  /** @param {import("../page/panel.js").Panel | import("../page/window.js").PictureWindow} panel  @param {any} showing */
  Panel_show(panel, { stream, ...showing }) {
    panel.show({ ...showing, ...(stream === undefined ? {} : { stream: stream && this.object(stream) }) });
  }

  // Recorders

  /**
   * @param {typeof services} _  @param {string} handle  @param {string} stream
   * @param {string | undefined} picture  @param {string | undefined} sound  @param {number} every
   */
  Services_makeSteady(_, handle, stream, picture, sound, every) {
    const [shown, heard] = [picture, sound].map((track) => track && this.object(track));
    this.#keep(handle, "Steady", new services.Steady(this.object(stream), shown, heard, every));
  }

  /** @param {typeof services} _  @param {string} handle  @param {string} stream  @param {MediaRecorderOptions} options */
  Services_makeRecorder(_, handle, stream, options) {
    const recorded = this.object(stream);
    const recorder = new MediaRecorder(recorded instanceof services.Steady ? recorded.stream : recorded, options);
    this.#keep(handle, "MediaRecorder", recorder);
    this.#say({ type: "state", target: handle, state: this.#recorderState(recorder) });
  }

  /** @param {MediaRecorder} recorder  @param {number} [timeslice] */
  MediaRecorder_start(recorder, timeslice) {
    this.#takes.set(recorder, (this.#takes.get(recorder) ?? 0) + 1);
    const begun = { called: performance.now(), turned: 0 };
    setTimeout(() => (begun.turned = performance.now()), 0);
    this.#begun.set(recorder, begun);
    recorder.start(...(timeslice === undefined ? [] : [timeslice]));
  }

  /**
   * When the recorded data begins, as in Take._began (py/mediarecorder/_recorder/take.py) for sound, devices and
   * screens: workers have no other tracks.
   * @param {any} recorder  @param {number} started
   */
  #began(recorder, started) {
    const { called = started, turned = started } = this.#begun.get(recorder) ?? {};
    return "timecode" in BlobEvent.prototype ? called : turned;
  }

  /** @param {MediaRecorder} recorder @returns {import("./protocol.js").RecorderState} */
  #recorderState(recorder) {
    const { state, mimeType, audioBitsPerSecond, videoBitsPerSecond } = recorder;
    const { audioBitrateMode } = /** @type {any} */ (recorder);
    const take = this.#takes.get(recorder) ?? 0;
    return { state, mimeType, audioBitsPerSecond, videoBitsPerSecond, audioBitrateMode, take };
  }
}

/** @param {MediaStreamTrack} track @returns {import("./protocol.js").TrackState} */
function trackState(track) {
  const { muted, enabled, readyState } = track;
  return {
    muted,
    enabled,
    readyState,
    contentHint: track.contentHint ?? "",
    settings: track.getSettings(),
    capabilities: track.getCapabilities ? track.getCapabilities() : null,
    constraints: track.getConstraints(),
    stats: stats(track),
    methods: ["cropTo", "restrictTo"].filter((name) => name in track),
  };
}

/**
 * Call `limit` while a video element plays the track: Chromium crops with the next picture, and a track without a
 * consumer delivers none (quirk: chromium-crops-with-the-next-picture).
 * @param {MediaStreamTrack} track  @param {() => Promise<void>} limit
 */
async function watched(track, limit) {
  const video = document.createElement("video");
  video.muted = video.autoplay = true;
  video.srcObject = new MediaStream([track]);
  try {
    await limit();
  } finally {
    video.srcObject = null;
  }
}

/** The counts of delivered frames, if the browser keeps them. @param {any} track @returns {object | null} */
function stats(track) {
  try {
    return track.stats?.toJSON() ?? null;
  } catch {
    return null; // this kind of track has no counts
  }
}

/** The facts that a worker needs for synchronous answers. @returns {import("./protocol.js").Snapshot} */
function snapshot() {
  return {
    types: Object.fromEntries([...askableTypes()].map(([key, type]) => [key, MediaRecorder.isTypeSupported(type)])),
    constraints: { ...navigator.mediaDevices.getSupportedConstraints() },
    screen: "getDisplayMedia" in navigator.mediaDevices,
    policy: {
      ancestors: location.ancestorOrigins?.length ?? 0,
      features: /** @type {any} */ (document).featurePolicy?.allowedFeatures() ?? null,
    },
  };
}

/**
 * Tell the garbage collector how much memory a Blob holds. The collector counts only a few bytes for each. Chromium was
 * seen to keep half a gigabyte of unused Blobs, and could then read no new one
 * (quirk: chromium-keeps-blobs-nobody-needs).
 * @param {number} size
 */
const remindOf = (size) => void new ArrayBuffer(Math.min(size, 2 ** 25));
