// @ts-check
/**
 * Tracks that go on where their source stands still.
 *
 * A recorder writes its tracks in the order of time, so while one of them gives nothing it holds back all others: a
 * canvas on which nothing is drawn holds back the sound, and a silent AudioContext the picture. Chromium drops all of
 * it when the track has given nothing at all. Such a track is recorded by way of one of ours, in which the last
 * picture is repeated, or silence put in.
 *
 * Firefox lets no script into its sound. By itself it goes on after 10 s without any.
 */

/** Milliseconds that a source gets for its first picture or sound. */
const FIRST = 200;
/** Milliseconds that sound may be late. */
const PATIENCE = 500;
/** Milliseconds between two looks at what the user does to the tracks. */
const LOOK = 200;
/** Firefox begins when it has seen some pictures. */
const FIRST_PICTURES = 8;

/** @typedef {{readable: ReadableStream, writable: WritableStream, size: number[] | null}} Way  sound has no size */
/** What records a source's track: in Chromium a generator, else a canvas. @typedef {any} Target */

/** @param {MediaStreamTrack} source  @returns {Target} */
function targetOf({ kind }) {
  if ("MediaStreamTrackGenerator" in globalThis) return new /** @type {any} */ (globalThis).MediaStreamTrackGenerator({ kind });
  const canvas = document.createElement("canvas");
  canvas.getContext("2d", { alpha: false }); // without one there is no stream
  return canvas;
}

export class Steady {
  /** @type {Map<MediaStreamTrack, MediaStreamTrack>} */
  #ours = new Map();
  /** @type {(() => void)[]} */
  #ends = [];

