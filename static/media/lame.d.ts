/** The text of the worker that @mediabunny/mp3-encoder would start, as a function; made by tools/bundle.mjs. */
declare module "lame" {
  export default function work(self: object, setInterval: (work: () => void, milliseconds: number) => unknown): void;
}
