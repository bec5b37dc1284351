"""`cv2.imshow` and `cv2.waitKey`: pictures in the page, or in the output of a notebook's cell.

The page's half is static/library/page/window.js.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import suppress
from typing import Any

from .._host.bridge import page_services, way_in_result
from .._host.browser import create_proxy, js_object, settle
from .._host.hosts import running_cell, show
from .._html.attach import view, view_name
from .._html.display import Displayed
from ..errors import MediaError
from ..outcome import spawn
from .conventions import failure, pixels
from .waiting import wait

VISIBLE = 4
"""`cv2.WND_PROP_VISIBLE`."""

log = logging.getLogger("mediarecorder")

INSTEAD = "await asyncio.sleep(seconds)"

windows: dict[str, Window] = {}
keys: deque[int] = deque()
"""Keys that were pressed, and that nobody has read yet."""
changed = asyncio.Event()
"""A key was pressed, or a window is gone."""


class Window(Displayed):
    """A picture with a title. It owns the proxy that hears its keys, until it is closed."""

    def __init__(self, title: str) -> None:
        self._title, self._name = title, view_name()
        self._view: Any = None
        self._proxy: Any = None
        self._picture: dict[str, Any] | None = None
        """The newest picture, until it is passed to the page."""
        self._busy = self._closed = False
        self._cell = running_cell()
        spawn(self._open(not show(self)))

    async def _open(self, in_body: bool) -> None:
        try:
            services = await page_services()
            self._view = await settle(services, "window", self._name, self._title, in_body, doing="imshow")
        except MediaError as error:
            log.warning("cv2.imshow: %s", error)
            self._gone()
            return
        self._proxy = create_proxy(self._act)
        self._view.addEventListener("act", self._proxy)
        if self._closed:
            self._release()
        else:
            self._view.begin()
            self._paint()

    def show(self, picture: dict[str, Any]) -> None:
        cell = running_cell()
        if cell != self._cell:
            self._cell = cell
            show(self)
        self._picture = picture
        self._paint()

    def _paint(self) -> None:
        """Pass the newest picture on, once the page has shown the one before."""
        if self._view and self._picture and not self._busy:
            picture, self._picture, self._busy = self._picture, None, True
            self._view.show(js_object(picture))

    def _act(self, event: Any) -> None:
        verb, code = event.detail.verb, getattr(event.detail, "code", 0)
        if verb == "shown":
            self._busy = False
            self._paint()
        elif verb == "key":
            keys.append(int(code))
            changed.set()
        else:
            self._gone()

    def _gone(self) -> None:
        if windows.get(self._title) is self:
            destroyWindow(self._title)

    def close(self) -> None:
        self._closed = True
        changed.set()
        if self._proxy:
            # A proxy cannot be destroyed while JavaScript calls it.
            asyncio.get_event_loop().call_soon(self._release)

    def _release(self) -> None:
        self._view.removeEventListener("act", self._proxy)
        self._view.close()
        self._proxy.destroy()

    def _repr_html_(self) -> str:
        return view(self._name, "A picture. Run this cell again to see it.") + way_in_result()

    def __repr__(self) -> str:
        return f"<Window {self._title!r}>"


def namedWindow(winname: str, flags: int = 1) -> None:
    """Open a window, if there is none of this name. `flags` has no effect."""
    if not isinstance(winname, str):
        raise failure("namedWindow", f"Expected 'winname' to be a str, not {winname!r}")
    if winname not in windows:
        windows[winname] = Window(winname)


def getWindowProperty(winname: str, prop_id: int) -> float:
    """For `WND_PROP_VISIBLE`, 1.0 while the window is open; otherwise -1.0."""
    return 1.0 if winname in windows and prop_id == VISIBLE else -1.0


def resizeWindow(winname: str, *size: Any) -> None:
    """Has no effect: a window is as large as its picture."""


moveWindow = resizeWindow


def imshow(winname: str, mat: Any) -> None:
    """Show a picture: gray, or blue, green, red (and opacity, which is not used). Floats are from 0 to 1."""
    data, shape = pixels("imshow", mat, floats=True) if mat is not None else (b"", ())
    if not data:
        raise failure("imshow", "Assertion failed: size.width>0 && size.height>0", -215)
    if len(shape) not in (2, 3) or shape[2:] not in ((), (3,), (4,)):
        raise failure("imshow", f"cannot show an array of shape {shape}")
    namedWindow(winname)
    height, width, *depth = shape
    if depth == [4]:
        opaque = bytearray(3 * width * height)
        for channel in range(3):
            opaque[channel::3] = data[channel::4]
        data = opaque
    windows[winname].show(
        {
            **{"pixels": bytes(data), "layout": "bgr" if depth else "gray"},
            **{"width": width, "height": height},
        }
    )


def waitKey(delay: int = 0) -> int:
    """Wait for a key, at most `delay` milliseconds; 0 means without end. Returns the key's code, or -1.

    Keys arrive while the picture of a window has the focus: click it. With no window, no key can come, and
    the result is -1 at once, or after the delay.
    """
    return wait("cv2.waitKey", INSTEAD, _next_key(delay / 1000 if delay > 0 else None))


def pollKey() -> int:
    """The key that was pressed, or -1, without waiting."""
    return wait("cv2.pollKey", INSTEAD, _next_key(0))


async def _next_key(seconds: float | None) -> int:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.sleep(0)  # the page shows pictures and brings keys
            while not keys and (windows or seconds is not None):
                changed.clear()
                await changed.wait()
    return keys.popleft() & 0xFF if keys else -1


def destroyWindow(winname: str) -> None:
    """Close a window."""
    if winname not in windows:
        raise failure("destroyWindow", f"there is no window {winname!r}", -27)
    windows.pop(winname).close()
    if not windows:
        keys.clear()


def destroyAllWindows() -> None:
    """Close all windows."""
    for winname in list(windows):
        destroyWindow(winname)
