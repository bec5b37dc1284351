"""A small recorder to click: devices, Record, Pause, Stop, clock and level, in a notebook or a page."""

from __future__ import annotations

import asyncio
import weakref
from typing import TYPE_CHECKING, Any

from .bridge import reach_page
from .browser import absent, create_proxy, js, js_object, page, plain, realm, settle
from .capture import that_device, wanted
from .devices import find_device, media_devices
from .display import Displayed, clock, file_size
from .errors import InvalidStateError, MediaError
from .hosts import show
from .keeping import checked_store
from .levels import Level
from .modules import load_module
from .outcome import Outcome
from .player import look_at, player_html
from .recorder import MediaRecorder, type_that_keeps_up

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from .devices import MediaDeviceInfo
    from .recording import Recording
    from .store import RecordingStore
    from .streams import MediaStream

INTERVAL = 0.1
"""Seconds between two looks at clock and level while it records."""

_CHOOSERS = {"audioinput": ("microphones", "microphone"), "videoinput": ("cameras", "camera")}

_tasks: set[asyncio.Task[None]] = set()


class RecorderPanel(Displayed):
    """A recorder with buttons that shows itself in a notebook: no widget library is needed.

    >>> panel = RecorderPanel(video=True)
    >>> panel                                  # the last line of a cell shows it
    >>> recording = panel.last                 # in a later cell: what was recorded last

    or, in one cell, ``recording = await RecorderPanel().recording()``, which shows it and waits until
    somebody has pressed Record and Stop. It can be used by keyboard and screen reader.

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
            raise TypeError("a panel records sound, pictures or both: audio=True, video=True")
        self._mime_type, self._timeslice, self._store = mime_type, timeslice, checked_store(store)
        self._chosen: dict[str, str] = {}
        self._recorder: MediaRecorder | None = None
        self._opening = False
        self._next: Outcome[Recording] = Outcome()
        self._shown: dict[str, Any] = {}
        self._views: list[Any] = []
        self._releases: list[Callable[[], Any]] = []
        self._displayed = False
        self.last: Recording | None = None
        """The recording that was finished last; None before."""
        # Whoever lets go of the panel lets go of its views too.
        weakref.finalize(self, _release, self._releases)

    @property
    def state(self) -> str:
        """``"inactive"``, ``"recording"`` or ``"paused"``."""
        return self._recorder.state if self._recorder else "inactive"

    async def recording(self) -> Recording:
        """The next recording: shows the panel, unless it is shown already, and waits for Stop.

        Raises
        ------
        InvalidStateError
            The panel is not shown, and this host has no way to show it from here.
        """
        if not self._displayed and not show(self):
            raise InvalidStateError(
                "recording: show the panel first. In a notebook make it the last line of a cell; in a page "
                "put it into an element: panel.show_in(element)"
            )
        return await self._next

    def close(self) -> None:
        """End what is under way, and disconnect the panel from what is shown of it."""
        if self._recorder and self._recorder.state != "inactive":
            self._recorder.stop()
        self._views.clear()
        _release(self._releases)

    def _repr_html_(self) -> str:
        name = f"mediarecorder-panel-{js.crypto.randomUUID()}"
        self._displayed = True
        _run(self._attach(name))
        # In a saved notebook the text is what is seen of it. The attribute keeps JupyterLab's own keys away.
        return (
            f'<div id="{name}" data-lm-suppress-shortcuts="true">'
            "A recorder is here while its Python runs.</div>"
        )

    def __repr__(self) -> str:
        kinds = " and ".join(name for name, kind in _KINDS.items() if self._records[kind])
        return f"<RecorderPanel for {kinds}, {self.state}>"

    # What is seen

    async def _attach(self, name: str) -> None:
        await reach_page()
        if realm() == "page":
            view = await settle(await load_module("page"), "panel", name, doing="panel")
        else:
            view = await settle(page().services, "panel", name, doing="panel")
        if absent(view):
            return  # the HTML was never put into the page
        own = weakref.ref(self)

        def act(event: Any) -> None:
            panel = own()
            if panel is not None:
                panel._act(**plain(event.detail))

        proxy = create_proxy(act)
        view.addEventListener("act", proxy)

        def release() -> None:
            view.removeEventListener("act", proxy)
            view.close()
            proxy.destroy()

        self._views.append(view)
        self._releases.append(release)
        view.show(js_object({"state": "inactive", "status": "Ready", **self._shown}))
        self._watch_devices()
        await self._offer_devices()

    def _show(self, **what: Any) -> None:
        self._shown.update(what)
        for view in self._views:
            view.show(js_object(what))

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

        if len(self._views) == 1:
            self._releases.append(media_devices.on("devicechange", changed))

    # What the person does

    def _act(self, verb: str, kind: str = "", id: str = "") -> None:
        recorder = self._recorder
        if verb == "choose" and kind in self._records:
            self._chosen[kind] = id
        elif verb == "record" and self.state == "inactive" and not self._opening:
            self._opening = True
            _run(self._record())
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
                mime_type = type_that_keeps_up(stream) if self._mime_type is None else self._mime_type
                self._recorder = recorder = MediaRecorder(stream, mime_type=mime_type, store=self._store)
                recorder.start(self._timeslice)
                self._opening = False
                self._show(stream=stream.js if stream.video_tracks else False, player="")
                await self._offer_devices()  # now the browser tells their names
                await self._follow(recorder, stream)
                recording = await recorder.finished
            await self._finish(recording)
        except (MediaError, TypeError, ValueError) as error:
            kept = getattr(error, "recording", None)
            if kept is not None and kept.size:
                await self._finish(kept)
            self._show(error=str(error), status="Nothing was recorded" if kept is None else "Ended early")
        finally:
            self._opening = False
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
        """Show clock and level until the take ends."""
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
        self.last = recording
        done, self._next = self._next, Outcome()
        self._show(
            state="inactive",
            clock=clock(recording.duration),
            status=f"Recorded {clock(recording.duration)}, {file_size(recording.size)}",
        )
        done.resolve(recording)
        recording.look = recording.look or await look_at(recording)
        self._show(player=player_html(recording))


_KINDS = {"audio": "audioinput", "video": "videoinput"}


def _choices(infos: list[MediaDeviceInfo], singular: str) -> list[dict[str, str]]:
    """For a chooser; before the page was allowed to use one, browsers do not name their devices."""
    named = [{"id": info.device_id, "label": info.label} for info in infos if info.device_id and info.label]
    return [{"id": "", "label": f"Default {singular}"}, *named]


async def _no_levels() -> AsyncIterator[Level]:
    while True:
        await asyncio.sleep(INTERVAL)
        yield Level(0.0, 0.0)


def _release(releases: list[Callable[[], Any]]) -> None:
    while releases:
        releases.pop()()


def _run(work: Any) -> None:
    task = asyncio.ensure_future(work)
    _tasks.add(task)  # the loop holds tasks weakly
    task.add_done_callback(_tasks.discard)
