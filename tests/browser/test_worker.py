"""Python in a worker that the page starts: its connection to the page, its cost to the page, and its end."""

import asyncio
import json
from collections import Counter

import pytest
from support.eventually import until
from support.workers import PythonWorker

pytestmark = [pytest.mark.page_only("the page starts workers of its own"), pytest.mark.time_limit(60)]

CONNECTED = 'import mediarecorder\nawait mediarecorder.connect("{channel}")\n'


SHARED = {}


@pytest.fixture
async def worker(open_channel):
    """Python in a worker that is connected to the page; tests that do not end it share it."""
    if "worker" not in SHARED:
        SHARED["worker"] = worker = PythonWorker()
        await worker.run(CONNECTED.format(channel=open_channel()))
    return SHARED["worker"]


# Without a page

LOST = """
import json
import mediarecorder
from mediarecorder import MediaError, MediaRecorder, Recording, diagnose, media_devices, record, take_photo

said = {}
for name, call in {
    "connect": mediarecorder.connect,
    "record": lambda: record(1),
    "take_photo": take_photo,
    "get_user_media": lambda: media_devices.get_user_media(audio=True),
    "enumerate_devices": media_devices.enumerate_devices,
    "permission": lambda: media_devices.permission("camera"),
    "save": lambda: Recording.from_bytes(b"", "audio/webm").save("x"),
}.items():
    try:
        await call()
    except MediaError as error:
        said[name] = [error.name, str(error)]
at_once = {}
for name, call in {
    "is_type_supported": lambda: MediaRecorder.is_type_supported("video/webm"),
    "supported_types": MediaRecorder.supported_types,
    "supported_constraints": lambda: media_devices.supported_constraints,
    "on": lambda: media_devices.on("devicechange", print),
}.items():
    try:
        call()
    except MediaError as error:
        at_once[name] = [error.name, str(error)]
json.dumps([said, at_once, await diagnose()])
"""


async def test_worker_without_a_page_says_which_line_to_add(start_worker):
    said, at_once, table = json.loads(await start_worker().run(LOST))
    assert len(said) == 7
    for name, text in said.values():
        assert name == "PageUnavailableError"
        assert 'import { openChannel } from "./page.js"' in text
        assert "await mediarecorder.connect(channel)" in text
    assert len(at_once) == 4
    for name, text in at_once.values():
        assert (name, text) == ("PageUnavailableError", "await mediarecorder.connect() first")
    assert table["realm"] == "worker"
    assert "PageUnavailableError" in table["page"]
    assert table["devices"] == "PageUnavailableError"
    assert str(table).count("import { openChannel }") == 1, "each piece of advice once"
    assert "mediarecorder.connect() first" not in str(table)


RECORD = """
recording = await mediarecorder.record(0.5, video=True)
data = await recording.bytes()
f"{len(data) == recording.size > 0} {recording.duration > 0.3} {recording.extension}"
"""


@pytest.mark.lane("chromium")
@pytest.mark.parametrize("classic", [False, True], ids=["module", "classic"])
@pytest.mark.thorough
async def test_oldest_pyodide_finds_its_page(start_worker, open_channel, classic):
    worker = start_worker(pyodide="pyodide-0.27", classic=classic)
    assert (await worker.run(CONNECTED.format(channel=open_channel()) + RECORD)).startswith("True True")


@pytest.mark.thorough
@pytest.mark.firefox_in_soak
async def test_two_workers_may_share_a_channel(start_worker, open_channel, worker, page_probe):
    channel = open_channel()
    first, second = start_worker(), start_worker()
    source = CONNECTED.format(channel=channel) + RECORD
    for said in await asyncio.gather(first.run(source), second.run(source)):
        assert said.startswith("True True")
    await until(lambda: page_probe.live() == 0)


