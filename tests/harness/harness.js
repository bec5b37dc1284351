// @ts-check
/** The harness's page: an interpreter runs the tests, here or in a worker. */

import { Interpreter } from "./interpreter.js";

/** @typedef {import("./interpreter.js").Options} Options */

/** An interpreter in a worker, which reaches this page by the library's bridge. */
class RemoteInterpreter {
  #worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  #last = 0;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */
  #waiting = new Map();

  constructor() {
    this.#worker.onmessage = ({ data: { id, value, error, unhandled } }) => {
      if (unhandled !== undefined) return console.error(unhandled);
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(error));
    };
    this.#worker.onerror = ({ message }) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(message));
    };
  }

  /** @param {Options} options */
  async start(options) {
    const { openChannel } = await import("/py/mediarecorder/js/page.js");
    // (The browser's driver would keep each file.)
    document.addEventListener("click", (event) => event.preventDefault());
    await this.#ask("start", { ...options, channel: openChannel() });
  }

  /** @param {string} nodeId  @param {string | null} nextId */
  run(nodeId, nextId) {
    return this.#ask("run", nodeId, nextId);
  }

  /** @param {"start" | "run"} method  @param {unknown[]} parameters @returns {Promise<any>} */
  #ask(method, ...parameters) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, parameters });
    });
  }
}

class Harness {
  /** @type {Interpreter | RemoteInterpreter} */
  #interpreter = new Interpreter();

  /** @param {Options & {realm: "page" | "worker"}} options */
  async start({ realm, ...options }) {
    if (realm === "worker") this.#interpreter = new RemoteInterpreter();
    await this.#interpreter.start(options);
  }

  /** @param {string} nodeId  @param {string | null} nextId */
  async run(nodeId, nextId) {
    const answer = await this.#interpreter.run(nodeId, nextId);
    // When this is answered, the network requests that the test did not wait for have been reported.
    await fetch(location.href, { method: "HEAD" });
    return answer;
  }
}

Object.assign(window, { harness: new Harness() });
