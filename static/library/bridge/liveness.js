// @ts-check
/**
 * How each half of the bridge knows whether the other lives: by Web Locks, which a browser frees when their holder
 * dies, however busy it was.
 *
 * Every page of this origin can list, request and steal locks. So a lock that is free is taken for a reason to look,
 * not for a death; and since somebody else may have taken it, there is a look now and then anyway. The browser says
 * of each lock, held or asked for, which client's it is, and nobody can pretend to be another. A client that has been
 * robbed takes a new lock. If it is too busy for that, its secret speaks for it: the address of a Blob, which nobody
 * can list, and which dies with whoever made it.
 *
 * In a page that another site embeds Firefox refuses the list of locks (a SecurityError of `query`), and nothing else.
 * There a lock that can be had, and then the secret, tell a death. That is weaker in one way: a page that steals a lock
 * and keeps it hides its holder's death. But nobody in such a page's partition can list locks, so their names, of 122
 * random bits, are known to the two sides only.
 */

import { randomName } from "./protocol.js";

/** Milliseconds between two looks at a life that nobody doubts, and at one that seems to be over. */
const LOOK = 1000;
const LOOK_AGAIN = 200;

/** What one side tells the other. @typedef {{lock: string, client: string, proof: string}} Token */

export class Liveness {
  #onLockStolen;
  #proof = URL.createObjectURL(new Blob(["alive"]));
  #ending = new AbortController();
  #over = new Promise((resolve) => this.#ending.signal.addEventListener("abort", resolve));
  /** Whether somebody has stolen locks here. */
  #locksStolen = false;
  /** Whether the other side was seen to wait for our lock, so that nobody can take all of its locks unnoticed. */
  #waitsForUs = false;
  #looking = false;
  /** @type {any} */
  #timer = null;
  /** @type {Token | null} */
  #other = null;
  #isDead = () => {};

  /** @param {() => void} lockStolen  tells the other side to look after this one, since its lock was stolen */
  constructor(lockStolen) {
    this.#onLockStolen = lockStolen;
  }

  /** Take a lock before anybody hears of it, else the other side would take this one for dead. Rejects where the browser
   * refuses locks. @returns {Promise<Token>} */
  async begin() {
    for (;;) {
      const { lock, isHeld } = await this.#hold();
      const locks = await list();
      const client = locks ? locks.held?.find(({ name }) => name === lock)?.clientId : "";
      if (client !== undefined && isHeld()) return { lock, client, proof: this.#proof };
      if (this.#ending.signal.aborted) return { lock, client: "", proof: this.#proof };
    }
  }

  /** Hold a lock until the end, or another one when it is stolen. */
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

  /** From now on look after the other side. @param {Token} other  @param {() => void} dead */
  watch(other, dead) {
    if (this.#ending.signal.aborted) return;
    this.#other = other;
    this.#isDead = dead;
    const { signal } = this.#ending;
    navigator.locks.request(other.lock, { signal }, () => void this.#look()).catch(() => {});
    this.#timer = setInterval(() => this.#look(), LOOK);
    this.#look();
  }

  /** There are thieves: no lock is no proof any more. */
  suspect() {
    this.#locksStolen = true;
  }

  async #look() {
    if (this.#looking) return;
    this.#looking = true;
    let isAlive = await this.#isAlive();
    if (!isAlive && (this.#locksStolen || !this.#waitsForUs)) {
      // Right after it has been robbed, a client has no lock for a moment.
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
    // A browser complains in its console of an address that is dead, so that is the last resort.
    return (this.#locksStolen || !known) && fetch(proof).then(() => true, () => false);
  }

  end() {
    clearInterval(this.#timer);
    this.#ending.abort();
    URL.revokeObjectURL(this.#proof);
  }
}

/** All locks of this origin, or null where the browser does not tell. */
const list = () => navigator.locks.query().catch(() => null);

/** @param {string} lock */
const isFree = (lock) => navigator.locks.request(lock, { ifAvailable: true }, Boolean).catch(() => false);

/** @param {number} milliseconds */
function sleep(milliseconds) {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds));
}
