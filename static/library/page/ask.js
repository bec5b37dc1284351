// @ts-check
/** The dialogue of Python's `input`. It is in a shadow tree, because the styles of hosts take its border and its place. */

import { make } from "./panel.js";

const STYLE = `
  dialog { width: 32rem; max-width: calc(100% - 2rem); box-sizing: border-box; border: 1px solid; border-radius: .5rem;
    font: 1rem/1.5 system-ui, sans-serif; }
  form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; }
  label { flex: 1 1 12rem; white-space: pre-wrap; overflow-wrap: anywhere; }
  input { display: block; width: 100%; box-sizing: border-box; }
  input, button { font: inherit; padding: .2rem .6rem; }
`;

/**
 * Ask the user for a line of text, while the page goes on. Resolves to null if the user closes the dialogue.
 * @param {string} prompt  @returns {Promise<string | null>}
 */
export function ask(prompt) {
  const line = make("input");
  const [label, form, dialog, host] = [make("label"), make("form", { method: "dialog" }), make("dialog"), make("div")];
  label.append(prompt, line);
  form.append(label, make("button", { value: "OK", textContent: "OK" }));
  dialog.append(form);
  const root = host.attachShadow({ mode: "open" });
  const style = new CSSStyleSheet();
  style.replaceSync(STYLE);
  root.adoptedStyleSheets = [style];
  root.append(dialog);
  document.body.append(host);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => {
      host.remove();
      resolve(dialog.returnValue ? line.value : null);
    };
  });
}
