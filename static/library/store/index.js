// @ts-check
/**
 * The facts about a store's takes, so that a listing does not read every take: a file of slots, with a slot per take.
 *
 *     slot = checksum, JSON, zeros          512 bytes; the first slot is about the index itself
 *
 * The index only saves work, and a crash cannot make it wrong: before a take is changed, the facts in its slot are
 * erased, and written again afterwards. The facts of a take with an empty or damaged slot are read from its own folder.
 * The names of the folders determine which takes exist. A Web Lock lets one tab or worker at a time access the index.
 */

import { crc32 } from "@foxglove/crc";

/** @typedef {import("./folder.js").Stored} Stored */
/**
 * `bytes` is the size on disk; `at` identifies one state of a slot.
 * @typedef {{id: string, at: number, known?: Stored, bytes: number, slot: number}} Entry
 */

export const INDEX = "index";
const SLOT = 512;
const FORMAT = 1;
/** The file grows by this many slots. */
const MORE = 64;

export class Index {
  /** The number of changes at the last read. */
  #changes = -1;
  /** @type {Map<string, Entry>} */
  #entries = new Map();
  /** The number of slots in the file, and the unused ones. */
  #slots = 0;
  /** @type {number[]} */
  #free = [];

  /** @param {string} lock  its name  @param {() => Promise<FileSystemDirectoryHandle>} folder */
  constructor(lock, folder) {
    this.lock = lock;
    this.folder = folder;
  }

