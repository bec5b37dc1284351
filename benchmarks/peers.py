"""The library compared with its peers, on the same work, in the same page of Chromium.

The folder `peers` lists the peers and has the code that measures them; `tools/prepare.py bench` installs
them.

`browseraudio` is a Jupyter widget: its JavaScript records, and sends Python a message with the samples in
base64. A page without Jupyter lacks only the transport. Here the JavaScript of its wheel runs unchanged, its
button is clicked, and its message goes directly to `set_state` of its Python, in the page's thread. In
Jupyter a message and usually a worker are between the two, so it is not faster there. It needs numpy, so
its page uses the only Pyodide with a numpy wheel.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from statistics import median
from typing import Any

from playwright.sync_api import Page

from .browser import ROOT, Bench
from .row import Limit, Row

HERE = ROOT / "benchmarks" / "peers"
BUILT = ROOT / "build" / "peers"
NODE_MODULES = HERE / "node_modules"
ENGINE = ROOT / "py" / "mediarecorder" / "js" / "media.js"
FFMPEG = BUILT / "ffmpeg.js"

Samples = tuple[float, ...]

OPUS, PCM, WAV = "audio/webm;codecs=opus", "audio/webm;codecs=pcm", "audio/wav"
CAMERA = "video/webm;codecs=vp8,opus"
#: mp4 can contain these codecs.
SCENE = "video/webm;codecs=vp9,opus"
#: The requested bit rate; a noisy picture uses all of it.
BITS_PER_SECOND = 2_500_000

#: Five seconds, or many megabytes, for each sample.
LONG_ROUNDS = 10
SEEK_ROUNDS = 5
FILE_ROUNDS = 20
TAKES = 20

#: Notes on the rows.
BROWSERAUDIO_TIME = (
    "ours is timed from stop(), the peer from the arrival of its last block of 4,096 frames; "
    "the message with which Jupyter would transfer the samples is left out; this page has Pyodide 0.27.7"
)
BROWSERAUDIO_OPUS = (
    "ours records Opus and decodes it, and also has the take as a small file; the peer has only samples, so "
    "it loses nothing to a codec and needs no decoder"
)
BROWSERAUDIO_CALL = "includes opening the microphone on both sides; the peer also opens an AudioContext"
BROWSERAUDIO_BYTES = (
    "the peer sends base64 of one channel at the rate of its AudioContext, here {rate:,} Hz; ours copies the "
    "floats once, at the recording's 48,000 Hz"
)
RECORDRTC = (
    "the peer waits 100 ms and uses the data that has arrived by then; ours waits for the browser's last "
    "event"
)
RECORDRTC_TAIL = (
    "the peer silently loses data that arrives more than 100 ms after stop(); here the browser is faster"
)
WAV_OPUS = (
    "the peer lets the browser record PCM and encodes during the recording, so little work is left at the "
    "end; ours records Opus and decodes it at the end, for which the browser's decoder alone takes "
    "{alone:.3g} ms"
)
WAV_WHILE = "both lossless, and made from the browser's PCM during the recording"
WAV_AFTER = "both lossless; the peer encodes during the recording, ours at the end"
SEEKABLE = (
    "the peer is given the length, which it cannot determine, and writes it into a copy of the file in "
    "memory; it writes no cues, so a player must read up to the target of a seek. Ours reads the file to "
    "find the length and the cues, and puts a new header before it and the cues after it"
)
FOLLOWED = (
    "the recorders of both sides deliver that file in chunks, as if they recorded it; ours reads the chunks "
    "while it records, whenever the page is idle"
)
REMUX = (
    "VP9 and Opus, with the same packets in both results; the peer works in a worker's memory, which holds "
    "the whole file and the whole result; ours reads the file piece by piece, and composes the result of an "
    "index and of the file's own bytes. The time excludes loading the code of either side"
)
RECOVERY = (
    "the store's worker gets this take in 300 chunks, and is closed before its end. Then another worker "
    "checks every byte, and adds a length and cues to the data on disk"
)
LOADED = "the size on disk; the peer can do far more with it"

START_MICROPHONE = """async (wheels) => {
  const { loadPyodide } = await import("/node_modules/pyodide-0.27/pyodide.mjs");
  window.python = await loadPyodide();
  for (const name of wheels) {
    python.unpackArchive(await (await fetch(name)).arrayBuffer(), "wheel");
  }
  const bundle = await (await fetch("/bundle.zip")).arrayBuffer();
  python.unpackArchive(bundle, "zip", { extractDir: "/repository" });
  window.browseraudio = await import("/build/peers/browseraudio.js");
  browseraudio.watch(MediaRecorder.prototype, "stop");
  browseraudio.watch(AudioNode.prototype, "disconnect");
  window.take = (name, ...parameters) => browseraudio.timed(() => python.globals.get(name)(...parameters));
}"""
MICROPHONE = """
import sys
from types import ModuleType

