// @ts-check
/** Names of channels and locks. Every page of this origin can open a channel whose name it knows. */

/** An unguessable name with 122 random bits. */
export function randomName() {
  return `mediarecorder-${crypto.randomUUID()}`;
}

/**
 * Throw an error if a name that an author chose lacks a random part: 32 hexadecimal digits, as in a UUID. Digits in
 * order, and fewer than 8 different ones, are not random. (Of random ones, 6 neighbours differ by 0 or 1 on average.)
 * py/mediarecorder/_checks.py has the same rule for the worker.
 * @param {unknown} name
 */
export function mustBeUnguessable(name) {
  const [digits] = /[0-9a-f]{32}/i.exec(String(name).replaceAll("-", "")) ?? [""];
  const values = [...digits].map((digit) => parseInt(digit, 16));
  const inOrder = values.filter((value, at) => at && Math.abs(value - values[at - 1]) <= 1).length;
  if (typeof name !== "string" || new Set(values).size < 8 || inOrder >= 20) {
    throw new RangeError(
      `openChannel: "${name}" is a guessable name, and any code that guesses it can record in this page. ` +
        `Put a random UUID into it: "${randomName()}", for instance.`,
    );
  }
}
