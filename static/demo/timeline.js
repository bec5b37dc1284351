// @ts-check
/**
 * The waveform of a take, which can be clicked and dragged over (wavesurfer.js). Python makes one for a row when it is
 * visible (`demo/timeline.py`), from the library's waveform: nothing is decoded here.
 */

import WaveSurfer from "../../node_modules/wavesurfer.js/dist/wavesurfer.esm.js";
import Regions from "../../node_modules/wavesurfer.js/dist/plugins/regions.esm.js";

/** Pixels; the Content-Security-Policy has the hash of a style sheet with this number. */
const HEIGHT = 64;
/** The shortest part that can be selected, in seconds. */
const SHORTEST = 0.1;

const dark = matchMedia("(prefers-color-scheme: dark)");

/** @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const colours = () => ({
  waveColor: colour("--wave"), progressColor: colour("--focus"), cursorColor: colour("--ink"),
});

/**
 * @param {HTMLElement} container
 * @param {HTMLMediaElement} media the row's player: a click on the waveform seeks in it
 * @param {ArrayLike<number>} peaks one number for each stretch of the sound, from -1 to 1
 * @param {number} duration in seconds
 * @param {(start: number, end: number) => void} dragged  called while a part is selected by dragging
 * @param {number[]} marks  times to mark, in seconds
 */
export function timeline(container, media, peaks, duration, dragged, marks) {
  const wave = WaveSurfer.create({
    container, media, peaks: [Float32Array.from(peaks)], duration, height: HEIGHT, barWidth: 2, barGap: 1, barRadius: 1,
    ...colours(),
  });
  for (const time of marks) container.append(mark(time / duration));
  const regions = wave.registerPlugin(Regions.create());
  const look = () => ({ color: colour("--stretch"), minLength: SHORTEST });
  /** @typedef {ReturnType<typeof regions.addRegion>} Region */
  /** @type {Region | undefined} */
  let region;

  const tell = () => region && dragged(region.start, region.end);
  /** There is one selection. @param {Region} fresh */
  const adopt = (fresh) => {
    if (fresh === region) return;
    region?.remove();
    region = fresh;
    fresh.on("update", tell);
  };
  let quiet = false;
  regions.on("region-initialized", adopt); // while it is being dragged
  regions.on("region-created", () => quiet || tell()); // after dragging, which may have extended it
  regions.enableDragSelection(look());

  const recolour = () => {
    wave.setOptions(colours());
    region?.setOptions(/** @type {any} */ (look()));
  };
  dark.addEventListener("change", recolour);

  return {
    /** Each end of the selection can be dragged. @param {number} start @param {number} end seconds */
    select(start, end) {
      quiet = true;
      if (region) region.setOptions({ start, end });
      else adopt(regions.addRegion({ start, end, ...look() }));
      quiet = false;
    },
    unselect() {
      region?.remove();
      region = undefined;
    },
    /** @param {number} start @param {number} end seconds */
    play: (start, end) => wave.play(start, end),
    close() {
      dark.removeEventListener("change", recolour);
      wave.destroy();
    },
  };
}

/** @param {number} part of the width */
function mark(part) {
  const line = document.createElement("i");
  line.className = "mark";
  line.style.left = `${100 * part}%`;
  return line;
}
