"""The harness itself. Like all tests of this folder, these run inside the browser."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest
from support.ask_judge import colours, in_the_cameras_order, probe, tone

pytestmark = pytest.mark.core


def test_runs_in_a_real_browser(engine: str) -> None:
    from js import navigator

    assert sys.platform == "emscripten"
    assert {"chromium": "Chrome/", "firefox": "Firefox/"}[engine] in navigator.userAgent


def test_each_lane_has_its_interpreter(lane: str) -> None:
    assert sys.version_info[:2] == ((3, 12) if lane == "chromium-pyodide-0.27" else (3, 14))


async def test_coroutine_is_awaited() -> None:
    await asyncio.sleep(0)


@pytest.mark.parametrize("letter", ["a", "b-c"])
async def test_parameters_are_separate_from_the_lane(letter: str, request: pytest.FixtureRequest) -> None:
    assert request.node.name.endswith(f"lane[{letter}]")


@pytest.fixture
async def opened() -> AsyncIterator[list[str]]:
    await asyncio.sleep(0)
    events = ["opened"]
    yield events
    await asyncio.sleep(0)
    events.append("closed")


class TestAsyncFixture:
    seen: ClassVar[list[str]] = []

    def test_is_set_up_for_a_plain_test(self, opened: list[str]) -> None:
        assert opened == ["opened"]
        TestAsyncFixture.seen = opened

    def test_is_torn_down(self) -> None:
        assert self.seen == ["opened", "closed"]


async def test_loop_errors_are_detected(loop_errors: list[dict[str, Any]]) -> None:
    asyncio.get_running_loop().call_exception_handler({"message": "hello"})
    assert [context["message"] for context in loop_errors] == ["hello"]


@pytest.mark.console_errors
async def test_no_string_is_evaluated_under_the_strict_policy(lane: str) -> None:
    from pyodide.code import run_js
    from pyodide.ffi import JsException

    if lane == "chromium-csp":
        with pytest.raises(JsException, match="unsafe-eval"):
            run_js("1 + 1")
    else:
        assert run_js("1 + 1") == 2


async def take(seconds: float, **constraints: bool) -> Any:
    """A recording made as in plain JavaScript, so that the harness is tested without the library."""
    from js import Blob, MediaRecorder, Object, navigator
    from pyodide.ffi import create_proxy, to_js

    stream = await navigator.mediaDevices.getUserMedia(to_js(constraints, dict_converter=Object.fromEntries))
    recorder = MediaRecorder.new(stream)
    chunks, stopped = [], asyncio.Event()
    on_data = create_proxy(lambda event: chunks.append(event.data))
    on_stop = create_proxy(lambda event: stopped.set())
    recorder.addEventListener("dataavailable", on_data)
    recorder.addEventListener("stop", on_stop)
    recorder.start()
    await asyncio.sleep(seconds)
    recorder.stop()
    await stopped.wait()
    for track in stream.getTracks():
        track.stop()
    on_data.destroy()
    on_stop.destroy()
    return Blob.new(to_js(chunks))


@pytest.mark.page_only("without the library there is no recorder in a worker")
async def test_judge_finds_the_tone_of_the_microphone() -> None:
    blob = await take(1.5, audio=True)
    found = await probe(blob)
    assert [stream["kind"] for stream in found["streams"]] == ["audio"]
    assert [stream["codec"] for stream in found["streams"]] == ["opus"]
    assert found["decoded_duration"] > 0.5
    assert found["errors"] == []
    for channel in await tone(blob):
        # On a busy machine, Firefox leaves out some of the sound.
        assert channel["frequency"] == pytest.approx(1000, abs=5)
        assert channel["rms"] > 0.01


@pytest.mark.thorough
@pytest.mark.lane("chromium")
async def test_judge_finds_the_colours_of_the_camera() -> None:
    blob = await take(5, video=True)
    (stream,) = (await probe(blob))["streams"]
    assert stream["kind"] == "video"
    assert (stream["width"], stream["height"]) == (320, 240)
    seen = [change["name"] for change in await colours(blob)]
    assert len(seen) >= 2
    assert in_the_cameras_order(seen)


async def test_judge_rejects_non_media_files() -> None:
    with pytest.raises(ValueError, match="not a media file"):
        await probe(b"hello")


async def opening(**constraints: bool) -> str:
    """``"opened"``, or the name of the error."""
    from js import Array, Object, Promise, navigator
    from pyodide.ffi import to_js

    if not hasattr(navigator, "mediaDevices"):
        return "no mediaDevices"
    asked = Array.of(to_js(constraints, dict_converter=Object.fromEntries))
    devices = navigator.mediaDevices
    (result,) = await Promise.allSettled(asked.map(devices.getUserMedia.bind(devices)))
    if result.status == "rejected":
        return result.reason.name
    for track in result.value.getTracks():
        track.stop()
    return "opened"


@pytest.mark.lane("chromium-denied", "firefox-denied")
async def test_denied_lanes_deny_permission() -> None:
    assert await opening(audio=True) == "NotAllowedError"
    assert await opening(video=True) == "NotAllowedError"


@pytest.mark.lane("chromium-no-camera")
async def test_lane_without_camera_has_a_microphone() -> None:
    assert await opening(video=True) == "NotFoundError"
    assert await opening(audio=True) == "opened"


@pytest.mark.lane("firefox-no-devices")
async def test_lane_without_devices_has_none() -> None:
    assert await opening(video=True) == "NotFoundError"
    assert await opening(audio=True) == "NotFoundError"


@pytest.mark.lane("chromium-insecure")
async def test_insecure_lane_has_no_media_devices() -> None:
    assert await opening(audio=True) == "no mediaDevices"


@pytest.mark.lane("chromium-permissions")
@pytest.mark.parametrize("turn", [1, 2])
async def test_devices_are_lost_and_come_back(turn: int, lose_devices: Any) -> None:
    from js import Object, navigator
    from pyodide.ffi import create_once_callable, to_js

    constraints = to_js({"audio": True, "video": True}, dict_converter=Object.fromEntries)
    stream = await navigator.mediaDevices.getUserMedia(constraints)
    ended = [asyncio.Event() for _ in stream.getTracks()]
    for track, event in zip(stream.getTracks(), ended, strict=True):
        track.addEventListener("ended", create_once_callable(lambda _, event=event: event.set()))
    await lose_devices()
    await asyncio.gather(*(event.wait() for event in ended))
    assert [track.readyState for track in stream.getTracks()] == ["ended", "ended"]
