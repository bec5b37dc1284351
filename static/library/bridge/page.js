// @ts-check
/**
 * The page's half of the bridge. It gives Python in a worker access to the page's camera, microphone and MediaRecorder.
 * The wheel contains it as `mediarecorder/js/page.js`.
 *
 * A page's author writes
 *
 *     import { openChannel } from "./page.js";
 *     const channel = openChannel();          // a random name: pass it to the worker, in any way
 *
 * or, if nothing can be passed to the worker, `openChannel(name)` with a random name that is also written in the Python.
 * and Python calls `await mediarecorder.connect(channel)`. In notebooks Python itself loads this module into the page,
 * with the channel's name after a `#` in its URL.
 */

import { join, openChannel } from "./handshake.js";
import { services } from "../page/services.js";
import { PROCESSORS, register } from "../live/worklet.js";
import { VERSION } from "./protocol.js";

export { openChannel, VERSION as version };

// The interface for Python in this page.
Object.assign(globalThis, { [Symbol.for("mediarecorder.page")]: services });

if ("registerProcessor" in globalThis) {
  // An AudioWorklet has loaded this module for its processors (live/sound.js).
  register(PROCESSORS);
} else {
  const name = decodeURIComponent(new URL(import.meta.url).hash.slice(1));
  if (name) join(name);
}
