// gifenc has no declarations of its own; these are for the part that the page uses.

declare module "*/gifenc.esm.js" {
  type Palette = number[][];
  export function quantize(pixels: Uint8Array, colours: number): Palette;
  export function applyPalette(pixels: Uint8Array, palette: Palette): Uint8Array;
  export function GIFEncoder(): {
    writeFrame(index: Uint8Array, width: number, height: number, options: { palette: Palette, delay: number }): void;
    finish(): void;
    bytes(): Uint8Array<ArrayBuffer>;
  };
}
