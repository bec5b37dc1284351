// @ts-check
/** Errors about media, with texts for users. */

import { ConversionCanceledError } from "mediabunny";
import { Fault, gone, isGone } from "../fault.js";

/** The browser's own errors about storage. */
const KEPT = ["QuotaExceededError", "SecurityError"];

/**
 * The beginning of the errors from tools/patches/2-isobmff-times.patch: the file is intact, but cannot be shown
 * correctly.
 */
const EDITED = "the edit list of this MP4";

/** The reason for missing encoders and decoders; empty if the browser has them (quirk: firefox-hides-webcodecs). */
export const withoutCodecs = () =>
  "VideoDecoder" in globalThis
    ? ""
    : ", because it has no WebCodecs: it is too old, or privacy.resistFingerprinting (about:config in Firefox) hides them";

/**
 * Convert an error from reading or writing media to a `Fault`. The browser's more specific errors stay as they are.
 * @param {unknown} error
 * @param {AbortSignal} [signal]
 * @param {string} [text]  of other errors
 */
export function asFault(error, signal, text = "the file is broken, or not a media file that the library can read") {
  if (signal?.aborted || error instanceof ConversionCanceledError) {
    return new Fault("AbortError", "the call was cancelled");
  }
  if (error instanceof Fault) return error;
  if (error instanceof DOMException && KEPT.includes(error.name)) return error;
  if (isGone(error)) return gone();
  if (error instanceof Error && error.message.startsWith(EDITED)) return new Fault("NotSupportedError", error.message);
  const said = error instanceof Error ? error.message.split("\n")[0] : String(error);
  const detail = !said || said.startsWith("Assertion failed") ? "" : `: ${said}`;
  return new Fault("EncodingError", `${text}${detail}`);
}
