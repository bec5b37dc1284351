"""What a media file says about itself, between Python's words and the engine's."""

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
    """The tags, a whole date as a `datetime.date`; None stays None, and takes a tag away."""
    good: dict[str, Any] = {}
    for name, value in tags.items():
        if name not in (*TEXTS, *NUMBERS, "date"):
            raise TypeError(f"there is no tag {name!r}; there are {', '.join((*TEXTS, 'date', *NUMBERS))}")
        if value is None:
            good[name] = None
        elif name == "date":
            good[name] = _checked_date(value)
        elif name in NUMBERS:
            good[name] = checked_int(name, value, 1)
        elif not isinstance(value, str):
            raise TypeError(f"{name} is a string, not {value!r}")
        elif "\0" in value:
            raise ValueError(f"{name} has a null character in it, where many readers would end it")
        else:
            good[name] = value
    return good


def _checked_date(value: Any) -> datetime.date | str:
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    if not isinstance(value, str):
        raise TypeError(f'date is a datetime.date or a string like "2026-11-24" or "2026", not {value!r}')
    whole = f"{value}-01-01"[:10] if len(value) < 10 else value
    try:
        if not re.match(r"\d{4}-\d\d-\d\d", whole):
            raise ValueError("the year comes first")
        datetime.datetime.fromisoformat(whole)
    except ValueError as error:
        raise ValueError(f'date is a string like "2026-11-24" or "2026", not {value!r}: {error}') from None
    return _date(value)


def _date(text: str) -> datetime.date | str:
    """A date where the text is a whole one, and nothing but one; else the text."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        try:
            return datetime.date.fromisoformat(text)
        except ValueError:
            pass
    return text


def lost(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> NotSupportedError | None:
    """What is to be said of tags that were to be written and are not there, if there are any."""
    names = [name for name, value in wanted.items() if found.get(name) != value]
    if not names:
        return None
    return NotSupportedError(f"with_tags: this container has no place for {', '.join(names)}")
