// @ts-check
/** The baseline for the bridge: one message to the page and one back. */

/** Answers in the page. @param {string} name */
export function answer(name) {
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }) => channel.postMessage({ type: "return", id: data.id, value: null });
}

/** Asks in the worker. @param {string} name */
export function asker(name) {
  const channel = new BroadcastChannel(name);
  /** @type {() => void} */
  let answered = () => {};
  channel.onmessage = () => answered();
  let id = 0;
  return () => {
    const answer = new Promise((resolve) => (answered = () => resolve(undefined)));
    channel.postMessage({ type: "call", id: ++id, target: "x", method: "read", parameters: [] });
    return answer;
  };
}