async def test_worker_reaches_the_tab_in_focus_and_no_other_of_the_same_name(
    worker, open_frame, open_channel, page_probe
):
    """A frame without the focus stands for another tab: it has opened the same channel, and earlier."""
    import js

    element, name = await open_frame("one-app-in-two-tabs-7d1f60c2-38be-4e95-a04b-e95c1d27f386")
    open_channel(name)
    here, there = page_probe.streams, element.contentWindow.pageProbe.streams
    before = here.length
    assert js.document.hasFocus()
    said = await worker.run(CONNECTED.format(channel=name) + RECORD)
    assert said.startswith("True True")
    assert (here.length - before, there.length) == (1, 0)


async def test_unknown_channel_name_is_reported(worker, monkeypatch):
    said = await worker.run("""
from mediarecorder import PageUnavailableError
from mediarecorder._host import bridge

usual, bridge.CONNECT_TIMEOUT = bridge.CONNECT_TIMEOUT, 0.3
try:
    await mediarecorder.connect("without-a-page-9d0c6d5e-6b0c-4c5e-8f2a-1b7e43a9c0d8")
except PageUnavailableError as error:
    said = str(error)
bridge.CONNECT_TIMEOUT = usual
said
""")
    assert "did not answer on this channel" in said
    assert "openChannel" in said
    assert (await worker.run(RECORD)).startswith("True True"), "the existing connection is kept"


@pytest.mark.parametrize("name", ["None", "1", "''", "b'x'"])
async def test_channel_must_be_a_name(worker, name):
    said = await worker.run(f"""
try:
    await mediarecorder.connect({name})
    said = "fine"
except TypeError as error:
    said = str(error)
said
""")
    assert said == "fine" if name == "None" else "openChannel" in said


async def test_different_versions_refuse_each_other(worker):
    import js

    said = asyncio.get_running_loop().create_future()
    channel = js.BroadcastChannel.new("of-another-version-5e0b7a31-94c2-4f6d-8a1e-c37d9b20f846")
    knocks = []

    def heard(event):
        knocks.append(event.data.version)
        answer = [["type", "hello"], ["version", "99.0"], ["agent", "x"]]
        channel.postMessage(js.Object.fromEntries(answer))

    channel.onmessage = heard
    said = await worker.run("""
try:
    await mediarecorder.connect("of-another-version-5e0b7a31-94c2-4f6d-8a1e-c37d9b20f846")
except mediarecorder.PageUnavailableError as error:
    said = str(error)
said
""")
    channel.close()
    import mediarecorder

    assert knocks == [mediarecorder.__version__]
    assert "99.0" in said
    assert mediarecorder.__version__ in said
    assert "page.js" in said


async def test_page_refuses_a_worker_of_another_version(open_channel):
    import js

    answers = asyncio.Queue()
    channel = js.BroadcastChannel.new(open_channel())
    channel.onmessage = lambda event: answers.put_nowait(event.data.to_py())
    channel.postMessage(js.Object.fromEntries([["type", "knock"], ["version", "99.0"]]))
    answer = await asyncio.wait_for(answers.get(), 20)
    channel.close()
    assert answer["type"] == "refuse"


TYPES = [
    "",
    *("video/webm", "VIDEO/WEBM", "audio/webm", "audio/ogg", "audio/mp4", "video/mp4", "video/x-matroska"),
    *("audio/wav", "audio/mpeg", "video/ogg", "text/plain", "nonsense", "video/", "audio/unheard-of"),
    *(
        "video/webm;codecs=vp8",
        "video/webm; codecs=vp9",
        'video/webm;codecs="vp8, opus"',
    ),
    *("video/webm;codecs=av1,opus", "video/webm;codecs=vp09.00.10.08,opus", "video/webm;codecs=theora"),
    *("audio/webm;codecs=opus", "audio/webm;codecs=pcm", "audio/webm;codecs=vorbis", "audio/ogg;codecs=opus"),
    *(
        "audio/webm;codecs=vp8",
        "video/webm;codecs=mp3",
        "audio/mp4;codecs=mp4a.40.2",
        "audio/mp4;codecs=opus",
    ),
    *(
        "video/mp4;codecs=avc1.42E01E,mp4a.40.2",
        "video/mp4;codecs=avc1.64001f,opus",
        "video/mp4;codecs=vp9,opus",
    ),
    *(
        "video/mp4;codecs=av01.0.04M.08,opus",
        "video/x-matroska;codecs=avc1,opus",
        "video/webm;codecs=nonsense",
    ),
]
ASK_TYPES = """
import json
from mediarecorder import MediaRecorder
json.dumps({{type: MediaRecorder.is_type_supported(type) for type in {types}}})
"""


