// @ts-check
/** Draws two tracks as one (bubble.js). A worker's timers also run on time while its page is hidden. */

/** Milliseconds between pictures: 25 a second. */
const EVERY = 40;
/** The circle's diameter, as a part of the picture's height, and its distance from the edges. */
const SIZE = 0.24;
const MARGIN = 0.035;

/** @typedef {{ frame: VideoFrame | null }} Latest */

/** @param {ReadableStream<VideoFrame>} readable  @param {Latest} latest */
async function follow(readable, latest) {
  const reader = readable.getReader();
  for (let next = await reader.read(); next.value; next = await reader.read()) {
    latest.frame?.close();
    latest.frame = next.value;
  }
  latest.frame?.close();
  latest.frame = null;
}

/** @param {OffscreenCanvasRenderingContext2D} context  @param {VideoFrame} frame */
function drawBubble(context, frame) {
  const { width, height } = context.canvas;
  const size = Math.round(height * SIZE);
  const margin = Math.round(height * MARGIN);
  const [left, top] = [margin, height - margin - size];
  const side = Math.min(frame.displayWidth, frame.displayHeight);
  const [x, y] = [(frame.displayWidth - side) / 2, (frame.displayHeight - side) / 2];
  context.save();
  context.beginPath();
  context.arc(left + size / 2, top + size / 2, size / 2, 0, 2 * Math.PI);
  context.lineWidth = Math.max(2, Math.round(size * 0.03));
  context.strokeStyle = "white";
  context.stroke();
  context.clip();
  context.drawImage(frame, x, y, side, side, left, top, size, size);
  context.restore();
}

/** @param {ReadableStream<VideoFrame>} below  @param {ReadableStream<VideoFrame>} above  @param {WritableStream} writable */
function draw(below, above, writable) {
  const writer = writable.getWriter();
  const screen = /** @type {Latest} */ ({ frame: null });
  const camera = /** @type {Latest} */ ({ frame: null });
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (
    new OffscreenCanvas(16, 16).getContext("2d", { alpha: false })
  );

  const timer = setInterval(() => {
    const { frame } = screen;
    if (!frame || (writer.desiredSize ?? 0) <= 0) return; // the recorder is late: leave a picture out
    const [width, height] = [frame.displayWidth, frame.displayHeight];
    if (context.canvas.width !== width || context.canvas.height !== height) Object.assign(context.canvas, { width, height });
    context.drawImage(frame, 0, 0, width, height);
    if (camera.frame) drawBubble(context, camera.frame);
    const timestamp = Math.round(performance.now() * 1000);
    const picture = new VideoFrame(context.canvas, { timestamp, alpha: "discard" });
    writer.write(picture).catch(() => picture.close());
  }, EVERY);

  // Without the camera the screen goes on; without the screen everything ends.
  follow(above, camera).catch(() => {});
  follow(below, screen).catch(() => {});
  return () => {
    clearInterval(timer);
    for (const latest of [screen, camera]) {
      latest.frame?.close();
      latest.frame = null;
    }
    writer.close().catch(() => {}).finally(() => self.close());
  };
}

/** @type {(() => void) | undefined} */
let end;
addEventListener("message", ({ data }) => {
  if (data === "close") end?.();
  else end = draw(data.below, data.above, data.writable);
});
