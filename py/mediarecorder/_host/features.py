"""What this browser, this page and this Pyodide can do, such as the types that it records, and advice.

The library detects features, not browsers.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from ..errors import InsecureContextError, MediaError, NotAllowedError, NotSupportedError, SecurityError
from .browser import JsException, is_nullish, js, js_object, page, settle, to_python, translated

if TYPE_CHECKING:
    from collections.abc import Sequence


_CANDIDATES = (
    "video/webm",
    *(f"video/webm;codecs={video},opus" for video in ("vp8", "vp9", "av1", "h264")),
    "video/mp4",
    "video/mp4;codecs=avc1.42E01E,mp4a.40.2",
    *(f"video/mp4;codecs={video},opus" for video in ("avc1.42E01E", "vp9", "av01.0.04M.08")),
    "video/x-matroska",
    "video/x-matroska;codecs=avc1,opus",
    "audio/webm",
    "audio/webm;codecs=opus",
    "audio/webm;codecs=pcm",
    "audio/ogg",
    "audio/ogg;codecs=opus",
    "audio/mp4",
    "audio/mp4;codecs=opus",
    "audio/mp4;codecs=mp4a.40.2",
)
"""Containers and codecs that some browser can record. Browsers offer no list; they only say whether they
support a given type."""
_WAV_SOURCES = ("audio/webm;codecs=pcm", "audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4")
"""What to record for a WAV, in order of preference."""
_WAV = re.compile(r'audio/(x-)?wave?(\s*;\s*codecs\s*=\s*"?1"?)?', re.IGNORECASE)
"""MIME types of a WAV; the codec 1 is PCM."""


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


def media_recorder_class() -> Any:
    """The browser's `MediaRecorder`. Raises `NotSupportedError` if the browser has none."""
    window = page()
    if hasattr(window, "MediaRecorder"):
        return window.MediaRecorder
    raise NotSupportedError(
        "This browser has no MediaRecorder. Use a current Chrome, Edge, Firefox or Safari."
    )


def is_chromium() -> bool:
    """Whether this browser records as Chromium does: no other engine writes Matroska."""
    return bool(media_recorder_class().isTypeSupported("video/x-matroska"))


def is_webkit() -> bool:
    """Whether this browser records as WebKit does: MP4 with AAC, and no Matroska."""
    return not is_chromium() and bool(media_recorder_class().isTypeSupported("audio/mp4;codecs=mp4a.40.2"))


def is_type_supported(mime_type: str) -> bool:
    """See `MediaRecorder.is_type_supported`."""
    if not isinstance(mime_type, str):
        raise TypeError(f"a mime type must be a string, not {mime_type!r}")
    return bool(media_recorder_class().isTypeSupported(mime_type)) or is_wav(mime_type)


def supported_types() -> list[str]:
    """See `MediaRecorder.supported_types`."""
    return [mime_type for mime_type in _CANDIDATES if is_type_supported(mime_type)]


def choose_type(wanted: str | Sequence[str] | None) -> str | None:
    """See `MediaRecorder.choose_type`."""
    if wanted is None:
        return None
    choices = [wanted] if isinstance(wanted, str) else list(wanted)
    if not choices:
        raise ValueError("mime_type is an empty list; omit it to let the browser choose")
    for mime_type in choices:
        if is_type_supported(mime_type):
            return mime_type
    raise NotSupportedError(
        f"This browser cannot record {' or '.join(map(repr, choices))}. It can record: "
        f"{', '.join(supported_types())}."
    )


def type_to_record(
    wanted: str | Sequence[str] | None, *, pictures: bool, stored: bool
) -> tuple[str | None, bool]:
    """The type for the browser's recorder, and whether its recordings become a WAV. For a store, only
    containers that stay readable wherever the file is cut off."""
    if wanted is None:
        webm = f"{'video' if pictures else 'audio'}/webm"
        return (webm if stored and is_type_supported(webm) else None), False
    if stored:
        wanted = storable(wanted)
    chosen = choose_type(without_wav(wanted) if pictures else wanted)
    if not is_wav(chosen):
        return chosen, False
    sources = storable(_WAV_SOURCES) if stored else _WAV_SOURCES
    return next(filter(is_type_supported, sources), None), True


