// @ts-check
/** The plain JavaScript that `seekable()` is measured against: the same calls of mediabunny, without the library. */

import {
  BlobSource, EncodedAudioPacketSource, EncodedPacketSink, EncodedVideoPacketSource, Input, MATROSKA, Output,
  StreamTarget, WEBM, WebMOutputFormat,
} from "/node_modules/mediabunny/dist/bundles/mediabunny.min.mjs";

/**
 * @param {Blob} blob
 * @param {boolean} [live]  as a recorder writes it: without length and index
 */
export async function remux(blob, live = false) {
  const input = new Input({ source: new BlobSource(blob), formats: [WEBM, MATROSKA] });
  let file = new Blob();
  /** @param {import("mediabunny").StreamTargetChunk} chunk */
  const write = ({ data, position }) => {
    file = new Blob([file.slice(0, position), data, file.slice(position + data.byteLength)]);
  };
  const target = new StreamTarget(new WritableStream({ write }), { chunked: true, chunkSize: 2 ** 20 });
  const output = new Output({ format: new WebMOutputFormat({ appendOnly: live }), target });
  const tracks = [];
  for (const track of await input.getTracks()) {
    const codec = /** @type {any} */ (await track.getCodec());
    const source = track.isVideoTrack() ? new EncodedVideoPacketSource(codec) : new EncodedAudioPacketSource(codec);
    if (source instanceof EncodedVideoPacketSource) output.addVideoTrack(source);
    else output.addAudioTrack(source);
    const packets = new EncodedPacketSink(track).packets();
    const meta = { decoderConfig: await /** @type {any} */ (track).getDecoderConfig() };
    tracks.push({ source, packets, meta, head: (await packets.next()).value });
  }
  await output.start();
  for (;;) {
    const waiting = tracks.filter(({ head }) => head);
    if (waiting.length === 0) break;
    const next = waiting.reduce((one, other) => {
      return Number(other.head?.timestamp) < Number(one.head?.timestamp) ? other : one;
    });
    if (next.head) await next.source.add(next.head, next.meta);
    next.head = (await next.packets.next()).value;
  }
  await output.finalize();
  input.dispose();
  return file;
}
