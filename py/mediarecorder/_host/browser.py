"""The one place that touches `js` and `pyodide`: what this realm is, and how to call what it has.

Everything above this module works on JavaScript objects of W3C shape and does not ask where they come
from. Features are detected, browsers are not. No string is ever evaluated, so that the library runs
under a Content-Security-Policy without ``unsafe-eval``.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from ..errors import (
    BrowserRequiredError,
    InsecureContextError,
    NotSupportedError,
    PageUnavailableError,
    from_browser,
)

IN_BROWSER = sys.platform == "emscripten"

if IN_BROWSER or TYPE_CHECKING:
    import js
    from pyodide.ffi import JsException, JsProxy, create_proxy, to_js
else:

    class _NoBrowser:
        """Stands for everything JavaScript outside a browser: importing works, using says why not."""

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
    "can_run_sync",
    "connected",
    "create_proxy",
    "has_jspi",
    "has_origin",
    "insecure_context",
    "is_nullish",
    "js",
    "js_object",
    "media_devices",
    "media_recorder_class",
    "native_getter",
    "now",
    "page",
    "policy_advice",
    "pyodide_version",
    "realm",
    "require_browser",
    "run_sync",
    "settle",
    "to_js",
    "to_python",
    "translated",
    "trusted",
    "unwrap",
    "use_page",
]


def realm() -> str:
    """Where this Python runs: ``"page"``, ``"worker"`` or ``"none"`` (no browser, or Pyodide in Node)."""
    # (PyScript gives its workers a document: the page's, through a proxy.)
    if IN_BROWSER and hasattr(js, "WorkerGlobalScope"):
        return "worker"
    return "page" if IN_BROWSER and hasattr(js, "document") else "none"


def require_browser() -> None:
    """Raise `BrowserRequiredError` outside a browser."""
    if realm() == "none":
        raise BrowserRequiredError(
            "mediarecorder records with the browser's own MediaRecorder. Run this in Pyodide, PyScript, "
            "JupyterLite or marimo, in a browser."
        )


def pyodide_version() -> str:
    import pyodide

    return str(pyodide.__version__)


def has_jspi() -> bool:
    """Whether this browser can suspend WebAssembly at all (JSPI), by its present or its first interface."""
    return hasattr(js.WebAssembly, "Suspending") or hasattr(js.WebAssembly, "Suspender")


def can_run_sync() -> bool:
    """Whether synchronous Python may wait for a promise here and now (JSPI)."""
    import pyodide.ffi

    ask = getattr(pyodide.ffi, "can_run_sync", None)
    return bool(ask and ask())


def run_sync(awaitable: Any) -> Any:
    """Wait for it in synchronous Python, where `can_run_sync()` says so."""
    import pyodide.ffi

    return pyodide.ffi.run_sync(awaitable)


_bridge: Any = None
"""The bridge's half in this worker (static/library/bridge/worker.js), once it is loaded."""


def use_page(bridge: Any) -> None:
    """From now on this worker has a page, by way of the bridge."""
    global _bridge
    _bridge = bridge


def connected() -> bool:
    """Whether this worker's bridge reaches its page at present."""
    return _bridge is not None and bool(_bridge.connected)


def page() -> Any:
    """The window of the page: this realm's own, or what the bridge supplies of it in a worker."""
    require_browser()
    if realm() == "worker" and not connected():
        raise PageUnavailableError("await mediarecorder.connect() first")
    return js if _bridge is None else _bridge.page


NO_ORIGIN = (
    "it has no origin, being in a frame with sandbox but without allow-same-origin, or opened as a file."
)


def has_origin() -> bool:
    """Whether browsers can keep files, locks and permissions for this page."""
    return str(js.origin) != "null"


def insecure_context(what: str, origin: str = "") -> InsecureContextError:
    """The error of a page that is not secure, with advice that fits its address."""
    if re.match(r"https:|http://((.*\.)?localhost|127\.[\d.]+|\[::1\])(:\d+)?$", origin or str(js.origin)):
        advice = "This one is in a frame of one that came over plain http: open that over https://."
    else:
        advice = "Open this page over https://, or as http://localhost on your own machine."
    return InsecureContextError(f"Browsers give {what} to secure pages only. {advice}")


def media_devices() -> Any:
    """The page's `navigator.mediaDevices`, or the error that says why there is none."""
    devices = getattr(page().navigator, "mediaDevices", None)
    if not is_nullish(devices) and hasattr(devices, "getUserMedia"):
        return devices
    if not getattr(js, "isSecureContext", True):
        raise insecure_context("camera and microphone")
    raise NotSupportedError(
        "This browser has no navigator.mediaDevices. Use a current Chrome, Edge, Firefox or Safari."
    )


