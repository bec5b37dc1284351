// @ts-check
/**
 * A window of `cv2.imshow` (the logic is in py/mediarecorder/_desktop/windows.py): a picture with a title. While the
 * picture has the focus, it reports keys in `act` events.
 */

import { spread } from "../media/pixels.js";
import { expect } from "./attach.js";
import { GONE, make } from "./panel.js";

/** @typedef {{pixels: Uint8Array, layout: string, width: number, height: number}} Picture */

/** What `cv2.waitKey` returns for keys without a character (the last byte of X11's codes). @type {Record<string, number>} */
const CODES = { Backspace: 8, Enter: 13, Escape: 27, Home: 80, ArrowLeft: 81, ArrowUp: 82, ArrowRight: 83, ArrowDown: 84,
  PageUp: 85, PageDown: 86, End: 87, Insert: 99, Delete: 255 };

const STYLE = `
  :host { display: block; }
  canvas { display: block; max-width: 100%; }
  :focus-visible { outline: 3px solid; outline-offset: 2px; }
  p { margin: 0; font-size: .875em; }
`;

/** The window, which the page may show in several places. */
export class PictureWindow extends EventTarget {
  #name;
  #title;
  /** The canvas of each element in the document. @type {Map<HTMLElement, HTMLCanvasElement>} */
  #canvases = new Map();
  /** The library's own element, if no host shows one. @type {HTMLElement | undefined} */
  #own;
  /** @type {ImageData | undefined} */
  #image;
  /** @type {any} */
  #timer;
  #end = () => {};

  /** @param {string} name  the name of its elements  @param {string} title  @param {boolean} inBody */
  constructor(name, title, inBody) {
    super();
    this.#name = name;
    this.#title = title;
    if (inBody) this.#own = make(/** @type {any} */ ("mediarecorder-view"), {}, { "data-name": name });
  }

  /** Show the window from now on, and fire `act` events. */
  begin() {
    this.#end = expect(this.#name, {
      connected: (element) => {
        clearTimeout(this.#timer);
        this.#canvases.set(element, this.#canvasIn(element));
        this.#draw();
      },
      disconnected: (element) => {
        this.#canvases.delete(element);
        if (!this.#canvases.size) this.#timer = setTimeout(() => this.#act("gone"), GONE);
      },
    });
    if (this.#own) document.body.append(this.#own);
  }

  /** @param {string} verb  @param {object} [more] */
  #act(verb, more) {
    this.dispatchEvent(new CustomEvent("act", { detail: { verb, ...more } }));
  }

  /** @param {HTMLElement} element */
  #canvasIn(element) {
    // In marimo the element may have belonged to another window.
    const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    root.adoptedStyleSheets = [style];
    const canvas = make("canvas", { tabIndex: 0, width: 0, height: 0 }, { role: "img", "aria-label": this.#title });
    canvas.addEventListener("keydown", (event) => {
      const { key, ctrlKey, metaKey, altKey } = event;
      const code = [...key].length === 1 ? key.codePointAt(0) : CODES[key];
      if (code === undefined || ctrlKey || metaKey || altKey) return;
      event.preventDefault(); // the page would scroll
      event.stopPropagation();
      this.#act("key", { code });
    });
    root.replaceChildren(canvas, make("p", { textContent: this.#title }));
    return canvas;
  }

  /** Show a picture, and report it. @param {Picture} picture */
  show({ pixels, layout, width, height }) {
    this.#image = new ImageData(spread(pixels, layout), width, height);
    this.#draw();
    this.#act("shown");
  }

  #draw() {
    const image = this.#image;
    if (!image) return;
    for (const canvas of this.#canvases.values()) {
      if (canvas.width !== image.width) canvas.width = image.width;
      if (canvas.height !== image.height) canvas.height = image.height;
      canvas.getContext("2d")?.putImageData(image, 0, 0);
    }
  }

  close() {
    clearTimeout(this.#timer);
    this.#end();
    for (const element of this.#canvases.keys()) element.shadowRoot?.replaceChildren();
    this.#own?.remove();
  }
}
