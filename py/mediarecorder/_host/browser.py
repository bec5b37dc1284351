"""The only module that touches `js` and `pyodide`: it detects the realm and calls JavaScript.

Everything above this module works with JavaScript objects that follow the W3C interfaces, wherever they come
from. The library detects features, not browsers. It never evaluates a string, so it runs under a
Content-Security-Policy without ``unsafe-eval``.
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
    "can_run_sync",
    "connected",
    "create_proxy",
    "has_jspi",
    "has_origin",
    "insecure_context",
    "is_chromium",
    "is_nullish",
    "is_webkit",
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
    # (PyScript's workers also have a document: a proxy for the page's.)
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
    """Whether this browser can suspend WebAssembly (JSPI), through the current or the first interface."""
    return hasattr(js.WebAssembly, "Suspending") or hasattr(js.WebAssembly, "Suspender")


def can_run_sync() -> bool:
    """Whether synchronous Python may wait for a promise here and now (JSPI)."""
    import pyodide.ffi

    ask = getattr(pyodide.ffi, "can_run_sync", None)
    return bool(ask and ask())


def run_sync(awaitable: Any) -> Any:
    """Wait for the awaitable in synchronous Python. `can_run_sync()` must be True."""
    import pyodide.ffi

    return pyodide.ffi.run_sync(awaitable)


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
        raise PageUnavailableError("await mediarecorder.connect() first")
    return js if _bridge is None else _bridge.page


NO_ORIGIN = (
    "it has no origin, because it is in a sandboxed frame without allow-same-origin, or was opened as a file."
)


def has_origin() -> bool:
    """Whether this page has an origin, for which browsers keep files, locks and permissions."""
    return str(js.origin) != "null"


def insecure_context(what: str, origin: str = "") -> InsecureContextError:
    """The error for a page that is not a secure context, with advice that fits its URL."""
    if re.match(r"https:|http://((.*\.)?localhost|127\.[\d.]+|\[::1\])(:\d+)?$", origin or str(js.origin)):
        advice = (
            "This page is in a frame of another page, which was loaded over plain http: open the other page "
            "over https://."
        )
    else:
        advice = "Open this page over https://, or as http://localhost on your own machine."
    return InsecureContextError(f"Browsers allow {what} only on secure pages. {advice}")


def media_devices() -> Any:
    """The page's `navigator.mediaDevices`. Raises an error that says why, if the page has none."""
    devices = getattr(page().navigator, "mediaDevices", None)
    if not is_nullish(devices) and hasattr(devices, "getUserMedia"):
        return devices
    if not getattr(js, "isSecureContext", True):
        raise insecure_context("camera and microphone")
    raise NotSupportedError(
        "This browser has no navigator.mediaDevices. Use a current Chrome, Edge, Firefox or Safari."
    )


def media_recorder_class() -> Any:
    """The browser's `MediaRecorder`. Raises `NotSupportedError` if the browser has none."""
    window = page()
    if hasattr(window, "MediaRecorder"):
        return window.MediaRecorder
    raise NotSupportedError(
        "This browser has no MediaRecorder. Use a current Chrome, Edge, Firefox or Safari."
    )


def policy_advice(names: list[str]) -> str:
    """Advice about frames and permissions policies, if one of them may be why devices were refused."""
    window = page()
    framed: Any = getattr(window.location, "ancestorOrigins", None)
    policy: Any = getattr(window.document, "featurePolicy", None)  # quirk: firefox-has-no-feature-policy
    forbidden = not is_nullish(policy) and not set(names) <= set(to_python(policy.allowedFeatures()))
    if not forbidden and (is_nullish(framed) or not framed.length):
        return ""
    return (
        f' If this page is in a frame, the embedding page must write <iframe allow="{"; ".join(names)}">, '
        "and no Permissions-Policy header may forbid it."
    )


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


def copied(js_bytes: Any) -> bytearray:
    """A copy of a JavaScript array of bytes."""
    data = bytearray(js_bytes.byteLength)
    js_bytes.assign_to(data)
    return data


UNTRUSTED = (
    "This page requires Trusted Types. Add to its Content-Security-Policy: trusted-types mediarecorder"
)


def trusted(kind: str, text: str) -> Any:
    """`text` as a trusted type, if the page requires Trusted Types and allows the library's policy."""
    policy = _policy()
    return getattr(policy, kind)(text) if policy else text


@cache
def _policy() -> Any:
    """The library's one policy, shared with static/library/trust.js: a page may allow its name only once."""
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
    return float(_clock()()) / 1000


@cache
def _clock() -> Any:
    return js.performance.now  # a bound method; each attribute is a call into JavaScript


@cache
def native_getter(interface: str, attribute: str) -> Any:
    """A JavaScript function that reads `attribute` of its first argument, made without evaluating code.

    With it, the browser itself iterates over thousands of events (`events.map(getter)`) without calling
    Python for each.
    """
    window = js if _bridge is None else _bridge.page  # connected or not
    descriptor = js.Object.getOwnPropertyDescriptor(getattr(window, interface).prototype, attribute)
    return js.Function.prototype.call.bind(js.Reflect.get(descriptor, "get"))


def is_chromium() -> bool:
    """Whether this browser records as Chromium does: no other engine writes Matroska."""
    return bool(media_recorder_class().isTypeSupported("video/x-matroska"))


def is_webkit() -> bool:
    """Whether this browser records as WebKit does: MP4 with AAC, and no Matroska."""
    return not is_chromium() and bool(media_recorder_class().isTypeSupported("audio/mp4;codecs=mp4a.40.2"))


async def settle(target: Any, method: str, *arguments: Any, doing: str) -> Any:
    """Call the promise-returning `target.method(*arguments)` and await it, with errors translated.

    In Pyodide, a bare `await` never settles if the promise rejects with an error object that has no stack,
    such as Chromium's OverconstrainedError (pyodide#3867). So JavaScript settles the promise. JavaScript must
    also create it, because a promise that has reached Python cannot be passed back.
    (quirk: pyodide-await-hangs-without-a-stack)
    """
    # `map` also passes an index and the array; `Reflect.apply` ignores them.
    with translated(doing):
        call = js.Reflect.apply.bind(js.Reflect, getattr(target, method), target)
        [result] = await js.Promise.allSettled(js.Array.of(js.Array.of(*arguments)).map(call))
    if result.status == "fulfilled":
        return result.value
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
            raise from_browser(error, self.doing) from None
