// @ts-check
/**
 * Record pressed before Python is there. The press is kept, and Python serves it (`demo/main.py`). The browser lets a
 * page ask for the screen only while the click is fresh, so that is done here, at once.
 *
 * Whatever comes in between, the screen is let go: a second press takes the first back, and so does another choice of
 * what to record.
 */

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const SCREEN = { video: true, audio: true };

/** The press that waits, with the screen if that was asked for: null where it was refused.
 * @type {{ screen: Promise<MediaStream | null> | null } | null} */
let press = null;

function takeBack() {
  if (!press) return;
  withdraw();
  tell("The press of Record is taken back.");
}

function onPress() {
  if (press) return takeBack();
  const source = /** @type {HTMLInputElement} */ (document.querySelector("input[name=source]:checked")).value;
  const screen = source === "screen" || source === "both" ? askForTheScreen() : null;
  const mine = (press = { screen });
  element("record").setAttribute("aria-pressed", "true");
  tell("Recording begins as soon as Python is there. Press Record again to take it back.");
  screen?.then((stream) => {
    if (stream || press !== mine) return; // Python tells of it, if it has taken over
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

/** Take the press back: what was opened for it is let go, also if the browser is still asking. */
function withdraw() {
  forget()?.screen?.then((stream) => stream?.getTracks().forEach((track) => track.stop()));
}

/** Python is there and hears the button itself from now on. @returns {typeof press} the press that waits for it */
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
