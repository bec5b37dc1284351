// @ts-check
/**
 * Translates the page while it is being parsed, so that it is in the visitor's language when it is first painted. The
 * English texts are in the markup and in the Python; the table (words.js) has the translations. Elements marked
 * translate="no", such as the name of a take, are not translated.
 *
 * This is not a module, because modules run after the first paint.
 */
{
  const TRANSLATED = ["aria-label", "placeholder", "title"];
  const UNTRANSLATED = "[translate=no], script, style, pre";
  const KEPT_UNDER = "mediarecorder.language";

  /** @typedef {{ english: string, shown: string }} Words */
  /** The English texts, by text node, and by element and attribute. @type {WeakMap<Node, Words>} */
  const texts = new WeakMap();
  /** @type {WeakMap<Element, Map<string, Words>>} */
  const attributes = new WeakMap();

  /** @type {Record<string, string>} */
  const germanWords = Reflect.get(globalThis, "germanWords");
  let language = "en";

  /** @param {string} english */
  const say = (english) => (language === "de" && germanWords[english]) || english;

  /** The same, with the surrounding white space. @param {string} text */
  const inPlace = (text) => {
    const words = text.trim();
    const english = words.replace(/\s+/g, " ");
    const found = say(english);
    return found === english ? text : text.replace(words, () => found);
  };

  /**
   * @param {Words | undefined} known
   * @param {string} now
   * @returns {Words} the English text and the displayed one
   */
  const translated = (known, now) => {
    const english = known?.shown === now ? known.english : now;
    return { english, shown: inPlace(english) };
  };

  /** @param {Node} root */
  function translate(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
      node instanceof Element && node.matches(UNTRANSLATED) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
    );
    for (let node = /** @type {Node | null} */ (root); node; node = walker.nextNode()) {
      if (node instanceof Text) translateText(node);
      else if (node instanceof Element) translateAttributes(node);
    }
  }

  /** @param {Text} node */
  function translateText(node) {
    const words = translated(texts.get(node), node.data);
    texts.set(node, words);
    if (node.data !== words.shown) node.data = words.shown;
  }

  /** @param {Element} element */
  function translateAttributes(element) {
    for (const name of TRANSLATED) {
      const now = element.getAttribute(name);
      if (now === null) continue;
      const known = attributes.get(element) ?? new Map();
      attributes.set(element, known);
      known.set(name, translated(known.get(name), now));
      if (known.get(name).shown !== now) element.setAttribute(name, known.get(name).shown);
    }
  }

  /** @param {Node} node */
  const mayBeTranslated = (node) => !(node instanceof Element ? node : node.parentElement)?.closest(UNTRANSLATED);

  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      for (const node of type === "childList" ? addedNodes : [target]) if (mayBeTranslated(node)) translate(node);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true, attributeFilter: TRANSLATED });

  /** @param {string} wanted */
  function use(wanted) {
    language = wanted === "de" ? "de" : "en";
    document.documentElement.lang = language;
    translate(document.documentElement);
  }

  /** Private windows may refuse to store a choice. @param {() => string | null | void} attempt */
  const attempt = (attempt) => {
    try {
      return attempt() ?? "";
    } catch {
      return "";
    }
  };

  Object.assign(globalThis, { say });
  use(attempt(() => localStorage.getItem(KEPT_UNDER)) || navigator.language.slice(0, 2));
  document.addEventListener("DOMContentLoaded", () => {
    const chooser = /** @type {HTMLSelectElement | null} */ (document.getElementById("language"));
    if (!chooser) return;
    chooser.value = language;
    chooser.addEventListener("change", () => {
      use(chooser.value);
      attempt(() => localStorage.setItem(KEPT_UNDER, language));
    });
  });
}