async def test_worker_knows_what_the_page_can_record(worker):
    from mediarecorder import MediaRecorder

    said = json.loads(await worker.run(ASK_TYPES.format(types=TYPES)))
    assert said == {type: MediaRecorder.is_type_supported(type) for type in TYPES}


# Events in the page reach the worker

LISTEN = """
from mediarecorder import media_devices
heard = []
stream = await media_devices.get_user_media(audio=True, video=True)
subscriptions = [media_devices.on("devicechange", lambda event: heard.append(event.type))]
for track in stream.tracks:
    for type in ("mute", "unmute"):
        subscriptions.append(track.on(type, lambda event: heard.append(event.type)))
"listening"
"""
HEARD = """
import asyncio
while len(heard) < {count}:
    await asyncio.sleep(0.01)
for unsubscribe in subscriptions:
    unsubscribe()
stream.stop()
" ".join(sorted(heard))
"""


async def test_events_of_devices_and_tracks_reach_the_worker(worker, page_probe):
    import js

    assert await worker.run(LISTEN) == "listening"
    # The message reaches the page a moment later.
    await until(lambda: page_probe.listeners("devicechange") == 1 and page_probe.listeners("unmute") == 2)
    js.navigator.mediaDevices.dispatchEvent(js.Event.new("devicechange"))
    page_probe.fire("mute")
    page_probe.fire("unmute")
    expected = ["devicechange", "mute", "mute", "unmute", "unmute"]
    assert await worker.run(HEARD.format(count=len(expected))) == " ".join(expected)
    js.navigator.mediaDevices.dispatchEvent(js.Event.new("devicechange"))
    assert await worker.run("heard.count('devicechange')") == "1", "unsubscribed handlers get no events"
    await until(lambda: page_probe.live() == 0 and page_probe.listeners() == 0)


LOSE = """
recorder = mediarecorder.MediaRecorder(await media_devices.get_user_media(audio=True))
recorder.start()
while recorder.size == 0:
    await recorder.request_data()
ended = []
recorder.stream.tracks[0].on("ended", lambda event: ended.append(event.type))
"lost next"
"""


async def test_device_lost_in_the_page_ends_the_take_in_the_worker(worker, page_probe):
    await worker.run("from mediarecorder import media_devices" + LOSE)
    page_probe.lose()
    said = await worker.run(
        "recording = await recorder.finished; f'{recording.size > 0} {recorder.state} {ended}'"
    )
    assert said == "True inactive ['ended']"


DOWNLOAD = """
recording = await mediarecorder.record(0.2)
await recording.save("from a worker")
"""


async def test_page_starts_the_download(worker):
    import js
    from pyodide.ffi import create_proxy

    names = []

    def clicked(event):
        names.append(event.target.download)
        event.preventDefault()

    proxy = create_proxy(clicked)
    js.document.addEventListener("click", proxy)
    name = await worker.run(DOWNLOAD)
    js.document.removeEventListener("click", proxy)
    proxy.destroy()
    assert names == [name]
    assert name.startswith("from a worker.")


