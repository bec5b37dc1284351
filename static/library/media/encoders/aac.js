// @ts-check
/** The AAC encoder, from FFmpeg. */

import { registerAacEncoder } from "@mediabunny/aac-encoder";
import { register } from "./mediabunny.js";

// The delay is one frame (FFmpeg's `initial_padding`). The standard's layouts end at six channels: for seven and eight,
// FFmpeg writes an element into the stream that browsers do not read.
register("aac", registerAacEncoder, 1024, 6);
