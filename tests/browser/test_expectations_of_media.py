"""Behaviour of encoders, decoders and canvases that the media engine works around."""

import json

import pytest

pytestmark = pytest.mark.page_only("these tests concern the browser itself, without a bridge")


def in_browser(source):
    from pyodide.code import run_js

    return run_js(source)


@pytest.mark.quirk("firefox-refuses-opus-of-320-kbit")
async def test_only_chromium_encodes_one_channel_of_opus_at_320_kbit(engine):
    encodes = in_browser("""(async (bitrate) => {
      const data = new Float32Array(4800), shape = { sampleRate: 48000, numberOfChannels: 1 };
      const format = "f32-planar";
      let packets = 0;
      const encoder = new AudioEncoder({ output: () => packets++, error() {} });
      encoder.configure({ codec: "opus", bitrate, ...shape });
      const sound = new AudioData({ format, numberOfFrames: 4800, timestamp: 0, data, ...shape });
      encoder.encode(sound);
      sound.close();
      await encoder.flush().catch(() => {});
      if (encoder.state !== "closed") encoder.close();
      return packets > 0;
    })""")
    assert await encodes(255_000)
    assert await encodes(320_000) == (engine == "chromium")


@pytest.mark.quirk("firefox-encodes-vorbis-as-silence")
@pytest.mark.lane("firefox")
async def test_firefox_encodes_vorbis_as_silence():
    loudest = in_browser("""(async () => {
      const shape = { sampleRate: 48000, numberOfChannels: 1 }, format = "f32-planar";
      const data = Float32Array.from({ length: 48000 }, (_, n) => Math.sin(n / 10));
      const packets = [], sounds = [];
      let config;
      const encoder = new AudioEncoder({
        output: (packet, metadata) => (packets.push(packet), (config ??= metadata?.decoderConfig)),
        error: console.error,
      });
      encoder.configure({ codec: "vorbis", ...shape });
      const sound = new AudioData({ format, numberOfFrames: 48000, timestamp: 0, data, ...shape });
      encoder.encode(sound);
      sound.close();
      await encoder.flush();
      const decoder = new AudioDecoder({ output: (sound) => sounds.push(sound), error: console.error });
      decoder.configure(config);
      packets.forEach((packet) => decoder.decode(packet));
      await decoder.flush();
      let most = 0;
      for (const sound of sounds) {
        if (!sound.numberOfFrames) continue;
        const values = new Float32Array(sound.numberOfFrames);
        sound.copyTo(values, { planeIndex: 0, format: "f32-planar" });
        most = Math.max(most, ...values);
        sound.close();
      }
      encoder.close();
      decoder.close();
      return most;
    })""")
    assert await loudest() < 0.01


ENCODED = """(async (codec, colour, more = {}) => {
  const data = Uint8Array.from({ length: 64 * 64 * 4 }, (_, n) => colour[n % 4]);
  const packets = [], pictures = [];
  let config;
  const encoder = new VideoEncoder({
    output: (packet, metadata) => (packets.push(packet), (config ??= metadata?.decoderConfig)),
    error: console.error,
  });
  encoder.configure({ codec, width: 64, height: 64, bitrate: 1e6, ...more });
  const frame = new VideoFrame(data, { format: "RGBX", codedWidth: 64, codedHeight: 64, timestamp: 0 });
  encoder.encode(frame, { keyFrame: true });
  frame.close();
  await encoder.flush();
  const decoder = new VideoDecoder({ output: (picture) => pictures.push(picture), error: console.error });
  decoder.configure(config);
  packets.forEach((packet) => decoder.decode(packet));
  await decoder.flush();
  const [picture] = pictures, pixels = new Uint8Array(64 * 64 * 4);
  await picture.copyTo(pixels, { format: "RGBX" });
  const found = {
    says: JSON.stringify(config.colorSpace), matrix: picture.colorSpace.matrix,
    fullRange: picture.colorSpace.fullRange, format: picture.format,
    pixel: [...pixels.slice(0, 3)], codec: config.codec,
    description: [...new Uint8Array(config.description?.buffer ?? config.description ?? 0)],
  };
  pictures.forEach((picture) => picture.close());
  encoder.close();
  decoder.close();
  return JSON.stringify(found);
})"""
GREEN = (0, 200, 0, 255)


async def encoded(codec, **options):
    """One green picture, encoded and decoded by the browser."""
    import js

    encode = in_browser(ENCODED)
    return json.loads(await encode(codec, js.Array.of(*GREEN), js.Object.fromEntries(list(options.items()))))


@pytest.mark.quirk("chromium-encodes-rgb-in-full-range")
@pytest.mark.lane("chromium")
async def test_chromium_encodes_rgb_in_full_range():
    assert (await encoded("vp8"))["fullRange"] is True


@pytest.mark.quirk("firefox-encodes-rgb-by-bt601")
@pytest.mark.lane("firefox")
async def test_firefox_encodes_rgb_by_bt601_and_declares_bt709():
    found = await encoded("vp09.00.10.08")
    assert found["matrix"] == "bt709"
    assert found["pixel"][1] < GREEN[1] - 15


@pytest.mark.quirk("chromium-encodes-h264-of-level-1b")
@pytest.mark.lane("chromium")
async def test_chromium_refuses_the_level_of_its_own_h264():
    record = (await encoded("avc1.64000a", bitrate=100_000))["description"]
    assert record[3] == 9
    supports = in_browser("(async (codec) => (await VideoDecoder.isConfigSupported({ codec })).supported)")
    assert [await supports(f"avc1.640c{level}") for level in ("09", "0b")] == [False, True]


@pytest.mark.quirk("firefox-multiplies-colours-by-alpha")
async def test_only_chromium_keeps_the_colours_of_a_drawn_frame_with_alpha(engine):
    draw = in_browser("""(() => {
      const data = Uint8Array.from({ length: 64 }, (_, n) => [200, 100, 50, 128][n % 4]);
      const frame = new VideoFrame(data, { format: "RGBA", codedWidth: 4, codedHeight: 4, timestamp: 0 });
      const context = new OffscreenCanvas(4, 4).getContext("2d");
      context.drawImage(frame, 0, 0);
      frame.close();
      return context.getImageData(1, 1, 1, 1).data;
    })""")
    drawn = draw().to_py().tolist()
    right = all(abs(value - wanted) < 4 for value, wanted in zip(drawn, (200, 100, 50, 128), strict=True))
    assert right == (engine == "chromium"), drawn


@pytest.mark.quirk("engines-skip-opus-differently")
async def test_times_after_skipped_opus_differ(engine):
    decode = in_browser("""(async () => {
      const name = new TextEncoder().encode("OpusHead");
      const head = new Uint8Array([...name, 1, 1, 56, 1, 128, 187, 0, 0, 0, 0, 0]);
      const heard = [];
      const decoder = new AudioDecoder({
        output: (sound) => (heard.push(sound.timestamp, sound.numberOfFrames), sound.close()),
        error: console.error,
      });
      decoder.configure({ codec: "opus", sampleRate: 48000, numberOfChannels: 1, description: head });
      for (const timestamp of [0, 20000, 40000]) {
        const data = new Uint8Array([0xf8, 0xff, 0xfe]); // 20 ms of silence (RFC 6716, 3.1)
        decoder.decode(new EncodedAudioChunk({ type: "key", timestamp, duration: 20000, data }));
      }
      await decoder.flush();
      decoder.close();
      return heard.join(" ");
    })""")
    after = {"chromium": "13500 960 33500 960", "firefox": "20000 960 40000 960"}[engine]
    assert await decode() == f"0 648 {after}"
