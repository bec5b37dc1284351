// @ts-check
/** The FLAC encoder, from libFLAC. */

import { registerFlacEncoder } from "@mediabunny/flac-encoder";
import { register } from "./mediabunny.js";

register("flac", registerFlacEncoder, 0);
