// @ts-check
/**
 * The waveform of a take, which can be clicked and dragged over (wavesurfer.js). Python makes one for a card when it
 * is needed (`demo/timeline.py`), from the library's waveform: nothing is decoded here.
 */

import WaveSurfer from "../../node_modules/wavesurfer.js/dist/wavesurfer.esm.js";
import Regions from "../../node_modules/wavesurfer.js/dist/plugins/regions.esm.js";

/** Pixels; the Content-Security-Policy has the hash of a style sheet with this number. */
const HEIGHT = 64;
/** The shortest trimmed take, in seconds. */
const SHORTEST = 0.1;

const dark = matchMedia("(prefers-color-scheme: dark)");

function colours() {
  const style = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return { waveColor: colour("--wave"), progressColor: colour("--accent"), cursorColor: colour("--ink") };
}

/**
 * @param {HTMLElement} container
 * @param {HTMLMediaElement} media the card's player: a click on the waveform seeks in it
 * @param {ArrayLike<number>} peaks one number for each stretch of the sound, from -1 to 1
 * @param {number} duration in seconds
 */
export function timeline(container, media, peaks, duration) {
  const wave = WaveSurfer.create({
    container, media, peaks: [Float32Array.from(peaks)], duration, height: HEIGHT, barWidth: 2, barGap: 1, barRadius: 1,
    ...colours(),
  });
  const regions = wave.registerPlugin(Regions.create());
  const recolour = () => wave.setOptions(colours());
  dark.addEventListener("change", recolour);
  /** @typedef {ReturnType<typeof regions.addRegion>} Region */
  /** @type {Region | undefined} */
  let region;
  /** @type {(() => void)[]} */
  let endings = [];

  return {
    /**
     * Show a stretch. Dragging over the waveform selects another one, wherever it begins; each end can be dragged too.
     * @param {number} start @param {number} end seconds
     * @param {(start: number, end: number) => void} changed
     */
    select(start, end, changed) {
      this.unselect();
      const color = getComputedStyle(document.documentElement).getPropertyValue("--stretch").trim();
      const look = { color, minLength: SHORTEST };
      const tell = () => region && changed(region.start, region.end);
      const adopt = (/** @type {Region} */ fresh) => {
        region?.remove();
        region = fresh;
        fresh.on("update", tell);
      };
      adopt(regions.addRegion({ start, end, ...look }));
      endings = [
        regions.on("region-initialized", adopt), // while it is being dragged
        regions.on("region-created", tell), // after dragging, which may have extended it
        regions.enableDragSelection(look),
      ];
    },
    /** @param {number} start @param {number} end */
    move(start, end) {
      region?.setOptions({ start, end });
    },
    unselect() {
      for (const end of endings.splice(0)) end();
      region?.remove();
      region = undefined;
    },
    close() {
      dark.removeEventListener("change", recolour);
      wave.destroy();
    },
  };
}
