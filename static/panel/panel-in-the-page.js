// @ts-check
/** The panel for Python in the page: `mediarecorder/js/panel.js`. For Python in a worker page.js has it. */

import { placed } from "../bridge/placement.js";
import { Panel } from "./panel.js";

/** @param {string} id  of an element that is about to be in the page */
async function place(id) {
  const element = await placed(id);
  return element && new Panel(element);
}

Object.assign(globalThis, { [Symbol.for("mediarecorder.panel")]: { place } });
