// @ts-check
/** What the author of a page writes: `import { openChannel } from "…/page.js";` */

const { openChannel } = await import(/** @type {any} */ ("/py/mediarecorder/js/page.js"));

Object.assign(window, { openChannel });
