"""Record the camera, the microphone or the screen from Python in the browser.

    stream = await media_devices.get_user_media(audio=True, video=True)
    recorder = MediaRecorder(stream)
    recorder.start()
    ...
    recording = await recorder.stop()     # resolves after the browser fired `dataavailable` and `stop`

or, for most people, ``recording = await record(5)``.

All times are seconds, all sizes bytes. Logging goes to ``logging.getLogger("mediarecorder")``.
"""

__version__ = "0.2.0"

import sys

if sys.implementation.name == "micropython":  # MicroPython must be able to parse the whole file, too
    raise ImportError('mediarecorder needs Pyodide: <script type="py">, not <script type="mpy">')

from typing import Any

_STUB = __spec__.loader.get_data(f"{__path__[0]}/__init__.pyi").decode()
# Lines of the form: from .module import name as name
_LINES = [line.split() for line in _STUB.splitlines() if line.startswith("from .")]
_MODULE_OF = {words[3]: words[1][1:] for words in _LINES if words[1] != "."}
"""Public names are imported lazily, so that a page does not wait for modules that it may not need."""
__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in ("blocking", "desktop"):
        return import_module(f".{name}", __name__)
    if name in _MODULE_OF:
        value = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
        if name in ("connect", "diagnose", "mix", "record", "take_photo"):
            from ._reminder import reminding

            value = reminding(value)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()).union(_MODULE_OF, ["blocking", "desktop"]))
