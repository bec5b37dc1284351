/** The library's version, put in by tools/bundle.mjs. */
declare const MEDIARECORDER_VERSION: string;
