// @ts-check
/** Restores the choices of the last visit, before Python has loaded. */

const PREFIX = "mediarecorder.";
const main = /** @type {HTMLElement} */ (document.querySelector("main"));

/** @typedef {HTMLInputElement | HTMLSelectElement} Field */
/** @param {Field} field */
const keyOf = (field) => PREFIX + (field.id || field.name);

/** @param {Field} field */
function restore(field) {
  const kept = localStorage.getItem(keyOf(field));
  if (kept === null) return;
  if (field.type === "radio") /** @type {HTMLInputElement} */ (field).checked ||= field.value === kept;
  else if (field.type === "checkbox") /** @type {HTMLInputElement} */ (field).checked = kept === "true";
  else {
    field.value = kept;
    // Something else has written it: a slider would be in its middle.
    if (field instanceof HTMLInputElement && field.value !== kept) field.value = field.defaultValue;
  }
  // A device is in its list only when the browser reveals it; Python selects it then.
  if (field instanceof HTMLSelectElement && field.selectedIndex < 0) {
    field.selectedIndex = 0;
    field.dataset.remember = kept;
  }
}

try {
  /** @type {NodeListOf<Field>} */ (main.querySelectorAll("[data-remember] :is(input, select)")).forEach(restore);
  main.addEventListener("change", ({ target }) => {
    const field = /** @type {Field} */ (target);
    const value = field.type === "checkbox" ? String(/** @type {HTMLInputElement} */ (field).checked) : field.value;
    if (field.closest("[data-remember]")) localStorage.setItem(keyOf(field), value);
  });
} catch (error) {
  console.info("This browser keeps no settings here.", error); // a private window, or the user's choice
}
