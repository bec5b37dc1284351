// @ts-check
/** A picture that uses a camera's full bit rate, and a file of any length, as a recorder would write it. */

/**
 * Noise that never repeats, with the sound of a microphone.
 * @param {number} width
 * @param {number} height
 * @param {MediaStream} microphone
 */
export function noise(width, height, microphone) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
  const grain = new OffscreenCanvas(width / 8, height / 8);
  const grains = /** @type {OffscreenCanvasRenderingContext2D} */ (grain.getContext("2d"));
  const picture = grains.createImageData(grain.width, grain.height);
  const pixels = new Uint32Array(picture.data.buffer);
  const draw = () => {
    for (let place = 0; place < pixels.length; place++) pixels[place] = 0xff000000 + 0xffffff * Math.random();
    grains.putImageData(picture, 0, 0);
    context.drawImage(grain, 0, 0, width, height);
  };
  draw();
  const timer = setInterval(draw, 50);
  const [track] = canvas.captureStream().getVideoTracks();
  return {
    stream: new MediaStream([track, ...microphone.getAudioTracks()]),
    end() {
      clearInterval(timer);
      track.stop();
    },
  };
}

const SEGMENT = 0x18538067, CLUSTER = 0x1f43b675, TIMESTAMP = 0xe7;

/**
 * Repeats, within one file, a WebM that Chromium recorded with a timeslice. The file is as Chromium would have written it:
 * clusters and the segment have unknown sizes, and it has neither length nor index.
 * @param {Blob} blob
 * @param {number} times
 * @param {number} milliseconds  the distance between the starts of two repetitions
 */
export async function repeated(blob, times, milliseconds) {
  const data = new Uint8Array(await blob.arrayBuffer());
  /** @type {(at: number) => number} */
  const width = (at) => Math.clz32(data[at]) - 23;
  /** @type {(start: number, end: number, first?: number) => number} */
  const number = (start, end, first = data[start]) => {
    let value = first;
    for (let at = start + 1; at < end; at++) value = 256 * value + data[at];
    return value;
  };
  /** @type {{start: number, end: number, time: number}[]} */
  const stamps = [];
  let head = 0;
  for (let at = 0; at < data.length;) {
    const afterId = at + width(at);
    const content = afterId + width(afterId);
    const id = number(at, afterId);
    if (id === CLUSTER) head ||= at;
    const end = content + number(afterId, content, data[afterId] & (0xff >> (content - afterId)));
    if (id === TIMESTAMP) stamps.push({ start: at, end, time: number(content, end) });
    at = id === SEGMENT || id === CLUSTER ? content : end;
  }
  /** @type {BlobPart[]} */
  const parts = [data.subarray(0, head)];
  for (let time = 0; time < times; time++) {
    let from = head;
    for (const stamp of stamps) {
      const element = new DataView(new ArrayBuffer(10));
      element.setUint16(0, (TIMESTAMP << 8) + 0x88);
      element.setBigUint64(2, BigInt(stamp.time + Math.ceil(time * milliseconds)));
      parts.push(data.subarray(from, stamp.start), element);
      from = stamp.end;
    }
    parts.push(data.subarray(from));
  }
  return new Blob(parts, { type: blob.type });
}
