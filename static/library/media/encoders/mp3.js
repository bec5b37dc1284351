// @ts-check
/** The MP3 encoder, from LAME. */

import { registerMp3Encoder } from "@mediabunny/mp3-encoder";
import { register } from "./mediabunny.js";

// LAME delays by 576 samples (`lame_get_encoder_delay`), every decoder by 529.
register("mp3", registerMp3Encoder, 576 + 529);
