// @ts-check
/** The worker's connection to its page: handshake, calls and their answers, and the end. */

import { Fault } from "../fault.js";
import { PageClock } from "./clock.js";
import { Liveness } from "./liveness.js";
import { randomName } from "./names.js";
import { describeError, isMessage, reviveError, SERVICES, VERSION } from "./protocol.js";

/** @typedef {import("./protocol.js").Snapshot} Snapshot */
/** @typedef {import("./liveness.js").Token} Token */
/** @typedef {{hear: (message: any) => void, lost: (error: Error) => void}} Mirror */

export class Connection {
  /** The open connection. @type {Connection | null} */
  static current = null;

  /** @type {Snapshot | null} */
  snapshot = null;
  closed = false;
  #ready;
  #opened;
  /** @type {BroadcastChannel | null} */
  #first = null;
  /** @type {BroadcastChannel | null} */
  #second = null;
  #liveness = new Liveness(() => this.#say({ type: "lockStolen" }));
  #clock = new PageClock(() => this.call(SERVICES, "now"));
  /**
   * Messages for mirrors, with their arrival, held back until the page's clock is measured.
   * @type {[any, number][] | null}
   */
  #held = null;
  /** Starts at a random number, so that no other page can guess the next call and answer it. */
  #lastCall = crypto.getRandomValues(new Uint32Array(1))[0];
  #lastHandle = 0;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: any) => void}>} */
  #waiting = new Map();
  /** @type {Map<string, WeakRef<Mirror & object>>} */
  #mirrors = new Map();
  #forgotten = new FinalizationRegistry((/** @type {{handle: string}} */ { handle }) => {
    this.#mirrors.delete(handle);
    this.forget(handle);
  });
  /** @type {(connection: Connection) => void} */
  #isReady = () => {};
  /** @type {(error: Fault) => void} */
  #isRefused = () => {};

  /**
   * Connect through a channel.
   * @param {string} name
   * @param {(connection: Connection) => void} opened  called when the page has answered
   */
  constructor(name, opened) {
    this.#opened = opened;
    this.#ready = new Promise((resolve, reject) => {
      this.#isReady = resolve;
      this.#isRefused = reject;
    });
    this.#ready.catch(() => {});
    this.#begin(name).catch((error) => this.#refuse(embedded(error)));
  }

  /** @param {string} name */
  async #begin(name) {
    const first = (this.#first = new BroadcastChannel(name));
    const token = await this.#liveness.begin();
    if (this.closed) return;
    first.onmessage = ({ data }) => this.#meet(data, token);
    first.postMessage({ type: "knock", version: VERSION });
  }

  /** @param {unknown} message  @param {Token} token */
  #meet(message, token) {
    if (!isMessage(message) || this.#second) return;
    if (message.type === "refuse" || (message.type === "hello" && message.version !== VERSION)) {
      const theirs = String(message.version);
      this.#refuse(
        `the page has mediarecorder ${theirs}, but Python has ${VERSION}. In the page, use the page.js of the wheel ` +
          "that Python has installed.",
      );
    } else if (message.type === "hello") {
      const channel = randomName();
      this.#second = new BroadcastChannel(channel);
      this.#second.onmessage = ({ data }) => this.#hear(data);
      this.#first?.postMessage({ type: "accept", version: VERSION, agent: message.agent, channel, token });
      this.#first?.close();
    }
  }

  /** @param {string} why */
  #refuse(why) {
    this.#isRefused(new Fault("PageUnavailableError", why));
    this.close();
  }

  /** @param {unknown} message */
  #hear(message) {
    if (!isMessage(message)) return;
    const { type, id, value, error } = message;
    if (type === "ready") this.#open(message.token, message.snapshot);
    else if (type === "unable") this.#refuse(embedded(error));
    else if (type === "lockStolen") this.#liveness.suspect();
    else if (type === "return") this.#answered(id)?.resolve(value);
    else if (type === "throw") this.#answered(id)?.reject(reviveError(error));
    else this.#receive(message, performance.now());
  }

  /** Receive a message for a mirror. @param {any} message  @param {number} heard */
  #receive(message, heard) {
    if (!this.#held && message.type === "event" && !this.#clock.suits(message.event.said, heard)) {
      this.#held = [];
      this.synchronize();
    }
    if (this.#held) this.#held.push([message, heard]);
    else this.#deliver(message, heard);
  }

  /** @param {any} message  @param {number} heard */
  #deliver(message, heard) {
    const { type, target, event } = message;
    const told = type === "event" ? { ...event, at: this.#clock.here(event.at, event.said, heard) } : undefined;
    this.#mirrors.get(target)?.deref()?.hear({ ...message, event: told });
  }

  /** Measure the page's clock. Waiting events are delivered even if the measurement fails. */
  async synchronize() {
    await this.#clock.measure().catch(() => {});
    this.#release();
  }

  #release() {
    const held = this.#held ?? [];
    this.#held = null;
    for (const [message, heard] of held) this.#deliver(message, heard);
    this.#clock.settle();
  }

  /** @param {Token} token  the page's token  @param {Snapshot} snapshot */
  async #open(token, snapshot) {
    if (this.snapshot) return;
    this.snapshot = snapshot;
    this.#liveness.watch(token, () => this.#lose());
    await this.synchronize();
    if (this.closed) return;
    Connection.current = this;
    this.#opened(this);
    this.#isReady(this);
  }

  /** Resolves when the page has answered, which may be never. */
  whenReady() {
    return this.#ready;
  }

  /** @param {number} id */
  #answered(id) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  /** @param {object} message */
  #say(message) {
    if (!this.closed) this.#second?.postMessage(message);
  }

  #lose() {
    if (this.closed) return;
    this.#release();
    this.close();
    for (const { reject } of this.#waiting.values()) reject(lost());
    this.#waiting.clear();
    for (const mirror of [...this.#mirrors.values()]) mirror.deref()?.lost(lost());
  }

  /** Close the connection. The page finds the worker's lock free and releases everything. */
  close() {
    this.closed = true;
    if (Connection.current === this) Connection.current = null;
    this.#first?.close();
    this.#second?.close();
    this.#liveness.end();
  }

  /** @param {string} target  @param {string} method  @param {...any} parameters  @returns {Promise<any>} */
  call(target, method, ...parameters) {
    if (this.closed) return Promise.reject(lost());
    const id = ++this.#lastCall;
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    try {
      this.#say({ type: "call", id, target, method, parameters });
    } catch (error) {
      this.#answered(id)?.reject(unpostable(error));
    }
    return answer;
  }

  /** @param {string} target  @param {string} method  @param {...any} parameters */
  post(target, method, ...parameters) {
    try {
      this.#say({ type: "post", target, method, parameters });
    } catch (error) {
      throw unpostable(error);
    }
  }

  /** @param {string} target  @param {string} name  the event's name */
  listen(target, name) {
    this.#say({ type: "listen", target, name });
  }

  /** @param {string} target  @param {string} name */
  unlisten(target, name) {
    this.#say({ type: "unlisten", target, name });
  }

  /** @param {string} handle */
  forget(handle) {
    this.#say({ type: "forget", targets: [handle] });
  }

  newHandle() {
    return `w${++this.#lastHandle}`;
  }

  /** The mirror of this handle, if there is one. @param {string} handle  @returns {any} */
  mirror(handle) {
    return this.#mirrors.get(handle)?.deref();
  }

  /**
   * Deliver the page's messages for this handle to the mirror.
   * @param {Mirror & object} mirror  @param {string} handle
   */
  enter(mirror, handle) {
    this.#mirrors.set(handle, new WeakRef(mirror));
  }

  /** Tell the page when the mirror has been garbage-collected. @param {object} mirror  @param {string} handle */
  forgetLater(mirror, handle) {
    this.#forgotten.register(mirror, { handle });
  }
}

/** The message if the browser refuses messages or locks. @param {any} error */
const embedded = (error) =>
  "the browser blocks the connection between this worker and its page, as it may in a sandboxed frame or one from " +
  "another site (third-party). Open the page in a tab of its own. " +
  `The browser says: ${describeError(error).message}`;

/** The error of every call that waits for a page that has gone. */
export function lost() {
  return new Fault(
    "PageUnavailableError",
    "the page is gone, or the part of it that provided the camera and the microphone. Open them again.",
  );
}

/** A value that cannot be posted is one that browsers reject in the page, too. @param {any} error */
function unpostable(error) {
  return new TypeError(describeError(error).message);
}
