// @ts-check
/** The same as worker.js in a worker that is no module. */

/** Messages that come before it listens. @type {MessageEvent[]} */
const early = [];
onmessage = (event) => void early.push(event);

import("/tests/browser/support/worker.js").then(() => {
  onmessage = null;
  for (const { data } of early) dispatchEvent(new MessageEvent("message", { data }));
});
