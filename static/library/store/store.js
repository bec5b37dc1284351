// @ts-check
/**
 * The store's half that touches the disk (py/mediarecorder/store.py is the other). It runs in a worker of its own, or
 * in the very worker that Python runs in, and is spoken to by messages:
 *
 *     {call: 7, verb: "list", arguments: []}     answered by {call: 7, value} or {call: 7, error}
 *     {take: id, begin: {startedAt, mimeType}}   a take begins
 *     {take: id, chunk: Blob, milliseconds}      answered by {take: id, written: bytes} or {take: id, error}
 *
 * and it says {low: {used, limit}} and {copy: id, fraction} by itself. {close: true} cuts off what is under way.
 */

import { Copy } from "./copy.js";
import { Folder, openedOf } from "./folder.js";
import { hold } from "./locks.js";
import { Take } from "./take.js";
import { gone, isGone } from "../fault.js";

/** The name of a worker that was started for this. */
const NAME = "mediarecorder-store";
/** The part of the room from which on there is little left. */
const LOW = 0.9;
/** Bytes between two looks at what others have written, and what the browser still has. */
const LOOK = 8 * 2 ** 20;

/** @typedef {{postMessage: (message: any) => void}} Port */

class Store {
  /** @type {Folder} */
  #folder;
  /** Takes being recorded. @type {Map<string, Take>} */
  #takes = new Map();
  /** Recordings that are added. @type {Map<string, Copy>} */
  #copies = new Map();
  /** Takes held by this store: how to let them go. @type {Map<string, () => void>} */
  #held = new Map();
  #others = 0;
  #sinceLook = Infinity;
  /** @type {Promise<void> | undefined} */
  #looking;
  #low = false;
  #quota = Infinity;

  /** @param {Port} port  @param {Folder} folder  @param {number} limit */
  constructor(port, folder, limit) {
    this.port = port;
    this.limit = limit;
    this.#folder = folder;
  }

  /** @returns {(readonly [string, Take | Copy])[]} */
  get #underWay() {
    return [...this.#takes, ...this.#copies];
  }

