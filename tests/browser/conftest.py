"""Fixtures of the tests that run in the page; pytest outside the browser only collects their names."""

from __future__ import annotations

import asyncio
import gc
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from support.bench import Bench, call
from support.canvases import Canvas
from support.eventually import until, until_proxies_are_destroyed
from support.workers import PythonWorker

from mediarecorder import (
    AudioSamples,
    MediaRecorder,
    MediaStream,
    Recording,
    RecordingStore,
    capture,
    media_devices,
    record,
)
from mediarecorder._host.browser import realm
from mediarecorder._host.modules import load_into_page, load_into_worker
from mediarecorder._recorder import take


@pytest.fixture
def lane(request: pytest.FixtureRequest) -> str:
    """Name of the lane (tests/harness/lanes.py)."""
    return request.config.getoption("lane")


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """``"chromium"``, ``"firefox"`` or ``"webkit"``."""
    return request.config.getoption("engine")


@pytest.fixture
def brief(engine: str) -> float:
    """Seconds after which the browser certainly has sound to deliver (webkit-drops-the-last-second)."""
    return 1.6 if engine == "webkit" else 0.4


@pytest.fixture
def stage() -> Iterator[Any]:
    """The element of the page to put videos in; emptied after the test."""
    from js import document

    element = document.getElementById("stage")
    yield element
    element.replaceChildren()


@pytest.fixture
def lose_devices() -> Any:
    """``await lose_devices()`` really removes the camera and the microphone (lane chromium-permissions)."""
    from js import clearPermissions

    return clearPermissions


async def load_support(script: str, name: str) -> None:
    """Load a script of the folder ``support`` into this realm, once. The script makes the global ``name``."""
    import js

    if not hasattr(js, name):
        load = load_into_worker if realm() == "worker" else load_into_page
        await load(f"{js.location.origin}/tests/browser/support/{script}.js")
        # A script's `load` does not wait for its top-level awaits.
        await until(lambda: hasattr(js, name))


@pytest.fixture
def load_script() -> Callable[[str, str], Awaitable[None]]:
    """``await load_script("name", "global")`` is `load_support`."""
    return load_support


@pytest.fixture
async def open_channel() -> Callable[[], str]:
    """``openChannel`` of page.js, as the page's author imports it."""
    import js

    await load_support("open_channel", "openChannel")
    return js.openChannel


@pytest.fixture
def start_worker() -> Iterator[Callable[..., PythonWorker]]:
    """``start_worker()`` starts a worker that ends with the test."""
    workers = []

    def start_worker(**options: Any) -> PythonWorker:
        workers.append(PythonWorker(**options))
        return workers[-1]

    yield start_worker
    for worker in workers:
        worker.terminate()


_shared_workers: list[PythonWorker] = []


@pytest.fixture
async def python(realm: str, open_channel: Callable[[], str]) -> Callable[[str], Awaitable[Any]]:
    """``await python(source)`` runs the source in the test's `realm`, ``"page"`` or ``"worker"``, and returns
    its last value."""
    if realm == "page":
        from pyodide.code import eval_code_async

        names: dict[str, Any] = {}
        return lambda source: eval_code_async(source, names)
    if not _shared_workers:
        _shared_workers.append(PythonWorker())
        connect = f'import mediarecorder\nawait mediarecorder.connect("{open_channel()}")'
        await _shared_workers[0].run(connect)
    return _shared_workers[0].run


@pytest.fixture
def stereo() -> Iterator[MediaStream]:
    """A stream with a tone of its own in each channel: 440 and 1100 Hz."""
    import js

    context = js.AudioContext.new()
    merger = context.createChannelMerger(2)
    for side, hertz in enumerate((440, 1100)):
        source = context.createOscillator()
        source.frequency.value = hertz
        source.connect(merger, 0, side)
        source.start()
    destination = context.createMediaStreamDestination()
    merger.connect(destination)
    with MediaStream(destination.stream) as stream:
        yield stream
    context.close()