  /**
   * @param {MediaStream} stream  the user's
   * @param {MediaStreamTrack[]} sources  those of its tracks that can stand still
   * @param {number} every  milliseconds after which something is put in
   * @param {Target[]} [targets]  those that were made for the sources before this was loaded
   * @param {MediaStream} [recorded]  a stream of them, and of the other tracks
   */
  constructor(stream, sources, every, targets = sources.map(targetOf), recorded) {
    const tracks = stream.getTracks();
    const given = recorded?.getTracks();
    sources.forEach((source, n) => {
      const ours = given ? given[tracks.indexOf(source)]
        : "captureStream" in targets[n] ? targets[n].captureStream().getTracks()[0] : targets[n];
      this.#ours.set(source, ours);
    });
    this.stream = recorded ?? new MediaStream(tracks.map((track) => this.#ours.get(track) ?? track));
    // Where nothing else is recorded, nothing is put in before the first of the sources begins.
    const begun = tracks.length > sources.length;
    if ("getContext" in targets[0]) sources.forEach((source, n) => this.#draw(source, targets[n], every, begun));
    else this.#relay(sources, targets, every, begun);
    const timer = setInterval(() => this.#follow(stream, tracks), LOOK);
    this.#ends.push(() => clearInterval(timer));
  }

  /** Do to our tracks what the user does to theirs. @param {MediaStream} stream  @param {MediaStreamTrack[]} known */
  #follow(stream, known) {
    for (const [source, ours] of this.#ours) {
      ours.enabled = source.enabled;
      if (source.readyState === "ended") ours.stop();
    }
    const tracks = stream.getTracks();
    for (const track of known) if (!tracks.includes(track)) this.stream.removeTrack(this.#ours.get(track) ?? track);
    for (const track of tracks) if (!known.includes(track)) this.stream.addTrack(track);
    known.splice(0, known.length, ...tracks);
  }

  /** @param {MediaStreamTrack[]} sources  @param {Target[]} targets  @param {number} every  @param {boolean} begun */
  #relay(sources, targets, every, begun) {
    const { MediaStreamTrackProcessor } = /** @type {any} */ (globalThis);
    const ways = sources.map((track, n) => ({
      readable: new MediaStreamTrackProcessor({ track, maxBufferSize: track.kind === "video" ? 3 : 100 }).readable,
      writable: targets[n].writable,
      size: track.kind === "video" ? sizeOf(track) : null,
    }));
    const here = () => void this.#ends.push(relay(ways, every, FIRST, PATIENCE, begun));
    // In a worker neither a busy nor a hidden page stops it.
    const text = `let end;onmessage=({data})=>{if(data)end=(${relay})(...data);else{end?.();close()}};postMessage(0)`;
    const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    try {
      const worker = new Worker(address);
      let ended = false;
      worker.onmessage = () => {
        if (ended) return worker.terminate();
        worker.postMessage([ways, every, FIRST, PATIENCE, begun], ways.flatMap((way) => /** @type {any[]} */ ([way.readable, way.writable])));
      };
      worker.onerror = () => ended || here(); // a Content-Security-Policy
      this.#ends.push(() => {
        ended = true;
        worker.postMessage(null);
      });
    } catch {
      here();
    } finally {
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
    }
  }

  /** @param {MediaStreamTrack} track  @param {HTMLCanvasElement} canvas  @param {number} every  @param {boolean} begun */
  #draw(track, canvas, every, begun) {
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const video = document.createElement("video");
    video.muted = video.playsInline = true;
    video.srcObject = new MediaStream([track]);
    video.play().catch(() => {});
    let drawn = 0;
    /** @type {any} */
    let timer;
    const draw = () => {
      const { videoWidth, videoHeight } = video;
      if (videoWidth || begun) {
        const [width, height] = videoWidth ? [videoWidth, videoHeight] : sizeOf(track);
        if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
        if (videoWidth) context.drawImage(video, 0, 0);
        else context.fillRect(0, 0, width, height);
        drawn++;
      }
      clearTimeout(timer);
      timer = setTimeout(draw, drawn && drawn < FIRST_PICTURES ? 33 : every);
    };
    timer = setTimeout(draw, FIRST);
    const next = () => void video.requestVideoFrameCallback(() => (draw(), next()));
    next();
    this.#ends.push(() => {
      clearTimeout(timer);
      video.srcObject = null;
    });
  }

  close() {
    for (const end of this.#ends) end();
    for (const ours of this.#ours.values()) ours.stop();
  }
}

/** @param {MediaStreamTrack} track */
function sizeOf(track) {
  const { width, height } = track.getSettings();
  return width && height ? [width, height] : [640, 480];
}

/**
 * Pass on what the sources give; where one gives nothing, its last picture again, or silence. The text of this function
 * runs in a worker, so it uses nothing from outside.
 * @param {Way[]} ways  @param {number} every  @param {number} first  @param {number} patience  @param {boolean} begun
 * @returns {() => void}  ends it
 */
function relay(ways, every, first, patience, begun) {
  const ends = ways.map(({ readable, writable, size }) => {
    const reader = readable.getReader();
    const writer = writable.getWriter();
    /** @type {VideoFrame | null} */
    let last = null;
    /** Of sound: where it has come to on its own clock (µs), when that was on ours (ms), and what it is like. */
    let end = -Infinity;
    let at = performance.now();
    let [rate, channels] = [48000, 1];
    /** @type {any} */
    let timer;
    const wait = (/** @type {number} */ milliseconds) => {
      clearTimeout(timer);
      timer = setTimeout(fill, milliseconds);
    };
    const write = (/** @type {VideoFrame | AudioData} */ data) => void writer.write(data).catch(() => data.close());
    function fill() {
      wait(every);
      if (!begun) return;
      if (size) {
        last ??= black(size);
        write(last.clone());
        return;
      }
      const now = performance.now();
      const numberOfFrames = Math.round((now - at) * rate / 1000);
      const timestamp = Math.round(end > 0 ? end : at * 1000);
      const data = new Float32Array(numberOfFrames * channels);
      write(new AudioData({ format: "f32-planar", sampleRate: rate, numberOfChannels: channels, numberOfFrames, timestamp, data }));
      end += (now - at) * 1000;
      at = now;
    }
    function black(/** @type {number[]} */ [codedWidth, codedHeight]) {
      const pixels = codedWidth * codedHeight;
      const data = new Uint8Array(pixels + 2 * Math.ceil(codedWidth / 2) * Math.ceil(codedHeight / 2));
      data.fill(16).fill(128, pixels);
      return new VideoFrame(data, { format: "I420", codedWidth, codedHeight, timestamp: 0 });
    }
    async function run() {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        begun = true;
        if (size) {
          last?.close();
          last = value.clone();
          wait(every);
        } else {
          wait(Math.max(every, patience));
          const late = value.timestamp < end - 20_000; // silence is in its place
          at = performance.now();
          if (late) {
            value.close();
            continue;
          }
          end = value.timestamp + value.duration;
          rate = value.sampleRate;
          channels = value.numberOfChannels;
        }
        write(value);
      }
    }
    wait(first);
    run().catch(() => {}).finally(() => {
      clearTimeout(timer);
      last?.close();
      writer.close().catch(() => {});
    });
    return () => void reader.cancel().catch(() => {});
  });
  return () => ends.forEach((end) => end());
}

Object.assign(globalThis, { [Symbol.for("mediarecorder.steady")]: { Steady } });
