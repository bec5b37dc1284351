"""Fixtures of the inner tests. They run in the page; pytest outside only reads their names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from mediarecorder import MediaRecorder, MediaStream, media_devices


@pytest.fixture
def lane(request: pytest.FixtureRequest) -> str:
    """Name of the lane (tests/bench/lanes.py)."""
    return request.config.getoption("lane")


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """``"chromium"`` or ``"firefox"``."""
    return request.config.getoption("engine")


@pytest.fixture
def stage() -> Iterator[Any]:
    """The element of the page to put videos in; emptied after the test."""
    from js import document

    element = document.getElementById("stage")
    yield element
    element.replaceChildren()


@pytest.fixture
def lose_devices() -> Any:
    """``await lose_devices()`` takes camera and microphone away for real (lane chromium-permissions)."""
    from js import clearPermissions

    return clearPermissions


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
    """A recorder that has begun to record: the browser has fired `start`."""
    await recorder.start()
    return recorder


@pytest.fixture
async def orders() -> AsyncIterator[Any]:
    """Rare orders of events of real recorders, and a protocol of each: see orders.js."""
    import js

    if not hasattr(js, "orders"):
        script = js.document.createElement("script")
        script.type, script.src = "module", "/tests/browser/orders.js"
        loaded = asyncio.get_running_loop().create_future()
        script.onload = lambda _: loaded.set_result(None)
        js.document.head.append(script)
        await loaded
    js.orders.clear()
    yield js.orders
    js.orders.clear()
