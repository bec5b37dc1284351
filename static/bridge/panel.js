// @ts-check
/**
 * The recorder panel's face (py/mediarecorder/panel.py has its mind): says what the person does in `act` events, and
 * shows what it is told. It lives in a shadow tree, so that the page's styles and its own leave each other alone.
 */

import { trusted } from "../trust.js";

/** @typedef {{id: string, label: string}} Device */
/**
 * What it shows; what is missing stays as it was.
 * @typedef {object} Showing
 * @property {"inactive" | "opening" | "recording" | "paused"} [state]
 * @property {string} [clock]
 * @property {number} [level]  0 to 1
 * @property {string} [status]
 * @property {string} [error]
 * @property {Device[] | null} [microphones]  null where no sound is recorded
 * @property {Device[] | null} [cameras]
 * @property {MediaStream | false} [stream]  to be seen live
 * @property {string} [player]  trusted HTML
 */

const STYLE = `
  :host { display: block; max-width: 40rem; color: inherit; font: inherit; }
  [hidden] { display: none !important; }
  .panel { display: grid; gap: .6rem; padding: .75rem; border: 1px solid; border-radius: .5rem; }
  .row { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center; }
  label { display: grid; gap: .15rem; flex: 1 1 12rem; min-width: 0; font-size: .875em; }
  button, select { font: inherit; color: inherit; background: transparent; border: 1px solid; border-radius: .35rem;
    padding: .35rem .75rem; min-height: 2.25rem; max-width: 100%; }
  option { color: initial; }
  button { cursor: pointer; min-width: 5rem; }
  button:hover { background: color-mix(in srgb, currentColor 12%, transparent); }
  button[aria-disabled=true] { opacity: .55; cursor: default; }
  :focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
  .record::before { content: ""; display: inline-block; width: .7em; height: .7em; margin-right: .45em;
    border-radius: 50%; background: #c22; }
  .clock { font-variant-numeric: tabular-nums; font-size: 1.15em; min-width: 4ch; }
  meter { flex: 1 1 6rem; min-width: 4rem; height: 1rem; }
  video, audio { max-width: 100%; height: auto; }
  audio { width: 100%; height: 3rem; }
  svg { max-width: 100%; }
  p, figure { margin: 0; }
  p:empty { display: none; }
  .error { border-left: 4px solid #c22; padding-left: .5rem; }
`;

export class Panel extends EventTarget {
  /** @param {HTMLElement} host */
  constructor(host) {
    super();
    const root = host.attachShadow({ mode: "open" });
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
    this.preview = make("video", { muted: true, autoplay: true, playsInline: true, hidden: true, width: 320 }, {
      "aria-label": "Live preview",
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
    root.append(panel);
    this.show({ state: "inactive", microphones: null, cameras: null });
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
      this.preview.srcObject = stream || null;
      this.preview.hidden = !stream;
    }
    if (player !== undefined) this.#play(player);
  }

  /** @param {string} player */
  #play(player) {
    try {
      this.player.innerHTML = trusted("createHTML", player);
    } catch {
      this.player.textContent = "There is no player: this page's policy lacks trusted-types mediarecorder.";
    }
  }

  /** @param {string} state */
  #become(state) {
    const focused = this.root.activeElement;
    const active = state === "recording" || state === "paused";
    this.record.hidden = active;
    this.record.setAttribute("aria-disabled", String(state === "opening")); // it keeps the focus
    this.pause.hidden = this.stop.hidden = !active;
    this.pause.textContent = state === "paused" ? "Resume" : "Pause";
    this.meter.hidden = !active || this.microphone.label.hidden;
    this.microphone.select.disabled = this.camera.select.disabled = active || state === "opening";
    // Who works with the keyboard goes on from where they were.
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

  /** @param {string} verb  @param {object} [more] */
  #act(verb, more) {
    this.dispatchEvent(new CustomEvent("act", { detail: { verb, ...more } }));
  }

  close() {
    this.preview.srcObject = null;
  }
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name  @param {object} [properties]  @param {Record<string, string>} [attributes]
 */
function make(name, properties = {}, attributes = {}) {
  const element = Object.assign(document.createElement(name), properties);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  return element;
}
