// @ts-check
/**
 * The takes of a store, each a folder of the origin private file system:
 *
 *     mediarecorder-store-<name>/index                      what is known of all of them (index.js)
 *     mediarecorder-store-<name>/<id>/journal-000000000 …   the take (journal.js)
 *     mediarecorder-store-<name>/<id>/media                 all of it in one file, once it was recovered or added
 *     mediarecorder-store-<name>/<id>/title                 what the user calls it
 *     mediarecorder-store-<name>/<id>/coming                the journal of what is added, before it has its name
 *     mediarecorder-store-<name>/<id>/going                 the first journal of what is deleted
 *
 * One without its first journal is no take: it is about to be one, or to be none any more.
 */

import { aboutEntry, MOVED, readJournal } from "./journal.js";
import { INDEX, Index } from "./index.js";
import { holding, ifUnused, looking } from "./locks.js";
import { fileName, journalOf, writeFile } from "./writers.js";
import { Fault } from "../fault.js";

/** @typedef {import("./journal.js").Journal} Journal */
/** @typedef {"recording" | "finished" | "interrupted"} State */

/**
 * What Python hears of a stored take.
 * @typedef {object} Stored
 * @property {string} id
 * @property {string} title
 * @property {number} startedAt     seconds since 1970
 * @property {string} mimeType
 * @property {number} size
 * @property {number} milliseconds
 * @property {State} state
 */

/** `spans` of each chunk: how much lies before it, and its length. @typedef {Stored & {blob: Blob, spans: Uint32Array}} Opened */

/**
 * What is put into the store as one file.
 * @typedef {{media: Blob, about: import("./journal.js").About, title: string}} Content
 */

const MEDIA = "media", TITLE = "title", COMING = "coming", GOING = "going";

export class Folder {
  /** @param {string} name  of the store */
  constructor(name) {
    this.name = `mediarecorder-store-${encodeURIComponent(name)}`;
    this.index = new Index(`${this.name}/${INDEX}`, () => this.#handle());
  }

  /** Asked for each time: a handle is of no use any more once the data of the site were cleared. */
  async #handle() {
    return (await navigator.storage.getDirectory()).getDirectoryHandle(this.name, { create: true });
  }

  /** The name of a take's lock. @param {string} id */
  lockOf(id) {
    return `${this.name}/${id}`;
  }

