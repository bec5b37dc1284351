/** The modules that tools/bundle.mjs generates. */

/** The source of the worker that an encoder's package would start, as a function. */
declare module "encoder" {
  export default function work(self: object, setInterval: (work: () => void, milliseconds: number) => unknown): void;
}

/** The table of py/mediarecorder/formats.py, with mediabunny's class in place of its name. */
declare module "formats" {
  import type { AudioCodec, OutputFormat, VideoCodec } from "mediabunny";

  export interface Format {
    Output: new (options: object) => OutputFormat;
    label?: string;
    video: VideoCodec[];
    audio: AudioCodec[];
    encoders: AudioCodec[];
    types: Record<string, string[]>;
  }

  export const FORMATS: Record<string, Format>;
}
