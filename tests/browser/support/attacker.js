// @ts-check
/**
 * A hostile page of the same origin, without a reference to the attacked page: it lists Web Locks, steals every one
 * that it has ever seen, and posts harmful messages to every channel whose name it knows.
 */

/** Names that it has seen, and the channels that it opened with them. @type {Map<string, BroadcastChannel>} */
const names = new Map();
/** Messages that others posted to these channels. @type {any[]} */
const heard = [];
let stolen = 0;
let running = false;
/** @type {() => void} */
let letGo = () => {};

const token = { lock: "x", client: "x", proof: "x" };
const deep = JSON.parse("[".repeat(500) + "]".repeat(500));
/** Messages of every type, with missing, wrong and correct fields. @type {any[]} */
export const garbage = [
  null, undefined, 0, NaN, "", "knock", true, [], {}, deep, { type: deep }, { type: null }, { type: "toString" },
  { type: "__proto__" }, new Blob(["x"]), new Map([["type", "call"]]), "x".repeat(100_000),
  ...["knock", "hello", "refuse", "accept", "ready", "call", "return", "throw", "post", "failed", "event", "state",
    "listen", "unlisten", "forget", "lockStolen"].flatMap((type) => [
    { type },
    ...[null, 5, "x", {}, deep].map((value) => ({
      type, version: value, agent: value, channel: value, token: value, snapshot: value, id: value, target: value,
      method: value, parameters: value, error: value, event: value, state: value, name: value, targets: value, value,
    })),
    { type, target: "services" },
    { type, target: "mediaDevices", method: "constructor", parameters: [], id: 1e9, name: "x", error: null },
    { type, target: "services", method: "makeStream", parameters: ["mediaDevices", []] },
    { type, targets: ["mediaDevices", "services", "permissions", "p999", 5] },
    { type, targets: ["mediaDevices", "services", "permissions", "p999"] },
    { type, target: "w1", event: {}, state: {} },
    { type, target: "w1", event: { type: "dataavailable", at: 0, said: 0, data: "x" }, state: null },
    { type, target: "w1", event: { type: "dataavailable", at: NaN, said: Infinity }, state: null },
    { type, target: "w1", event: { type: "x", at: 1e308, said: -1e308 }, state: null },
    { type, target: "w1", event: { type: "x", at: -1e308, said: 1e308 }, state: null },
  ]),
  { type: "hello", version: "0", agent: 5 },
  { type: "accept", version: "0", agent: "x", channel: "x", token },
  { type: "return", id: 1e9, value: deep },
];

/** @param {string} name */
export function join(name) {
  if (!name || names.has(name)) return;
  const channel = new BroadcastChannel(name);
  names.set(name, channel);
  channel.onmessage = ({ data }) => heard.push(data);
}

/** Post all of them to every channel, or to those with these names. @param {Iterable<string>} [into] */
export function postEverywhere(into = names.keys()) {
  for (const name of into) for (const message of garbage) names.get(name)?.postMessage(message);
}

/**
 * Search all readable texts for possible channel names, and post to those channels, until `stop()`.
 * @param {() => Promise<string[]>} read  @param {number} pause  in milliseconds
 */
export async function searchAndPost(read, pause) {
  running = true;
  while (running) {
    const known = new Set(names.keys());
    for (const text of await read()) {
      for (const [name] of text.matchAll(/(\w+-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g)) {
        join(name);
        join(`mediarecorder-${name.slice(-36)}`);
      }
    }
    postEverywhere([...names.keys()].filter((name) => !known.has(name)));
    await sleep(pause);
  }
}

/** @param {number} milliseconds */
function sleep(milliseconds) {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds));
}

/**
 * Steal every lock ever seen, repeatedly, until `stop()`.
 * @param {boolean} keep  whether to keep stolen locks; otherwise they are released at once
 * @param {number} [pause]  in milliseconds
 */
export async function steal(keep, pause = 10) {
  running = true;
  const holding = new Promise((resolve) => (letGo = () => resolve(undefined)));
  while (running) {
    const { held = [], pending = [] } = await navigator.locks.query();
    for (const { name = "" } of [...held, ...pending]) join(name);
    const theirs = held.filter(({ name = "" }) => name.startsWith("mediarecorder-") && !mine.has(name));
    await Promise.all(theirs.map(({ name = "" }) => new Promise((resolve) => {
      stolen++;
      const taken = () => {
        resolve(undefined);
        if (!keep) return;
        mine.add(name);
        return holding;
      };
      navigator.locks.request(name, { steal: true }, taken).catch(resolve);
    })));
    await sleep(pause);
  }
}
/** @type {Set<string>} */
const mine = new Set();

/** Request every lock as soon as it exists, and keep it. Resolves when it is watching. */
export async function queue() {
  running = true;
  const asked = new Set();
  const look = async () => {
    const { held = [] } = await navigator.locks.query();
    for (const { name = "" } of held) {
      if (asked.has(name) || !name.startsWith("mediarecorder-")) continue;
      asked.add(name);
      navigator.locks.request(name, () => new Promise(() => {}));
    }
    if (running) setTimeout(look);
  };
  await look();
}

export function stop() {
  running = false;
  letGo();
}

Object.assign(globalThis, {
  attacker: { garbage, join, postEverywhere, searchAndPost, steal, queue, stop, heard, names: () => [...names.keys()], stolen: () => stolen },
});
