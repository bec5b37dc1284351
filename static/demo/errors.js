// @ts-check
/**
 * Shows uncaught errors. PyScript's own box omits errors of `async def` handlers, and in Firefox errors of all
 * handlers: a refused microphone would look like a dead button. (Until Python has loaded, loading.js shows errors.)
 */

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {Event} event  @param {unknown} error */
function show(event, error) {
  if (!(error instanceof Error) || element("loading").checkVisibility()) return;
  event.preventDefault();
  console.error(error);
  element("problem-title").textContent = "That did not work.";
  element("problem-text").textContent = lastOf(error);
  element("problem").hidden = false;
  addEventListener("click", () => (element("problem").hidden = true), { capture: true, once: true }); // another attempt
}

/** The useful part of a traceback: the error after the indented lines, without its module. @param {Error} error */
function lastOf({ name, message }) {
  if (name !== "PythonError") return message;
  const lines = message.trim().split("\n");
  return lines.slice(lines.findLastIndex((line) => /^\s/.test(line)) + 1).join("\n").replace(/^(\w+\.)+/, "");
}

addEventListener("error", (event) => show(event, event.error));
addEventListener("unhandledrejection", (event) => show(event, event.reason));
