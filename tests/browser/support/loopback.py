"""A connection between two ends in one page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from support.eventually import until

from mediarecorder import MediaStream


@asynccontextmanager
async def connected(stream: MediaStream) -> AsyncIterator[tuple[MediaStream, Any]]:
    """``async with connected(stream) as (remote, sender):`` the received stream, and its track's sender."""
    import js
    from pyodide.ffi import create_proxy

    here, there = js.RTCPeerConnection.new(), js.RTCPeerConnection.new()
    arrived: list[Any] = []
    proxy = create_proxy(lambda event: arrived.append(event.track))
    there.addEventListener("track", proxy)
    try:
        sender = here.addTrack(stream.tracks[0].js, stream.js)
        for one, other in ((here, there), (there, here)):
            await one.setLocalDescription()
            await until(lambda one=one: one.iceGatheringState == "complete")  # so it has the candidates
            await other.setRemoteDescription(one.localDescription)
        await until(lambda: arrived and not arrived[0].muted)
        yield MediaStream(js.MediaStream.new(js.Array.of(arrived[0]))), sender
    finally:
        here.close()
        there.close()
        proxy.destroy()
