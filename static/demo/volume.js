// @ts-check
/** Changes the volume of samples in Python's own memory: a loop over millions of numbers takes Python too long. */

/**
 * @param {any} samples  Python's buffer of 32-bit floats
 * @param {number} peak  the level of the loudest sample afterwards
 */
export function normalise(samples, peak) {
  const buffer = samples.getBuffer("f32");
  try {
    const numbers = /** @type {Float32Array} */ (buffer.data);
    let loudest = 0;
    for (const number of numbers) loudest = Math.max(loudest, Math.abs(number));
    if (loudest === 0) return;
    for (let place = 0; place < numbers.length; place++) numbers[place] *= peak / loudest;
  } finally {
    buffer.release();
  }
}
