// @ts-check
/**
 * Resumable uploads (https://tus.io/protocols/resumable-upload), by tus-js-client. Python (py/mediarecorder/upload.py)
 * supplies the data, and decides whether to wait and try again. It calls `begin`, and reads with `next` what happens.
 */

import { Live } from "../live/live.js";
import { reasonOf } from "./reason.js";
import Upload from "tus-js-client/lib/upload.js";

/**
 * @typedef {object} Order
 * @property {string} endpoint
 * @property {string} [url]   of an upload that was begun earlier
 * @property {number} [size]  of the file, if it is known
 * @property {Record<string, string>} headers
 * @property {Record<string, string>} metadata
 */

/** @typedef {{status: number, url: string, headers: [string, string][], body: Blob}} Answer */

/**
 * What happens: the upload has an address, the server has `offset` bytes (`length`, if it has been told, is the size of
 * the file), it wants the bytes from `offset` on, all is sent, or an attempt has failed, with an answer or a reason.
 * @typedef {{type: "url", url: string} | {type: "at", offset: number, length: number}
 *   | {type: "wants", offset: number, give: (value: Blob, done: boolean) => void} | {type: "done", url: string}
 *   | {type: "failed", method: string, answer: Answer} | {type: "failed", method: string, reason: string}} News
 */

/** A request that got no answer that can be used, and why. */
class Unanswered extends Error {
  /** @param {string} reason */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/** An answer, in the form that tus-js-client expects. */
class Response {
  /** @param {Answer} answer  @param {Headers} headers */
  constructor(answer, headers) {
    this.answer = answer;
    this.headers = headers;
  }

  getStatus() {
    return this.answer.status;
  }

  /** @param {string} name */
  getHeader(name) {
    return this.headers.get(name) ?? undefined;
  }

  getBody() {
    return "";
  }

  getUnderlyingObject() {
    return this.answer;
  }
}

/** The number in a header, if there is one. @param {Headers} headers  @param {string} name */
function numberIn(headers, name) {
  const number = Number.parseInt(headers.get(name) ?? "", 10); // as tus-js-client reads it
  return Number.isNaN(number) ? undefined : number;
}

/** A request of tus-js-client. Its own follows redirects, with the data, to wherever they lead. */
class Request {
  #aborter = new AbortController();
  #headers = new Headers();
  /** @type {Answer | undefined} */
  answer;

  /** @param {Tus} tus  @param {string} method  @param {string} url */
  constructor(tus, method, url) {
    this.tus = tus;
    this.method = method;
    this.url = url;
  }

  getMethod() {
    return this.method;
  }

  getURL() {
    return this.url;
  }

  /** @param {string} name  @param {string} value */
  setHeader(name, value) {
    this.#headers.set(name, value);
  }

  /** @param {string} name */
  getHeader(name) {
    return this.#headers.get(name) ?? undefined;
  }

  setProgressHandler() {}

