/** The library's version, inserted by tools/bundle.mjs. */
declare const MEDIARECORDER_VERSION: string;
