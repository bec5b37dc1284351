// @ts-check
/** What Python reads while it happens: the common part of live sound, live pictures and playing. */

/** Milliseconds between checks whether the track has ended: `stop()` fires no event. */
const LOOK = 100;

/** Python calls `begin`, then `next` until it resolves to undefined, and `close` in any case. */
export class Live {
  over = false;
  /** @type {(() => void)[]} */
  #releases = [];
  #wake = () => {};

  /** @param {MediaStreamTrack} [track] */
  constructor(track) {
    this.track = /** @type {MediaStreamTrack} */ (track);
    /** Resolves when nothing more will come. @type {Promise<void>} */
    this.whenOver = new Promise((resolve) => this.atEnd(resolve));
  }

  /** Call a function when nothing more will come. @param {() => void} release */
  atEnd(release) {
    if (this.over) release();
    else this.#releases.push(release);
  }

  /** Call `ended` from time to time once the track has ended. */
  watch() {
    const look = () => this.track.readyState === "ended" && this.ended();
    const timer = setInterval(look, LOOK);
    this.track.addEventListener("ended", look);
    this.atEnd(() => {
      clearInterval(timer);
      this.track.removeEventListener("ended", look);
    });
  }

  /** The track has ended. */
  ended() {
    this.finish();
  }

  /** Nothing more will come; what waits can still be taken. */
  finish() {
    this.over = true;
    for (const release of this.#releases.splice(0)) release();
    this.arrived();
  }

  close() {
    this.finish();
  }

  /** There is something to take, or it is over. */
  arrived() {
    this.#wake();
  }

  /** What comes next, if it is there. @returns {any} */
  take() {}

  /** What comes next, or undefined after the end. @returns {Promise<any>} */
  async next() {
    for (;;) {
      const found = this.take();
      if (found || this.over) return found;
      await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
    }
  }
}
