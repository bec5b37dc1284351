// @ts-check
/**
 * Handles a press of Record before Python has loaded. The press is kept, and Python acts on it (`demo/main.py`). The
 * browser lets a page request the screen only shortly after a click, so this is done here, at once.
 *
 * Any cancellation releases the screen: a second press cancels the first, and so does another choice of
 * the source.
 */

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const SCREEN = { video: true, audio: true };

/** The waiting press, with the screen if it was requested; null if the screen was refused.
 * @type {{ screen: Promise<MediaStream | null> | null } | null} */
let press = null;

function takeBack() {
  if (!press) return;
  withdraw();
  tell("Recording is cancelled.");
}

function onPress() {
  if (press) return takeBack();
  const source = /** @type {HTMLInputElement} */ (document.querySelector("input[name=source]:checked")).value;
  const screen = source === "screen" ? askForTheScreen() : null;
  const mine = (press = { screen });
  element("record").setAttribute("aria-pressed", "true");
  tell("Recording starts as soon as Python is ready. Press Record again to cancel.");
  screen?.then((stream) => {
    if (stream || press !== mine) return; // Python reports it, if it has taken over
    withdraw();
    tell("The screen was not shared. Press Record again and choose a screen, a window or a tab.");
  });
}

async function askForTheScreen() {
  try {
    return await navigator.mediaDevices.getDisplayMedia(SCREEN);
  } catch {
    return null;
  }
}

/** @param {string} words */
function tell(words) {
  element("status").textContent = words;
}

function forget() {
  const last = press;
  press = null;
  element("record").removeAttribute("aria-pressed");
  return last;
}

/** Cancel the press: release the screen opened for it, even if the browser is still asking. */
function withdraw() {
  forget()?.screen?.then((stream) => stream?.getTracks().forEach((track) => track.stop()));
}

/** Python has loaded and handles the button itself from now on. @returns {typeof press} the waiting press */
function handOver() {
  element("record").removeEventListener("click", onPress);
  element("sources").removeEventListener("change", takeBack);
  removeEventListener("loading-failed", withdraw);
  removeEventListener("pagehide", withdraw);
  return forget();
}

element("record").addEventListener("click", onPress);
element("sources").addEventListener("change", takeBack);
addEventListener("loading-failed", withdraw); // loading.js
addEventListener("pagehide", withdraw);
Object.assign(globalThis, { handOver });
