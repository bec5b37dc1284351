// @ts-check
/**
 * The recorder panel's user interface (the logic is in py/mediarecorder/panel.py). It reports the user's actions in
 * `act` events, and shows the state that Python sends. It is in a shadow tree, so that the page's styles and its own do
 * not affect each other.
 *
 * A panel is gone when none of its elements has been in the document for `GONE`. An element that only moves is away for
 * less time: hosts move an output within one task or a few frames. JupyterLab also removes a collapsed output from the
 * document, but removes it as a whole, while the cell stays. That is not the end of the panel.
 */

import { trusted } from "../trust.js";
import { expect } from "./attach.js";

/** Milliseconds without an element in the document after which the panel counts as removed. */
export const GONE = 1000;
/** Milliseconds that Python then gets to end the take. If Python is busy, the panel releases the devices itself. */
const RELEASE = 600;

/** @typedef {{id: string, label: string}} Device */
/**
 * The state to show; missing properties stay as they were.
 * @typedef {object} Showing
 * @property {"inactive" | "opening" | "recording" | "paused" | "closed"} [state]
 * @property {string} [clock]
 * @property {number} [level]  0 to 1
 * @property {string} [status]
 * @property {string} [error]
 * @property {Device[] | null} [microphones]  null if no sound is recorded
 * @property {Device[] | null} [cameras]
 * @property {MediaStream | false} [stream]  the recorded stream, whose picture is shown live
 * @property {string} [player]  trusted HTML
 */

/** Focus rings and links have the colour of the page's text: the browser's own (`Highlight`, blue) are too dark on dark
 * pages. */
const STYLE = `
  :host { display: block; max-width: 40rem; color: inherit; font: inherit; }
  [hidden] { display: none !important; }
  .panel, label { grid-template-columns: minmax(0, 1fr); }
  .panel { display: grid; gap: .6rem; padding: .75rem; border: 1px solid; border-radius: .5rem; }
  .row { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center; }
  label { display: grid; gap: .15rem; flex: 1 1 12rem; min-width: 0; font-size: .875em; }
  button, select { font: inherit; color: inherit; background: transparent; border: 1px solid; border-radius: .35rem;
    padding: .35rem .75rem; min-height: 2.25rem; max-width: 100%; }
  option { color: initial; }
  button { cursor: pointer; min-width: 5rem; }
  button:hover { background: color-mix(in srgb, currentColor 12%, transparent); }
  button[aria-disabled=true] { opacity: .55; cursor: default; }
  :focus-visible { outline: 3px solid; outline-offset: 2px; }
  a { color: inherit; }
  .record::before { content: ""; display: inline-block; width: .7em; height: .7em; margin-right: .45em;
    border-radius: 50%; background: #c22; }
  .clock { font-variant-numeric: tabular-nums; font-size: 1.15em; min-width: 4ch; }
  meter { flex: 1 1 6rem; min-width: 4rem; height: 1rem; }
  audio { max-width: 100%; }
  video { width: 100%; height: auto; aspect-ratio: var(--ratio, 4 / 3); }
  audio { width: 100%; height: 3rem; }
  svg { max-width: 100%; }
  p, figure { margin: 0; }
  p:empty { display: none; }
  .error { border-left: 4px solid #c22; padding-left: .5rem; }
`;

/** The panel, which the page may show in several places. */
export class Panel extends EventTarget {
  #name;
  /** @type {Showing} */
  #shown = { state: "inactive", microphones: null, cameras: null };
  /** The face of each element that has shown the panel. @type {WeakMap<HTMLElement, Face>} */
  #faces = new WeakMap();
  /** The faces in the document. @type {Set<Face>} */
  #seen = new Set();
  /** The faces in collapsed outputs. @type {Set<Face>} */
  #hidden = new Set();
  /** @type {any} */
  #timer;
  #end = () => {};

  /** @param {string} name  the name of its elements */
  constructor(name) {
    super();
    this.#name = name;
  }

  /** Show the panel in its elements from now on, and fire `act` events. */
  begin() {
    const act = (/** @type {string} */ verb, /** @type {object} */ more = {}) =>
      void this.dispatchEvent(new CustomEvent("act", { detail: { verb, ...more } }));
    this.#end = expect(this.#name, {
      connected: (element) => {
        const face = this.#faces.get(element) ?? new Face(element, act);
        this.#faces.set(element, face);
        face.cell = element.closest(".jp-Cell");
        face.enter();
        this.#hidden.delete(face);
        this.#seen.add(face);
        face.show(this.#shown);
        clearTimeout(this.#timer);
        act("shown");
      },
      disconnected: (element) => {
        const face = this.#faces.get(element);
        if (!face) return;
        this.#seen.delete(face);
        if (face.isCollapsed) this.#hidden.add(face);
        if (!this.#seen.size) this.#look(act);
      },
    });
  }

  /** Check after `GONE` whether the panel is gone. @param {(verb: string) => void} act */
  #look(act) {
    this.#timer = setTimeout(() => {
      for (const face of this.#hidden) if (!face.isCollapsed) this.#hidden.delete(face);
      if (this.#hidden.size) this.#look(act);
      else this.#gone(act);
    }, GONE);
  }