  /**
   * Read and change the index exclusively.
   * @template T  @param {(entries: Map<string, Entry>) => Promise<T> | T} work
   * @returns {Promise<T>}
   */
  use(work) {
    return navigator.locks.request(this.lock, async () => {
      if (!(await this.#read())) await this.#complete();
      return work(this.#entries);
    });
  }

  /** Write a new index if some or all of it is missing. Intact slots are correct and are kept. */
  async #complete() {
    const folder = await this.folder();
    const names = (await Array.fromAsync(folder.keys())).filter((name) => name !== INDEX && !this.#entries.has(name));
    const all = [...this.#entries.values(), ...names.map((id) => ({ id, bytes: 0 }))];
    this.#entries.clear();
    this.#free = [];
    this.#slots = 1;
    await this.#remove();
    await this.put(all, [], true);
  }

  /** @returns whether the file is gone */
  async #remove() {
    const folder = await this.folder();
    return folder.removeEntry(INDEX).then(() => true, ({ name }) => name === "NotFoundError");
  }

  /** Erase the facts about a take, before it is changed. @param {string} id */
  forget(id) {
    return this.use(() => this.put([{ id, bytes: 0 }]));
  }

  /** @param {string} id */
  remove(id) {
    return this.use(() => this.put([], [id]));
  }

  /**
   * Write slots. Call it only within `use`.
   * @param {{id: string, known?: Stored, bytes: number}[]} several  @param {string[]} [removed]
   * @param {boolean} [anew]  whether to create a new file
   */
  async put(several, removed = [], anew = false) {
    // Do not count a change that writes nothing, or the next change of another tab would have the same number.
    if (!anew && several.length === 0 && !removed.some((id) => this.#entries.has(id))) return;
    /** @type {Map<number, Uint8Array<ArrayBuffer>>} */
    const slots = new Map();
    const at = ++this.#changes;
    for (const id of removed) {
      const entry = this.#entries.get(id);
      if (!entry) continue;
      this.#entries.delete(id);
      this.#free.push(entry.slot);
      slots.set(entry.slot, new Uint8Array(SLOT));
    }
    for (const { id, known, bytes } of several) {
      const slot = this.#entries.get(id)?.slot ?? this.#free.pop() ?? this.#grow();
      const told = encoded({ id, at, known, bytes });
      this.#entries.set(id, told ? { id, at, known, bytes, slot } : { id, at, bytes: 0, slot });
      slots.set(slot, told ?? /** @type {Uint8Array<ArrayBuffer>} */ (encoded({ id, at, bytes: 0 })));
    }
    const head = /** @type {Uint8Array<ArrayBuffer>} */ (encoded({ format: FORMAT, changes: at, slots: this.#slots }));
    try {
      // The header comes first: earlier reads are then out of date, even if this is interrupted here. In a new file it
      // comes last: without it, the file is incomplete, wherever this is interrupted.
      if (anew) await this.#write([...slots]);
      await this.#write(anew ? [[0, head]] : [[0, head], ...slots]);
    } catch (error) {
      // The disk is full. No index is better than an outdated one, which other tabs would read.
      this.#changes = -1;
      if (!(await this.#remove()) && !anew && several.some(({ known }) => !known)) throw error; // keep the take
    }
  }

  #grow() {
    const first = this.#slots || 1;
    this.#slots = first + MORE;
    for (let slot = this.#slots - 1; slot > first; slot--) this.#free.push(slot);
    return first;
  }

  /** @returns whether the index is complete */
  async #read() {
    const handle = await (await this.folder()).getFileHandle(INDEX, { create: true });
    const file = await handle.getFile();
    const head = decoded(new Uint8Array(await file.slice(0, SLOT).arrayBuffer()));
    if (head?.format === FORMAT && head.changes === this.#changes && file.size >= this.#slots * SLOT) return true;
    this.#entries.clear();
    this.#free = [];
    let whole = head?.format === FORMAT && file.size >= head.slots * SLOT;
    // Other tabs must not mistake a new file for the one they have read.
    this.#changes = head?.changes ?? Math.floor(Math.random() * 2 ** 40);
    this.#slots = Math.max(1, head?.slots ?? 1, Math.ceil(file.size / SLOT));
    const bytes = new Uint8Array(await file.arrayBuffer());
    for (let slot = 1; slot < this.#slots; slot++) {
      const part = bytes.subarray(slot * SLOT, (slot + 1) * SLOT);
      const entry = decoded(part);
      if (entry && !this.#entries.has(entry.id)) {
        this.#entries.set(entry.id, { ...entry, slot });
        this.#changes = Math.max(this.#changes, entry.at);
      } else {
        this.#free.push(slot);
        whole &&= part.every((byte) => byte === 0);
      }
    }
    return Boolean(whole);
  }

  /** @param {[number, Uint8Array<ArrayBuffer>][]} slots */
  async #write(slots) {
    const file = await (await this.folder()).getFileHandle(INDEX, { create: true });
    const size = this.#slots * SLOT;
    if ("createSyncAccessHandle" in FileSystemFileHandle.prototype) {
      const handle = await file.createSyncAccessHandle();
      try {
        if (handle.getSize() < size) handle.truncate(size);
        for (const [slot, bytes] of slots) {
          if (handle.write(bytes, { at: slot * SLOT }) !== SLOT) throw new DOMException("", "QuotaExceededError");
        }
        handle.flush();
      } finally {
        handle.close();
      }
      return;
    }
    const writable = await file.createWritable({ keepExistingData: true });
    try {
      if ((await file.getFile()).size < size) await writable.truncate(size);
      for (const [slot, data] of slots) await writable.write({ type: "write", position: slot * SLOT, data });
      await writable.close();
    } catch (error) {
      await writable.abort().catch(() => {});
      throw error;
    }
  }
}

/** @param {object} content  @returns {Uint8Array<ArrayBuffer> | undefined} a slot, if the content fits */
function encoded(content) {
  const text = new TextEncoder().encode(JSON.stringify(content));
  if (text.length > SLOT - 4) return undefined;
  const bytes = new Uint8Array(SLOT);
  bytes.set(text, 4);
  new DataView(bytes.buffer).setUint32(0, crc32(bytes.subarray(4)), true);
  return bytes;
}

/** @param {Uint8Array<ArrayBuffer>} bytes  @returns {any} */
function decoded(bytes) {
  if (bytes.length < SLOT) return undefined;
  const checksum = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (crc32(bytes.subarray(4)) !== checksum) return undefined;
  let end = bytes.indexOf(0, 4);
  if (end < 0) end = SLOT;
  return end === 4 ? undefined : JSON.parse(new TextDecoder().decode(bytes.subarray(4, end)));
}
