// @ts-check
/** Elements of HTML that Python has displayed, once they are in the page. */

import { Panel } from "./panel.js";

/** Milliseconds the page gets to insert the HTML; a notebook may put off what is scrolled out of view. */
const PATIENCE = 60_000;

/**
 * The element of this id, as soon as the page has it; null if it never comes.
 * @param {string} id  @returns {Promise<HTMLElement | null>}
 */
export async function placed(id) {
  const there = find(id);
  if (there) return there;
  return new Promise((resolve) => {
    const look = () => {
      const element = find(id);
      if (element) finish(element);
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { childList: true, subtree: true });
    // What happens in shadow trees is not observed.
    const ticking = setInterval(look, 100);
    const timer = setTimeout(() => finish(null), PATIENCE);
    /** @param {HTMLElement | null} element */
    function finish(element) {
      observer.disconnect();
      clearInterval(ticking);
      clearTimeout(timer);
      resolve(element);
    }
  });
}

/** A recorder panel in an element, once it is in the page; null if it never comes. @param {string} id */
export async function panel(id) {
  const element = await placed(id);
  return element && new Panel(element);
}

/** @param {string} id  @param {Document | ShadowRoot} [root]  @returns {HTMLElement | null} */
function find(id, root = document) {
  const there = root.getElementById(id);
  if (there) return there;
  // marimo shows outputs within shadow trees.
  for (const host of root.querySelectorAll("*")) {
    const found = host.shadowRoot && find(id, host.shadowRoot);
    if (found) return found;
  }
  return null;
}
