// @ts-check
/** The harness's worker: an interpreter that its page (harness.js) asks to run tests. */

import { Interpreter } from "./interpreter.js";

const interpreter = new Interpreter();

addEventListener("message", async ({ data: { id, method, parameters } }) => {
  try {
    const call = /** @type {(...parameters: unknown[]) => Promise<unknown>} */ (Reflect.get(interpreter, method));
    postMessage({ id, value: await call.apply(interpreter, parameters) });
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
});

// The browser reports a page's unhandled rejections to its driver, but not a worker's.
addEventListener("unhandledrejection", (event) => postMessage({ unhandled: `Unhandled in the worker: ${event.reason}` }));
addEventListener("error", (event) => postMessage({ unhandled: `Unhandled in the worker: ${event.message}` }));
