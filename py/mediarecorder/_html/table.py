"""How a list of stored takes shows itself: a table, with players for the newest ones."""

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
"""Takes that are listed, the newest ones."""
PLAYERS = 20
"""Takes that get a player, the newest ones that are finished."""
HEADS = ("", "Date", "Title", "Length", "Size", "State", "Play")


class Stored(Protocol):
    """What the table needs of a `StoredRecording`."""

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
    """The takes, the oldest first, each with its place in the list."""
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
    except (OverflowError, OSError, ValueError):  # a beginning that somebody made up
        return ""


def _code(at: int, take: Stored) -> str:
    if take.state == "recording":
        return ""
    call = f"recordings[{at}].open()" if take.state == "finished" else f"store.recover({take.id!r})"
    return f"<code>await {escape(call)}</code>"


def _player(take: Stored) -> str:
    """A player that gets its address once the disk has opened the take."""
    label = f"{take.title or 'Recording'}, {clock(take.duration)}"
    player = player_tag(take.mime_type.startswith("video/"), label, width=160)

    async def opened() -> dict[str, Any]:
        try:
            return {"src": await take.store.address(take)}
        except MediaError:  # deleted meanwhile: it has nothing to play, and says so
            return {"src": ""}

    return noted(player, showing=opened)
