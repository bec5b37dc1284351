// @ts-check
/**
 * Registers the service worker (sw.js), which stores the page for offline use. It does so only once the page's Python
 * runs, because a first visit has enough to load. A new version is announced in `#update`. Only a press of
 * `#update-now` changes the page, and only in this tab.
 */

const HOUR = 3_600_000;

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const { serviceWorker } = navigator; // missing over plain http, and in some private windows

async function keep() {
  if (!document.body.dataset.state) return; // its Python failed
  try {
    const address = new URL("../../sw.js", import.meta.url);
    follow(await serviceWorker.register(address, { updateViaCache: "none" }));
    await serviceWorker.ready;
    document.documentElement.dataset.offline = "ready";
  } catch (error) {
    console.info(`The page cannot be used offline. ${error}`);
  }
}

/** @param {ServiceWorkerRegistration} registration */
function follow(registration) {
  const announce = () => (element("update").hidden = false);
  const look = () => registration.active && registration.waiting && announce();
  const watch = () => registration.installing?.addEventListener("statechange", look);
  registration.addEventListener("updatefound", watch);
  watch();
  look();
  // Another tab has switched: this one has the previous version.
  if (serviceWorker.controller) serviceWorker.addEventListener("controllerchange", announce);

  element("update-now").addEventListener("click", () => {
    const { waiting } = registration;
    if (!waiting) return location.reload();
    waiting.addEventListener("statechange", () => waiting.state === "activated" && location.reload());
    waiting.postMessage("update");
  });

  let looked = performance.now(); // the browser checks when it opens a page
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || performance.now() - looked < HOUR) return;
    looked = performance.now();
    registration.update().catch(() => {}); // being offline needs no message
  });
}

addEventListener("py:all-done", () => (globalThis.requestIdleCallback ?? setTimeout)(keep), { once: true });
