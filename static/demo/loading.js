// @ts-check
/**
 * The page's messages until its Python runs: the bytes of the runtime as they arrive, then PyScript's own
 * stages. If a file does not arrive, the page names it and offers to reload.
 *
 * It runs before PyScript, because it starts the long downloads and wraps `fetch` for Pyodide.
 */

/**
 * The two files that make up nearly all of the download. Requesting them now, before Pyodide does, saves time and gives
 * the total length at the start.
 */
const RUNTIME = ["pyodide.asm.wasm", "python_stdlib.zip"].map(
  (name) => new URL(`../../node_modules/pyodide/${name}`, import.meta.url).href,
);

/** The page's texts for PyScript's stages (`py:progress`), with the value of the progress bar. */
const STAGES = new Map([
  ["Loaded interpreter", { words: "Loading the recorder…", share: 0.95 }],
  ["Loaded files", { words: "Starting the recorder…", share: 0.98 }],
]);
const DOWNLOADED = 0.9;
/** Milliseconds without any progress after which the page says so. Files that arrive later are still used. */
const STUCK_AFTER_MS = 15_000;

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const bar = /** @type {HTMLProgressElement} */ (element("loading-bar"));

/** Requested files that have not arrived, or not in a form that Pyodide accepts. @type {Set<string>} */
const missing = new Set();
let waiting = setTimeout(sayStuck, STUCK_AFTER_MS);

const browserFetch = globalThis.fetch;
const early = new Map(RUNTIME.map((url) => [url, loadRuntime(url)]));
// The page's own Python is small and not counted, but PyScript would request it only when the interpreter runs.
/** @type {NodeListOf<HTMLScriptElement>} */
const scripts = document.querySelectorAll("script[data-early]");
for (const { dataset } of scripts) {
  const url = new URL(dataset.early ?? "", document.baseURI).href;
  early.set(url, load(url));
}
/** @type {number[]} */
const lengths = [];
let arrived = 0;
let failed = false;
let done = false;

/** @param {string} url @param {RequestInfo | URL} [resource] @param {RequestInit} [options] */
async function load(url, resource = url, options = {}) {
  missing.add(nameOf(url));
  try {
    const response = await browserFetch(resource, options);
    if (!response.ok) failToLoad(url, `HTTP ${response.status}`);
    missing.delete(nameOf(url));
    goOn();
    return response;
  } catch (error) {
    failToLoad(url, error);
    throw error;
  }
}

/** @type {typeof fetch} */
globalThis.fetch = (resource, options) => {
  const url = new URL(resource instanceof Request ? resource.url : resource, document.baseURI).href;
  const response = early.get(url) ?? load(url, resource, options);
  early.delete(url); // a body can be read only once
  return response;
};

/**
 * @param {string} words the problem and the remedy
 * @param {string} details
 */
function fail(words, details) {
  if (failed) return;
  failed = true;
  showStuck(false);
  element("loading-stage").textContent = words;
  element("loading-bytes").textContent = details;
  bar.hidden = true;
  element("reload").hidden = false;
  dispatchEvent(new Event("loading-failed"));
}

/** @param {boolean} stuck */
function showStuck(stuck) {
  clearTimeout(waiting);
  element("stuck").hidden = element("reload").hidden = !stuck;
}

function sayStuck() {
  element("missing").textContent = [...missing].join(", ");
  showStuck(true);
}

/** Data has arrived: restart the wait. */
function goOn() {
  if (failed || done) return;
  showStuck(false);
  waiting = setTimeout(sayStuck, STUCK_AFTER_MS);
}

/** @param {string} url */
function nameOf(url) {
  return url.split(/[?#]/)[0].split("/").pop() ?? "";
}

/** @param {string} url @param {unknown} [reason] */
function failToLoad(url, reason) {
  const file = nameOf(url);
  const why = reason instanceof Error ? reason.message : String(reason ?? "");
  fail("Python could not be loaded. Check the connection, then reload the page.", [file, why].filter(Boolean).join(": "));
}

/**
 * Pyodide compiles WebAssembly while it loads. Browsers refuse this for any other type, and Pyodide then waits forever.
 * @param {Response} response
 */
function isRefused({ url, headers }) {
  return url.endsWith(".wasm") && headers.get("Content-Type")?.toLowerCase() !== "application/wasm";
}

/** @param {string} url */
async function loadRuntime(url) {
  let response = await load(url);
  if (isRefused(response)) {
    // A corrected host answers "not modified", and the browser keeps using the old type.
    await response.body?.cancel();
    response = await load(url, url, { cache: "reload" });
  }
  missing.add(isRefused(response) ? `${nameOf(url)} (${response.headers.get("Content-Type")})` : nameOf(url));
  // A compressed response states its compressed length, which is not the counted one; then there is no total.
  lengths.push(response.headers.has("Content-Encoding") ? NaN : Number(response.headers.get("Content-Length")));
  count(response.clone()).then(
    () => missing.delete(nameOf(url)),
    (error) => failToLoad(url, error),
  );
  return response;
}

/** @param {Response} response */
async function count(response) {
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
    arrived += part.value.byteLength;
    if (failed) return;
    goOn();
    const expected = lengths.length === RUNTIME.length ? lengths.reduce((sum, length) => sum + length) : NaN;
    const megabytes = (arrived / 1e6).toFixed(1);
    element("loading-bytes").textContent = expected ? `${megabytes} of ${(expected / 1e6).toFixed(1)} MB` : `${megabytes} MB`;
    if (expected) bar.value = Math.max(bar.value, DOWNLOADED * Math.min(1, arrived / expected));
  }
}

/** @param {Event} event */
function onError(event) {
  // A missing script fires an error at its own element, which only the capturing phase receives here.
  const { target } = event;
  if (target instanceof HTMLScriptElement) {
    if (!target.matches("[data-optional]")) failToLoad(target.src);
  } else if (event instanceof ErrorEvent) failToLoad(event.filename, event.message);
}

/** @param {PromiseRejectionEvent} event */
function onRejection(event) {
  event.preventDefault();
  console.error(event.reason);
  failToLoad("", event.reason);
}

/** @param {Event} event */
function onProgress(event) {
  goOn();
  const stage = STAGES.get(/** @type {CustomEvent<string>} */ (event).detail);
  if (!stage || failed) return;
  element("loading-stage").textContent = stage.words;
  bar.value = stage.share;
}

function onDone() {
  done = true;
  showStuck(false);
  globalThis.fetch = browserFetch;
  removeEventListener("error", onError, { capture: true });
  removeEventListener("unhandledrejection", onRejection);
  // PyScript is also done after a Python error; the page's Python sets a state when it is ready.
  if (document.body.dataset.state) element("loading").hidden = true;
  else fail("The page’s Python stopped with an error. Reload the page to try again.", "See the browser’s console for details.");
}

addEventListener("error", onError, { capture: true });
addEventListener("unhandledrejection", onRejection);
addEventListener("py:progress", onProgress);
addEventListener("py:ready", () => document.body.dataset.state && onDone()); // an example has its state in the markup
addEventListener("py:all-done", onDone, { once: true });
element("reload").addEventListener("click", () => location.reload());