  /** @param {Blob | null} body */
  async send(body) {
    const { method, url, tus } = this;
    const { origin } = new URL(url);
    if (origin !== new URL(tus.order.endpoint).origin) throw new Unanswered("elsewhere");
    // A server refuses a length that it has been told before.
    if (tus.length !== undefined) this.#headers.delete("Upload-Length");
    const response = await fetch(url, {
      method,
      headers: this.#headers,
      body,
      signal: this.#aborter.signal,
      cache: "no-store",
      // Only if all origins are the same, the browser follows a redirect and still never leaves the origin.
      ...(origin === self.origin ? { mode: "same-origin" } : { redirect: "manual" }),
    });
    tus.isAnswered = true;
    if (response.type === "opaqueredirect") throw new Unanswered("redirect");
    const { status, headers } = response;
    this.answer = { status, url: response.url, headers: [...headers], body: await response.blob() };
    if (response.ok) {
      const length = numberIn(this.#headers, "Upload-Length") ?? numberIn(headers, "Upload-Length");
      if (length !== undefined) tus.length = length;
      const offset = numberIn(headers, "Upload-Offset");
      if (method === "HEAD" && offset !== undefined) tus.tell({ type: "at", offset, length: tus.length ?? -1 });
      // The client would send the same data again at once, and so on without an end.
      const start = numberIn(this.#headers, "Upload-Offset") ?? 0;
      if (body?.size && offset !== undefined && offset <= start) throw new Unanswered("idle");
    }
    return new Response(this.answer, headers);
  }

  async abort() {
    this.#aborter.abort();
  }

  getUnderlyingObject() {}
}

class Tus extends Live {
  /** Whether the server has ever answered. */
  isAnswered = false;
  /** The size of the file, if the server has been told. @type {number | undefined} */
  length;
  /** @type {News[]} */
  #news = [];
  /** @type {any} */
  #attempt;
  /** Ends the wait. */
  #endWait = () => {};

  /** @param {Order} order */
  constructor(order) {
    super();
    this.order = order;
  }

  take() {
    return this.#news.shift();
  }

  /** @param {News} news */
  tell(news) {
    this.#news.push(news);
    this.arrived();
  }

  /** Begin, or go on where the server is. Each attempt has a client of its own: nothing of an earlier one is left. */
  begin() {
    if (this.#attempt) return;
    const { endpoint, url, size, headers, metadata } = this.order;
    this.length = undefined;
    const isCurrent = () => this.#attempt === attempt;
    const source = {
      size: size ?? null,
      /** @param {number} offset */
      slice: (offset) =>
        new Promise((resolve) => {
          const give = (/** @type {Blob} */ value, /** @type {boolean} */ done) => resolve({ value, done });
          if (isCurrent()) this.tell({ type: "wants", offset, give });
        }),
      close() {},
    };
    const attempt = (this.#attempt = new Upload(source, {
      ...Upload.defaultOptions,
      // With an endpoint, the client would create another upload if the server answers the question for the offset of
      // this one by an error, even by a 503.
      ...(url ? { uploadUrl: url } : { endpoint }),
      headers,
      metadata,
      uploadLengthDeferred: Boolean(url) || size === undefined,
      retryDelays: null,
      storeFingerprintForResuming: false,
      fingerprint: async () => null,
      fileReader: { openFile: async () => source },
      httpStack: {
        createRequest: (/** @type {string} */ method, /** @type {string} */ address) => new Request(this, method, address),
        getName: () => "fetch",
      },
      onUploadUrlAvailable: () => {
        if (!isCurrent()) return;
        this.order.url = attempt.url;
        this.tell({ type: "url", url: attempt.url });
      },
      onChunkComplete: (/** @type {number} */ _, /** @type {number} */ offset) =>
        isCurrent() && this.tell({ type: "at", offset, length: this.length ?? -1 }),
      onSuccess: () => isCurrent() && this.tell({ type: "done", url: attempt.url }),
      onError: async (/** @type {any} */ error) => {
        if (!isCurrent()) return;
        const request = error.originalRequest;
        const method = request?.getMethod() ?? "";
        const answer = request?.answer;
        const reason = error.causingError?.reason ?? (answer ? "" : await this.#reason(request?.getURL() ?? endpoint));
        if (!isCurrent()) return;
        this.#attempt = undefined;
        this.tell({ type: "failed", method, ...(reason ? { reason } : { answer }) });
      },
    }));
    attempt.start();
  }

  /** Why there was no answer. A server that has answered allows this page to use it. @param {string} url */
  async #reason(url) {
    if (!this.isAnswered) return reasonOf(url);
    return navigator.onLine ? "cut" : "offline";
  }

  /** Forget the upload that the server has forgotten: the next attempt creates another one. */
  forget() {
    this.order.url = undefined;
  }

  /** Wait until the time is over, the browser gets online, or the upload is paused. @param {number} milliseconds */
  wait(milliseconds) {
    return new Promise((resolve) => {
      this.#endWait = () => resolve(undefined);
      addEventListener("online", resolve, { once: true, signal: AbortSignal.timeout(milliseconds) });
      setTimeout(resolve, milliseconds);
    });
  }

  pause() {
    this.#attempt?.abort();
    this.#attempt = undefined;
    this.#news.length = 0;
    this.#endWait();
  }

  close() {
    this.pause();
    super.close();
  }
}

Object.assign(globalThis, { [Symbol.for("mediarecorder.tus")]: { open: (/** @type {Order} */ order) => new Tus(order) } });
