// @ts-check
/**
 * The half of the store that accesses the disk (py/mediarecorder/store.py is the other half). It runs in a worker of
 * its own, or in Python's worker, and receives messages:
 *
 *     {call: 7, verb: "list", arguments: []}     answered by {call: 7, value} or {call: 7, error}
 *     {take: id, begin: {startedAt, mimeType}, endpoint}   a take begins, and with an endpoint is uploaded
 *     {take: id, chunk: Blob, milliseconds}      answered by {take: id, written: bytes} or {take: id, error}
 *     {take: id, markers: JSON}                  all markers of the take so far
 *     {take: id, unclaim: true}                  its upload is over
 *
 * It sends {low: {used, limit}} and {progress: name, fraction} by itself. {close: true} cuts off running takes and
 * copies.
 */

import { Copy, sometimes } from "./copy.js";
import { Folder, openedOf } from "./folder.js";
import { hold, holding } from "./locks.js";
import { Take } from "./take.js";
import { WebmIndex } from "../webm/front.js";
import { LiveWalk } from "../webm/live.js";
import { Fault, gone, isGone } from "../fault.js";

/** The name of a worker that was started for the store. */
const NAME = "mediarecorder-store";
/** Space counts as low above this fraction. */
const LOW = 0.9;
/** After this many bytes, measure again what other tabs have written and what space the browser has left. */
const LOOK = 8 * 2 ** 20;

/** @typedef {{postMessage: (message: any) => void}} Port */
/** @typedef {{isOver: boolean, release: () => void, verified?: import("./folder.js").Verified}} Recovery */

class Store {
  /** @type {Folder} */
  #folder;
  /** Running takes. @type {Map<string, Take>} */
  #takes = new Map();
  /** Recordings that are being added. @type {Map<string, Copy>} */
  #copies = new Map();
  /** Recoveries, by names that Python gives them. @type {Map<string, Recovery>} */
  #recoveries = new Map();
  /** The functions that release the takes held by this store. @type {Map<string, () => void>} */
  #held = new Map();
  /** The last note about an upload. @type {Promise<void>} */
  #noted = Promise.resolve();
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

