// @ts-check
/**
 * Trusted Types: where a page demands them, scripts and HTML go through a policy. There is one for all of this library in
 * a page or worker, since a page may allow its name once; py/mediarecorder/_host/browser.py makes the same, if it is first.
 */

const POLICY = Symbol.for("mediarecorder.policy");

/**
 * `text` as the browser wants it; as it is where nothing is demanded, or where the page does not allow the policy.
 * @param {"createHTML" | "createScriptURL"} kind  @param {string} text  @returns {any}
 */
export function trusted(kind, text) {
  const realm = /** @type {any} */ (globalThis);
  try {
    const rules = { createHTML: String, createScript: String, createScriptURL: String };
    realm[POLICY] ??= realm.trustedTypes?.createPolicy("mediarecorder", rules);
  } catch {
    // it is not in the page's list
  }
  return realm[POLICY] ? realm[POLICY][kind](text) : text;
}
