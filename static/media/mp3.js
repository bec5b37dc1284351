// @ts-check
/** The encoder of MP3: the entry of a bundle of its own, `mediarecorder/js/mp3.js`, which needs the other first. */

import { registerMp3Encoder } from "@mediabunny/mp3-encoder";

registerMp3Encoder();
Object.assign(globalThis, { [Symbol.for("mediarecorder.mp3")]: true });
