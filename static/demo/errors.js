// @ts-check
/**
 * Shows what nobody has caught. PyScript's own box leaves out what an `async def` handler raises, and in Firefox what
 * any handler does: a refused microphone would look like a dead button. (Until Python is there loading.js shows errors.)
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

/** What a person wants to read of a traceback: the error behind the indented lines, without its module. @param {Error} error */
function lastOf({ name, message }) {
  if (name !== "PythonError") return message;
  const lines = message.trim().split("\n");
  return lines.slice(lines.findLastIndex((line) => /^\s/.test(line)) + 1).join("\n").replace(/^(\w+\.)+/, "");
}

addEventListener("error", (event) => show(event, event.error));
addEventListener("unhandledrejection", (event) => show(event, event.reason));
