// @ts-check
/** What the author of a page writes: `import { openChannel } from "…/page.js";` */

// Not `await import(…)`: a script's `load` does not wait for that.
// @ts-ignore the bundle has no types
import { openChannel } from "/py/mediarecorder/js/page.js";

Object.assign(window, { openChannel });
