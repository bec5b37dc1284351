// @ts-check
/** Code that a page's author writes. */

import { openChannel } from "/py/mediarecorder/js/page.js";

Object.assign(window, { openChannel });