import js
from pyodide.ffi import create_proxy, to_js


class PlaceHolder(ModuleType):
    "Stands in for modules that are imported but never used."
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments: None


for name in ("", ".core", ".core.interactiveshell", ".display", ".utils", ".utils.capture"):
    sys.modules[f"IPython{name}"] = PlaceHolder(f"IPython{name}")

import browseraudio
import numpy

sys.path.insert(0, "/repository/py")
from mediarecorder import record

async def ours(seconds, mime_type):
    recording = await record(seconds, mime_type=mime_type)
    samples = await recording.samples()
    array = numpy.asarray(samples)
    arrived = js.performance.now()
    assert array.dtype == numpy.float32 and array.any()
    return to_js([arrived, array.nbytes, samples.duration])

async def theirs(seconds):
    recorder = browseraudio.Recorder(duration=seconds)

    def receive(sound, rate):
        recorder.set_state({"_pcm_b64": sound, "sample_rate": rate})
        array = recorder.samples
        arrived = js.performance.now()
        assert array.dtype == numpy.float32 and array.any() and len(array) == seconds * rate
        return arrived

    receiver = create_proxy(receive)
    try:
        return await js.browseraudio.take(recorder._esm, seconds, receiver)
    finally:
        receiver.destroy()
"""

START = """async () => {
  for (const name of ["recordrtc", "wav", "duration", "ffmpeg", "scene"]) {
    window[name] = await import(`/build/peers/${name}.js`);
  }
  window.data = await import("/benchmarks/data.js");
  window.ours = (name, ...parameters) => python.globals.get(name)(...parameters);
  window.judge = async (question, blob) => {
    const response = await fetch(`/judge/${question}`, { method: "POST", body: blob });
    return (await response.json()).found;
  };
  window.length = (blob) => ours("length", blob);
  const devices = navigator.mediaDevices;
  window.camera = await devices.getUserMedia({ audio: true, video: { width: 640, height: 480 } });
  window.microphone = await devices.getUserMedia({ audio: true });
  window.timed = async (name, work) => {
    const [milliseconds, blob] = await work;
    window[name] = blob;
    return milliseconds;
  };
  recordrtc.listen();
}"""
#: Every function returns milliseconds and a file.
OURS = """
import asyncio
from contextlib import suppress
import js
from mediarecorder import MediaError, MediaRecorder, MediaStream, Recording, RecordingStore
from mediarecorder._host.modules import load_into_page, module_address
from mediarecorder._recorder.sinks import FOLLOWED_BY, FOLLOWED_FROM
from pyodide.ffi import to_js

def since(begun, blob):
    return to_js([js.performance.now() - begun, blob])

async def sliced(seconds, mime_type):
    recorder = MediaRecorder(MediaStream(js.camera), mime_type=mime_type)
    await recorder.start(0.2)
    await asyncio.sleep(seconds)
    begun = js.performance.now()
    recording = await recorder.stop()
    return since(begun, recording.blob)

async def wav(seconds, mime_type):
    recorder = MediaRecorder(MediaStream(js.microphone), mime_type=mime_type)
    await recorder.start()
    await asyncio.sleep(seconds)
    begun = js.performance.now()
    recording = await recorder.stop()
    if recording.extension != "wav":
        js.window.opus = recording.blob
        recording = await recording.convert("wav")
    return since(begun, recording.blob)

async def scene(stream, seconds, mime_type, bits_per_second):
    recorder = MediaRecorder(MediaStream(stream), mime_type=mime_type, video_bits_per_second=bits_per_second)
    await recorder.start(1)  # with a timeslice, so that the browser does not write the length
    await asyncio.sleep(seconds)
    return (await recorder.stop()).blob

async def seekable(blob):
    begun = js.performance.now()
    return kept(begun, await Recording(blob, "video/webm").seekable())