@pytest.mark.parametrize(
    ("workers", "times"),
    [(1, 3), pytest.param(5, 10, marks=[pytest.mark.soak, pytest.mark.time_limit(300)])],
)
async def test_one_call_records_every_time(start_worker, open_channel, page_probe, workers, times):
    for _ in range(workers):
        worker = start_worker()
        await worker.run(CONNECTED.format(channel=open_channel()))
        for _ in range(times):
            assert (await worker.run(RECORD)).startswith("True True")
            # Python's answer may arrive before its last message to the page does, which was once 11 ms later.
            await until(lambda: page_probe.live() == 0)
        worker.js.terminate()


SHOWN = """
store = await mediarecorder.RecordingStore.open("shown-by-a-worker")
recording = await mediarecorder.record(0.3, store=store)
recording.embed_limit = {limit}
recording._repr_html_()
"""


@pytest.mark.console_errors  # the console reports missing data
async def test_player_from_a_worker_reports_a_missing_recording(worker, stage):
    stage.innerHTML = await worker.run(SHOWN.format(limit=0))
    player, note = stage.querySelector("audio"), stage.querySelector("p")
    await until(lambda: player.readyState)
    assert note.hidden
    html = stage.innerHTML.replace(' hidden="hidden"', "").replace(' hidden=""', "")
    await worker.run("await store.clear()\nstore.close()")
    stage.innerHTML = html
    await until(lambda: stage.querySelector("p").textContent.startswith("Its data is gone"))
    assert stage.querySelector("p").getBoundingClientRect().height > 10


async def test_player_from_a_worker_plays_embedded_data(worker, stage):
    stage.innerHTML = await worker.run(SHOWN.format(limit=1_000_000))
    await worker.run("recording.close()\nawait store.clear()\nstore.close()")
    player = stage.querySelector("audio")
    assert player.currentSrc.startswith("data:")
    player.muted = True
    await player.play()
    await until(lambda: player.currentTime > 0.1)
    assert stage.querySelector("p").hidden


# Opened devices are released

HOLD = """
stream = await mediarecorder.media_devices.get_user_media(audio=True, video=True)
recorder = mediarecorder.MediaRecorder(stream)
await recorder.start(0.1)
clone = stream.clone()
await recorder.request_data()
"held"
"""


@pytest.mark.firefox_in_soak
async def test_dead_worker_releases_everything(start_worker, open_channel, page_probe):
    locks = set(await page_probe.locks())
    worker = start_worker()
    assert await worker.run(CONNECTED.format(channel=open_channel()) + HOLD) == "held"
    assert page_probe.live() == 4
    assert page_probe.listeners() > 0
    assert len(set(await page_probe.locks()) - locks) == 2
    worker.js.terminate()
    await until(lambda: page_probe.live() == 0)
    assert page_probe.listeners() == 0

    async def only_those_before():
        return set(await page_probe.locks()) <= locks

    await until(only_those_before)


ASK = """
stream = await mediarecorder.media_devices.get_user_media(audio=True)
"never told"
"""


@pytest.mark.firefox_in_soak
async def test_worker_that_dies_during_the_prompt_opens_nothing(start_worker, open_channel, page_probe):
    worker = start_worker()
    await worker.run(CONNECTED.format(channel=open_channel()))
    asked, opened = page_probe.asked(), page_probe.opened()
    answer = page_probe.hesitate()
    worker.start(ASK)
    await until(lambda: page_probe.asked() > asked)
    worker.js.terminate()
    answer()
    await until(lambda: page_probe.opened() > opened and page_probe.live() == 0)