  get #used() {
    return this.#underWay.reduce((used, [, { size }]) => used + size, this.#others);
  }

  /** @param {string} id  @param {Partial<import("./journal.js").About>} about */
  begin(id, about) {
    const folder = async () => {
      this.#held.set(id, await hold(this.#folder.lockOf(id), "start"));
      await this.#look();
      return this.#folder.create(id);
    };
    /** @type {import("./take.js").Owner} */
    const owner = {
      room: () => this.limit - this.#used,
      written: (size) => {
        this.port.postMessage({ take: id, written: size });
        this.#sinceLook += size;
        if (this.#sinceLook > LOOK) this.#look().catch(() => {});
        this.#warn();
      },
      failed: (error) => {
        // A chunk may have been larger than what was left when nothing was to be said yet.
        if (isFull(error)) this.#warn(true);
        this.port.postMessage({ take: id, error: plain(error) });
      },
    };
    this.#takes.set(id, new Take(folder, about, owner));
  }

  /** @param {string} id  @param {Blob} blob  @param {number} milliseconds */
  append(id, blob, milliseconds) {
    this.#takes.get(id)?.append({ blob, milliseconds });
  }

  /** @param {string} id  @param {number} milliseconds */
  async finish(id, milliseconds) {
    const take = this.#takes.get(id);
    try {
      const rescued = await take?.finish(milliseconds);
      return rescued ? openedOf(rescued) : await this.#folder.changed(id);
    } finally {
      await this.#leave(id, take);
    }
  }

  /**
   * Copy a file into the store: a finished recording.
   * @param {string} id  @param {import("./folder.js").Content} content
   */
  async add(id, content) {
    const copy = new Copy(this.#folder, id, content, (fraction) => this.port.postMessage({ copy: id, fraction }));
    this.#copies.set(id, copy);
    copy.ended = this.#write(id, copy);
    await copy.ended;
    return this.#folder.read(id);
  }

  /** @param {string} id  @param {Copy} copy */
  async #write(id, copy) {
    try {
      this.#held.set(id, await hold(this.#folder.lockOf(id), "add"));
      await this.#look();
      await copy.write(this.limit - this.#used);
      await this.#folder.changed(id);
      this.#warn();
    } catch (error) {
      if (isFull(error)) this.#warn(true);
      throw error;
    } finally {
      await this.#leave(id, copy);
    }
  }

  /** Have nothing of what was to be added. @param {string} id */
  async discard(id) {
    const copy = this.#copies.get(id);
    copy?.cutOff();
    await copy?.ended.catch(() => {});
    await this.#folder.delete(id).catch(() => {}); // it was there before it could be cut off
  }

  /** From now on it is like all others. @param {string} id  @param {Take | Copy} [ended] */
  async #leave(id, ended) {
    // A look that began earlier does not count it.
    while (this.#looking) await this.#looking.catch(() => {});
    this.#takes.delete(id);
    this.#copies.delete(id);
    this.#others += ended?.size ?? 0;
    this.release(id);
  }

  /** As JSON: that costs Python a hundredth of as many objects. */
  async list() {
    return JSON.stringify(await this.#folder.list());
  }

  /** @param {string} id */
  open(id) {
    return this.#folder.read(id);
  }

  /** Look at every byte of a take, and keep it from others until `release`. @param {string} id */
  async verify(id) {
    await this.#folder.take(id);
    this.#held.set(id, await hold(this.#folder.lockOf(id), "recover"));
    try {
      return await this.#folder.verify(id);
    } catch (error) {
      this.release(id);
      throw error;
    }
  }

  /** @param {string} id */
  release(id) {
    this.#held.get(id)?.();
    this.#held.delete(id);
  }

  /** @param {string} id  @param {import("./folder.js").Content} content */
  async replace(id, content) {
    await this.#folder.replace(id, content);
    return this.#folder.changed(id);
  }

  /** @param {string} id  @param {string} title */
  rename(id, title) {
    return this.#folder.rename(id, title);
  }

  /** @param {string} id */
  delete(id) {
    return this.#folder.delete(id);
  }

  clear() {
    return this.#folder.clear();
  }

  async usage() {
    await this.#look();
    const limit = Math.min(this.limit, this.#quota);
    return { used: this.#used, limit, persistent: (await navigator.storage.persisted?.()) ?? false };
  }

  close() {
    for (const [, one] of this.#underWay) Promise.resolve(one.cutOff()).catch(() => {});
    for (const id of this.#held.keys()) this.release(id);
  }

  /** Look at what others have written, and what the browser still has. Several that want it at once get one. */
  #look() {
    this.#looking ??= this.#lookAround().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #lookAround() {
    this.#sinceLook = 0;
    this.#others = await this.#folder.size(new Set(this.#underWay.map(([id]) => id)));
    const { usage = 0, quota = Infinity } = await navigator.storage.estimate();
    // What this store might come to, if it got all the room there is.
    this.#quota = Math.max(0, quota - usage) + this.#used;
  }

  #warn(full = false) {
    const used = this.#used;
    const limit = Math.min(this.limit, this.#quota);
    const low = full || used >= LOW * limit;
    if (low && !this.#low) this.port.postMessage({ low: { used, limit } });
    this.#low = low;
  }
}

/**
 * What a store can be asked for.
 * @type {Set<string>}
 */
const VERBS = new Set([
  "finish", "add", "discard", "list", "open", "verify", "release", "replace", "rename", "delete", "clear", "usage",
]);

/** Serve a store to whoever stands at the other end. @param {any} port */
function serve(port) {
  /** @type {Promise<Store>} */
  let store;
  /** @param {MessageEvent} event */
  const hear = async ({ data }) => {
    if (data.close) {
      (await store).close();
      return;
    }
    if (data.take) {
      const opened = await store;
      if (data.begin) opened.begin(data.take, data.begin);
      else opened.append(data.take, data.chunk, data.milliseconds);
      return;
    }
    const { call, verb, arguments: values } = data;
    try {
      let value;
      if (verb === "openStore") {
        const [name, limit] = values;
        const folder = new Folder(name);
        store = folder.ids().then(() => new Store(port, folder, limit ?? Infinity));
        await store;
      } else if (VERBS.has(verb)) {
        value = await /** @type {any} */ (await store)[verb](...values);
      }
      port.postMessage({ call, value });
    } catch (error) {
      port.postMessage({ call, error: plain(error) });
    }
  };
  port.addEventListener("message", hear);
  port.start?.();
}

/** @param {any} error */
const isFull = (error) => error.name === "QuotaExceededError";

/** What Python makes an exception of. @param {any} error */
const plain = (error) => described(isGone(error) ? gone() : error);

/** @param {any} error */
const described = (error) => ({ name: error.name, message: error.message, isFault: Boolean(error.isFault) });

/** Where the page's author may have it from. @type {HTMLScriptElement | null | undefined} */
const script = /** @type {any} */ (globalThis).document?.currentScript;
Object.assign(globalThis, { [Symbol.for("mediarecorder.store")]: { serve, address: script?.src ?? "" } });
if (self.name === NAME && !script) serve(globalThis);
