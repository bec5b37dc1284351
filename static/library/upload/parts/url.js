// @ts-check
/** In place of url-parse: the browser's own class. */
export default URL;
