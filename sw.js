// @ts-check
/**
 * Stores the page with its Python, so that it opens offline. A version is stored completely or not at all. It replaces
 * the previous one when the page requests that (static/demo/offline.js), or when no tab has the page open.
 */

const LIST = "py/packed/precache.js"; // the list of the version's files: tools/page_files.py
importScripts(LIST);

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const page = worker.registration.scope;
const { version, files } = worker.PRECACHE;
const addresses = new Set(Object.keys(files).map((name) => new URL(name, page).href));
/** Other pages of this origin may have caches too. */
const OURS = `mediarecorder ${page} `;
const CACHE = OURS + version;

worker.addEventListener("install", (event) => event.waitUntil(keep()));
worker.addEventListener("activate", (event) => event.waitUntil(forget(CACHE)));
worker.addEventListener("message", ({ data }) => {
  if (data === "update") worker.skipWaiting();
});
worker.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const address = new URL(url);
  address.hash = "";
  if (mode === "navigate") {
    address.search = "";
    address.pathname = address.pathname.replace(/\/index\.html$/, "/");
  }
  if (method === "GET" && addresses.has(address.href)) event.respondWith(answer(address.href, event.request));
});

async function keep() {
  const cache = await caches.open(CACHE);
  // Files in the browser's own cache are only revalidated. A version that arrives incompletely is not stored.
  const requests = Object.entries(files).map(([name, integrity]) => new Request(name, { integrity, cache: "no-cache" }));
  await cache.addAll(requests);
}

/** @param {string} [kept] the cache that stays */
async function forget(kept) {
  const names = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== kept);
  await Promise.all(names.map((name) => caches.delete(name)));
}

/** @param {string} address @param {Request} request */
async function answer(address, request) {
  if (address === page && (await isSomebodyElses())) {
    await Promise.all([worker.registration.unregister(), forget()]);
  }
  return (await caches.match(address, { cacheName: CACHE })) ?? fetch(request);
}

/** On a developer's machine another program may use the port by now; the page must not hide it. */
async function isSomebodyElses() {
  if (!["localhost", "127.0.0.1", "[::1]"].includes(location.hostname)) return false;
  try {
    const list = await fetch(LIST, { cache: "no-store" });
    return !list.ok || !(await list.text()).startsWith("self.PRECACHE");
  } catch {
    return false; // no server answers
  }
}