  /** @param {string} id  @param {Partial<import("./journal.js").About>} about  @param {string} [endpoint] */
  begin(id, about, endpoint) {
    const folder = async () => {
      this.#held.set(id, await hold(this.#folder.lockOf(id), "start"));
      await this.#look();
      const folder = await this.#folder.create(id);
      if (endpoint) {
        await this.claim(id);
        await this.noteUpload(id, { endpoint, url: "", isLive: true });
      }
      return folder;
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
        // A large chunk may not fit although no warning was due before.
        if (isFull(error)) this.#warn(true);
        this.port.postMessage({ take: id, error: plain(error) });
      },
    };
    this.#takes.set(id, new Take(folder, about, owner, Boolean(endpoint)));
  }

  /** @param {string} id  @param {Blob} blob  @param {number} milliseconds */
  append(id, blob, milliseconds) {
    this.#takes.get(id)?.append({ blob, milliseconds });
  }

  /** @param {string} id  @param {string} markers */
  mark(id, markers) {
    this.#takes.get(id)?.mark(markers);
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
    const copy = new Copy(this.#folder, id, content, (fraction) => this.port.postMessage({ progress: id, fraction }));
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

  /** Cancel adding a recording and delete it. @param {string} id */
  async discard(id) {
    const copy = this.#copies.get(id);
    copy?.cutOff();
    await copy?.ended.catch(() => {});
    await this.#folder.delete(id).catch(() => {}); // it may have been complete already
  }

  /** Treat an ended take or copy like all others. @param {string} id  @param {Take | Copy} [ended] */
  async #leave(id, ended) {
    // A measurement that began earlier does not include it.
    while (this.#looking) await this.#looking.catch(() => {});
    this.#takes.delete(id);
    this.#copies.delete(id);
    this.#others += ended?.size ?? 0;
    this.release(id);
  }

  /** All takes as JSON, which costs Python a hundredth of the time that as many objects would cost. */
  async list() {
    return JSON.stringify(await this.#folder.list());
  }

  /** @param {string} id */
  open(id) {
    return this.#folder.read(id);
  }

  /**
   * Verify every byte of a take, and hold the take until `leave`.
   * @param {string} id  @param {string} name  of the recovery
   */
  async verify(id, name) {
    /** @type {Recovery} */
    const recovery = { isOver: false, release: () => {} };
    this.#recoveries.set(name, recovery);
    const tell = sometimes((fraction) => this.port.postMessage({ progress: name, fraction }));
    await this.#folder.take(id);
    recovery.release = await hold(this.#folder.lockOf(id), "recover");
    try {
      recovery.verified = await this.#folder.verify(id, (fraction, mimeType) => {
        if (recovery.isOver) throw new Fault("AbortError", "the recovery was cancelled");
        // Other containers are written again afterwards.
        tell(/webm|matroska/.test(mimeType) ? fraction : fraction / 2);
      });
      return recovery.verified.opened;
    } catch (error) {
      recovery.release();
      throw error;
    }
  }

  /**
   * End a take that was verified where its chunks end, and add an index.
   * @param {string} id  @param {string} name
   * @returns the recording; undefined if it must be written again for that
   */
  async end(id, name) {
    const verified = this.#recoveries.get(name)?.verified;
    if (verified && (await this.#folder.end(id, verified))) return this.#folder.changed(id);
  }

  /** End a recovery. @param {string} name */
  leave(name) {
    const recovery = this.#recoveries.get(name);
    if (!recovery) return;
    recovery.isOver = true;
    recovery.release();
    this.#recoveries.delete(name);
  }

  // Uploads. The Web Lock of one is apart from that of its take, which may be recorded meanwhile.

  /** Hold the upload of a take, until `unclaim`. Returns what is known about it. @param {string} id */
  async claim(id) {
    let isOver = false;
    this.#held.set(uploadOf(id), () => (isOver = true));
    const release = await hold(this.#folder.lockOf(uploadOf(id)), "upload");
    if (isOver) release();
    else this.#held.set(uploadOf(id), release);
    return JSON.stringify(await this.#folder.upload(id));
  }

  /** @param {string} id */
  unclaim(id) {
    this.release(uploadOf(id));
  }

  /** @param {string} id  @param {Partial<import("./folder.js").StoredUpload>} changes */
  noteUpload(id, changes) {
    // One after the other: each changes what it has read.
    this.#noted = this.#noted.catch(() => {}).then(() => this.#folder.noteUpload(id, changes));
    return this.#noted;
  }

  async uploads() {
    return JSON.stringify(await this.#folder.uploads());
  }

  /** A part of a running take that is on disk. @param {string} id  @param {number} from  @param {number} to */
  part(id, from, to) {
    return this.#takes.get(id)?.part(from, to);
  }

  /** @param {string} id */
  release(id) {
    this.#held.get(id)?.();
    this.#held.delete(id);
  }

  /**
   * @param {string} id  @param {import("./folder.js").Content} content
   * @param {boolean} [isFree]  whether no recovery holds the take
   */
  async replace(id, content, isFree) {
    const replace = async () => {
      await this.#folder.replace(id, content);
      return this.#folder.changed(id);
    };
    return isFree ? holding(this.#folder.lockOf(id), "stop", replace) : replace();
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
    for (const name of this.#recoveries.keys()) this.leave(name);
  }

  /**
   * Measure what other tabs have written and what space the browser has left. Simultaneous calls share one measurement.
   */
  #look() {
    this.#looking ??= this.#lookAround().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #lookAround() {
    this.#sinceLook = 0;
    this.#others = await this.#folder.size(new Set(this.#underWay.map(([id]) => id)));
    const { usage = 0, quota = Infinity } = await navigator.storage.estimate();
    // The size that this store could reach if it got all the free space.
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
 * The verbs of a store.
 * @type {Set<string>}
 */
const VERBS = new Set([
  "finish", "add", "discard", "list", "open", "verify", "end", "replace", "leave", "rename", "delete", "clear", "usage",
  "claim", "noteUpload", "uploads", "part",
]);

/** The name of an upload among the things that are held. @param {string} id  of its take */
const uploadOf = (id) => `${id}/upload`;

/** Serve a store to the other end of a port. @param {any} port */
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
      if (data.begin) opened.begin(data.take, data.begin, data.endpoint);
      else if (data.markers) opened.mark(data.take, data.markers);
      else if (data.unclaim) opened.unclaim(data.take);
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

/** The description from which Python makes an exception. @param {any} error */
const plain = (error) => described(isGone(error) ? gone() : error);

/** @param {any} error */
const described = (error) => ({ name: error.name, message: error.message, isFault: Boolean(error.isFault) });

/** The script tag, if the page's author has loaded this file. @type {HTMLScriptElement | null | undefined} */
const script = /** @type {any} */ (globalThis).document?.currentScript;
Object.assign(globalThis, { [Symbol.for("mediarecorder.store")]: { serve, WebmIndex, LiveWalk, address: script?.src ?? "" } });
if (self.name === NAME && !script) serve(globalThis);
