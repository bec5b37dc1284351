"""A table of facts for bug reports."""

from __future__ import annotations

import sys
from typing import Any

from . import __version__
from ._host.bridge import ensure_connected
from ._host.browser import IN_BROWSER, JsException, js, realm
from ._host.features import can_run_sync, pyodide_version
from ._html.attach import view
from ._html.text import escape
from .devices import media_devices
from .errors import MediaError
from .recorder import MediaRecorder


class Diagnosis(dict[str, str]):
    """A small table: a dictionary that prints and displays itself in two columns."""

    def __str__(self) -> str:
        width = max(map(len, self), default=0)
        return "\n".join(f"{what:{width}}  {value}" for what, value in self.items())

    def _repr_html_(self) -> str:
        rows = (
            f'<tr><th scope="row">{escape(what)}</th><td>{escape(value)}</td></tr>'
            for what, value in self.items()
        )
        return view("", f"<table>{''.join(rows)}</table>")


async def diagnose() -> Diagnosis:
    """A table of the environment and its capabilities: host, Pyodide, browser, types, permissions, devices.

    It opens no device and asks the user nothing. Outside a browser, the table says so.

    >>> print(await diagnose())
    """
    table = Diagnosis(mediarecorder=__version__, python=sys.version.split()[0], host=_host(), realm=realm())
    if not IN_BROWSER:
        return table
    table["pyodide"] = pyodide_version()
    table["browser"] = str(js.navigator.userAgent)
    table["JSPI"] = _yes(can_run_sync())
    table["secure context"] = _yes(getattr(js, "isSecureContext", False))
    table["cross-origin isolated"] = _yes(getattr(js, "crossOriginIsolated", False))
    said: set[str] = set()
    lost = ""
    for what, look in {
        "page": _page,
        "types": _types,
        "camera": lambda: media_devices.permission("camera"),
        "microphone": lambda: media_devices.permission("microphone"),
        "devices": _devices,
    }.items():
        if lost:  # each further query would wait for the page again
            table[what] = lost
            continue
        try:
            table[what] = await look()
        except (MediaError, JsException) as error:
            # Give each piece of advice once. The name of the operation precedes it.
            advice = str(error).partition(": ")[2] or str(error)
            table[what] = type(error).__name__ if advice in said else f"{type(error).__name__}: {error}"
            said.add(advice)
            if what == "page":
                lost = type(error).__name__
    return table


def _host() -> str:
    if not IN_BROWSER:
        return "no browser"
    for module, host in {
        "marimo": "marimo",
        "pyodide_kernel": "JupyterLite",
        "stlite_lib": "stlite",
        "panel.io.pyodide": "Panel",
        "flet_js": "Flet",
        "pyscript": "PyScript",
    }.items():
        if module in sys.modules:
            return host
    return "Pyodide"


async def _page() -> str:
    if realm() == "page":
        return "here"
    await ensure_connected()
    return "connected"


async def _types() -> str:
    return ", ".join(MediaRecorder.supported_types()) or "none"


async def _devices() -> str:
    infos = await media_devices.enumerate_devices()
    return ", ".join(f"{info.kind} {info.label!r}" if info.label else info.kind for info in infos) or "none"


def _yes(value: Any) -> str:
    return "yes" if value else "no"