  /** A folder for a new take that the caller holds. @param {string} id */
  async create(id) {
    await this.index.forget(id);
    return (await this.#handle()).getDirectoryHandle(id, { create: true });
  }

  /** @param {string} id */
  async take(id) {
    const handle = await this.#handle();
    try {
      return await handle.getDirectoryHandle(id);
    } catch {
      throw missing(id);
    }
  }

  async ids() {
    return (await namesOf(await this.#handle())).filter((name) => name !== INDEX);
  }

  /** All takes, the oldest first. */
  async list() {
    const known = await this.index.use((entries) => new Map(entries));
    const ids = await this.ids();
    const there = new Set(ids);
    const gone = [...known.values()].filter((entry) => entry.known && !there.has(entry.id)).map(({ id }) => id);
    const found = await this.#look(ids.filter((id) => !known.get(id)?.known), known, gone);
    const all = [...found.map((one) => one.known), ...ids.flatMap((id) => known.get(id)?.known ?? [])];
    return all.sort((one, other) => one.startedAt - other.startedAt);
  }

  /**
   * Look at takes of which nothing is known, and learn it.
   * @param {string[]} ids  @param {Map<string, {at: number}>} known  what the index said before  @param {string[]} [gone]
   */
  async #look(ids, known, gone = []) {
    const found = (await Promise.all(ids.map((id) => this.#lookOrSweep(id)))).filter((one) => one !== undefined);
    const learnt = found.filter(({ isSure }) => isSure);
    if (learnt.length || gone.length) {
      await this.index.use((entries) => {
        // What was changed meanwhile is not learnt: whoever did it does.
        const isAsBefore = (/** @type {string} */ id) => entries.get(id)?.at === known.get(id)?.at;
        const several = learnt.map(({ known, bytes }) => ({ id: known.id, known, bytes }));
        return this.index.put(several.filter(({ id }) => isAsBefore(id)), gone.filter(isAsBefore));
      });
    }
    return found;
  }

  /** @param {string} id */
  async #lookOrSweep(id) {
    try {
      return await this.#lookAt(id);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.#sweep(id).catch(() => {});
      return undefined;
    }
  }

  /** What is to be known of a take, and whether that is sure. @param {string} id */
  async #lookAt(id) {
    const folder = await this.take(id);
    return looking(this.lockOf(id), async (inUse) => {
      const { blob: _, spans: __, bytes, ...known } = await this.#read(id, folder, false, inUse);
      return { known, bytes, isSure: !inUse && known.state === "finished" };
    });
  }

  /** A take that the caller holds, whose change is over. @param {string} id */
  async changed(id) {
    const before = await this.index.use((entries) => entries.get(id)?.at);
    const opened = await this.#read(id, await this.take(id), false, false);
    const { blob: _, spans: __, bytes, ...known } = opened;
    await this.index.use((entries) => {
      // Who renames a take does not hold it: what was read may be out of date. Whoever lists it next learns it.
      if (known.state === "finished" && entries.get(id)?.at === before) return this.index.put([{ id, known, bytes }]);
    });
    return opened;
  }

  /** What a tab has left that was killed while it added or deleted a take. @param {string} id */
  async #sweep(id) {
    await ifUnused(this.lockOf(id), async () => {
      const folder = await this.take(id).catch(() => undefined);
      if (folder && (await namesOf(folder)).includes(fileName(0))) return;
      await (await this.#handle()).removeEntry(id, { recursive: true }).catch(() => {});
      await this.index.remove(id);
    });
  }

  /**
   * A take as far as it is whole by what stands in its journal.
   * @param {string} id  @returns {Promise<Opened>}
   */
  async read(id) {
    const folder = await this.take(id);
    return looking(this.lockOf(id), (inUse) => this.#read(id, folder, false, inUse));
  }

  /** The same, of a take that the caller holds, and every chunk compared with its checksum. @param {string} id */
  async verify(id) {
    return this.#read(id, await this.take(id), true, false);
  }

  /**
   * @param {string} id  @param {FileSystemDirectoryHandle} folder  @param {boolean} verify  @param {boolean} inUse
   * @returns {Promise<Opened & {bytes: number}>}
   */
  async #read(id, folder, verify, inUse) {
    const files = await filesOf(folder);
    if (!files.has(fileName(0))) throw missing(id);
    const journals = [...files.keys()].filter((name) => name.startsWith("journal-")).sort();
    const journal = await readJournal(journals.map((name) => /** @type {File} */ (files.get(name))), verify);
    const media = files.get(MEDIA);
    const whole = !journal.moved || media?.size === journal.size;
    return {
      ...openedOf(journal, media, (files.get(journals[0])?.lastModified ?? 0) / 1000),
      id,
      bytes: [...files.values()].reduce((sum, { size }) => sum + size, 0),
      title: (await files.get(TITLE)?.text()) ?? "",
      state: journal.finished && whole ? "finished" : inUse ? "recording" : "interrupted",
    };
  }

  /**
   * Put one file in the place of all that was recorded. At no moment there is neither.
   * @param {string} id  @param {Content} content
   */
  async replace(id, { media, about }) {
    const folder = await this.take(id);
    await this.index.forget(id);
    await writeFile(folder, MEDIA, media);
    await writeFile(folder, fileName(0), movedTo(about));
    for (const name of await namesOf(folder)) {
      if (name.startsWith("journal-") && name !== fileName(0)) await folder.removeEntry(name);
    }
  }

  /**
   * Put one file in the place of nothing.
   * @param {string} id  @param {Content} content  @param {(size: number) => void} written
   */
  async add(id, { media, about, title }, written) {
    const folder = await this.create(id);
    if (title) await writeFile(folder, TITLE, new Blob([title]));
    await writeFile(folder, MEDIA, media, written);
    // A file is there, and empty, before it is written. Under its own name that would be a take of which all is lost.
    await writeFile(folder, COMING, movedTo(about));
    await (await folder.getFileHandle(COMING)).move(fileName(0));
  }

  /** @param {string} id  @param {string} title */
  async rename(id, title) {
    const folder = await this.take(id);
    await this.index.use(async (entries) => {
      const { known, bytes = 0 } = entries.get(id) ?? {};
      await this.index.put([{ id, bytes: 0 }]);
      const content = new Blob([title]);
      await writeFile(folder, TITLE, content);
      const grown = known ? bytes + content.size - new Blob([known.title]).size : 0;
      if (known) await this.index.put([{ id, known: { ...known, title }, bytes: grown }]);
    });
  }

  /** @param {string} id */
  async delete(id) {
    await this.take(id);
    await holding(this.lockOf(id), "delete", () => this.remove(id));
  }

  /** The same, of a take that the caller holds. @param {string} id */
  async remove(id) {
    const folder = await this.take(id);
    await this.index.forget(id);
    // Without its first file a take is none, so it is there or not, but never a half of it. (Another name, since of a
    // file that it was removing when it was killed Firefox keeps the name, and an empty file behind it.)
    const first = await folder.getFileHandle(fileName(0)).catch(() => undefined);
    await first?.move(GOING).catch(() => {});
    await (await this.#handle()).removeEntry(id, { recursive: true });
    await this.index.remove(id);
  }

  /** Delete all that nobody uses. */
  async clear() {
    for (const id of await this.ids()) await this.delete(id).catch(() => {});
  }

  /** Bytes on disk, without the takes that are named. @param {Set<string>} left */
  async size(left = new Set()) {
    const known = await this.index.use((entries) => new Map(entries));
    const counted = [...known.values()].filter(({ id }) => !left.has(id));
    const found = await this.#look(counted.filter(({ known }) => !known).map(({ id }) => id), known);
    return [...counted, ...found].reduce((sum, { bytes }) => sum + bytes, 0);
  }
}

/** Bytes that it will take on disk. @param {Content} content */
export const sizeOf = ({ media, about, title }) => media.size + movedTo(about).size + new Blob([title]).size;

/** The journal of a take that is in a file of its own. @param {import("./journal.js").About} about */
const movedTo = (about) => new Blob(journalOf([aboutEntry(about, MOVED)]));

/** @param {string} id */
const missing = (id) => new Fault("NotFoundError", `there is no recording ${JSON.stringify(id)} in this store`);

/** @param {any} error  by us or by the browser */
const isMissing = (error) => error.name === "NotFoundError";

/** @param {FileSystemDirectoryHandle} folder  @returns {Promise<Map<string, File>>} */
async function filesOf(folder) {
  const files = new Map();
  for (const name of await namesOf(folder)) {
    try {
      files.set(name, await (await folder.getFileHandle(name)).getFile());
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return files;
}

/** @param {FileSystemDirectoryHandle} folder */
const namesOf = (folder) => Array.fromAsync(folder.keys());

/**
 * What a journal tells, of one that is finished and in no store.
 * @param {Journal} journal  @param {File} [media]  @param {number} [since]  seconds, where the journal does not tell
 * @returns {Opened}
 */
export function openedOf(journal, media, since = 0) {
  const { startedAt = since, mimeType = "" } = journal.about;
  return {
    id: "",
    title: "",
    startedAt,
    mimeType,
    size: journal.size,
    milliseconds: journal.milliseconds,
    state: "finished",
    blob: blobOf(journal, media, mimeType),
    spans: Uint32Array.from(journal.spans),
  };
}

/** Slices of the files on disk; nothing is read. @param {Journal} journal  @param {File | undefined} media  @param {string} type */
function blobOf(journal, media, type) {
  if (journal.moved) return (media ?? new Blob()).slice(0, journal.size, type);
  const slices = journal.parts.map(({ file, from, to }) => file.slice(from, to, type));
  return slices.length === 1 ? slices[0] : new Blob(slices, { type });
}
