// @ts-check
/** Placeholder until the pictures branch comes. @param {any} picture  @param {number} _w @param {number} _h @param {any} [_c] @param {any} [_a] */
export const fitted = (picture, _w, _h, _c, _a) => picture;
