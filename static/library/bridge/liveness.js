// @ts-check
/**
 * How each half of the bridge knows whether the other still exists: by Web Locks, which a browser releases when their
 * holder ends, however busy it was.
 *
 * Every page of this origin can list, request and steal locks. So a free lock only triggers a check; it does not prove
 * that the other half is gone. And because another page may have taken the lock, each half also checks from time to
 * time. The browser names the client of each lock, held or requested, and no client can pretend to be another. A client
 * whose lock is stolen takes a new one. If it is too busy for that, its proof shows that it still exists: the URL of a
 * Blob, which other pages cannot list, and which the browser revokes together with its creator.
 *
 * In a page that another site embeds, Firefox refuses only to list the locks (`query` throws a SecurityError). There,
 * the other half counts as gone if its lock can be acquired and its proof is revoked. That is weaker in one way: if a
 * page steals a lock and keeps it, the end of the lock's former holder goes unnoticed. But no page in such a partition
 * can list locks, so only the two sides know their names, which have 122 random bits.
 * (quirk: firefox-lists-no-locks-in-frames)
 */

import { randomName } from "./names.js";

/** Milliseconds between regular checks, and before a second check of a side that seems to be dead. */
const LOOK = 1000;
const LOOK_AGAIN = 200;

/** The information that one side gives the other. @typedef {{lock: string, client: string, proof: string}} Token */

export class Liveness {
  #onLockStolen;
  #proof = URL.createObjectURL(new Blob(["alive"]));
  #ending = new AbortController();
  #over = new Promise((resolve) => this.#ending.signal.addEventListener("abort", resolve));
  /** Whether another page has stolen locks here. */
  #locksStolen = false;
  /** Whether the other side was seen waiting for our lock, so that no page can take all of its locks unnoticed. */
  #waitsForUs = false;
  #looking = false;
  /** @type {any} */
  #timer = null;
  /** @type {Token | null} */
  #other = null;
  #isDead = () => {};

  /** @param {() => void} lockStolen  tells the other side that our lock was stolen, so that it checks on us */
  constructor(lockStolen) {
    this.#onLockStolen = lockStolen;
  }

  /**
   * Take a lock before its name is announced, or the other side would consider this one dead. Rejects if the browser
   * refuses locks.
   * @returns {Promise<Token>}
   */
  async begin() {
    for (;;) {
      const { lock, isHeld } = await this.#hold();
      const locks = await list();
      const client = locks ? locks.held?.find(({ name }) => name === lock)?.clientId : "";
      if (client !== undefined && isHeld()) return { lock, client, proof: this.#proof };
      if (this.#ending.signal.aborted) return { lock, client: "", proof: this.#proof };
    }
  }

  /** Hold a lock until the end, and take another one if it is stolen. */
  async #hold() {
    const lock = randomName();
    let isHeld = true;
    await new Promise((held, refused) => {
      const holding = navigator.locks.request(lock, () => {
        held(undefined);
        return this.#over;
      });
      holding.catch((error) => {
        isHeld = false;
        if (error.name !== "AbortError") return refused(error);
        held(undefined);
        if (this.#ending.signal.aborted) return;
        this.suspect();
        this.#hold();
        this.#onLockStolen();
      });
    });
    return { lock, isHeld: () => isHeld };
  }

  /** Watch the other side from now on. @param {Token} other  @param {() => void} dead */
  watch(other, dead) {
    if (this.#ending.signal.aborted) return;
    this.#other = other;
    this.#isDead = dead;
    const { signal } = this.#ending;
    navigator.locks.request(other.lock, { signal }, () => void this.#look()).catch(() => {});
    this.#timer = setInterval(() => this.#look(), LOOK);
    this.#look();
  }

  /** Locks are being stolen here: a missing lock no longer proves that the other side is gone. */
  suspect() {
    this.#locksStolen = true;
  }

  async #look() {
    if (this.#looking) return;
    this.#looking = true;
    let isAlive = await this.#isAlive();
    if (!isAlive && (this.#locksStolen || !this.#waitsForUs)) {
      // Right after its lock was stolen, a client has none for a moment.
      await sleep(LOOK_AGAIN);
      isAlive = await this.#isAlive();
    }
    this.#looking = false;
    if (!isAlive && !this.#ending.signal.aborted) this.#isDead();
  }

  async #isAlive() {
    const { lock = "", client = "", proof = "" } = this.#other ?? {};
    const known = client ? await list() : null;
    if (known) {
      const { held = [], pending = [] } = known;
      const locks = [...held, ...pending].filter(({ clientId }) => clientId === client);
      if (locks.length > 1) this.#waitsForUs = true;
      if (locks.length) return true;
    } else if (!(await isFree(lock))) return true;
    // Fetching a dead URL causes an error in the browser's console, so this is the last resort.
    return (this.#locksStolen || !known) && fetch(proof).then(() => true, () => false);
  }

  end() {
    clearInterval(this.#timer);
    this.#ending.abort();
    URL.revokeObjectURL(this.#proof);
  }
}

/** All locks of this origin, or null if the browser does not list them. */
const list = () => navigator.locks.query().catch(() => null);

/** @param {string} lock */
const isFree = (lock) => navigator.locks.request(lock, { ifAvailable: true }, Boolean).catch(() => false);

/** @param {number} milliseconds */
function sleep(milliseconds) {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds));
}
