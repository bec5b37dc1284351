"""Calls without their `await` display a reminder instead of ``<coroutine object record at 0x…>``."""

from __future__ import annotations

import functools
import inspect
import reprlib
from collections.abc import Callable, Coroutine, Generator
from types import FunctionType
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound=type)

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 40

_VARIABLES = {"MediaDevices": "media_devices", "MediaDeviceInfo": "device", "StoredRecording": "stored"}
"""Variable names for the reminder; other objects get the last word of their class's name."""


class Reminder(Coroutine[Any, Any, Any]):
    """A coroutine that displays the correct call until it is awaited."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._call = function, args, kwargs
        self._coroutine = function(*args, **kwargs)
        self._told = False
        self.__name__, self.__qualname__ = function.__name__, function.__qualname__

    def send(self, value: Any) -> Any:
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        return self._coroutine.throw(*error)

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        generator: Generator[Any, Any, Any] = self._coroutine.__await__()
        return generator

    def __getattr__(self, name: str) -> Any:
        # cr_frame and similar attributes, which asyncio displays for tasks.
        return getattr(self.__dict__["_coroutine"], name)

    def __repr__(self) -> str:
        if inspect.getcoroutinestate(self._coroutine) != inspect.CORO_CREATED:
            return repr(self._coroutine)
        self._told = True
        return f"write: await {_spelled(*self._call)}"

    def _repr_html_(self) -> str:
        from ._html.text import escape

        return f"<p><code>{escape(self)}</code></p>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}

    def _mime_(self) -> tuple[str, str]:
        return "text/html", self._repr_html_()

    def __del__(self) -> None:
        if self.__dict__.get("_told"):
            self._coroutine.close()  # the reminder was displayed, so no warning is needed


def _spelled(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
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


def reminding(function: F) -> F:
    """Wrap the coroutine function, so that its coroutines display the reminder."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return Reminder(function, args, kwargs)

    mark: Any = getattr(inspect, "markcoroutinefunction", None)  # Python 3.12 and later
    return mark(call) if mark else call  # type: ignore[return-value]


def remind(cls: C) -> C:
    """Wrap all public coroutine methods of a class."""
    for name, method in list(vars(cls).items()):
        function = getattr(method, "__func__", method)
        # (`inspect.iscoroutinefunction` says the same, but is slow in Pyodide.)
        flags = function.__code__.co_flags if isinstance(function, FunctionType) else 0
        if name.startswith("_") or not flags & inspect.CO_COROUTINE:
            continue
        if not hasattr(function, "__wrapped__"):
            made = reminding(function)
            setattr(cls, name, classmethod(made) if isinstance(method, classmethod) else made)
    return cls


class Reminding:
    """The base class of classes whose coroutine methods display the reminder."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        remind(cls)
