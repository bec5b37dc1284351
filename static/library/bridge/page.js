// @ts-check
/**
 * The bridge's half in the page, which has camera, microphone and MediaRecorder and lends them to Python in a
 * worker. The wheel carries it as `mediarecorder/js/page.js`.
 *
 * A page's author writes
 *
 *     import { openChannel } from "./page.js";
 *     const channel = openChannel();          // a random name: hand it to the worker, in any way
 *
 * and Python `await mediarecorder.connect(channel)`. In notebooks Python brings this module here by itself, with
 * the channel's name behind a `#` in its address.
 */

import { join, openChannel } from "./handshake.js";
import { services } from "../page/services.js";
import { VERSION } from "./protocol.js";

export { openChannel, VERSION as version };

// What Python in this page has from here.
Object.assign(globalThis, { [Symbol.for("mediarecorder.page")]: services });

const name = decodeURIComponent(new URL(import.meta.url).hash.slice(1));
if (name) join(name);
