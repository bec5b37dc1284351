// @ts-check
/**
 * The takes of a store, each a folder of the origin private file system:
 *
 *     mediarecorder-store-<name>/<id>/journal-000000000 …   the take (journal.js)
 *     mediarecorder-store-<name>/<id>/media                 all of it in one file, once it was recovered or added
 *     mediarecorder-store-<name>/<id>/title                 what the user calls it
 *     mediarecorder-store-<name>/<id>/coming                the journal of what is added, before it has its name
 *     mediarecorder-store-<name>/<id>/going                 the first journal of what is deleted
 *
 * One without its first journal is no take: it is about to be one, or to be none any more.
 */

import { aboutEntry, MOVED, readJournal } from "./journal.js";
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
  }

  /** Asked for each time: a handle is of no use any more once the data of the site were cleared. */
  async #handle() {
    return (await navigator.storage.getDirectory()).getDirectoryHandle(this.name, { create: true });
  }

  /** The name of a take's lock. @param {string} id */
  lockOf(id) {
    return `${this.name}/${id}`;
  }

  /** A folder for a new take. @param {string} id */
  async create(id) {
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
    return namesOf(await this.#handle());
  }

  /** All takes, the oldest first. */
  async list() {
    const found = await Promise.all((await this.ids()).map((id) => this.#lookOrSweep(id)));
    return found.filter((stored) => stored !== undefined).sort((one, other) => one.startedAt - other.startedAt);
  }

  /** @param {string} id  @returns {Promise<Stored | undefined>} */
  async #lookOrSweep(id) {
    try {
      const { blob: _, spans: __, ...stored } = await this.read(id);
      return stored;
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.#sweep(id).catch(() => {});
      return undefined;
    }
  }

  /** What a tab has left that was killed while it added or deleted a take. @param {string} id */
  async #sweep(id) {
    const folder = await this.take(id);
    await ifUnused(this.lockOf(id), async () => {
      if (!(await namesOf(folder)).includes(fileName(0))) await (await this.#handle()).removeEntry(id, { recursive: true });
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
   * @returns {Promise<Opened>}
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
    if (title) await this.rename(id, title);
    await writeFile(folder, MEDIA, media, written);
    // A file is there, and empty, before it is written. Under its own name that would be a take of which all is lost.
    await writeFile(folder, COMING, movedTo(about));
    await (await folder.getFileHandle(COMING)).move(fileName(0));
  }

  /** @param {string} id  @param {string} title */
  async rename(id, title) {
    await writeFile(await this.take(id), TITLE, new Blob([title]));
  }

  /** @param {string} id */
  async delete(id) {
    await this.take(id);
    await holding(this.lockOf(id), "delete", () => this.remove(id));
  }

  /** The same, of a take that the caller holds. @param {string} id */
  async remove(id) {
    const folder = await this.take(id);
    // Without its first file a take is none, so it is there or not, but never a half of it. (Another name, since of a
    // file that it was removing when it was killed Firefox keeps the name, and an empty file behind it.)
    const first = await folder.getFileHandle(fileName(0)).catch(() => undefined);
    await first?.move(GOING).catch(() => {});
    await (await this.#handle()).removeEntry(id, { recursive: true });
  }

  /** Delete all that nobody uses. */
  async clear() {
    for (const id of await this.ids()) await this.delete(id).catch(() => {});
  }

  /** Bytes on disk, without the takes that are named. @param {Set<string>} left */
  async size(left = new Set()) {
    let sum = 0;
    for (const id of await this.ids()) {
      if (left.has(id)) continue;
      try {
        for (const file of (await filesOf(await this.take(id))).values()) sum += file.size;
      } catch {
        // deleted meanwhile
      }
    }
    return sum;
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