@pytest.fixture
async def microphone() -> AsyncIterator[MediaStream]:
    with await media_devices.get_user_media(audio=True) as stream:
        yield stream


@pytest.fixture
async def camera() -> AsyncIterator[MediaStream]:
    with await media_devices.get_user_media(video={"width": 320, "height": 240}) as stream:
        yield stream


@pytest.fixture
async def both() -> AsyncIterator[MediaStream]:
    with await media_devices.get_user_media(audio=True, video={"width": 320, "height": 240}) as stream:
        yield stream


@pytest.fixture
async def store() -> AsyncIterator[RecordingStore]:
    """A store for this test, empty before and after it."""
    opened = await RecordingStore.open(f"test-{secrets.token_hex(4)}")
    yield opened
    await opened.clear()
    opened.close()


RECORDED: dict[tuple[Any, ...], Recording] = {}
LOST = {"sound": 0.06, "both": 0.06, "picture": 0.2}
"""Seconds that may be missing in a recording whose content is tested."""


@pytest.fixture
def recorded() -> Callable[..., Awaitable[Recording]]:
    """``await recorded("sound" | "picture" | "both", seconds, timeslice=…, mime_type=…)``.

    All tests of the page share one recording, and must not change it. If it is incomplete, the fixture makes
    up to five and uses the best: on a busy machine Firefox's fake microphone leaves out some of the sound,
    and pictures come late.
    """

    async def recorded(kind: str, seconds: float = 1.2, **options: Any) -> Recording:
        key = (kind, seconds, *sorted(options.items()))
        if key not in RECORDED:
            picture = {"width": 320, "height": 240} if kind != "sound" else False
            tries: dict[float, Recording] = {}
            while len(tries) < 5 and min(tries, default=1) >= LOST[kind]:
                made = await record(seconds, audio=kind != "picture", video=picture, **options)
                tries[abs(await made.measure() - made.duration)] = made
            RECORDED[key] = tries[min(tries)]
        return RECORDED[key]

    return recorded


@pytest.fixture
async def copy_of(recorded: Callable[..., Awaitable[Recording]]) -> AsyncIterator[Any]:
    """``await copy_of(…)`` is like `recorded`, but the copy may be closed; it is closed after the test."""
    copies: list[Recording] = []

    async def copy_of(kind: str, **options: Any) -> Recording:
        recording = await recorded(kind, **options)
        copies.append(Recording(recording.blob, recording.mime_type, duration=recording.duration))
        return copies[-1]

    yield copy_of
    for copy in copies:
        copy.close()


