"""The realm, and calls of JavaScript. This package alone imports `js` and `pyodide`.

Everything above it works with JavaScript objects that follow the W3C interfaces, wherever they come from. It
never evaluates a string, so it runs under a Content-Security-Policy without ``unsafe-eval``.

The import of the library waits for this module. So it imports the errors late, and features.py has the rest.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any

IN_BROWSER = sys.platform == "emscripten"

if IN_BROWSER or TYPE_CHECKING:
    import js
    from pyodide.ffi import JsException, JsProxy, create_proxy, to_js
else:

    class _NoBrowser:
        """Stands in for JavaScript outside a browser: imports work, and any use raises an error."""

        def _refuse(self, *_: Any) -> Any:
            require_browser()

        __getattr__ = __call__ = _refuse

    class JsException(Exception): ...

    class JsProxy: ...

    js = create_proxy = to_js = _NoBrowser()

__all__ = [
    "IN_BROWSER",
    "JsException",
    "JsProxy",
    "answer",
    "ask",
    "connected",
    "create_proxy",
    "is_nullish",
    "js",
    "js_object",
    "now",
    "page",
    "realm",
    "require_browser",
    "settle",
    "to_js",
    "to_python",
    "translated",
    "unwrap",
    "use_page",
    "window",
]


def realm() -> str:
    """Where this Python runs: ``"page"``, ``"worker"`` or ``"none"`` (no browser, or Pyodide in Node)."""
    # (PyScript's workers also have a document: a proxy for the page's.)
    if IN_BROWSER and hasattr(js, "WorkerGlobalScope"):
        return "worker"
    return "page" if IN_BROWSER and hasattr(js, "document") else "none"


def require_browser() -> None:
    """Raise `BrowserRequiredError` outside a browser."""
    if realm() == "none":
        from ..errors import BrowserRequiredError

        raise BrowserRequiredError(
            "mediarecorder records with the browser's own MediaRecorder. Run this in Pyodide, PyScript, "
            "JupyterLite or marimo, in a browser."
        )


_bridge: Any = None
"""The worker's half of the bridge (static/library/bridge/worker.js), once it is loaded."""


def use_page(bridge: Any) -> None:
    """Make the bridge this worker's access to its page."""
    global _bridge
    _bridge = bridge


def connected() -> bool:
    """Whether this worker's bridge currently reaches its page."""
    return _bridge is not None and bool(_bridge.connected)


def page() -> Any:
    """The page's window: this realm's own, or in a worker the bridge's replacement for it."""
    require_browser()
    if realm() == "worker" and not connected():
        from ..errors import PageUnavailableError

        raise PageUnavailableError("await mediarecorder.connect() first")
    return window()


def window() -> Any:
    """The same, but in a worker the last one, whether the bridge reaches it or not."""
    return js if _bridge is None else _bridge.page


def is_nullish(value: Any) -> bool:
    """True for JavaScript's `undefined` and `null`, however this version of Pyodide represents them.

    (quirk: pyodide-null-may-be-none)
    """
    return value is None or type(value).__name__ == "JsNull"


def unwrap(value: Any) -> Any:
    """The JavaScript object behind a facade object; other values are returned unchanged."""
    return getattr(value, "js", value) if not isinstance(value, JsProxy) else value


def js_object(mapping: dict[str, Any]) -> Any:
    """A plain JavaScript object with the content of `mapping`, nested."""
    # Without the converter, Pyodide before 0.29 makes a Map, which no browser API accepts.
    # (quirk: pyodide-before-0.29-makes-maps)
    return to_js(mapping, dict_converter=js.Object.fromEntries)


def to_python(value: Any) -> Any:
    """A JavaScript value as plain Python data: dictionaries, lists, strings, numbers, None."""
    if is_nullish(value):
        return None
    return value.to_py() if isinstance(value, JsProxy) else value


def now() -> float:
    """Seconds on the clock that also stamps the browser's events (`performance.now()`)."""
    return float(_clock()()) / 1000


@cache
def _clock() -> Any:
    return js.performance.now  # a bound method; each attribute is a call into JavaScript


async def settle(target: Any, method: str, *arguments: Any, doing: str) -> Any:
    """Call the promise-returning `target.method(*arguments)` and await it, with errors translated."""
    return await answer(ask(target, method, *arguments, doing=doing), doing)


def ask(target: Any, method: str, *arguments: Any, doing: str) -> Any:
    """Call the promise-returning `target.method(*arguments)` at once; await its `answer`.

    In Pyodide, a bare `await` never settles if the promise rejects with an error object that has no stack,
    such as Chromium's OverconstrainedError (pyodide#3867). So JavaScript settles the promise. JavaScript must
    also create it, because a promise that has reached Python cannot be passed back.
    (quirk: pyodide-await-hangs-without-a-stack)
    """
    # `map` also passes an index and the array; `Reflect.apply` ignores them.
    with translated(doing):
        call = js.Reflect.apply.bind(js.Reflect, getattr(target, method), target)
        return js.Promise.allSettled(js.Array.of(js.Array.of(*arguments)).map(call))


async def answer(asked: Any, doing: str) -> Any:
    [result] = await asked
    if result.status == "fulfilled":
        return result.value
    from ..errors import from_browser

    raise from_browser(result.reason, doing)


class translated:
    """Converts the browser's exceptions inside the `with` block to this library's errors.

    >>> with translated("start"):
    ...     js_recorder.start()
    """

    def __init__(self, doing: str) -> None:
        self.doing = doing

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, JsException):
            from ..errors import from_browser

            raise from_browser(error, self.doing) from None
