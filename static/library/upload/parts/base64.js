// @ts-check
/** In place of js-base64: the browser has the one function that tus-js-client uses. */
export const Base64 = {
  /** @param {string} text */
  encode: (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text))),
};
