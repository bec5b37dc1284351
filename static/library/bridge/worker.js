// @ts-check
/**
 * The worker's half of the bridge: it finds the page and supplies the interfaces that a worker lacks. The wheel
 * contains it as `mediarecorder/js/worker.js`. Python loads it (py/mediarecorder/_host/bridge.py); it registers itself
 * below.
 */

import { Connection } from "./connection.js";
import {
  BlobEvent,
  CaptureController,
  MediaDevices,
  MediaRecorder,
  MediaStream,
  MediaStreamTrack,
  Permissions,
  Services,
  StorageManager,
} from "./mirrors.js";
import { VERSION } from "./protocol.js";

const mediaDevices = new MediaDevices();

/** The part of the page's `window` that Python uses. */
const page = {
  BlobEvent,
  CaptureController,
  MediaRecorder,
  MediaStream,
  MediaStreamTrack,
  location: {
    get ancestorOrigins() {
      return { length: Connection.current?.snapshot?.policy.ancestors ?? 0 };
    },
  },
  document: {
    get featurePolicy() {
      const features = Connection.current?.snapshot?.policy.features;
      return features && { allowedFeatures: () => features };
    },
  },
  navigator: { mediaDevices, permissions: new Permissions(), storage: new StorageManager() },
  services: new Services(),
};

const open = (/** @type {string} */ name) => new Connection(name, (connection) => mediaDevices.attach(connection));

const bridge = {
  version: VERSION,
  page,
  open,
  /** Whether a page is currently connected. */
  get connected() {
    return Connection.current !== null;
  },
};

Object.assign(globalThis, { [Symbol.for("mediarecorder.worker")]: bridge });
