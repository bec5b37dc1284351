// @ts-check
/**
 * The takes of a store, each a folder of the origin private file system:
 *
 *     mediarecorder-store-<name>/index                      the facts about all takes (index.js)
 *     mediarecorder-store-<name>/<id>/journal-000000000 …   the take (journal.js)
 *     mediarecorder-store-<name>/<id>/end                   the records that end the journal, if it had no space for them
 *     mediarecorder-store-<name>/<id>/media                 the whole file, after it was added or rewritten
 *     mediarecorder-store-<name>/<id>/title                 the user's title
 *     mediarecorder-store-<name>/<id>/markers               the markers, as Python writes them
 *     mediarecorder-store-<name>/<id>/upload                where it is uploaded to (`StoredUpload`, JSON)
 *     mediarecorder-store-<name>/<id>/coming                the journal of a recording that is being added
 *     mediarecorder-store-<name>/<id>/going                 the first journal of a take that is being deleted
 *
 * A folder without its first journal is not a recording: it is still being created, or being deleted.
 */

import { aboutEntry, MOVED, readJournal, readRange } from "./journal.js";
import { INDEX, Index } from "./index.js";
import { holding, ifUnused, looking } from "./locks.js";
import { END, endTake, fileName, indexOf, journalOf, writeFile } from "./writers.js";
import { Fault, isGone } from "../fault.js";

/** @typedef {import("./journal.js").Journal} Journal */
/** @typedef {"recording" | "finished" | "interrupted"} State */

/**
 * The facts about a stored take, for Python.
 * @typedef {object} Stored
 * @property {string} id
 * @property {string} title
 * @property {number} startedAt     seconds since 1970
 * @property {string} mimeType
 * @property {number} size
 * @property {number} milliseconds
 * @property {State} state
 */

/**
 * `spans` holds two numbers per chunk of `chunks`: the gap before it, and its length. `isIndexed` says whether the store
 * has written an index of it.
 * @typedef {Stored & {blob: Blob, chunks: Blob, spans: Uint32Array, markers: string, isIndexed: boolean}} Opened
 */

/**
 * A take whose chunks were compared with their checksums, and what was learnt from that.
 * @typedef {{opened: Opened, journal: Journal, index: import("../webm/front.js").WebmIndex, isPlain: boolean}} Verified
 */

/**
 * The upload of a take. `url` is "" until the server has given one. If it `isLive`, it began while the take was recorded.
 * The file of such a take stays as the browser delivered it, because what is sent cannot change: it is plain. `isChanged`
 * says that the file is another one than the upload was begun with.
 * @typedef {{endpoint: string, url: string, isLive?: boolean, isComplete?: boolean, isChanged?: boolean}} StoredUpload
 */

/**
 * A recording that is written into the store as one file.
 * @typedef {{media: Blob, about: import("./journal.js").About, title: string, markers?: string}} Content
 */

/** How often to read a range again that was written meanwhile. */
const ATTEMPTS = 20;

const MEDIA = "media", TITLE = "title", UPLOAD = "upload", COMING = "coming", GOING = "going";
/** The file with the markers of a take; there is none without a marker. */
export const MARKERS = "markers";

export class Folder {
  /** @param {string} name  the store's name */
  constructor(name) {
    this.name = `mediarecorder-store-${encodeURIComponent(name)}`;
    this.index = new Index(`${this.name}/${INDEX}`, () => this.#handle());
  }

  /** Requested each time, because a handle becomes invalid when the data of the site is cleared. */
  async #handle() {
    return (await navigator.storage.getDirectory()).getDirectoryHandle(this.name, { create: true });
  }

  /** The name of a take's lock. @param {string} id */
  lockOf(id) {
    return `${this.name}/${id}`;
  }

  /** Create the folder of a new take. The caller holds the take. @param {string} id */
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