  /** @param {(verb: string) => void} act */
  #gone(act) {
    const { stream } = this.#shown;
    act("gone");
    if (stream) setTimeout(() => stream.getTracks().forEach((track) => track.stop()), RELEASE);
  }

  /** @param {Showing} showing */
  show(showing) {
    Object.assign(this.#shown, showing);
    for (const face of [...this.#seen, ...this.#hidden]) face.show(showing);
  }

  close() {
    clearTimeout(this.#timer);
    this.show({ state: "closed", stream: false });
    this.#end();
  }
}

/** One element that shows a panel. */
class Face {
  #act;
  /** The JupyterLab cell that contains it. @type {Element | null} */
  cell = null;

  /** @param {HTMLElement} host  @param {(verb: string, more?: object) => void} act */
  constructor(host, act) {
    this.#act = act;
    // In marimo the element may have belonged to another panel.
    const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    root.adoptedStyleSheets = [style];
    this.root = root;

    this.microphone = this.#chooser("Microphone", "audioinput");
    this.camera = this.#chooser("Camera", "videoinput");
    this.record = this.#button("Record", "record");
    this.pause = this.#button("Pause", "pause");
    this.stop = this.#button("Stop", "stop");
    this.clock = make("span", { className: "clock", textContent: "0:00" }, { role: "timer", "aria-label": "Recorded" });
    this.meter = make("meter", { min: 0, max: 1, value: 0, title: "Level" }, { "aria-label": "Level" });
    this.status = make("p", {}, { role: "status" });
    this.error = make("p", { className: "error" }, { role: "alert" });
    this.preview = make("video", { muted: true, autoplay: true, playsInline: true, hidden: true }, {
      "aria-label": "Live preview",
    });
    // The player is as large as the preview was, even before it has loaded.
    this.preview.addEventListener("resize", () => {
      const { videoWidth, videoHeight } = this.preview;
      if (videoWidth) host.style.setProperty("--ratio", `${videoWidth} / ${videoHeight}`);
    });
    this.player = make("div");
    const panel = make("div", { className: "panel" }, { role: "group", "aria-label": "Recorder" });
    panel.append(
      this.#row(this.microphone.label, this.camera.label),
      this.preview,
      this.#row(this.record, this.pause, this.stop, this.clock, this.meter),
      this.status,
      this.error,
      this.player,
    );
    this.panel = panel;
  }

  enter() {
    if (this.panel.parentNode !== this.root) this.root.replaceChildren(this.panel);
  }

  /** Whether its whole output was removed from the document while the cell is still there. */
  get isCollapsed() {
    const top = this.root.host.getRootNode({ composed: true });
    return top instanceof Element && top.matches(".jp-OutputArea") && this.cell?.isConnected;
  }

  /** @param {Showing} showing */
  show({ state, clock, level, status, error, microphones, cameras, stream, player }) {
    if (state !== undefined) this.#become(state);
    if (clock !== undefined) this.clock.textContent = clock;
    if (level !== undefined) this.meter.value = level;
    if (status !== undefined) this.status.textContent = status;
    if (error !== undefined) this.error.textContent = error;
    if (microphones !== undefined) this.#offer(this.microphone, microphones);
    if (cameras !== undefined) this.#offer(this.camera, cameras);
    if (stream !== undefined) {
      const seen = stream && stream.getVideoTracks().length ? stream : null;
      this.preview.srcObject = seen;
      this.preview.hidden = !seen;
    }
    if (player !== undefined) this.#play(player);
  }

  /** @param {string} player */
  #play(player) {
    try {
      this.player.innerHTML = trusted("createHTML", player);
    } catch {
      this.player.textContent = "No player can be shown: this page's policy lacks trusted-types mediarecorder.";
    }
  }

  /** @param {string} state */
  #become(state) {
    const focused = this.root.activeElement;
    const active = state === "recording" || state === "paused";
    this.record.hidden = active || state === "closed";
    this.record.setAttribute("aria-disabled", String(state === "opening")); // it keeps the focus
    this.pause.hidden = this.stop.hidden = !active;
    this.pause.textContent = state === "paused" ? "Resume" : "Pause";
    this.meter.hidden = !active || this.microphone.label.hidden;
    this.microphone.select.disabled = this.camera.select.disabled = active || state === "opening" || state === "closed";
    if (state === "closed") this.status.textContent = "This recorder is closed.";
    // Keyboard users keep their place.
    if (focused === this.record && active) this.stop.focus();
    if ((focused === this.stop || focused === this.pause) && !active) this.record.focus();
  }

  /** @param {{label: HTMLElement, select: HTMLSelectElement}} chooser  @param {Device[] | null} devices */
  #offer({ label, select }, devices) {
    label.hidden = devices === null;
    const chosen = select.value;
    select.replaceChildren(...(devices ?? []).map(({ id, label: name }) => make("option", { value: id, text: name })));
    if (devices?.some(({ id }) => id === chosen)) select.value = chosen;
  }

  /** @param {string} name  @param {string} kind */
  #chooser(name, kind) {
    const label = make("label", { textContent: name });
    const select = make("select");
    select.addEventListener("change", () => this.#act("choose", { kind, id: select.value }));
    label.append(select);
    return { label, select };
  }

  /** @param {string} name  @param {string} verb */
  #button(name, verb) {
    const button = make("button", { type: "button", className: verb, textContent: name });
    button.addEventListener("click", () => this.#act(verb));
    return button;
  }

  /** @param {...HTMLElement} elements */
  #row(...elements) {
    const row = make("div", { className: "row" });
    row.append(...elements);
    return row;
  }
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name  @param {object} [properties]  @param {Record<string, string>} [attributes]
 */
export function make(name, properties = {}, attributes = {}) {
  const element = Object.assign(document.createElement(name), properties);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  return element;
}