def media_recorder_class() -> Any:
    """The browser's `MediaRecorder`, or the error that says why there is none."""
    window = page()
    if hasattr(window, "MediaRecorder"):
        return window.MediaRecorder
    raise NotSupportedError(
        "This browser has no MediaRecorder. Use a current Chrome, Edge, Firefox or Safari."
    )


def policy_advice(names: list[str]) -> str:
    """What a frame or a permissions policy has to do with devices that were refused."""
    window = page()
    framed: Any = getattr(window.location, "ancestorOrigins", None)
    policy: Any = getattr(window.document, "featurePolicy", None)  # (Firefox has none)
    forbidden = not is_nullish(policy) and not set(names) <= set(to_python(policy.allowedFeatures()))
    if not forbidden and (is_nullish(framed) or not framed.length):
        return ""
    return (
        f' Around a frame, its page must write <iframe allow="{"; ".join(names)}">, and no header '
        "Permissions-Policy may forbid it."
    )


def is_nullish(value: Any) -> bool:
    """True for JavaScript's `undefined` and `null`, whichever way this Pyodide presents them."""
    return value is None or type(value).__name__ == "JsNull"


def unwrap(value: Any) -> Any:
    """The JavaScript object behind a facade object; anything else as it is."""
    return getattr(value, "js", value) if not isinstance(value, JsProxy) else value


def js_object(mapping: dict[str, Any]) -> Any:
    """A plain JavaScript object with the content of `mapping`, nested."""
    # Without the converter Pyodide before 0.29 makes a Map, which no browser API takes.
    return to_js(mapping, dict_converter=js.Object.fromEntries)


def to_python(value: Any) -> Any:
    """A JavaScript value as plain Python data: dictionaries, lists, strings, numbers, None."""
    if is_nullish(value):
        return None
    return value.to_py() if isinstance(value, JsProxy) else value


UNTRUSTED = "This page demands Trusted Types. Add to its Content-Security-Policy: trusted-types mediarecorder"


def trusted(kind: str, text: str) -> Any:
    """`text` as a page that demands Trusted Types wants it, if it allows our policy."""
    policy = _policy()
    return getattr(policy, kind)(text) if policy else text


@cache
def _policy() -> Any:
    """All of the library shares one (static/library/trust.js), since a page may allow its name once."""
    key = getattr(js.Symbol, "for")("mediarecorder.policy")
    policy = js.Reflect.get(js.globalThis, key)
    if is_nullish(policy) and hasattr(js, "trustedTypes"):
        rules = dict.fromkeys(("createHTML", "createScript", "createScriptURL"), js.String)
        try:
            policy = js.trustedTypes.createPolicy("mediarecorder", js_object(rules))
        except JsException:
            return None
        js.Reflect.set(js.globalThis, key, policy)
    return None if is_nullish(policy) else policy


def now() -> float:
    """Seconds on the clock that also stamps the browser's events (`performance.now()`)."""
    return float(js.performance.now()) / 1000


@cache
def native_getter(interface: str, attribute: str) -> Any:
    """A JavaScript function that reads `attribute` of its first argument, made without evaluating code.

    It lets the browser itself walk over thousands of events (`events.map(getter)`) with no call into
    Python for each.
    """
    window = js if _bridge is None else _bridge.page  # connected or not
    descriptor = js.Object.getOwnPropertyDescriptor(getattr(window, interface).prototype, attribute)
    return js.Function.prototype.call.bind(js.Reflect.get(descriptor, "get"))


async def settle(target: Any, method: str, *arguments: Any, doing: str) -> Any:
    """Call the promise-returning `target.method(*arguments)` and await it, errors translated.

    A bare `await` on a promise that rejects with an error object without a stack, such as Chromium's
    OverconstrainedError, never settles in Pyodide (pyodide#3867), so the promise is settled inside
    JavaScript; and a promise that has once come to Python cannot be handed back, so it is made there too.
    """
    # `map` hands over an index and the array too; `Reflect.apply` takes no notice of them.
    with translated(doing):
        call = js.Reflect.apply.bind(js.Reflect, getattr(target, method), target)
        [result] = await js.Promise.allSettled(js.Array.of(js.Array.of(*arguments)).map(call))
    if result.status == "fulfilled":
        return result.value
    raise from_browser(result.reason, doing)


class translated:
    """Turns what the browser throws inside the `with` block into this library's errors.

    >>> with translated("start"):
    ...     js_recorder.start()
    """

    def __init__(self, doing: str) -> None:
        self.doing = doing

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, JsException):
            raise from_browser(error, self.doing) from None
