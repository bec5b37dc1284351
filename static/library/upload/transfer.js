// @ts-check
/** Send a file in one request. Only XMLHttpRequest reports how much was sent, so the page does it for both realms. */

import { Live } from "../live/live.js";
import { reasonOf } from "./reason.js";

/**
 * `field` makes it a form, in which the file follows the pairs of `data`. `reports` asks for the progress.
 * @typedef {{method: string, url: string, headers: [string, string][], blob: Blob, field?: string, name: string,
 *   data: [string, string][], reports: boolean}} Order
 * An answer, or the reason for having none.
 * @typedef {{status: number, url: string, headers: [string, string][], body: Blob} | {reason: string}} Answer
 */

/** `next` resolves to fractions, then to the answer. */
export class Transfer extends Live {
  /**
   * A document of its own, whose policy allows this origin alone: a script cannot keep XMLHttpRequest from following a
   * redirect, and with 307 that sends the file again, to wherever it leads.
   */
  #frame = document.createElement("iframe");
  /** @type {XMLHttpRequest | undefined} */
  #request;
  #sent = 0;
  /** @type {Answer | undefined} */
  #answer;

  /** @param {Order} order */
  constructor(order) {
    super();
    this.order = order;
    this.atEnd(() => this.#frame.remove());
  }

  async begin() {
    const { method, url, headers, reports } = this.order;
    // (Firefox replaces the frame's first document when it is loaded.)
    const loaded = new Promise((loaded) => this.#frame.addEventListener("load", loaded));
    this.#frame.hidden = true;
    document.documentElement.append(this.#frame);
    await loaded;
    const { contentDocument: inside, contentWindow } = this.#frame;
    if (!inside) return; // closed
    const policy = inside.createElement("meta");
    policy.httpEquiv = "Content-Security-Policy";
    policy.content = `connect-src ${new URL(url).origin}`;
    inside.head.append(policy);
    let isElsewhere = false;
    inside.addEventListener("securitypolicyviolation", ({ originalPolicy }) => {
      isElsewhere ||= originalPolicy.trim() === policy.content;
    });
    /** @type {XMLHttpRequest} */
    const request = (this.#request = new /** @type {any} */ (contentWindow).XMLHttpRequest());
    request.open(method, url);
    request.responseType = "blob";
    for (const [name, value] of headers) request.setRequestHeader(name, value);
    // (With a listener, a simple request to another origin would need its permission first.)
    if (reports) request.upload.onprogress = ({ loaded, total }) => this.#tell(loaded / total);
    request.onload = () => {
      const { status, responseURL, response } = request;
      const lines = request.getAllResponseHeaders().split("\r\n").filter(Boolean).map((line) => line.split(/:\s*(.*)/s, 2));
      // (The frame's own Blob cannot be read once the frame is gone.)
      const body = new Blob([response]);
      this.#conclude({ status, url: responseURL, headers: /** @type {[string, string][]} */ (lines), body });
    };
    request.onerror = async () => {
      await new Promise((next) => setTimeout(next)); // the event of the policy comes later
      this.#conclude({ reason: isElsewhere ? "redirect" : await reasonOf(url) });
    };
    request.send(this.#body());
  }

  #body() {
    const { blob, field, name, data } = this.order;
    if (field === undefined) return blob;
    const form = new FormData();
    for (const [key, value] of data) form.append(key, value);
    form.append(field, blob, name);
    return form;
  }

  /** @param {number} fraction */
  #tell(fraction) {
    this.#sent = fraction;
    this.arrived();
  }

  /** @param {Answer} answer */
  #conclude(answer) {
    this.#answer = answer;
    this.finish();
  }

  /** @returns {Answer | number | undefined} */
  take() {
    const [sent, answer] = [this.#sent, this.#answer];
    this.#sent = 0;
    if (!answer) return sent;
    this.#answer = undefined;
    return answer;
  }

  close() {
    this.#request?.abort();
    super.close();
  }
}
