"""Text and numbers as people read them, in HTML too.

In HTML, all text is escaped, because file names, labels and types come from outside. It has no style
attributes, because a strict Content-Security-Policy forbids them.
"""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_SPECIAL = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})


_short = reprlib.Repr()
_short.maxstring = _short.maxother = 40

_VARIABLES = {"MediaDevices": "media_devices", "MediaDeviceInfo": "device", "StoredRecording": "stored"}
"""Variable names for calls; other objects get the last word of their class's name."""


def escape(text: object) -> str:
    """`text` escaped for HTML, including attributes. (Importing `html` takes 20 ms in Pyodide.)"""
    return str(text).translate(_SPECIAL)


def clock(seconds: float) -> str:
    """Format seconds for people: ``0:05``, ``12:34``, ``1:02:03``.

    >>> clock(754)
    '12:34'
    """
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def file_size(size: int) -> str:
    """Format bytes for people: ``512 bytes``, ``81.4 kB``, ``2.3 MB`` (1 kB is 1000 bytes).

    >>> file_size(81_400)
    '81.4 kB'
    """
    if size < 1000:
        return f"{size} bytes"
    amount, units = size / 1000, ["kB", "MB", "GB"]
    while amount >= 999.95 and len(units) > 1:
        amount /= 1000
        units.pop(0)
    return f"{amount:.1f} {units[0]}"


def figure(element: str, facts: list[str], url: str = "", name: str = "") -> str:
    """A player or picture with its facts below, and a download link if there is a URL. `element` is trusted
    HTML."""
    words = " · ".join(escape(fact) for fact in facts)
    link = f' · <a href="{escape(url)}" download="{escape(name)}"><u>Download</u></a>' if url else ""
    return f"<figure>{element}<figcaption>{words}{link}</figcaption></figure>"


def call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """A call as people write it, with short arguments: ``recording.convert('mp3')``."""
    owner, name = "", function.__name__
    if "." in function.__qualname__:
        first, args = args[0], args[1:]
        kind = first.__name__ if isinstance(first, type) else type(first).__name__
        words = "".join(f" {letter}" if letter.isupper() else letter for letter in kind).split()
        owner = kind if isinstance(first, type) else _VARIABLES.get(kind, words[-1].lower())
        owner += "."
    given = [_short.repr(value) for value in args]
    given += [f"{key}={_short.repr(value)}" for key, value in kwargs.items()]
    return f"{owner}{name}({', '.join(given)})"
