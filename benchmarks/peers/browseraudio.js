// @ts-check
/** browseraudio's own JavaScript, with the parts of Jupyter that it needs: an output element, and a way to Python. */

/** The end of the sound, in ms of `performance.now()`: the last block has arrived, or the recorder is told to stop. */
let ended = 0;

/**
 * Records when the sound of the next take ends, on either side.
 * @param {object} prototype
 * @param {string} method  the first method that is called at the end
 */
export function watch(prototype, method) {
  const original = Reflect.get(prototype, method);
  Reflect.set(prototype, method, /** @this {any} */ function (/** @type {any[]} */ ...parameters) {
    ended ||= performance.now();
    return Reflect.apply(original, this, parameters);
  });
}

/**
 * Times a take.
 * @param {() => Promise<[arrived: number, moved: number, seconds: number]>} take  the time when the array existed,
 *   the bytes that crossed from JavaScript to Python for it, and the seconds of sound in it
 * @returns {Promise<[end: number, rest: number, moved: number]>}  ms since the end of sound, ms of the whole call besides
 *   the sound in the array, bytes
 */
export async function timed(take) {
  ended = 0;
  const begun = performance.now();
  const [arrived, moved, seconds] = await take();
  return [arrived - ended, arrived - begun - 1000 * seconds, moved];
}

/**
 * A take of the peer: its widget is shown and its button clicked.
 * @param {string} esm  the widget's module
 * @param {number} duration  seconds
 * @param {(sound: string, rate: number) => number} receive  receives the widget's data at once, and returns the
 *   time afterwards
 * @returns {Promise<[arrived: number, moved: number, seconds: number]>}
 */
export async function take(esm, duration, receive) {
  const address = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  const { default: widget } = await import(address);
  URL.revokeObjectURL(address);
  /** @type {Record<string, any>} */
  const state = { duration };
  const el = document.createElement("div");
  return new Promise((resolve, reject) => {
    const model = {
      get: (/** @type {string} */ name) => state[name],
      set: (/** @type {string} */ name, /** @type {any} */ value) => { state[name] = value; },
      on() {},
      save_changes() {
        const { _error: error, _pcm_b64: sound, sample_rate: rate } = state;
        if (error) return reject(new Error(error));
        const arrived = receive(sound, rate);
        resolve([arrived, sound.length, duration]);
      },
    };
    widget.render({ model, el });
    el.querySelector("button")?.click();
  });
}
