// @ts-check
/** What a file says about itself. */

import { reading } from "./input.js";
import { perform } from "./task.js";

/**
 * Pairs of name and value; a date as "2026-11-24". @param {Blob} blob  @param {import("./task.js").Request} request
 * @returns {Promise<[string, string | number][]>}
 */
export const tags = (blob, request) =>
  perform(request, () =>
    reading(blob, async (input) => {
      const { raw, images, ...found } = await input.getMetadataTags();
      return Object.entries(found).map(([name, value]) => [
        name,
        value instanceof Date ? value.toISOString().slice(0, 10) : /** @type {string | number} */ (value),
      ]);
    }),
  );
