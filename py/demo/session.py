"""One take from Record to Stop, in as many parts as it needs.

A browser's recorder cannot change its tracks. When a device is lost and replaced, the current part ends and a
new one begins with the new stream; at the end the parts are joined. Each is safe on disk by itself.

    recording ──── a device drops out, others go on ──▶ recording, with an offer
    recording ──── all have dropped out ──────────────▶ lost, with an offer: the take waits
    lost ───────── go_on_with(stream) ────────────────▶ recording, the next part
    any ────────── stop(), or a limit ────────────────▶ over
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from js import console

import mediarecorder
from demo import kept, page, settings, source, words
from mediarecorder import MediaError, RecordingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mediarecorder import MediaRecorder, MediaStream, Recording, RecordingStore

TIMESLICE = 0.5
"""Seconds between chunks: the displayed size grows this often, and a crash loses no more than this."""


class Session:
    """A take under way.

    Parameters
    ----------
    on_lost
        Called when the take waits for a replacement, because all its devices are lost.
    """

    def __init__(self, on_lost: Callable[[], None]) -> None:
        self.failure: RecordingError | None = None
        self.limit_reached = ""
        """The take's text on the page."""
        self.ended_by_itself = False
        self._on_lost = on_lost
        self._parts: list[Recording] = []
        self._recorder: MediaRecorder | None = None
        self._stopped = False
        self._waiting: asyncio.Event | None = None
        self._replacement: MediaStream | None = None

    # Verbs for the page's buttons

    @property
    def state(self) -> str:
        """The recorder's own state; "lost" while the take waits for a device."""
        if self._waiting:
            return "lost"
        return self._recorder.state if self._recorder else "inactive"

    def pause(self) -> None:
        if self._recorder and self._recorder.state == "recording":  # it may just have ended by itself
            self._recorder.pause()

    def resume(self) -> None:
        if self._recorder and self._recorder.state == "paused":
            self._recorder.resume()

    def mark(self) -> float | None:
        """Mark this moment. Returns its time in the take, in seconds; None if nothing is recorded."""
        if not self._recorder or self._recorder.state == "inactive":
            return None
        marker = self._recorder.mark()
        return sum(part.duration for part in self._parts) + marker.time

    def stop(self) -> None:
        self._stopped, self._replacement = True, None
        self._end_part()

    def go_on_with(self, stream: MediaStream) -> None:
        """Record the next part from this stream."""
        self._replacement = stream
        self._end_part()

    def _end_part(self) -> None:
        if self._waiting:
            self._waiting.set()
        elif self._recorder and self._recorder.state != "inactive":
            self._recorder.stop(drain=True)

    # The take

    @property
    def seconds(self) -> float:
        return sum(part.duration for part in self._parts) + self._of_this_part("duration")

    @property
    def size(self) -> int:
        return sum(part.size for part in self._parts) + int(self._of_this_part("size"))

    def _of_this_part(self, what: str) -> float:
        recorder = self._recorder
        if recorder is None or recorder.recording in self._parts:
            return 0
        return float(getattr(recorder, what))

    async def run(self, stream: MediaStream) -> list[Recording]:
        """Record until the end. Returns one recording, or several that cannot be joined.

        Raises
        ------
        RecordingError
            It failed, and nothing was recorded.
        """
        following: MediaStream | None = stream
        while following:
            store = await kept.store()
            if self._stopped:  # while a replacement was opened
                break
            try:
                self._parts.append(await self._part(following, store))
            except RecordingError as error:
                if error.recording:
                    self._parts.append(error.recording)
                if not self._parts:
                    raise
                self.failure = error
                break
            if not self._replacement and not self._stopped:
                await self._wait_for_a_device()
            following, self._replacement = self._replacement, None
        page.enter("finishing")
        return await self._joined()

    async def _part(self, stream: MediaStream, store: RecordingStore | None) -> Recording:
        recorder = mediarecorder.MediaRecorder(
            stream, mime_type=source.container(stream), store=store, **settings.bits()
        )
        recorder.start(timeslice=TIMESLICE)
        self._recorder = recorder
        page.enter("recording")
        page.run(self._follow(recorder))
        page.run(kept.load_engine())  # the media engine, needed at the end, has loaded by then
        return await recorder.finished

    async def _follow(self, recorder: MediaRecorder) -> None:
        """Show how long and how large the take is, and end it at its limits."""
        time_limit, size_limit = settings.time_limit(), settings.size_limit()
        while recorder.state != "inactive":
            seconds, size = self.seconds, self.size
            page.measure(seconds, size)
            left = time_limit - seconds if time_limit else 1
            if left <= 0:
                self.limit_reached = words.TIME_IS_UP
            elif size_limit and size >= size_limit:
                self.limit_reached = words.SIZE_IS_REACHED
            if self.limit_reached:
                page.enter("finishing")
                self.stop()
                break
            await asyncio.sleep(min(0.2, left))
        with suppress(RecordingError):  # the code that awaits the part reports it
            await recorder.finished
        page.measure(self.seconds, self.size)

    async def _wait_for_a_device(self) -> None:
        if not source.gone():  # ending the sharing of the screen has the same effect as Stop
            self.ended_by_itself = True
            return
        self._waiting = asyncio.Event()
        self._on_lost()
        try:
            await self._waiting.wait()
        finally:
            self._waiting = None

    async def _joined(self) -> list[Recording]:
        bar = page.find("finishing-bar")
        page.show_progress(bar, None)
        if self.failure:
            return self._parts  # any such error would occur again
        if len(self._parts) == 1:
            return [await kept.complete(self._parts[0], lambda part: page.show_progress(bar, part))]
        try:
            await kept.load_engine()
            joined = await mediarecorder.Recording.concat(
                self._parts, on_progress=lambda part: page.show_progress(bar, part)
            )
            whole = await kept.add(joined, "")
        except MediaError as error:
            console.info(f"The parts of a take stay apart. {error}")
            return self._parts
        for part in self._parts:
            await kept.delete(part.id)
            part.close()
        return [whole]
