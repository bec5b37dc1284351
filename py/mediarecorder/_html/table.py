"""The table that displays a list of stored takes, with players for the newest ones."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import MediaError
from .attach import noted
from .player import player_tag
from .text import clock, escape, file_size

if TYPE_CHECKING:
    from collections.abc import Sequence

ROWS = 100
"""The table lists at most this many takes, the newest ones."""
PLAYERS = 20
"""At most this many takes get a player, the newest finished ones."""
HEADS = ("", "Date", "Title", "Length", "Size", "State", "Play")


class Stored(Protocol):
    """The attributes of a `StoredRecording` that the table needs."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def started_at(self) -> float: ...
    @property
    def mime_type(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def duration(self) -> float: ...
    @property
    def state(self) -> str: ...
    @property
    def store(self) -> Any: ...


def table_html(takes: Sequence[Stored]) -> str:
    """The takes, oldest first, each with its index in the list."""
    if not takes:
        return "<p>No recordings</p>"
    hidden = max(0, len(takes) - ROWS)
    played = [at for at, take in enumerate(takes) if take.state == "finished"][-PLAYERS:]
    rows = []
    for at, take in enumerate(takes[hidden:], hidden):
        facts = [_date(take.started_at), take.title, clock(take.duration), file_size(take.size), take.state]
        cells = "".join(f"<td>{escape(fact)}</td>" for fact in facts)
        play = _player(take) if at in played else _code(at, take)
        rows.append(f'<tr><th scope="row">{at}</th>{cells}<td>{play}</td></tr>')
    caption = f"<caption>The newest {ROWS} of {len(takes)} recordings</caption>" if hidden else ""
    heads = "".join(f'<th scope="col">{head}</th>' for head in HEADS)
    return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _date(started_at: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(started_at))
    except (OverflowError, OSError, ValueError):  # an impossible start time
        return ""


def _code(at: int, take: Stored) -> str:
    if take.state == "recording":
        return ""
    call = f"recordings[{at}].open()" if take.state == "finished" else f"store.recover({take.id!r})"
    return f"<code>await {escape(call)}</code>"


def _player(take: Stored) -> str:
    """A player that gets its URL once the store has opened the take."""
    label = f"{take.title or 'Recording'}, {clock(take.duration)}"
    player = player_tag(take.mime_type.startswith("video/"), label, width=160)

    async def opened() -> dict[str, Any]:
        try:
            return {"src": await take.store.address(take)}
        except MediaError:  # deleted in the meantime: the player says that there is nothing to play
            return {"src": ""}

    return noted(player, showing=opened)