def storable(wanted: str | Sequence[str]) -> list[str]:
    """The types whose data stays readable wherever the file is cut off."""
    choices = [wanted] if isinstance(wanted, str) else list(wanted)
    lasting = [choice for choice in choices if not _is_mp4(choice)]
    if choices and not lasting:
        raise ValueError(
            f"{' and '.join(map(repr, choices))} cannot go to a store: an MP4 is readable only once its end "
            f'is written, so a crash would lose all of it. Record WebM, then call convert("mp4").'
        )
    return lasting


def without_wav(wanted: str | Sequence[str]) -> list[str]:
    """The types that can hold a picture or are at least recorded by browsers: all but WAV."""
    choices = [wanted] if isinstance(wanted, str) else list(wanted)
    others = [choice for choice in choices if not is_wav(choice)]
    if choices and not others:
        raise NotSupportedError(
            "A WAV has no picture, but one is to be recorded. Record the sound alone "
            "(video=False, or MediaStream(stream.audio_tracks)), or record another type and call "
            'convert("wav").'
        )
    return others


def is_wav(mime_type: object) -> bool:
    return isinstance(mime_type, str) and _WAV.fullmatch(mime_type.strip()) is not None


def _is_mp4(mime_type: object) -> bool:
    return isinstance(mime_type, str) and mime_type.split(";")[0].strip().lower().endswith("/mp4")


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


def no_media_devices() -> MediaError:
    """The error that says why a page has no `navigator.mediaDevices`."""
    if not getattr(js, "isSecureContext", True):
        return insecure_context("camera and microphone")
    return NotSupportedError(
        "This browser has no navigator.mediaDevices. Use a current Chrome, Edge, Firefox or Safari."
    )


def explained(error: Exception, method: str, request: Any, doing: str) -> Exception:
    """The error of the browser's getUserMedia or getDisplayMedia, with advice that fits this page."""
    if not isinstance(error, (NotAllowedError, SecurityError)):
        return error
    if not has_origin():
        return type(error)(f"{doing}: this page cannot use any device: {NO_ORIGIN}")
    if isinstance(error, SecurityError):
        return error
    asked = [("microphone", request.audio), ("camera", request.video)]
    names = [name for name, choice in asked if choice is not False]
    return NotAllowedError(
        f"{error}{_policy_advice(['display-capture'] if method == 'getDisplayMedia' else names)}"
    )


def _policy_advice(names: list[str]) -> str:
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


async def permission(devices: Any, name: str) -> Literal["granted", "denied", "prompt"]:
    """Whether the page may use cameras or microphones; `devices` is the browser's MediaDevices."""
    try:
        query = js_object({"name": name})
        status = await settle(page().navigator.permissions, "query", query, doing="permission")
        state: Literal["granted", "denied", "prompt"] = status.state
        return state
    except (MediaError, TypeError, AttributeError):
        # A browser without this query shows labels only to pages that have the permission.
        kind = "videoinput" if name == "camera" else "audioinput"
        infos = await settle(devices, "enumerateDevices", doing="permission")
        return "granted" if any(info.label for info in infos if info.kind == kind) else "prompt"


def require_readable(doing: str, what: str = "") -> None:
    """Raise `NotAllowedError` if the browser returns noise instead of the pixels that were drawn on a canvas.

    (quirk: firefox-falsifies-canvases)
    """
    with translated(doing):
        readable = is_readable()
    if not readable:
        raise NotAllowedError(
            f"{doing}: the browser does not return the pixels that were drawn{what}. Allow this site to read "
            "canvas data (the icon beside the address), or switch off privacy.resistFingerprinting (Firefox, "
            "about:config)."
        )


def is_readable() -> bool:
    """Whether a canvas returns the pixels that were drawn (static/library/canvas.js does the same)."""
    context = js.OffscreenCanvas.new(2, 2).getContext("2d")
    context.fillStyle = "rgb(200,64,16)"
    context.fillRect(0, 0, 2, 2)
    read = context.getImageData(0, 0, 2, 2).data.to_py()
    # Changes in the last bits are harmless.
    return all(abs(value - drawn) <= 8 for value, drawn in zip(read, (200, 64, 16, 255) * 4, strict=True))
