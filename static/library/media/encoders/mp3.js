// @ts-check
/** The encoder of MP3: LAME. */

import { registerMp3Encoder } from "@mediabunny/mp3-encoder";
import { register } from "./mediabunny.js";

// 576 samples are LAME's (`lame_get_encoder_delay`), 529 every decoder's.
register("mp3", registerMp3Encoder, 576 + 529);
