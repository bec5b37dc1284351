// @ts-check
/** What the author of a page writes. */

// @ts-ignore: it is built
import { openChannel } from "/py/mediarecorder/js/page.js";

Object.assign(window, { openChannel });
