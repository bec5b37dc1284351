// @ts-check
/**
 * Gives each Python example of the page a Run button. The first press loads Pyodide and the library from this site's
 * own folder `vendor`; before it, nothing is loaded. Examples of one article share their names, as cells of a notebook
 * do, and examples.py supplies the objects that a text takes for granted, such as `stream`.
 */

const VENDOR = new URL("../vendor/", import.meta.url);
const EXAMPLES = new URL("examples.py", import.meta.url);

/**
 * @typedef {object} Output where an example shows its results
 * @property {(kind: "given" | "printed" | "failed", text: string) => void} write
 * @property {() => HTMLElement} place an empty element, after what was written so far
 */
/**
 * @typedef {object} Examples the functions of examples.py
 * @property {() => unknown} new_names
 * @property {(source: string, names: unknown, output: Output) => Promise<void>} run
 * @property {() => void} stop
 * @property {(address: string) => void} begin
 */

/** @type {Promise<Examples> | undefined} */
let loading;
/** The names of each article's examples. @type {WeakMap<Element, unknown>} */
const namesOf = new WeakMap();
/** Buttons of all examples, because only one runs at a time. @type {Set<HTMLButtonElement>} */
const buttons = new Set();

/** @returns {Promise<Examples>} */
async function load() {
  const [{ loadPyodide }, wheel, examples] = await Promise.all([
    import(new URL("pyodide/pyodide.mjs", VENDOR).href),
    fetched(new URL("mediarecorder.whl", VENDOR)),
    fetched(EXAMPLES),
  ]);
  const python = await loadPyodide();
  python.unpackArchive(wheel, "wheel");
  python.FS.writeFile("/home/pyodide/examples.py", new Uint8Array(examples));
  const module = python.pyimport("examples");
  module.begin(import.meta.url);
  return module;
}

/** @param {URL} address */
async function fetched(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address.pathname}: HTTP ${response.status}`);
  return response.arrayBuffer();
}

/** @param {HTMLElement} element @returns {Output} */
function outputIn(element) {
  return {
    write(kind, text) {
      const last = element.lastElementChild;
      const box = last?.className === kind ? last : element.appendChild(document.createElement("pre"));
      if (kind === "failed") box.setAttribute("role", "alert");
      box.className = kind;
      box.append(text);
    },
    place() {
      const box = element.appendChild(document.createElement("div"));
      box.className = "shown";
      return box;
    },
  };
}

/**
 * @param {Element} block
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} element
 */
async function run(block, button, element) {
  const article = block.closest("article") ?? document.body;
  const output = outputIn(element);
  element.replaceChildren();
  element.hidden = false;
  element.setAttribute("aria-busy", "true");
  for (const each of buttons) each.disabled = each !== button; // a disabled button would lose the focus
  button.textContent = "Starting Python…";
  try {
    loading ??= load();
    const examples = await loading;
    if (!namesOf.has(article)) namesOf.set(article, examples.new_names());
    button.textContent = "Stop";
    await examples.run(block.querySelector("pre")?.textContent ?? "", namesOf.get(article), output);
  } catch (error) {
    loading = undefined; // the next press tries again
    output.write("failed", `Python could not be loaded. ${error}\n`);
  }
  if (!element.hasChildNodes()) output.write("given", "Done, without output.\n");
  element.removeAttribute("aria-busy");
  button.textContent = "Run";
  for (const each of buttons) each.disabled = false;
}

/** Add the buttons to all examples of an element. @param {ParentNode} root */
export function addButtons(root) {
  // Long lines scroll, by the keyboard too.
  for (const code of root.querySelectorAll(".highlight pre")) code.setAttribute("tabindex", "0");
  for (const block of root.querySelectorAll(".highlight-python")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "run-example";
    button.textContent = "Run";
    const element = document.createElement("div");
    element.className = "example-output";
    element.hidden = true;
    element.setAttribute("role", "log");
    element.setAttribute("aria-label", "Output");
    block.after(button, element);
    buttons.add(button);
    button.addEventListener("click", async () => {
      if (button.textContent === "Stop") (await loading)?.stop();
      else if (button.textContent === "Run") await run(block, button, element);
    });
  }
}

addButtons(document);
