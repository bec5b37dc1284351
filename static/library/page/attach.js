// @ts-check
/**
 * HTML elements that Python has displayed. They are custom elements, so the browser itself reports when one enters the
 * document, at any time, and also in shadow trees, open or closed.
 */

import { trusted } from "../trust.js";

// An AudioWorklet, which has no elements, loads this module, too (live/sound.js).
const { HTMLElement = /** @type {typeof window.HTMLElement} */ (/** @type {unknown} */ (Object)), customElements } = globalThis;
const TAG = "mediarecorder-view";
/** At most this many displays can wait to be inserted; the oldest ones are forgotten. */
const MOST = 1000;
/** Precedes a note about what to do. The browser does not report which of the two is true. */
const GONE = "Its data is gone, or this browser cannot read it. ";
/** Players and pictures are no wider than the page, and neither are tables and captions: hosts differ in their styles.
 * On a narrow page a row takes several lines. (A style attribute would need a policy that allows it.) */
const STYLE = /** @type {CSSStyleSheet} */ (globalThis.CSSStyleSheet && new CSSStyleSheet());
STYLE?.replaceSync(`:is(figure, td) ${TAG} > * { max-width: 100%; } ${TAG} > :is(img, svg, video) { height: auto; }
  ${TAG} + figcaption { overflow-wrap: anywhere; }
  :where(table:has(${TAG}), ${TAG} table) {
    :where(th, td) { padding: .3em .5em; }
    th, td { text-align: start !important; }
    @media (max-width: 50rem) { overflow-wrap: anywhere; thead { display: none; } tr { display: flex; flex-wrap: wrap; } }
  }`);

/** @typedef {{connected: (element: HTMLElement) => void, disconnected?: (element: HTMLElement) => void}} Visitor */

class View extends HTMLElement {
  static observedAttributes = ["data-name"];
  /** The visitors that wait for elements, by name. @type {Map<string, Visitor>} */
  static expected = new Map();
  /** The elements in the document. @type {Set<View>} */
  static there = new Set();

  get name() {
    return this.dataset.name ?? "";
  }

  connectedCallback() {
    View.there.add(this);
    const root = /** @type {Document | ShadowRoot} */ (this.getRootNode());
    // (Another document, such as a frame's, refuses this document's style sheet.)
    if (this.ownerDocument === document && !root.adoptedStyleSheets.includes(STYLE)) root.adoptedStyleSheets.push(STYLE);
    View.expected.get(this.name)?.connected(this);
    for (const type of ["error", "loadedmetadata", "load"]) this.addEventListener(type, this, true);
    this.handleEvent();
  }

  disconnectedCallback() {
    View.there.delete(this);
    View.expected.get(this.name)?.disconnected?.(this);
  }

  /** Show the note if the player has nothing left to play. */
  handleEvent() {
    const note = this.querySelector("p");
    const shown = /** @type {any} */ (this.querySelector("audio, video, img"));
    if (!note || !shown) return;
    const dead = shown.error || (shown.complete && !shown.naturalWidth);
    const { url } = shown.dataset;
    if (dead && url) {
      delete shown.dataset.url;
      shown.src = url;
    } else {
      note.hidden = !dead;
      if (dead) note.textContent = (note.textContent ?? "").replace(/^(?=Run)/, GONE);
    }
  }

  /** marimo reuses the element of the previous output. @param {string} _  @param {string?} last */
  attributeChangedCallback(_, last) {
    if (last === null || last === this.name || !View.there.has(this)) return;
    View.expected.get(last)?.disconnected?.(this);
    this.shadowRoot?.replaceChildren(document.createElement("slot")); // removes a panel; the new output may not be one
    View.expected.get(this.name)?.connected(this);
  }
}

// A page with two notebooks loads this module twice.
const known = /** @type {typeof View | undefined} */ (customElements?.get(TAG));
if (!known) customElements?.define(TAG, View);
const { expected, there } = known ?? View;

/**
 * Call the visitor for each element of this name that is in the document, enters it or leaves it.
 * @param {string} name  @param {Visitor} visitor  @returns {() => void} stops calling it
 */
export function expect(name, visitor) {
  expected.set(name, visitor);
  for (const element of there) if (element.name === name) visitor.connected(element);
  return () => void (expected.get(name) === visitor && expected.delete(name));
}

/** The names of displays without a stream. No event ends them, so only the latest are kept. @type {Set<string>} */
const pictures = new Set();
const streams = new FinalizationRegistry((/** @type {string} */ name) => expected.delete(name));

/**
 * Add to the elements of this name the content that HTML cannot hold. This does not keep a stream alive.
 * @param {string} name  @param {{stream?: MediaStream, poster?: string, src?: string, svg?: string}} what  `svg` is
 * trusted
 */
export function display(name, { stream, poster, src, svg }) {
  const source = stream && new WeakRef(stream);
  if (stream) streams.register(stream, name);
  else pictures.add(name);
  if (pictures.size > MOST) {
    const [oldest] = pictures;
    pictures.delete(oldest);
    expected.delete(oldest);
  }
  expect(name, {
    connected(element) {
      const player = /** @type {HTMLVideoElement | null} */ (element.querySelector("audio, video"));
      const seen = source?.deref();
      if (!player) return;
      if (seen) {
        // The attribute in inserted HTML does not mute in every browser.
        player.muted = true;
        player.srcObject = seen;
      }
      if (poster) player.poster = poster;
      if (src !== undefined) player.src = src;
      if (svg && !element.querySelector("svg")) player.insertAdjacentHTML("beforebegin", trusted("createHTML", `${svg}<br>`));
    },
  });
}
