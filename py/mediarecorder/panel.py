"""A small recorder with controls for a notebook or a page: devices, Record, Pause, Stop, clock and level."""

from __future__ import annotations

import asyncio
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ._host.bridge import page_services, way_in_result
from ._host.browser import create_proxy, js_object, settle, to_python
from ._host.hosts import show
from ._html.attach import view, view_name
from ._html.display import Displayed
from ._html.player import make_preview, player_html
from ._html.text import clock, file_size
from ._recorder.sinks import checked_store
from .capture import find_device, require_content, that_device, type_that_keeps_up, wanted
from .devices import media_devices
from .errors import AbortError, InvalidStateError, MediaError
from .failures import RecordingError
from .levels import Level
from .outcome import Outcome, spawn
from .recorder import MediaRecorder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from .devices import MediaDeviceInfo
    from .recording import Recording
    from .store import RecordingStore
    from .streams import MediaStream

INTERVAL = 0.1
"""Seconds between updates of the clock and the level during a take."""

_CHOOSERS = {"audioinput": ("microphones", "microphone"), "videoinput": ("cameras", "camera")}

SHOW_TIMEOUT = 20.0
"""Seconds that the page gets to insert the panel's HTML while `recording()` waits."""

SHOW_FIRST = (
    "recording: show the panel first. In a notebook, make it the last line of a cell; in a page, "
    "put it into an element: panel.show_in(element)"
)


