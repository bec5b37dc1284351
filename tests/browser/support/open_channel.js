// @ts-check
/** What the author of a page writes. */

import { openChannel } from "/py/mediarecorder/js/page.js";

Object.assign(window, { openChannel });
