"""Calls without their `await` display a reminder instead of ``<coroutine object record at 0x…>``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine, Generator
from types import FunctionType
from typing import Any


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
        from ._html.text import call

        return f"write: await {call(*self._call)}"

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


def reminding(function: Callable[..., Any]) -> Any:
    """Wrap the coroutine function, so that its coroutines display the reminder."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return Reminder(function, args, kwargs)

    mark: Any = getattr(inspect, "markcoroutinefunction", None)  # Python 3.12 and later
    return mark(call) if mark else call


class Reminding:
    """The base class of classes whose public coroutine methods display the reminder."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, method in list(vars(cls).items()):
            function = getattr(method, "__func__", method)
            # (`inspect.iscoroutinefunction` says the same, but is slow in Pyodide.)
            flags = function.__code__.co_flags if isinstance(function, FunctionType) else 0
            coroutine = flags & inspect.CO_COROUTINE and not hasattr(function, "__wrapped__")
            if coroutine and not name.startswith("_"):
                made = reminding(function)
                setattr(cls, name, classmethod(made) if isinstance(method, classmethod) else made)
