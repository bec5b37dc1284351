"""The module `sounddevice`, on the browser's sound."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from . import portaudio

if TYPE_CHECKING:
    from collections.abc import Callable

COPY = "mediarecorder._desktop.packaged.sounddevice"
"""The real module without its longer docstrings (tools/sounddevice_module.py)."""


def install() -> Callable[[], None]:
    """Make `import sounddevice` work: the installed module, or else the copy of it that is in the wheel."""
    names = ("sounddevice", "_sounddevice")
    before = {name: sys.modules.pop(name, None) for name in names}
    sys.modules["_sounddevice"] = _module("_sounddevice", ffi=portaudio.ffi)
    # It looks for the compiled library.
    finder = sys.modules.get("ctypes.util")
    sys.modules["ctypes.util"] = _module("ctypes.util", find_library=lambda name: name)
    try:
        if find_spec("sounddevice"):
            import_module("sounddevice")
        else:
            _load_copy()
    finally:
        _restore({"ctypes.util": finder})

    def undo() -> None:
        portaudio.close_all()
        _restore(before)

    return undo


def _load_copy() -> None:
    spec = find_spec(COPY)
    if spec is None or spec.loader is None:
        raise ImportError(f"{COPY} is missing: install the wheel, or build it with `make wheel`")
    module = sys.modules["sounddevice"] = ModuleType("sounddevice")
    loader: Any = spec.loader
    exec(loader.get_code(COPY), module.__dict__)


def _module(name: str, **contents: Any) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(contents)
    return module


def _restore(modules: dict[str, ModuleType | None]) -> None:
    for name, module in modules.items():
        if module:
            sys.modules[name] = module
        else:
            sys.modules.pop(name, None)
