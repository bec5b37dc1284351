// @ts-check
/**
 * A change to the worker of an encoder, made while its package is bundled: WebAssembly is compressed before it is encoded
 * in base64. An archive compresses base64 badly, so this makes the wheel 34 kB smaller; 5 kB of that are due to Zopfli.
 */

import zopfli from "@gfx/zopfli";

/** A function of Emscripten that returns decoded base64: its name, the decoder's name, and the base64. */
const MODULE = /function (\w+)\(\)\{return (\w+)\("(AGFzb[\w+/=]+)"\)\}/;

/**
 * @param {string} text  of a worker
 * @returns {Promise<string>} the text; unchanged if it has no WebAssembly in base64
 */
export async function compressed(text) {
  const [found, name, decode, base64] = MODULE.exec(text) ?? [];
  if (!found) return text;
  // The function becomes asynchronous, so its only call has to wait for it.
  const parts = text.split(`=${name}()`);
  if (parts.length !== 2) throw new Error(`the encoder has changed: find the calls of ${name}() again`);
  const short = Buffer.from(await zopfli.zlibAsync(Buffer.from(base64, "base64"), { numiterations: 60 })).toString("base64");
  const stream = `new Blob([${decode}("${short}")]).stream().pipeThrough(new DecompressionStream("deflate"))`;
  const made = `async function ${name}(){return new Uint8Array(await new Response(${stream}).arrayBuffer())}`;
  return parts.join(`=await ${name}()`).replace(found, () => made);
}
