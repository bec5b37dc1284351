"""Convert the tags of a media file between Python's names and the engine's."""

from __future__ import annotations

import datetime  # imported with this module only: it takes 20 ms
import re
from typing import TYPE_CHECKING, Any

from .._checks import checked_int
from .._constraints import camel_case, snake_case
from ..errors import NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXTS = ("title", "description", "artist", "album", "album_artist", "genre", "comment", "lyrics")
NUMBERS = ("track_number", "tracks_total", "disc_number", "discs_total", "beats_per_minute")


def from_browser(pairs: list[list[Any]]) -> dict[str, Any]:
    """The engine's pairs of name and value as a dictionary."""
    return {snake_case(name): _date(value) if name == "date" else value for name, value in pairs}


def to_browser(tags: Mapping[str, Any]) -> list[list[Any]]:
    """A dictionary as the engine's pairs."""
    return [
        [camel_case(name), value.isoformat() if isinstance(value, datetime.date) else value]
        for name, value in tags.items()
    ]


def checked(tags: Mapping[str, Any]) -> dict[str, Any]:
    """The tags, with a complete date as a `datetime.date`. None, which removes a tag, stays None."""
    good: dict[str, Any] = {}
    for name, value in tags.items():
        if name not in (*TEXTS, *NUMBERS, "date"):
            raise TypeError(f"unknown tag {name!r}; choose one of {', '.join((*TEXTS, 'date', *NUMBERS))}")
        if value is None:
            good[name] = None
        elif name == "date":
            good[name] = _checked_date(value)
        elif name in NUMBERS:
            good[name] = checked_int(name, value, 1)
        elif not isinstance(value, str):
            raise TypeError(f"{name} must be a string, not {value!r}")
        elif "\0" in value:
            raise ValueError(f"{name} must not contain a null character: many readers would stop there")
        else:
            good[name] = value
    return good


def _checked_date(value: Any) -> datetime.date | str:
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    if not isinstance(value, str):
        raise TypeError(
            f'date must be a datetime.date or a string like "2026-11-24" or "2026", not {value!r}'
        )
    whole = f"{value}-01-01"[:10] if len(value) < 10 else value
    try:
        if not re.match(r"\d{4}-\d\d-\d\d", whole):
            raise ValueError("the year must come first")
        datetime.datetime.fromisoformat(whole)
    except ValueError as error:
        raise ValueError(f'date must be like "2026-11-24" or "2026", not {value!r}: {error}') from None
    return _date(value)


def _date(text: str) -> datetime.date | str:
    """A `datetime.date` if the text is exactly one complete date; otherwise the text."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        try:
            return datetime.date.fromisoformat(text)
        except ValueError:
            pass
    return text


def lost(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> NotSupportedError | None:
    """The error that names the tags that were not written, or None."""
    names = [name for name, value in wanted.items() if found.get(name) != value]
    if not names:
        return None
    return NotSupportedError(f"with_tags: this container cannot hold {', '.join(names)}")
