// @ts-check
/** Names of channels and locks. Every page of this origin can open a channel whose name it knows. */

/** An unguessable name with 122 random bits. */
export function randomName() {
  return `mediarecorder-${crypto.randomUUID()}`;
}

/** The number of hexadecimal digits that a name must contain: those of a UUID. */
const DIGITS = 32;
/** Random digits have at least this many different ones; all but one in 20 million sets of 32 do. */
const DIFFERENT = 8;
/** In random digits, fewer than this many neighbours differ by 0 or 1. (It is 6 on average.) */
const IN_ORDER = 20;

/**
 * Whether a name that an author chose lacks a random part. py/mediarecorder/_checks.py has the same rule for the
 * worker.
 * @param {string} name
 */
export function isGuessable(name) {
  const [digits] = new RegExp(`[0-9a-f]{${DIGITS}}`, "i").exec(name.replaceAll("-", "")) ?? [""];
  const values = [...digits].map((digit) => parseInt(digit, 16));
  const inOrder = values.filter((value, at) => at && Math.abs(value - values[at - 1]) <= 1).length;
  return new Set(values).size < DIFFERENT || inOrder >= IN_ORDER;
}

/** Throw an error if this is not an unguessable name. @param {unknown} name */
export function mustBeUnguessable(name) {
  if (typeof name !== "string") throw new TypeError("openChannel: the channel's name must be a string");
  if (isGuessable(name)) {
    throw new RangeError(
      `openChannel: "${name}" is a guessable name, and any code that guesses it can record in this page. ` +
        `The name must contain a random UUID, or ${DIGITS} random hexadecimal digits: "${randomName()}", for instance.`,
    );
  }
}