async def followed():
    # All but the last chunks have been read when the take ends.
    recorder = MediaRecorder(MediaStream(js.camera), mime_type="video/webm")
    await recorder.start(3600)
    js.duration.deliver()
    chunks = recorder._take._chunks
    while (
        chunks._walk.behind or chunks.size - chunks._followed_size >= FOLLOWED_BY
        if chunks._walk
        else chunks.size >= FOLLOWED_FROM
    ):
        await asyncio.sleep(0.05)
    begun = js.performance.now()
    recording = await recorder.stop()
    return kept(begun, await recording.seekable())

async def mp4(blob):
    begun = js.performance.now()
    return kept(begun, await Recording(blob, "video/webm").convert("mp4"))

made = []

def kept(begun, recording):
    taken = since(begun, recording.blob)
    for old in made:
        old.close()  # removes its file from the disk
    made[:] = [recording]
    return taken

async def length(blob):
    return await Recording(blob, blob.type).measure()

async def recover(blob, chunks):
    store = await RecordingStore.open("benchmark")
    await store.clear()
    dying = await RecordingStore.open("benchmark")
    recorder = MediaRecorder(MediaStream(js.microphone), store=dying)
    await recorder.start(3600)
    size = -(-blob.size // chunks)
    for at in range(0, blob.size, size):
        data = blob.slice(at, at + size, blob.type)
        recorder.js.dispatchEvent(js.BlobEvent.new("dataavailable", data=data))
        await dying.flush()
    dying.close()
    with suppress(MediaError):
        await recorder.finished
    while (await store.recordings())[0].state == "recording":
        pass  # the closed store releases its take a moment later
    [stored] = await store.recordings()
    await load_into_page(f"{js.location.origin}/tests/browser/support/watched_store.js")
    address = module_address("store")
    js.watchedStore.install(address)
    watched = await RecordingStore.open("benchmark")
    js.watchedStore.uninstall()
    js.URL.revokeObjectURL(address)
    await js.watchedStore.since()
    js.recovered = (await watched.recover(stored.id)).blob
    written = (await js.watchedStore.since()).bytes
    watched.close()
    store.close()
    return written
"""
MAKE = """async ([taken, times, mimeType, bitsPerSecond]) => {
  const noise = scene.noise(640, 480, microphone);
  const first = await ours("scene", noise.stream, taken, mimeType, bitsPerSecond);
  noise.end();
  // Two pictures must not have the same time.
  window.file = await scene.repeated(first, times, 1000 * await length(first) + 50);
  window.seconds = await length(file);
  return [seconds, file.size];
}"""


def measure(bench: Bench) -> Iterator[Row]:
    if not BUILT.exists():
        raise SystemExit("The peers are not installed: python3 tools/prepare.py bench")
    versions = pinned()
    with bench.blank_page() as page:
        page.goto(f"{bench.site.url}/harness/chromium")
        wheels = [f"/build/peers/wheels/{wheel.name}" for wheel in sorted((BUILT / "wheels").iterdir())]
        page.evaluate(START_MICROPHONE, ["/build/numpy/numpy.whl", *wheels])
        page.evaluate("source => python.runPythonAsync(source)", MICROPHONE)
        yield from microphone(bench, page, versions["browseraudio"])
    with bench.page(source=OURS) as page:
        page.evaluate(START)
        yield from slices(bench, page, versions["recordrtc"])
        yield from wav(bench, page, versions["extendable-media-recorder"])
        seconds, times = (1, 2) if bench.smoke else (20, 15)
        length, size = page.evaluate(MAKE, [seconds, times, SCENE, BITS_PER_SECOND])
        name = f"{length / 60:.0f} min, {size / 1e6:.0f} MB"
        yield from seekable(bench, page, versions["fix-webm-duration"], name)
        yield recovery(page, name)
        yield from remux(bench, page, versions["@ffmpeg/ffmpeg"], name)


def pinned() -> dict[str, str]:
    """The name of each peer in the table, with its version."""
    versions = json.loads((HERE / "package.json").read_text())["dependencies"]
    lines = [line for line in (HERE / "wheels.txt").read_text().splitlines() if not line.startswith("#")]
    versions |= dict(line.split("==") for line in lines)
    return {name: f"{name} {version}" for name, version in versions.items()}


def peer_row(
    what: str,
    unit: str,
    ours: Samples,
    theirs: Samples,
    peer: str,
    note: str = "",
    limit: Limit | None = None,
) -> Row:
    return Row(what, unit, ours, theirs, peer, limit, note=note, group="peers")


def columns(samples: tuple[Any, ...]) -> list[Samples]:
    """Transposes samples that are lists: all first items, all second items, …"""
    return list(zip(*samples, strict=True))


def repeated(bench: Bench, most: int) -> dict[str, int]:
    """The number of rounds for slow work."""
    rounds = 1 if bench.smoke else min(bench.rounds, most)
    return {"rounds": rounds, "warm_up": int(not bench.smoke)}


def microphone(bench: Bench, page: Page, peer: str) -> Iterator[Row]:
    seconds = 1 if bench.smoke else 5
    sides = {
        "Opus": f"() => take('ours', {seconds}, '{OPUS}')",
        "PCM": f"() => take('ours', {seconds}, '{PCM}')",
        "theirs": f"() => take('theirs', {seconds})",
    }
    samples = bench.samples(page, sides, **repeated(bench, LONG_ROUNDS))
    taken = {side: columns(each) for side, each in samples.items()}
    waited, rest, moved = taken.pop("theirs")
    rate = page.evaluate("new AudioContext().sampleRate")
    notes = {
        "Opus": f"{BROWSERAUDIO_OPUS}; {BROWSERAUDIO_TIME}",
        "PCM": f"both lossless; {BROWSERAUDIO_TIME}",
    }
    for side, (our_wait, our_rest, our_bytes) in taken.items():
        work = f"{seconds} s of microphone to numpy, {side}"
        yield peer_row(f"{work}: wait after the end", "ms", our_wait, waited, peer, notes[side])
        yield peer_row(f"{work}: overhead of the call", "ms", our_rest, rest, peer, BROWSERAUDIO_CALL)
        note = BROWSERAUDIO_BYTES.format(rate=rate)
        yield peer_row(f"{work}: bytes to Python", "bytes", our_bytes, moved, peer, note)


def slices(bench: Bench, page: Page, peer: str) -> Iterator[Row]:
    takes = {"ours": "ours('sliced', {})", "theirs": "recordrtc.take(camera, {})"}
    sides = {
        side: f"async () => recordrtc.missing(await {take}, length)".format(f"0.7, '{CAMERA}'")
        for side, take in takes.items()
    }
    rounds = {"rounds": 1, "warm_up": 0} if bench.smoke else {"rounds": max(bench.rounds, TAKES)}
    taken = {side: columns(samples) for side, samples in bench.samples(page, sides, **rounds).items()}
    (ours, *our_loss), (theirs, *their_loss) = taken["ours"], taken["theirs"]
    yield peer_row("`stop()` to file, timeslice 200 ms", "ms", ours, theirs, peer, RECORDRTC)
    what = f"tail lost, timeslice 200 ms, worst of {len(ours)} takes"
    note = "" if any(their_loss[0]) else RECORDRTC_TAIL
    for unit, mine, other in zip(("bytes", "ms"), our_loss, their_loss, strict=True):
        yield peer_row(what, unit, (max(mine),), (max(other),), peer, note)


def wav(bench: Bench, page: Page, peer: str) -> Iterator[Row]:
    seconds = 1 if bench.smoke else 5
    sides = {
        "Opus": f"() => timed('taken', ours('wav', {seconds}, '{OPUS}'))",
        "alone": "() => data.decodingTime(opus)",
        "PCM": f"() => timed('taken', ours('wav', {seconds}, '{WAV}'))",
        "PCM, converted afterwards": f"() => timed('taken', ours('wav', {seconds}, '{PCM}'))",
        "theirs": f"() => timed('taken', wav.take(microphone, {seconds}))",
    }
    taken = bench.samples(page, sides, **repeated(bench, FILE_ROUNDS))
    notes = {
        "Opus": WAV_OPUS.format(alone=median(taken["alone"])),
        "PCM": WAV_WHILE,
        "PCM, converted afterwards": WAV_AFTER,
    }
    limits = {"Opus": Limit(times=2.5), "PCM": Limit(times=1.0)}
    for side, note in notes.items():
        what = f"`stop()` to wav, {seconds} s of microphone, {side}"
        yield peer_row(what, "ms", taken[side], taken["theirs"], peer, note, limits.get(side))


def seekable(bench: Bench, page: Page, peer: str, name: str) -> Iterator[Row]:
    sides = {
        "ours": "() => timed('indexed', ours('seekable', file))",
        "theirs": "() => timed('fixed', duration.fix(file, seconds))",
    }
    taken = bench.samples(page, sides, **repeated(bench, FILE_ROUNDS))
    mine, other = (judged(page, file, "probe", "index") for file in ("indexed", "fixed"))
    recorded = judged(page, "file", "probe")
    assert mine["index"], "ours has no index"
    assert other["index"] is None, "theirs has an index, so the note is wrong"
    # On a busy machine, the recorder's own file may have pictures that are not in order.
    assert mine["probe"]["errors"] == [] or recorded["probe"]["errors"], mine
    assert abs(mine["probe"]["duration"] - other["probe"]["duration"]) < 0.2, (mine, other)
    errors = (error.rpartition("] ")[2] for error in other["probe"]["errors"])
    note = "; ".join([SEEKABLE, *(f"ffmpeg reports about the peer's file: {error}" for error in errors)])
    what = f"seekable webm, {name}, after the fact"
    yield peer_row(what, "ms", taken["ours"], taken["theirs"], peer, note, Limit(times=0.5))
    page.evaluate("count => duration.feed(file, count)", 10 if bench.smoke else 300)
    sides = {
        "ours": "() => timed('followed', ours('followed'))",
        "theirs": "() => timed('fixed', duration.take(camera, seconds))",
    }
    taken = bench.samples(page, sides, **repeated(bench, FILE_ROUNDS))
    page.evaluate("() => duration.endFeeding()")
    ours = judged(page, "followed", "probe", "index")
    assert ours["index"] == mine["index"], "the takes differ"
    what = f"seekable webm, {name}, recorded by us: from `stop()` on"
    yield peer_row(what, "ms", taken["ours"], taken["theirs"], peer, FOLLOWED, Limit(times=0.1))
    sides = {
        "ours": "() => duration.seek(indexed, 2 / 3 * seconds)",
        "theirs": "() => duration.seek(fixed, 2 / 3 * seconds)",
    }
    taken = bench.samples(page, sides, **repeated(bench, SEEK_ROUNDS))
    yield peer_row("a player seeks to two thirds of that file", "ms", taken["ours"], taken["theirs"], peer)


def recovery(page: Page, name: str) -> Row:
    written = page.evaluate("() => ours('recover', file, 300)")
    found = judged(page, "recovered", "probe", "index")
    recorded = judged(page, "file", "probe")
    assert found["index"], "the recovered take has no index"
    assert found["probe"]["errors"] == [] or recorded["probe"]["errors"], found
    what = f"`recover()` of a take of {name}: bytes written"
    return Row(what, "MB", (written / 1e6,), limit=Limit(most=0.2), note=RECOVERY)


def remux(bench: Bench, page: Page, peer: str, name: str) -> Iterator[Row]:
    sides = {
        "ours": "() => timed('mine', ours('mp4', file))",
        "theirs": "() => timed('other', ffmpeg.remux(file))",
    }
    taken = bench.samples(page, sides, **repeated(bench, LONG_ROUNDS))
    given = judged(page, "file", "packets")
    for file in ("mine", "other"):
        found = judged(page, file, "packets", "probe")
        assert by_kind(found["packets"]) == by_kind(given["packets"]), f"not the same packets in {file!r}"
        assert found["probe"]["format"].startswith("mov,mp4"), found
        assert found["probe"]["errors"] == [], found
    what = f"webm to mp4 without encoding, {name}"
    yield peer_row(what, "ms", taken["ours"], taken["theirs"], peer, REMUX, Limit(times=0.8))
    wasm = NODE_MODULES / "@ffmpeg" / "core" / "dist" / "esm"
    worker = NODE_MODULES / "@ffmpeg" / "ffmpeg" / "dist" / "esm"
    files = [*wasm.iterdir(), *(worker / f"{part}.js" for part in ("worker", "const", "errors")), FFMPEG]
    ours, theirs = ((sum(file.stat().st_size for file in each),) for each in ([ENGINE], files))
    yield peer_row("loaded for the first conversion", "bytes", ours, theirs, peer, LOADED)


def by_kind(packets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tracks of a file, sorted by kind.

    A browser numbers the tracks by their first packet, so on a busy machine the sound comes first; ours
    keeps that order, and the peer puts the picture first.
    """
    return sorted(packets, key=lambda track: track["kind"])


def judged(page: Page, file: str, *questions: str) -> dict[str, Any]:
    """The findings of programs other than the browser about a file of the page."""
    return {question: page.evaluate(f"() => judge('{question}', {file})") for question in questions}