  /** All takes, oldest first. */
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
   * Read takes that the index does not know, and add them to it.
   * @param {string[]} ids  @param {Map<string, {at: number}>} known  the index before  @param {string[]} [gone]
   */
  async #look(ids, known, gone = []) {
    const found = (await Promise.all(ids.map((id) => this.#lookOrSweep(id)))).filter((one) => one !== undefined);
    const learnt = found.filter(({ isSure }) => isSure);
    if (learnt.length || gone.length) {
      await this.index.use((entries) => {
        // Skip takes that were changed in the meantime: the code that changed them updates the index.
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

  /** The facts about a take, and whether they are final. @param {string} id */
  async #lookAt(id) {
    const folder = await this.take(id);
    return looking(this.lockOf(id), async (inUse) => {
      const { opened, bytes } = await this.#read(id, folder, inUse);
      return { known: factsOf(opened), bytes, isSure: !inUse && opened.state === "finished" };
    });
  }

  /** Read a take after a change and update the index. The caller holds the take. @param {string} id */
  async changed(id) {
    const before = await this.index.use((entries) => entries.get(id)?.at);
    const { opened, bytes } = await this.#read(id, await this.take(id), false);
    const known = factsOf(opened);
    await this.index.use((entries) => {
      // Renaming does not hold the take, so the facts may be out of date. The next listing then reads it again.
      if (known.state === "finished" && entries.get(id)?.at === before) return this.index.put([{ id, known, bytes }]);
    });
    return opened;
  }

  /** Remove the leftovers of a tab that was killed while it added or deleted a take. @param {string} id */
  async #sweep(id) {
    await ifUnused(this.lockOf(id), async () => {
      const folder = await this.take(id).catch(() => undefined);
      if (folder && (await namesOf(folder)).includes(fileName(0))) return;
      await (await this.#handle()).removeEntry(id, { recursive: true }).catch(() => {});
      await this.index.remove(id);
    });
  }

  /**
   * Read a take as far as its journal is intact.
   * @param {string} id  @returns {Promise<Opened>}
   */
  async read(id) {
    const folder = await this.take(id);
    return looking(this.lockOf(id), async (inUse) => (await this.#read(id, folder, inUse)).opened);
  }

  /**
   * Like `read`, but compare every chunk with its checksum. The caller holds the take.
   * @param {string} id  @param {(fraction: number, mimeType: string) => void} report
   * @returns {Promise<Verified>}
   */
  async verify(id, report) {
    const folder = await this.take(id);
    const isPlain = Boolean((await uploadIn(folder)).isLive);
    const index = indexOf(isPlain);
    const { opened, journal } = await this.#read(id, folder, false, { verify: true, index }, report);
    return { opened, journal, index, isPlain };
  }

  /**
   * End an interrupted take where its chunks end, and add an index. The caller holds the take.
   * @param {string} id  @param {Verified} verified
   * @returns whether that was possible
   */
  async end(id, { journal, index, isPlain }) {
    if (journal.moved || !(isPlain || index.isKnown)) return false;
    await this.index.forget(id);
    if (!isPlain) await this.#changes(id);
    return endTake(await this.take(id), journal, index, isPlain);
  }

  // Uploads

  /** What is known about the upload of a take. @param {string} id @returns {Promise<Partial<StoredUpload>>} */
  async upload(id) {
    return uploadIn(await this.take(id));
  }

  /** All takes with an upload that is not complete. */
  async uploads() {
    const found = await Promise.all((await this.ids()).map(async (id) => ({ id, ...(await this.upload(id).catch(() => ({}))) })));
    return found.filter(({ endpoint, isComplete }) => endpoint && !isComplete);
  }

  /** @param {string} id  @param {Partial<StoredUpload>} changes */
  async noteUpload(id, changes) {
    const folder = await this.take(id);
    await writeFile(folder, UPLOAD, new Blob([JSON.stringify({ ...(await uploadIn(folder)), ...changes })]));
  }

  /** The file of a take becomes another one. @param {string} id */
  async #changes(id) {
    const { endpoint } = await this.upload(id);
    if (endpoint) await this.noteUpload(id, { isChanged: true });
  }

  /**
   * @param {string} id  @param {FileSystemDirectoryHandle} folder  @param {boolean} inUse
   * @param {import("./journal.js").How} [how]  @param {(fraction: number, mimeType: string) => void} [report]
   */
  async #read(id, folder, inUse, how = {}, report = () => {}) {
    const files = await filesOf(folder);
    if (!files.has(fileName(0))) throw missing(id);
    const names = [...files.keys()].filter((name) => name.startsWith("journal-")).sort();
    const journals = names.map((name) => /** @type {File} */ (files.get(name)));
    const whole = journals.reduce((sum, { size }) => sum + size, 0);
    let done = 0;
    const passed = (/** @type {number} */ size, /** @type {Journal} */ { about, moved }) =>
      moved || report((done += size) / whole, about.mimeType ?? "");
    const read = inUse ? whileItGrows(folder) : readRange;
    const journal = await readJournal(journals, { read, passed, end: files.get(END), ...how });
    const media = files.get(MEDIA);
    const isWhole = !journal.moved || media?.size === journal.size;
    const found = openedOf(journal, media, journals[0].lastModified / 1000);
    /** @type {Opened} */
    const opened = {
      ...found,
      isIndexed: found.isIndexed || (journal.finished && Boolean((await uploadIn(folder, files)).isLive)),
      id,
      title: await textIn(folder, files.get(TITLE)),
      markers: await textIn(folder, files.get(MARKERS)),
      state: journal.finished && isWhole ? "finished" : inUse ? "recording" : "interrupted",
    };
    // What is noted about an upload changes without a new entry in the index.
    files.delete(UPLOAD);
    return { opened, journal, bytes: [...files.values()].reduce((sum, { size }) => sum + size, 0) };
  }

  /**
   * Replace all recorded data with one file. At every moment, the old data or the new file is complete.
   * @param {string} id  @param {Content} content
   */
  async replace(id, { media, about }) {
    const folder = await this.take(id);
    await this.index.forget(id);
    await this.#changes(id);
    await writeFile(folder, MEDIA, media);
    await writeFile(folder, fileName(0), movedTo(about));
    for (const name of await namesOf(folder)) {
      if (name === END || (name.startsWith("journal-") && name !== fileName(0))) await folder.removeEntry(name);
    }
  }

  /**
   * Add one file as a new take.
   * @param {string} id  @param {Content} content  @param {(size: number) => void} written
   */
  async add(id, { media, about, title, markers }, written) {
    const folder = await this.create(id);
    if (title) await writeFile(folder, TITLE, new Blob([title]));
    if (markers) await writeFile(folder, MARKERS, new Blob([markers]));
    await writeFile(folder, MEDIA, media, written);
    // A file exists, empty, before it is written. Under its final name it would look like a take that lost all its
    // data.
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

  /** Delete a take that the caller holds. @param {string} id */
  async remove(id) {
    const folder = await this.take(id);
    await this.index.forget(id);
    // Without its first file, the folder no longer counts as a take, so a take is never half deleted. (The file is
    // renamed first, because Firefox keeps the name of a file, with no content, if it is killed while removing that
    // file; quirk: firefox-keeps-names-of-removed-files.)
    const first = await folder.getFileHandle(fileName(0)).catch(() => undefined);
    await first?.move(GOING).catch(() => {});
    await (await this.#handle()).removeEntry(id, { recursive: true });
    await this.index.remove(id);
  }

  /** Delete all takes that are not in use. */
  async clear() {
    for (const id of await this.ids()) await this.delete(id).catch(() => {});
  }

  /** Bytes on disk, without the given takes. @param {Set<string>} left */
  async size(left = new Set()) {
    const known = await this.index.use((entries) => new Map(entries));
    const counted = [...known.values()].filter(({ id }) => !left.has(id));
    const found = await this.#look(counted.filter(({ known }) => !known).map(({ id }) => id), known);
    return [...counted, ...found].reduce((sum, { bytes }) => sum + bytes, 0);
  }
}

/** The size on disk. @param {Content} content */
export const sizeOf = ({ media, about, title, markers = "" }) =>
  media.size + movedTo(about).size + new Blob([title, markers]).size;

/** The journal of a take whose media are in a separate file. @param {import("./journal.js").About} about */
const movedTo = (about) => new Blob(journalOf([aboutEntry(about, MOVED)]));

/** @param {Opened} opened  @returns {Stored} */
const factsOf = ({ id, title, startedAt, mimeType, size, milliseconds, state }) =>
  ({ id, title, startedAt, mimeType, size, milliseconds, state });

/** @param {string} id */
const missing = (id) => new Fault("NotFoundError", `this store has no recording ${JSON.stringify(id)}`);

/** @param {any} error  from this library or the browser */
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

/**
 * Read files that may be written meanwhile: the journals of a take in use, whose beginnings do not change, or a title.
 * Chromium refuses to read a `File` if something was written to the file since
 * (quirk: chromium-refuses-files-written-since).
 * @param {FileSystemDirectoryHandle} folder  @returns {import("./journal.js").Read}
 */
function whileItGrows(folder) {
  return async (file, from, to) => {
    const { name } = /** @type {File} */ (file);
    for (let attempt = 1; ; attempt++) {
      try {
        return await readRange(file, from, to);
      } catch (error) {
        if (!isGone(error) || attempt === ATTEMPTS) throw error;
        file = await (await folder.getFileHandle(name)).getFile();
      }
    }
  };
}

/** The title or the markers, which may be replaced at this moment. @param {FileSystemDirectoryHandle} folder  @param {File} [file] */
async function textIn(folder, file) {
  return file ? new TextDecoder().decode(await whileItGrows(folder)(file, 0, Infinity)) : "";
}

/** @param {FileSystemDirectoryHandle} folder  @param {Map<string, File>} [files]  @returns {Promise<Partial<StoredUpload>>} */
async function uploadIn(folder, files) {
  const text = await textIn(folder, (files ?? (await filesOf(folder))).get(UPLOAD));
  try {
    const known = JSON.parse(text);
    if (typeof known.endpoint === "string" && typeof known.url === "string") return known;
  } catch {}
  return {}; // there is none, or something else has written it
}

/** @param {FileSystemDirectoryHandle} folder */
const namesOf = (folder) => Array.fromAsync(folder.keys());

/**
 * The facts in a journal, for a finished take outside a store.
 * @param {Journal} journal  @param {File} [media]  @param {number} [since]  the start time if the journal has none
 * @returns {Opened}
 */
export function openedOf(journal, media, since = 0) {
  const { startedAt = since, mimeType = "" } = journal.about;
  const chunks = blobOf(journal, media, mimeType);
  return {
    id: "",
    title: "",
    markers: "",
    startedAt,
    mimeType,
    size: journal.size,
    milliseconds: journal.milliseconds,
    state: "finished",
    blob: changed(chunks, journal),
    chunks,
    spans: Uint32Array.from(journal.spans),
    isIndexed: journal.finished && journal.front > 0 && journal.hasCues,
  };
}

/**
 * Slices of the files on disk, without reading them.
 * @param {Journal} journal  @param {File | undefined} media  @param {string} type
 */
function blobOf(journal, media, type) {
  if (journal.moved) return (media ?? new Blob()).slice(0, journal.size, type);
  const slices = journal.parts.map(({ file, from, to }) => file.slice(from, to, type));
  return slices.length === 1 ? slices[0] : new Blob(slices, { type });
}

/** The file, with other bytes in some places. @param {Blob} blob  @param {Journal} journal */
function changed(blob, { changes, front }) {
  if (changes.length === 0) return blob;
  const pieces = [];
  let from = 0;
  for (const [at, length, bytes] of changes) {
    pieces.push(blob.slice(from, front + at), new Uint8Array(bytes));
    from = front + at + length;
  }
  return new Blob([...pieces, blob.slice(from)], { type: blob.type });
}
