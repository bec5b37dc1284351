// @ts-check
/**
 * Records the library's actions in this realm: the devices, listeners and objects that it opened, holds or left behind.
 * For pages, their frames, and workers. A test loads it as a module, or as an init script before anything else runs.
 */

/** @type {any} */ (globalThis).pageProbe ??= (() => {
  const { MediaDevices, MediaStream, MediaStreamTrack, MediaRecorder, BroadcastChannel, Worker } = globalThis;

  // Devices and tracks

  /** All opened streams, in order. @type {MediaStream[]} */
  const streams = [];
  /** Their tracks, and the clones. @type {Set<MediaStreamTrack>} */
  const tracks = new Set();
  /** Pending until the user has answered. @type {Promise<void> | null} */
  let asking = null;
  let asked = 0;
  /** @param {"getUserMedia" | "getDisplayMedia"} method */
  const watch = (method) => {
    const open = MediaDevices?.prototype[method];
    if (open) {
      MediaDevices.prototype[method] = async function (constraints) {
        asked++;
        if (asking) await asking; // (Otherwise the browser is asked at once, as without this probe.)
        const stream = await open.call(this, constraints);
        streams.push(stream);
        for (const track of stream.getTracks()) tracks.add(track);
        return stream;
      };
    }
  };
  watch("getUserMedia");
  watch("getDisplayMedia");
  const clone = MediaStreamTrack?.prototype.clone;
  if (clone) {
    MediaStreamTrack.prototype.clone = function () {
      const track = clone.call(this);
      tracks.add(track);
      return track;
    };
  }
  const liveTracks = () => [...tracks].filter((track) => track.readyState === "live");

  // The nodes of sound that are connected, their open ports, and the tracks of streams that the page makes itself

  /** @type {Set<MediaStreamTrack>} */
  const made = new Set();
  /** @type {Set<AudioNode>} */
  const nodes = new Set();
  /** @type {Set<MessagePort>} */
  const ports = new Set();
  if (globalThis.AudioNode) {
    const { connect, disconnect } = /** @type {any} */ (AudioNode.prototype);
    AudioNode.prototype.connect = function (/** @type {any[]} */ ...parameters) {
      nodes.add(this);
      return connect.apply(this, parameters);
    };
    AudioNode.prototype.disconnect = function (/** @type {any[]} */ ...parameters) {
      if (!parameters.length) nodes.delete(this);
      return disconnect.apply(this, parameters);
    };
    const noted = (/** @type {any} */ node) => {
      for (const track of node.stream?.getTracks() ?? []) made.add(track);
      if (node.port) ports.add(node.port);
      return node;
    };
    for (const name of /** @type {const} */ (["AudioWorkletNode", "MediaStreamAudioDestinationNode"])) {
      if (!globalThis[name]) continue; // an insecure page has no AudioWorklets
      /** @type {any} */ (globalThis)[name] = new Proxy(globalThis[name], {
        construct: (target, parameters, newTarget) => noted(Reflect.construct(target, parameters, newTarget)),
      });
    }
    const { close } = MessagePort.prototype;
    MessagePort.prototype.close = function () {
      ports.delete(this);
      close.call(this);
    };
    const { captureStream } = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.captureStream = function (...parameters) {
      const stream = captureStream.apply(this, parameters);
      for (const track of stream.getTracks()) made.add(track);
      return stream;
    };
  }

  // Listeners that were added and not yet removed

  /** Object, then type and listener. @type {Map<object, Set<string>>} */
  const listened = new Map();
  /** @type {WeakMap<object, number>} */
  const numbers = new WeakMap();
  let last = 0;
  /** @param {string} type @param {any} listener */
  const keyOf = (type, listener) => {
    if (!numbers.has(listener)) numbers.set(listener, ++last);
    return `${type} ${numbers.get(listener)}`;
  };
  const heard = [MediaStream, MediaStreamTrack, MediaRecorder, MediaDevices].filter(Boolean);
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (type, listener, ...rest) {
    if (listener && heard.some((kind) => this instanceof kind)) {
      const keys = listened.get(this) ?? new Set();
      listened.set(this, keys.add(keyOf(type, listener)));
    }
    addEventListener.call(this, type, listener, ...rest); // (Firefox has a fourth argument.)
  };
  EventTarget.prototype.removeEventListener = function (type, listener, options) {
    const keys = listener && listened.get(this);
    if (keys?.delete(keyOf(type, listener)) && !keys.size) listened.delete(this);
    removeEventListener.call(this, type, listener, options);
  };
  const keys = () => [...listened.values()].flatMap((keys) => [...keys]);

  // Recorders

  /** The options of each recorder, and the times of its calls and events. @type {any[]} */
  const recorders = [];
  if (MediaRecorder) {
    /** @type {WeakMap<MediaRecorder, Record<string, number>>} */
    const timesOf = new WeakMap();
    globalThis.MediaRecorder = new Proxy(MediaRecorder, {
      construct(target, parameters, newTarget) {
        const recorder = Reflect.construct(target, parameters, newTarget);
        /** @type {Record<string, number>} */
        const times = {};
        timesOf.set(recorder, times);
        recorders.push({ times, videoBitsPerSecond: recorder.videoBitsPerSecond });
        for (const type of ["start", "pause", "resume", "stop"]) {
          addEventListener.call(recorder, type, ({ timeStamp }) => void (times[type] = timeStamp));
        }
        return recorder;
      },
    });
    for (const method of /** @type {const} */ (["start", "resume"])) {
      const call = MediaRecorder.prototype[method];
      MediaRecorder.prototype[method] = function (/** @type {any[]} */ ...parameters) {
        const times = timesOf.get(this);
        if (times) times[`${method}()`] = performance.now();
        call.apply(this, /** @type {any} */ (parameters));
      };
    }
  }

  // Channels and locks

  /** @type {Set<BroadcastChannel>} */
  const open = new Set();
  /** @type {string[]} */
  const channels = [];
  /** Messages in the library's channels: the channel's name and the message's type. @type {[string, unknown][]} */
  const messages = [];
  /** @param {string | undefined} name */
  const isOurs = (name) => name?.startsWith("mediarecorder-");
  globalThis.BroadcastChannel = class extends BroadcastChannel {
    /** @param {string} name */
    constructor(name) {
      super(name);
      open.add(this);
      channels.push(name);
      if (isOurs(name)) this.addEventListener("message", ({ data }) => messages.push([name, data?.type]));
    }
    close() {
      open.delete(this);
      super.close();
    }
  };

  // Object URLs and workers

  /** @type {Map<string, Blob | MediaSource>} */
  const blobs = new Map();
  /** @type {Set<string>} */
  const revoked = new Set();
  const { createObjectURL, revokeObjectURL } = URL;
  URL.createObjectURL = (blob) => {
    const url = createObjectURL.call(URL, blob);
    blobs.set(url, blob);
    return url;
  };
  URL.revokeObjectURL = (url) => {
    blobs.delete(url);
    revoked.add(url);
    revokeObjectURL.call(URL, url);
  };
  /** Workers that have not been ended, since `begin()`. @type {Set<Worker>} */
  const workers = new Set();
  globalThis.Worker = new Proxy(Worker, {
    construct(target, parameters, newTarget) {
      const worker = Reflect.construct(target, parameters, newTarget);
      workers.add(worker);
      return worker;
    },
  });
  const { terminate } = Worker.prototype;
  Worker.prototype.terminate = function () {
    workers.delete(this);
    terminate.call(this);
  };

  /** All players without a place in the document. @type {HTMLAudioElement[]} */
  const players = [];
  if (globalThis.Audio) {
    globalThis.Audio = new Proxy(Audio, {
      construct(target, parameters, newTarget) {
        const player = Reflect.construct(target, parameters, newTarget);
        players.push(player);
        return player;
      },
    });
  }

  // Proxies of Python objects: Pyodide registers each proxy here, and unregisters it when it is destroyed.

  /** @type {Set<unknown>} */
  const proxies = new Set();
  const { register, unregister } = FinalizationRegistry.prototype;
  FinalizationRegistry.prototype.register = function (target, held, token) {
    // (mediabunny has a registry of its samples, and never closes some of those that it decodes in advance;
    // the bridge has a registry of its mirrors.)
    if (!["audio", "video"].includes(held?.type) && !held?.handle) proxies.add(token);
    return register.call(this, target, held, token);
  };
  FinalizationRegistry.prototype.unregister = function (token) {
    proxies.delete(token);
    return unregister.call(this, token);
  };

  /** A window and all the frames in it. @param {Window} window @returns {Window[]} */
  const frames = (window) => [window, ...Array.from(/** @type {any} */ (window.frames)).flatMap(frames)];

  return {
    streams,
    recorders,
    blobs,
    revoked,
    workers,
    players,
    /** Forget everything that was recorded and counted so far. */
    begin() {
      for (const known of [tracks, made, nodes, ports, listened, workers, proxies]) known.clear();
      for (const known of [streams, recorders, players]) known.length = 0;
    },
    /** The number of live tracks, opened or cloned. */
    live: () => liveTracks().length,
    /** What was opened, made or connected since `begin()` and not released: an empty text if there is nothing. */
    left: () =>
      Object.entries({
        tracks: liveTracks(),
        "tracks of own streams": [...made].filter((track) => track.readyState === "live"),
        nodes: [...nodes].filter(({ context }) => context.state !== "closed"),
        ports: [...ports],
        listeners: keys(),
      })
        .flatMap(([what, { length }]) => (length ? `${length} ${what}` : []))
        .join(", "),
    /** The number of tracks so far. */
    opened: () => tracks.size,
    /** The number of prompts so far. */
    asked: () => asked,
    /** From now on the user does not answer, until the returned function is called. */
    hesitate() {
      /** @type {() => void} */
      let answer = () => {};
      asking = new Promise((resolve) => (answer = resolve));
      return () => {
        asking = null;
        answer();
      };
    },
    /** End all tracks as a lost device does. */
    lose() {
      for (const track of liveTracks()) {
        track.stop();
        track.dispatchEvent(new Event("ended"));
      }
    },
    /** Fire an event of this type at every live track. @param {string} type */
    fire(type) {
      for (const track of liveTracks()) track.dispatchEvent(new Event(type));
    },
    /** The number of listeners, in all or of one type. @param {string} [type] */
    listeners: (type) => keys().filter((key) => !type || key.startsWith(`${type} `)).length,
    /** `addEventListener` for a test's own listeners, which do not count. */
    uncounted: addEventListener,
    /** What has listeners, and the types with their numbers. */
    listened: () => [...listened].map(([object, keys]) => `${object.constructor.name} ${[...keys]}`).join("; "),
    /** Names of the library's channels that were opened here, and of those still open. */
    channels: () => channels.filter(isOurs),
    openChannels: () => [...open].map(({ name }) => name).filter(isOurs),
    messages,
    /** Names of the library's Web Locks that are held or requested in this origin. */
    async locks() {
      const { held = [], pending = [] } = await navigator.locks.query();
      return [...held, ...pending].map(({ name }) => name).filter(isOurs);
    },
    /** The number of proxies made since `begin()` that still exist. */
    proxies: () => proxies.size,
    /** Everything that other pages of the origin can read from a window that they can reference, and from the origin's storage.
     * @param {Window} window */
    async texts(window) {
      const texts = [];
      for (const frame of frames(window)) {
        /** @type {(Document | ShadowRoot)[]} */
        const roots = [frame.document];
        for (const root of roots) {
          texts.push("documentElement" in root ? root.documentElement.outerHTML : root.innerHTML);
          for (const { shadowRoot } of root.querySelectorAll("*")) if (shadowRoot) roots.push(shadowRoot);
        }
      }
      for (const storage of [window.localStorage, window.sessionStorage]) texts.push(JSON.stringify({ ...storage }));
      for (const { name = "" } of await indexedDB.databases()) {
        /** @type {IDBDatabase} */
        const database = await new Promise((resolve, reject) => {
          const request = indexedDB.open(name);
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
        for (const store of database.objectStoreNames) {
          const everything = database.transaction(store).objectStore(store).getAll();
          await new Promise((resolve) => (everything.onsuccess = everything.onerror = resolve));
          texts.push(JSON.stringify(everything.result));
        }
        database.close();
      }
      return texts;
    },
  };
})();
