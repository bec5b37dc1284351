// @ts-check
/**
 * Collects what a page does that page_watch.py may forbid, for a driver that reports nothing by itself:
 * `harnessSeen.splice(0)` returns [method of PageWatch, ...arguments] of each.
 */

/** @type {[string, ...string[]][]} */
const seen = [];

/** @type {("debug" | "log" | "info" | "warn" | "error")[]} */
const types = ["debug", "log", "info", "warn", "error"];
for (const type of types) {
  const print = console[type].bind(console);
  console[type] = (...parts) => {
    seen.push(["on_console", type, parts.map(String).join(" ")]);
    print(...parts);
  };
}

addEventListener("error", ({ message }) => seen.push(["on_error", message]));
addEventListener("unhandledrejection", ({ reason }) => seen.push(["on_error", String(reason)]));

// The page's policy refuses all requests that would leave this machine.
addEventListener("securitypolicyviolation", ({ blockedURI }) => seen.push(["on_address", blockedURI]));

Object.assign(window, { harnessSeen: seen });
