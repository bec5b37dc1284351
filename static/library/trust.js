// @ts-check
/**
 * Trusted Types: in a page that requires them, scripts and HTML go through a policy. The library shares one policy per
 * page or worker, because a page may allow its name only once. py/mediarecorder/_host/features.py creates the same one
 * if it runs first.
 */

const POLICY = Symbol.for("mediarecorder.policy");

/**
 * `text` as a trusted type. It stays a string if the page does not require Trusted Types or does not allow the policy.
 * @param {"createHTML" | "createScriptURL"} kind  @param {string} text  @returns {any}
 */
export function trusted(kind, text) {
  const realm = /** @type {any} */ (globalThis);
  try {
    const rules = { createHTML: String, createScript: String, createScriptURL: String };
    realm[POLICY] ??= realm.trustedTypes?.createPolicy("mediarecorder", rules);
  } catch {
    // the page does not list this policy
  }
  return realm[POLICY] ? realm[POLICY][kind](text) : text;
}
