/** Joins packets of Opus, in Node. For test_opus_packets.py, which sends and gets lists of packets in base64. */

import { readFileSync } from "node:fs";
import { framesOf, Joining } from "../../static/library/media/opus.js";

const joined = (/** @type {string[]} */ packets) => {
  const joining = new Joining();
  const all = packets.flatMap((packet) => joining.add(new Uint8Array(Buffer.from(packet, "base64"))));
  return [...all, ...joining.end()].map((data) => [framesOf(data), Buffer.from(data).toString("base64")]);
};
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(joined)));
