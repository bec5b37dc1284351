// @ts-check
/**
 * Shows the camera in a corner of the screen: one track from two. A worker draws it, because a page that is hidden, as
 * it is while its user shows another tab, gets neither animation frames nor timely timers.
 */

/** @typedef {{ track: MediaStreamTrack, close: () => void }} Bubble */

/**
 * @param {MediaStreamTrack} screen
 * @param {MediaStreamTrack} camera
 * @returns {Bubble}
 */
export function bubble(screen, camera) {
  const { MediaStreamTrackGenerator, MediaStreamTrackProcessor } = /** @type {any} */ (globalThis);
  const track = new MediaStreamTrackGenerator({ kind: "video" });
  const [below, above] = [screen, camera].map((track) => new MediaStreamTrackProcessor({ track }).readable);
  const { writable } = track;
  const worker = new Worker(new URL("./bubble-worker.js", import.meta.url), { type: "module" });
  worker.postMessage({ below, above, writable }, [below, above, writable]);

  const close = () => {
    worker.postMessage("close"); // it closes itself, after the frames that it holds
    track.stop();
  };
  const end = () => {
    close();
    track.dispatchEvent(new Event("ended")); // browsers fire none for a track that a script stops
  };
  screen.addEventListener("ended", end, { once: true });
  return {
    track,
    close: () => {
      screen.removeEventListener("ended", end);
      close();
    },
  };
}
