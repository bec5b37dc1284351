// @ts-check
/** The same as worker.js, in a classic worker. */

/** Messages that arrive before it listens. @type {MessageEvent[]} */
const early = [];
onmessage = (event) => void early.push(event);

import("/tests/browser/support/worker.js").then(() => {
  onmessage = null;
  for (const { data } of early) dispatchEvent(new MessageEvent("message", { data }));
});