@pytest.fixture
def no_leaks(page_probe: Any) -> AbstractAsyncContextManager[None]:
    """``async with no_leaks:`` fails if a proxy or a worker made in its body still exists after it."""

    @asynccontextmanager
    async def no_leaks() -> AsyncIterator[None]:
        samples = AudioSamples(bytes(4800), 48000)
        await (await samples.to_recording("mp3")).convert("wav")  # load the engine, which stays loaded
        gc.collect()
        page_probe.begin()
        await asyncio.sleep(0.02)
        # Pyodide 0.27 keeps the proxy of the timer that just fired until now.
        own = page_probe.proxies()
        yield
        await until_proxies_are_destroyed(page_probe, but=own)
        await until(lambda: not page_probe.workers.size)

    return no_leaks()


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library waits 0.5 s instead of 10 s for the first data, and 1 s instead of 5 s for the last."""
    monkeypatch.setattr(capture, "FIRST_DATA", 0.5)
    monkeypatch.setattr(take, "STOP_TIMEOUT_TICKS", 4)


@pytest.fixture
def drawing() -> Iterator[Callable[[int, int], MediaStream]]:
    """``drawing(width, height)`` is a stream of a canvas that changes all the time."""
    import js
    from pyodide.ffi import create_proxy

    proxies, streams = [], []

    def drawing(width: int, height: int) -> MediaStream:
        canvas = js.document.createElement("canvas")
        canvas.width, canvas.height = width, height
        context = canvas.getContext("2d")

        def draw() -> None:
            context.fillStyle = f"hsl({js.performance.now() // 10 % 360} 90% 50%)"
            context.fillRect(0, 0, width, height)

        draw()
        proxies.append(create_proxy(draw))
        timers.append(js.setInterval(proxies[-1], 40))
        streams.append(MediaStream(canvas.captureStream(25)))
        return streams[-1]

    timers: list[int] = []
    yield drawing
    for timer, proxy, stream in zip(timers, proxies, streams, strict=True):
        js.clearInterval(timer)
        proxy.destroy()
        stream.stop()


@pytest.fixture
async def open_frame() -> AsyncIterator[Callable[[str], Awaitable[tuple[Any, str]]]]:
    """``await open_frame(name)``: a frame of the page that opens its camera for a worker, and its channel.
    With the name ``""``, the frame makes one."""
    import js

    opened: asyncio.Queue[str] = asyncio.Queue()
    channel = js.BroadcastChannel.new("the frame of a test")
    channel.onmessage = lambda event: opened.put_nowait(event.data)
    frames = []

    async def open_frame(name: str) -> tuple[Any, str]:
        frames.append(js.document.createElement("iframe"))
        frames[-1].src = f"/tests/browser/support/frame.html#{name}"
        frames[-1].allow = "camera; microphone"
        js.document.body.append(frames[-1])
        return frames[-1], await opened.get()

    yield open_frame
    for frame in frames:
        frame.remove()
    channel.close()


@pytest.fixture
async def frame(open_frame: Callable[[str], Awaitable[tuple[Any, str]]]) -> tuple[Any, str]:
    """Such a frame, with a channel of its own."""
    return await open_frame("")


@pytest.fixture
def canvas() -> Canvas:
    """A canvas with nothing drawn on it."""
    return Canvas()


@pytest.fixture
def silence() -> Iterator[MediaStream]:
    """A stream of an AudioContext that plays nothing: Chromium never fires `start` for it."""
    import js

    context = js.AudioContext.new()
    with MediaStream(context.createMediaStreamDestination().stream) as stream:
        yield stream
    context.close()


@pytest.fixture
async def recorder(microphone: MediaStream) -> AsyncIterator[MediaRecorder]:
    """An inactive recorder of the microphone."""
    recorder = MediaRecorder(microphone)
    yield recorder
    if recorder.state != "inactive":
        await recorder.stop()


@pytest.fixture
async def recording_recorder(recorder: MediaRecorder) -> MediaRecorder:
    """A recorder that is recording: the browser has fired `start`."""
    await recorder.start()
    return recorder


@pytest.fixture
async def delivering_recorder(recording_recorder: MediaRecorder, engine: str) -> MediaRecorder:
    """A recorder that is recording, and has something to deliver."""
    if engine == "webkit":  # it fires `start` too early, and may lose the last, unfinished fragment of 1 s
        await until(lambda: recording_recorder.duration > 1.5)
    return recording_recorder


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """Servers outside the browser that take recordings, without faults."""
    bench = Bench(await call("begin"))
    yield bench
    await call("begin")


@pytest.fixture
async def page_probe() -> Any:
    """The objects that the library opened, holds or left behind since the test began (page_probe.js)."""
    import js

    await load_support("page_probe", "pageProbe")
    js.pageProbe.begin()
    return js.pageProbe


@pytest.fixture
async def watched_store() -> Any:
    """Starts the worker of a store so that a test can stop it (watched_store.js)."""
    import js

    await load_support("watched_store", "watchedStore")
    return js.watchedStore


@pytest.fixture
async def event_faults() -> AsyncIterator[Any]:
    """Rare orders of events on real recorders, and a log of each recorder: see event_faults.js."""
    import js

    await load_support("event_faults", "eventFaults")
    js.eventFaults.clear()
    yield js.eventFaults
    js.eventFaults.clear()
