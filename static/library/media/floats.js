// @ts-check
import { Fault } from "../fault.js";

/** The samples that Python sends as bytes. Throws if one is not a finite number. @param {Uint8Array} bytes */
export function floats({ buffer, byteOffset, byteLength }) {
  const block = new Float32Array(/** @type {ArrayBuffer} */ (buffer), byteOffset, byteLength / 4);
  if (block.every(Number.isFinite)) return block;
  throw new Fault("EncodingError", "a sample is not a finite number (NaN or infinite)");
}
