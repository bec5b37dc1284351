"""Convert constraints, settings and capabilities between Python's names and the browser's.

The names are those of W3C *Media Capture and Streams*, section "Constrainable Properties".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._host.browser import JsProxy, js_object, to_python, unwrap


def camel_case(name: str) -> str:
    """``"frame_rate"`` -> ``"frameRate"``; a name in camel case stays as it is.

    >>> camel_case("device_id"), camel_case("facingMode")
    ('deviceId', 'facingMode')
    """
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def snake_case(name: str) -> str:
    """``"frameRate"`` -> ``"frame_rate"``.

    >>> snake_case("deviceId")
    'device_id'
    """
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def rename(value: Any, convert: Any) -> Any:
    """`value` with every key of its dictionaries converted, including nested ones. Values and JavaScript
    objects stay as they are."""
    if isinstance(value, Mapping):
        return {
            convert(_checked_key(key)): rename(item, convert)
            for key, item in value.items()
            if item is not None
        }
    if isinstance(value, (list, tuple)):
        return [rename(item, convert) for item in value]
    if isinstance(value, (str, int, float)) or value is None:
        return value
    if isinstance(unwrap(value), JsProxy):  # such as a CaptureController, or a facade
        return unwrap(value)
    raise TypeError(
        "a constraint must consist of strings, numbers, lists, dictionaries and JavaScript objects, "
        f"not {value!r}"
    )


def _checked_key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"the name of a constraint must be a string, not {key!r}")
    return key


def requested(what: str, value: object) -> Any:
    """The `audio` or `video` argument of a request, checked and converted to the browser's names."""
    if isinstance(value, bool):
        return value
    if value is None:
        return False
    if isinstance(value, Mapping):
        return rename(value, camel_case)
    raise TypeError(f"{what} must be True, False or a dictionary of constraints, not {value!r}")


def js_request(audio: object, video: object, options: Mapping[str, object] | None = None) -> Any:
    """The argument of the browser's getUserMedia or getDisplayMedia."""
    request = {"audio": requested("audio", audio), "video": requested("video", video)}
    if request["audio"] is False and request["video"] is False:
        raise TypeError("ask for audio, video or both: get_user_media(audio=True, video=True)")
    return js_object({**request, **rename(options or {}, camel_case)})


def js_constraints(constraints: object) -> Any:
    """The argument of `applyConstraints`."""
    if not isinstance(constraints, Mapping):
        raise TypeError(f"constraints must be a dictionary, not {constraints!r}")
    return js_object(rename(constraints, camel_case))


def as_dictionary(js_value: Any) -> dict[str, Any]:
    """The browser's settings, capabilities or constraints as a plain dictionary with snake_case keys."""
    dictionary: dict[str, Any] = rename(to_python(js_value) or {}, snake_case)
    return dictionary