WAIT = """
import asyncio, json
from mediarecorder import MediaRecorder, PageUnavailableError, RecordingError, media_devices, record

stream = await media_devices.get_user_media(audio=True, video=True)
recorder = MediaRecorder(stream)
await recorder.start()
while (first := recorder.size) == 0:
    await recorder.request_data()

async def every_chunk():
    async for chunk in other.chunks(0.1):
        pass

async def every_level():
    async for level in stream.levels(0.05):
        pass

async def every_block():
    async for block in stream.blocks():
        pass

other = MediaRecorder(stream)
ended = []
stream.tracks[0].on("ended", lambda event: ended.append(event.type))
waiting = {
    "finished": recorder.finished, "stop of a record": record(60),
    "chunks": every_chunk(), "levels": every_level(), "blocks": every_block(),
    "constraints": stream.video_tracks[0].apply_constraints({"width": 320}),
}
waiting = {name: asyncio.ensure_future(asyncio.wait_for(one, 30)) for name, one in waiting.items()}
await asyncio.sleep(0.5)
"""
VANISHED = """
said = {}
for name, one in waiting.items():
    try:
        await one
        said[name] = "done"
    except PageUnavailableError as error:
        said[name] = error.name
        if name == "finished":
            kept = isinstance(error, RecordingError) and error.recording.size >= first
json.dumps([said, kept, recorder.state, stream.active, ended])
"""


@pytest.mark.firefox_in_soak
async def test_waiting_calls_raise_when_the_page_vanishes(start_worker, frame):
    element, channel = frame
    worker = start_worker()
    await worker.run(CONNECTED.format(channel=channel) + WAIT)
    element.remove()
    said, kept, state, active, ended = json.loads(await worker.run(VANISHED))
    assert said.pop("constraints") in ("done", "PageUnavailableError")
    assert said == dict.fromkeys(said, "PageUnavailableError")
    assert kept, "the error's recording has the data so far"
    assert (state, active, ended) == ("inactive", False, ["ended"])


OLD = "old = await mediarecorder.media_devices.get_user_media(audio=True)"
NEW = """
try:
    mediarecorder.MediaRecorder(old).start()
except mediarecorder.MediaError as error:
    said = error.name
recording = await mediarecorder.record(0.3)
said + " " + str(recording.size > 0)
"""


@pytest.mark.thorough
@pytest.mark.firefox_in_soak
async def test_worker_finds_another_page_after_the_first_vanished(start_worker, frame, open_channel):
    element, channel = frame
    worker = start_worker()
    await worker.run(CONNECTED.format(channel=channel) + OLD)
    element.remove()
    said = await worker.run(CONNECTED.format(channel=open_channel()) + NEW)
    assert said == "NotSupportedError True"


# Many takes

COUNT = """
import asyncio, gc, js
await asyncio.sleep(0.05)
gc.collect()
str(js.pageProbe.proxies())
"""
TAKES = """
import gc

async def takes(count):
    whole = True
    stream = await mediarecorder.media_devices.get_user_media(audio=True)
    for take in range(count):
        recorder = mediarecorder.MediaRecorder(stream)
        sizes = []
        recorder.on("dataavailable", lambda event: sizes.append(event.data.size))
        await recorder.start(0.02 if take % 2 else None)
        await asyncio.sleep(0.05)
        recording = await recorder.stop()
        whole = whole and 0 < recording.size == sum(sizes) == len(await recording.bytes())
    stream.stop()
    del recorder, recording, stream
    gc.collect()
    return whole
"""


@pytest.mark.parametrize("count", [20, pytest.param(200, marks=[pytest.mark.soak])])
@pytest.mark.time_limit(300)
async def test_takes_lose_no_byte_and_leave_nothing_behind(worker, page_probe, event_faults, count):
    await worker.run("import asyncio" + TAKES + "await takes(2)")
    locks, proxies = Counter(await page_probe.locks()), int(await worker.run(COUNT))

    async def only_locks_from_before():
        return Counter(await page_probe.locks()) <= locks  # (some may belong to a worker that was ending)

    async def only_proxies_from_before():
        return int(await worker.run(COUNT)) <= proxies  # (one may belong to a timer)

    assert await worker.run(f"str(await takes({count}))") == "True"
    await until(lambda: page_probe.live() == 0 == page_probe.listeners(), facts=page_probe.listened)
    await until(only_locks_from_before)
    await until(only_proxies_from_before)
