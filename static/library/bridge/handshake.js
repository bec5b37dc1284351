// @ts-check
/** How the page's half finds the worker. */

import { mustBeUnguessable, randomName } from "./names.js";
import { isMessage, VERSION } from "./protocol.js";
import { Session } from "./session.js";

/** A worker that loaded this module into the page must answer within this many milliseconds. */
const HANDSHAKE_TIMEOUT_MS = 30_000;
/** Milliseconds by which a tab without the focus lets others answer first: several tabs may open the same name. */
const COURTESY_MS = 500;

/**
 * Open a channel for workers of this page, which may start and end at any time.
 * @param {string} [name]  a name that the worker's author also knows, with a random part
 * @returns {string} its unguessable name
 */
export function openChannel(name = randomName()) {
  mustBeUnguessable(name);
  // Other tabs may have opened the same name, and the worker accepts only one of them.
  const agent = crypto.randomUUID();
  listen(name, (message) => message.agent === agent && new Session(message), agent);
  return name;
}

/**
 * Connect to the worker that loaded this module into the page. If the module runs again from a saved notebook, or twice
 * in two views of one output, no worker accepts it, and it closes itself.
 * @param {string} name
 */
export function join(name) {
  const agent = crypto.randomUUID();
  const channel = listen(name, (message) => {
    close();
    if (message.agent === agent) new Session(message);
  }, agent);
  const timer = setTimeout(close, HANDSHAKE_TIMEOUT_MS);
  function close() {
    clearTimeout(timer);
    channel.close();
  }
}

/**
 * Answer every `knock`, and call `accepted` with each `accept` message.
 * @param {string} name  @param {(message: any) => void} accepted  @param {string} agent
 */
function listen(name, accepted, agent) {
  const channel = new BroadcastChannel(name);
  const hello = () => channel.postMessage({ type: "hello", version: VERSION, agent });
  channel.onmessage = ({ data }) => {
    if (!isMessage(data)) return;
    if (data.type === "knock") {
      if (data.version === VERSION) setTimeout(hello, document.hasFocus() ? 0 : COURTESY_MS);
      else channel.postMessage({ type: "refuse", version: VERSION });
    } else if (data.type === "accept" && data.version === VERSION) {
      accepted(data);
    }
  };
  hello();
  return channel;
}
