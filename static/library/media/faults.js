// @ts-check
/** What can be wrong with media, in words for whoever called. */

import { ConversionCanceledError } from "mediabunny";
import { Fault, gone, isGone } from "../fault.js";

/** The browser's own errors that say something about storage. */
const KEPT = ["QuotaExceededError", "SecurityError"];

/** How the errors of tools/patches/2-isobmff-times.patch begin: the file is whole, and cannot be shown truly. */
const EDITED = "the edit list of this MP4";

/** What is to be done without encoders and decoders; nothing where they are there. */
export const withoutCodecs = () =>
  "VideoDecoder" in globalThis
    ? ""
    : ", since it has no WebCodecs: it is too old, or privacy.resistFingerprinting (about:config in Firefox) takes them away";

/**
 * What is thrown while media are read or written, as a `Fault`, or as it is where the browser knows better.
 * @param {unknown} error
 * @param {AbortSignal} [signal]
 */
export function asFault(error, signal) {
  if (signal?.aborted || error instanceof ConversionCanceledError) {
    return new Fault("AbortError", "it was cancelled");
  }
  if (error instanceof Fault) return error;
  if (error instanceof DOMException && KEPT.includes(error.name)) return error;
  if (isGone(error)) return gone();
  if (error instanceof Error && error.message.startsWith(EDITED)) return new Fault("NotSupportedError", error.message);
  const said = error instanceof Error ? error.message.split("\n")[0] : String(error);
  const detail = !said || said.startsWith("Assertion failed") ? "" : `: ${said}`;
  return new Fault("EncodingError", `the file is broken or no media file that can be read here${detail}`);
}
