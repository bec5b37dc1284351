// @ts-check
/** Imported before a program: it gets another copy of mediabunny, that of the folder in MEDIABUNNY. */

import { register } from "node:module";

const resolve = `export async function resolve(name, context, next) {
  const found = await next(name, context);
  return { ...found, url: found.url.replace(/^file:.*\\/build\\/mediabunny(?=\\/)/, ${JSON.stringify(process.env.MEDIABUNNY)}) };
}`;
register(`data:text/javascript,${encodeURIComponent(resolve)}`);
