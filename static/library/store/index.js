// @ts-check
/**
 * What a store knows of its takes without reading each: one file of slots, a slot for each take.
 *
 *     slot = checksum, JSON, zeros          512 bytes; the first one is about the index itself
 *
 * It only spares work, and a crash cannot make it wrong: before a take is changed its slot loses what is known, in its
 * place, and gets it again afterwards. What is known of none, or whose slot is damaged, is read from the take's own folder.
 * Which takes there are say the names of the folders. One at a time uses it, in whatever tab, under a Web Lock.
 */

import CRC32 from "crc-32";

/** @typedef {import("./folder.js").Stored} Stored */
/** `bytes` on disk; `at` tells one state of a slot from another. @typedef {{id: string, at: number, known?: Stored, bytes: number, slot: number}} Entry */

export const INDEX = "index";
const SLOT = 512;
const FORMAT = 1;
/** Slots by which the file grows. */
const MORE = 64;

export class Index {
  /** How often it was changed when it was read last. */
  #changes = -1;
  /** @type {Map<string, Entry>} */
  #entries = new Map();
  /** Slots of the file, and those of them that nobody has. */
  #slots = 0;
  /** @type {number[]} */
  #free = [];

  /** @param {string} lock  its name  @param {() => Promise<FileSystemDirectoryHandle>} folder */
  constructor(lock, folder) {
    this.lock = lock;
    this.folder = folder;
  }

  /**
   * Read it and change it, alone.
   * @template T  @param {(entries: Map<string, Entry>) => Promise<T> | T} work
   * @returns {Promise<T>}
   */
  use(work) {
    return navigator.locks.request(this.lock, async () => {
      if (!(await this.#read())) await this.#complete();
      return work(this.#entries);
    });
  }

  /** Write it anew where some or all of it is missing: what is whole is true. */
  async #complete() {
    const folder = await this.folder();
    const names = (await Array.fromAsync(folder.keys())).filter((name) => name !== INDEX && !this.#entries.has(name));
    const all = [...this.#entries.values(), ...names.map((id) => ({ id, bytes: 0 }))];
    await this.#drop();
    await this.put(all, [], true);
  }

  async #drop() {
    this.#entries.clear();
    this.#free = [];
    this.#slots = 1;
    await (await this.folder()).removeEntry(INDEX).catch(() => {});
  }

  /** Nothing is known of a take: it is about to be changed. @param {string} id */
  forget(id) {
    return this.use(() => this.put([{ id, bytes: 0 }]));
  }

  /** @param {string} id */
  remove(id) {
    return this.use(() => this.put([], [id]));
  }

  /**
   * Write slots; only within `use`.
   * @param {{id: string, known?: Stored, bytes: number}[]} several  @param {string[]} [removed]
   * @param {boolean} [anew]  there is no file
   */
  async put(several, removed = [], anew = false) {
    // What is not written is not counted, or the next change of another tab would have the same number.
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
      // The head comes first: what others have read before is out of date, even if this ends here. Of a new file it
      // comes last: without it that is not whole, wherever this ends.
      if (anew) await this.#write([...slots]);
      await this.#write(anew ? [[0, head]] : [[0, head], ...slots]);
    } catch {
      await this.#drop(); // a full disk: better none than one that is out of date
      this.#changes = -1; // and should it be there still, it is read
    }
  }

  #grow() {
    const first = this.#slots || 1;
    this.#slots = first + MORE;
    for (let slot = this.#slots - 1; slot > first; slot--) this.#free.push(slot);
    return first;
  }

  /** @returns whether all of it is there */
  async #read() {
    const handle = await (await this.folder()).getFileHandle(INDEX, { create: true });
    const file = await handle.getFile();
    const head = decoded(new Uint8Array(await file.slice(0, SLOT).arrayBuffer()));
    if (head?.format === FORMAT && head.changes === this.#changes && file.size >= this.#slots * SLOT) return true;
    this.#entries.clear();
    this.#free = [];
    let whole = head?.format === FORMAT && file.size >= head.slots * SLOT;
    // Others must not take a new one for what they have read.
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

/** @param {object} content  @returns {Uint8Array<ArrayBuffer> | undefined} a slot, if that holds it */
function encoded(content) {
  const text = new TextEncoder().encode(JSON.stringify(content));
  if (text.length > SLOT - 4) return undefined;
  const bytes = new Uint8Array(SLOT);
  bytes.set(text, 4);
  new DataView(bytes.buffer).setInt32(0, CRC32.buf(bytes.subarray(4)), true);
  return bytes;
}

/** @param {Uint8Array<ArrayBuffer>} bytes  @returns {any} */
function decoded(bytes) {
  if (bytes.length < SLOT) return undefined;
  const checksum = new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
  if (CRC32.buf(bytes.subarray(4)) !== checksum) return undefined;
  let end = bytes.indexOf(0, 4);
  if (end < 0) end = SLOT;
  return end === 4 ? undefined : JSON.parse(new TextDecoder().decode(bytes.subarray(4, end)));
}
