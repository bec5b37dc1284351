// @ts-check
/**
 * The worker of an encoder. In a page, an encoder gets a worker of its own. In a worker, it runs in that worker:
 * Firefox hangs, about once in a hundred times, in a worker that starts and ends others.
 * (quirk: firefox-hangs-in-workers-of-workers)
 */

// The text of the encoder's own worker as a function (tools/bundle.mjs).
import work from "encoder";
import { trusted } from "../../trust.js";

/** The part of a worker's interface that the encoder uses. */
class Here extends EventTarget {
  constructor() {
    super();
    /** @type {(event: {data: unknown}) => void} */
    this.hear = () => {};
    const self = {
      addEventListener: (/** @type {string} */ _, /** @type {(event: {data: unknown}) => void} */ listener) => {
        this.hear = listener;
      },
      postMessage: (/** @type {unknown} */ data) => {
        if (!this.ended) this.dispatchEvent(new MessageEvent("message", { data }));
      },
    };
    this.ended = false;
    work(self, () => {}); // the timer keeps Firefox from ending an idle worker
  }

  /** @param {unknown} data */
  postMessage(data) {
    queueMicrotask(() => this.hear({ data }));
  }

  terminate() {
    this.ended = true;
  }
}

/** @returns {Worker | Here} */
export function startWorker() {
  if ("WorkerGlobalScope" in globalThis) return new Here();
  const url = URL.createObjectURL(new Blob([`(${work})(self, setInterval)`], { type: "text/javascript" }));
  let worker;
  try {
    worker = new Worker(trusted("createScriptURL", url));
  } catch {
    return new Here(); // the page's policy forbids workers
  }
  worker.addEventListener("message", () => URL.revokeObjectURL(url), { once: true });
  worker.addEventListener("error", () => URL.revokeObjectURL(url), { once: true });
  return worker;
}
