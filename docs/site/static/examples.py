"""Runs the examples of a page and shows what they print and return (run.js calls it)."""

from __future__ import annotations

import ast
import asyncio
import dis
import io
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

import js
from pyodide.code import CodeRunner
from pyodide.http import pyfetch

import mediarecorder
from mediarecorder import (
    AudioSamples,
    Frame,
    MediaError,
    MediaRecorder,
    MediaStream,
    Photo,
    Recording,
    RecordingStore,
    media_devices,
    record,
)

#: An example that uses one of these needs pictures.
OF_PICTURES = {"frames", "thumbnail", "video_tracks", "take_photo"}
#: Encoders beside the wheel. An example that names one gets its file, as docs/guide.md says.
ENCODERS = ("aac", "flac")

#: Values that are also shown if the last line assigns them to a name.
DISPLAYED = (Recording, Photo, AudioSamples, Frame)
#: Characters of a value that are shown.
LONGEST = 2000

#: The output of the example that was started last. Handlers of its events may print later.
_output: Any = None
_running: asyncio.Task[Any] | None = None


class Names(dict[str, Any]):
    """The names of a page's examples: all public names of the library, and what the examples assign."""

    def __init__(self) -> None:
        super().__init__({name: getattr(mediarecorder, name) for name in mediarecorder.__all__})
        self |= {"mediarecorder": mediarecorder, "asyncio": asyncio, "js": js, "enough": True}
        self |= {"upload": lambda data: None, "meter": SimpleNamespace()}

    async def provide(self, name: str, pictures: bool) -> str:
        """Make an object that an example expects to exist. Returns words for it, or "" for other names."""
        if name in self and not self._is_unfit(name, pictures):
            return ""
        seen = "camera and microphone" if pictures else "microphone"
        match name:
            case "stream":
                self[name] = await media_devices.get_user_media(audio=True, video=pictures)
                return f"your {seen}"
            case "microphone":
                self[name] = await media_devices.get_user_media(audio=True)
                return "your microphone"
            case "camera":
                self[name] = await media_devices.get_user_media(video=True)
                return "your camera"
            case "track":
                await self.provide("stream", True)
                self[name] = self["stream"].video_tracks[0]
                return "your camera"
            case "recorder":
                await self.provide("stream", pictures)
                self[name] = MediaRecorder(self["stream"])
                return f"a recorder of your {seen}"
            case "recording":
                self[name] = await record(1, video=pictures)
                return f"a second of your {seen}"
            case "store":
                self[name] = await RecordingStore.open("documentation")
                return "a store of this site"
            case _:
                return ""

    def _is_unfit(self, name: str, pictures: bool) -> bool:
        """Whether an earlier example left a recording that this one cannot use."""
        value = self[name]
        return isinstance(value, Recording) and not (value.size and (value.is_video or not pictures))

    async def release(self, shown: object) -> None:
        """End the takes and release the devices, unless they are shown. The next example gets new ones."""
        for name, value in list(self.items()):
            if isinstance(value, MediaRecorder):
                if value.state != "inactive":
                    with suppress(MediaError):  # whoever awaits the take gets its error
                        await value.stop()
                del self[name]
        for name, value in list(self.items()):
            if isinstance(value, MediaStream) and value is not shown:
                value.stop()
                del self[name]
        self.pop("track", None)


class _Printed(io.TextIOBase):
    """Text for the output of the latest example."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def write(self, text: str) -> int:
        if _output is not None:
            _output.write(self._kind, text)
        return len(text)


sys.stdout, sys.stderr = _Printed("printed"), _Printed("failed")


def new_names() -> Names:
    return Names()


async def run(source: str, names: Names, output: Any) -> None:
    """Run an example and show its results.

    Parameters
    ----------
    output
        The object of run.js: `write(kind, text)` appends text, and `place()` returns an element to fill.
    """
    global _output, _running
    _output, _running = output, asyncio.current_task()
    shown = None
    try:
        program = _compiled(source)
        await _load_encoders(source)
        await _provide(program.code, names, output)
        value = await program.run_async(names)
        if isinstance(ast.parse(source).body[-1], ast.Expr) or isinstance(value, DISPLAYED):
            shown = value
            _show(value, output)
    except asyncio.CancelledError:
        output.write("failed", "Stopped.\n")
    except BaseException as error:
        output.write("failed", f"{_said(error)}\n")
    finally:
        _running = None
        await names.release(shown)


def _compiled(source: str) -> CodeRunner:
    """The program, whose result is the last expression, or the value that the last line assigns."""
    mode, flags = "last_expr_or_assign", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    return CodeRunner(source, return_mode=mode, filename="<example>", flags=flags).compile()


def _said(error: BaseException) -> str:
    if isinstance(error, SyntaxError):  # with the line
        return "".join(traceback.format_exception_only(error)).rstrip()
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def stop() -> None:
    """Cancel the example that is running."""
    if _running is not None:
        _running.cancel()


async def _provide(code: CodeType, names: Names, output: Any) -> None:
    pictures = not OF_PICTURES.isdisjoint(_attributes(code))
    for name in dict.fromkeys(missing_names(code)):
        if words := await names.provide(name, pictures):
            output.write("given", f"{name} is {words}.\n")


def missing_names(code: CodeType, stored: frozenset[str] = frozenset()) -> Iterator[str]:
    """Names that a program reads before it assigns them."""
    own = set(stored)
    for step in dis.get_instructions(code):
        if step.opname in ("STORE_NAME", "STORE_GLOBAL"):
            own.add(step.argval)
        elif step.opname in ("LOAD_NAME", "LOAD_GLOBAL") and step.argval not in own:
            yield step.argval
        elif isinstance(step.argval, CodeType):
            yield from missing_names(step.argval, frozenset(own))


def _attributes(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _attributes(constant)


async def _load_encoders(source: str) -> None:
    for codec in ENCODERS:
        file = Path(mediarecorder.__file__).parent / "js" / f"{codec}.js"
        if f'"{codec}"' in source and not file.exists():
            answer = await pyfetch(js.URL.new(f"../vendor/{codec}.js", _address).href)
            answer.raise_for_status()
            file.write_bytes(await answer.bytes())


def _show(value: Any, output: Any) -> None:
    """Show a value as a notebook does."""
    if value is None:
        return
    if hasattr(value, "show_in"):
        value.show_in(output.place())
    elif hasattr(value, "_repr_html_"):
        output.place().innerHTML = value._repr_html_()
    else:
        words = repr(value)
        output.write("printed", f"{words[:LONGEST]}…\n" if len(words) > LONGEST else f"{words}\n")


#: The address of run.js, which sets it.
_address = ""


def begin(address: str) -> None:
    global _address
    _address = address
