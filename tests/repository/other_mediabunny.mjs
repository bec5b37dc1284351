// @ts-check
/** Import this before a program, so that it gets the copy of mediabunny in the folder MEDIABUNNY. */

import { register } from "node:module";

const resolve = `export async function resolve(name, context, next) {
  const found = await next(name, context);
  return { ...found, url: found.url.replace(/^file:.*\\/build\\/mediabunny(?=\\/)/, ${JSON.stringify(process.env.MEDIABUNNY)}) };
}`;
register(`data:text/javascript,${encodeURIComponent(resolve)}`);
