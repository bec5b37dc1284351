// @ts-check
/**
 * Starts the worker of a store so that a test sees its calls that read or change files, and can stop it in the middle of
 * one of them: what the worker has written by then is what a killed browser leaves behind.
 */
(() => {
  const NAME = "watched store";
  const MODULE = Symbol.for("mediarecorder.store");
  const realm = /** @type {any} */ (globalThis);

  /** Runs in the worker, before the store. @param {string} name */
  function watch(name) {
    const channel = new BroadcastChannel(name);
    /** @type {string[]} */
    let calls = [];
    let [bytes, stopAt, waits, isDead] = [0, -1, false, false];
    channel.addEventListener("message", ({ data }) => {
      channel.postMessage({ calls, bytes });
      [calls, bytes, stopAt, waits] = [[], 0, data.stopAt, data.waits];
    });
    /**
     * @param {any} prototype  @param {string} method  @param {(content: any) => number} [sizeOf]
     * @param {(call: Function, ...parameters: any[]) => void} [begin]  does part of a call
     */
    const patch = (prototype, method, sizeOf = () => 0, begin = () => {}) => {
      const original = prototype[method];
      prototype[method] = function (/** @type {any[]} */ ...parameters) {
        bytes += sizeOf(parameters[0]);
        calls.push(method);
        if (calls.length - 1 === stopAt) {
          begin(original.bind(this), ...parameters);
          channel.postMessage({ stopped: method });
          while (waits); // forever
          isDead = true;
        }
        if (isDead) throw new DOMException("", "UnknownError");
        return original.apply(this, parameters);
      };
    };
    /** @type {(content: any) => number} */
    const sizeOf = (content) => content.size ?? content.byteLength ?? sizeOf(content.data);
    const handle = /** @type {any} */ (globalThis).FileSystemSyncAccessHandle.prototype;
    patch(handle, "write", sizeOf, (write, content, place) => write(content.subarray(0, content.length >> 1), place));
    for (const method of ["truncate", "flush", "close"]) patch(handle, method);
    patch(FileSystemWritableFileStream.prototype, "write", sizeOf);
    patch(FileSystemWritableFileStream.prototype, "close");
    for (const method of ["removeEntry", "getFileHandle"]) patch(FileSystemDirectoryHandle.prototype, method);
    patch(Blob.prototype, "arrayBuffer");
  }

  const channel = new BroadcastChannel(NAME);
  const next = () =>
    new Promise((resolve) => channel.addEventListener("message", ({ data }) => resolve(data), { once: true }));

  /** @type {unknown} */
  let before;
  let address = "";
  realm.watchedStore = {
    /** The next store that is opened is watched. @param {string} store  the address of store.js */
    install(store) {
      before = realm[MODULE];
      address = URL.createObjectURL(new Blob([`(${watch})("${NAME}"); importScripts("${store}");`]));
      realm[MODULE] = { address };
    },
    uninstall() {
      URL.revokeObjectURL(address);
      if (before) realm[MODULE] = before;
      else delete realm[MODULE];
    },
    /**
     * The names of the calls, and the bytes written, since the last time. The worker stops in one of the next: it waits
     * forever, or from then on all its calls fail.
     */
    async since(stopAt = -1, waits = false) {
      const answer = next();
      channel.postMessage({ stopAt, waits });
      return answer;
    },
    /** The call in which the worker has stopped. */
    async stopped() {
      return (await next()).stopped;
    },
  };
})();