class RecorderPanel(Displayed):
    """A recorder with buttons that displays itself in a notebook, without a widget library.

    >>> panel = RecorderPanel(video=True)
    >>> panel                                  # the last line of a cell shows it
    >>> recording = panel.last                 # in a later cell: the last recording

    or, in one cell, ``recording = await RecorderPanel().recording()``, which shows it and waits until
    the user has pressed Record and Stop. It works with the keyboard and with screen readers.

    If the panel is removed from the page (its cell runs again, or its output is cleared), it ends its take
    and releases the devices; `last` holds the recording. A panel counts as removed after one second outside
    the page, so it can be moved. If it is inserted again later, it works again.

    Parameters
    ----------
    audio, video
        As for `record`: True, or a dictionary of constraints.
    mime_type, timeslice, store
        As for `record`.
    """

    def __init__(
        self,
        *,
        audio: bool | Mapping[str, Any] = True,
        video: bool | Mapping[str, Any] = False,
        mime_type: str | Sequence[str] | None = None,
        timeslice: float | None = None,
        store: RecordingStore | None = None,
    ) -> None:
        self._wishes: dict[str, Any] = {"audioinput": audio, "videoinput": video}
        self._records = {"audioinput": wanted("audio", audio), "videoinput": wanted("video", video)}
        if not any(self._records.values()):
            raise TypeError("a panel needs sound, pictures or both: audio=True, video=True")
        self._mime_type, self._timeslice, self._store = mime_type, timeslice, checked_store(store)
        self._chosen: dict[str, str] = {}
        self._recorder: MediaRecorder | None = None
        self._opening = self._taking = self._closed = self._displayed = False
        self._next: Outcome[Recording] = Outcome()
        self._name = ""
        self._view: Any = None
        self._releases: list[Callable[[], Any]] = []
        self._seen = False
        """Whether the panel is in the page."""
        self._end: MediaError | None = None
        """Why the panel no longer records: it was removed or closed."""
        self.last: Recording | None = None
        """The last finished recording; None before the first one."""
        # When the panel is garbage-collected, its views are released, too.
        weakref.finalize(self, _release, self._releases)

    @property
    def state(self) -> str:
        """``"inactive"``, ``"recording"`` or ``"paused"``."""
        return self._recorder.state if self._recorder else "inactive"

    async def recording(self) -> Recording:
        """Show the panel, unless it is already shown, wait for Stop, and return the recording.

        Raises
        ------
        InvalidStateError
            The panel is not shown, and this host offers no way to show it from here; its HTML did not appear
            in the page within 20 s; or the panel is closed.
        AbortError
            The panel was removed from the page or closed in the meantime. `last` holds what was recorded
            until then.
        """
        if self._closed:
            raise InvalidStateError("recording: this panel is closed. Create another one.")
        waiting = self._next
        if not self._displayed and not show(self):
            raise InvalidStateError(SHOW_FIRST)

        def look() -> None:
            if not self._seen and waiting is self._next:
                self._displayed = False
                self._fail(InvalidStateError(SHOW_FIRST))

        timer = asyncio.get_running_loop().call_later(SHOW_TIMEOUT, look)
        try:
            return await waiting
        finally:
            timer.cancel()

    def close(self) -> None:
        """End the current take and disconnect the panel from its view. A closed panel stays closed."""
        if not self._closed:
            self._closed = True
            self._give_up(AbortError("recording: the panel was closed."))
            _release(self._releases)

    def _give_up(self, why: MediaError) -> None:
        """End the current take, if any. `recording()` raises `why` once the take is in `last`."""
        self._end = why
        if not self._taking:
            self._fail(why)
        elif self._recorder and self._recorder.state != "inactive":
            self._recorder.stop()

    def _fail(self, error: MediaError) -> None:
        failed, self._next = self._next, Outcome()
        failed._reject(error)

    def _repr_html_(self) -> str:
        self._displayed = True
        way = way_in_result()
        if not self._name:
            self._name = view_name()
            spawn(self._attach())
        # A saved notebook shows this text.
        return view(self._name, "A recorder. Run this cell again to use it.") + way

    def __repr__(self) -> str:
        kinds = " and ".join(name for name, kind in _KINDS.items() if self._records[kind])
        return f"<RecorderPanel for {kinds}, {self.state}>"

    # The view

    async def _attach(self) -> None:
        try:
            view = await settle(await page_services(), "panel", self._name, doing="panel")
        except MediaError as error:
            self._name, self._displayed = "", False
            self._fail(error)
            return
        own = weakref.ref(self)

        def act(event: Any) -> None:
            panel = own()
            if panel is not None:
                panel._act(**to_python(event.detail))

        proxy = create_proxy(act)
        view.addEventListener("act", proxy)

        def release() -> None:
            view.removeEventListener("act", proxy)
            view.close()
            proxy.destroy()

        self._view = view
        self._releases.append(release)
        if self._closed:
            _release(self._releases)
            return
        self._show(state="inactive", status="Ready")
        view.begin()
        self._watch_devices()
        await self._offer_devices()

    def _show(self, **what: Any) -> None:
        if self._releases:
            self._view.show(js_object(what))

    async def _offer_devices(self) -> None:
        infos = await media_devices.enumerate_devices()
        for kind, (plural, singular) in _CHOOSERS.items():
            if self._records[kind]:
                self._show(**{plural: _choices([i for i in infos if i.kind == kind], singular)})

    def _watch_devices(self) -> None:
        own = weakref.ref(self)

        async def changed(_: object) -> None:
            if panel := own():
                await panel._offer_devices()

        self._releases.append(media_devices.on("devicechange", changed))

    # The user's actions

    def _act(self, verb: str, kind: str = "", id: str = "") -> None:
        recorder = self._recorder
        if verb == "shown":
            self._seen = self._displayed = True
            self._end = None
        elif verb == "gone":
            self._seen = self._displayed = False
            self._give_up(
                AbortError(
                    "recording: the panel was removed from the page, or its cell ran again. panel.last holds "
                    "what it recorded until then, if anything."
                )
            )
        elif verb == "choose" and kind in self._records:
            self._chosen[kind] = id
        elif verb == "record" and self.state == "inactive" and not self._opening:
            self._opening = True
            spawn(self._record())
        elif recorder and recorder.state != "inactive":
            if verb == "stop":
                recorder.stop(drain=True)
            elif verb == "pause" and recorder.state == "paused":
                recorder.resume()
            elif verb == "pause":
                recorder.pause()

    async def _record(self) -> None:
        self._show(state="opening", status="Opening the device…", error="")
        try:
            with await self._open() as stream:
                if self._end:
                    return
                mime_type = type_that_keeps_up(stream) if self._mime_type is None else self._mime_type
                self._recorder = recorder = MediaRecorder(stream, mime_type=mime_type, store=self._store)
                recorder.start(self._timeslice)
                self._opening, self._taking = False, True
                self._show(stream=stream.js, player="")
                await self._offer_devices()  # now the browser reveals their names
                await self._follow(recorder, stream)
                recording = await recorder.finished
            await self._finish(recording)
        except (MediaError, TypeError, ValueError) as error:
            status = "Nothing was recorded"
            if (kept := getattr(error, "recording", None)) is not None:
                with suppress(RecordingError):
                    await self._finish(kept)
                    status = "Ended early"
            self._show(error=str(error), status=status)
        finally:
            if self._taking and self._end:
                self._fail(self._end)
            self._opening = self._taking = False
            self._show(state="inactive", stream=False, level=0.0)

    async def _open(self) -> MediaStream:
        request = {}
        for name, kind in _KINDS.items():
            wish = self._wishes[kind] if self._records[kind] else False
            if wish is not False and self._chosen.get(kind):
                wish = that_device(await find_device(self._chosen[kind], [kind]), wish)
            request[name] = wish
        return await media_devices.get_user_media(**request)

    async def _follow(self, recorder: MediaRecorder, stream: MediaStream) -> None:
        """Show the clock and the level until the take ends."""
        said = ""
        levels = stream.levels(INTERVAL) if stream.audio_tracks else _no_levels()
        async for level in levels:
            if recorder.finished.done() or recorder.state == "inactive":
                break
            now = {"state": recorder.state, "clock": clock(recorder.duration), "level": level.peak}
            if said != recorder.state:
                said = recorder.state
                now["status"] = said.capitalize()
            self._show(**now)

    async def _finish(self, recording: Recording) -> None:
        await require_content(recording, self._store)
        self.last = recording
        self._taking = False
        self._show(
            state="inactive",
            clock=clock(recording.duration),
            status=f"Recorded {clock(recording.duration)}, {file_size(recording.size)}",
        )
        if self._end:
            self._fail(self._end)
        else:
            done, self._next = self._next, Outcome()
            done._resolve(recording)
        recording._preview = recording._preview or await make_preview(recording)
        self._show(player=player_html(recording))


_KINDS = {"audio": "audioinput", "video": "videoinput"}


def _choices(infos: list[MediaDeviceInfo], singular: str) -> list[dict[str, str]]:
    """The options of a chooser. Browsers hide the devices' names until the user has allowed the page to use
    one."""
    named = [{"id": info.device_id, "label": info.label} for info in infos if info.device_id and info.label]
    return [{"id": "", "label": f"Default {singular}"}, *named]


async def _no_levels() -> AsyncIterator[Level]:
    while True:
        await asyncio.sleep(INTERVAL)
        yield Level(0.0, 0.0)


def _release(releases: list[Callable[[], Any]]) -> None:
    while releases:
        releases.pop()()
