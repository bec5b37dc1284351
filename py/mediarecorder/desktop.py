"""Scripts for the desktop that record and play, unchanged in a browser tab.

>>> from mediarecorder import desktop
>>> desktop.install()
>>> import sounddevice as sd
>>> with sd.RawInputStream(samplerate=48000, channels=1, dtype="int16") as stream:
...     data, overflowed = stream.read(4800)
>>> len(data)
9600
>>> desktop.uninstall()

`install` puts the modules into place that a browser lacks. Call it before the script's own imports; in
a notebook, in the first cell. Plain Python then waits for the browser, through JSPI
(JavaScript Promise Integration): so it needs a browser with JSPI, and a place where Python can wait. See
`mediarecorder.blocking`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ._desktop.hooks import after_import
from ._host.browser import require_browser
from .matplotlib_writer import register_matplotlib

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["install", "uninstall"]

PARTS = ("waiting", "sound", "opencv", "imageio_plugin")
"""Modules in _desktop, each with a function `install` that returns the one that undoes it."""

_undo: list[Callable[[], None]] = []

after_import("matplotlib.animation", lambda module: register_matplotlib())


def install() -> None:
    """Put modules for the desktop into place; a second call does nothing.

    ============== ===============================================================================
    `sounddevice`  records and plays: python-sounddevice itself, with the browser in place of PortAudio
    `cv2`          `VideoCapture`, `VideoWriter`, `imshow`, `waitKey`; the rest if OpenCV is installed
    `imageio`      reads and writes mp4 and webm
    `matplotlib`   ``animation.save("waves.mp4", writer="mediarecorder")`` (since the import of this module)
    `time.sleep`,  let callbacks run while the script waits, as do `input`, `threading.Event`,
    `queue.Queue`  and `threading.Condition`
    ============== ===============================================================================

    Raises
    ------
    BrowserRequiredError
        Python does not run in a browser.

    Examples
    --------
    >>> from mediarecorder import desktop
    >>> desktop.install()
    >>> desktop.uninstall()
    """
    require_browser()
    if not _undo:
        for name in PARTS:
            _undo.append(import_module(f"._desktop.{name}", __package__).install())


def uninstall() -> None:
    """Undo `install`: release all devices, and restore the modules as they were."""
    while _undo:
        _undo.pop()()
