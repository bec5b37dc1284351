// @ts-check
/** The encoder of AAC: FFmpeg's. */

import { registerAacEncoder } from "@mediabunny/aac-encoder";
import { register } from "./mediabunny.js";

// One frame (FFmpeg's `initial_padding`). The standard's layouts end with six channels: FFmpeg describes seven and eight
// by an element of the stream that browsers do not read.
register("aac", registerAacEncoder, 1024, 6);
