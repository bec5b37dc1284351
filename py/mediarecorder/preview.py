"""How a stream shows itself: live."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from .browser import js
from .display import escape

if TYPE_CHECKING:
    from .streams import MediaStream

PATIENCE = 5.0
"""Seconds the page gets to insert the HTML."""

_attaching: set[asyncio.Task[None]] = set()


def live_preview(stream: MediaStream) -> str:
    """HTML of a muted player (a microphone played aloud would howl) and the names of the tracks.

    HTML cannot carry a stream, so it is handed to the player once the player is in the page.
    """
    names = " · ".join(escape(track.label or track.kind) for track in stream.tracks) or "no tracks"
    caption = f"<figcaption>{names}</figcaption>"
    if not stream.video_tracks:
        return f"<figure>{caption}</figure>"
    name = f"mediarecorder-{js.crypto.randomUUID()}"
    task = asyncio.ensure_future(_attach(stream, name))
    _attaching.add(task)  # the loop itself holds tasks weakly
    task.add_done_callback(_attaching.discard)
    player = f'<video id="{name}" autoplay muted playsinline width="320" aria-label="Live preview"></video>'
    return f"<figure>{player}{caption}</figure>"


async def _attach(stream: MediaStream, name: str) -> None:
    waited = 0.0
    player: Any = None
    while not (player := js.document.getElementById(name)) and waited < PATIENCE:
        await asyncio.sleep(0.05)
        waited += 0.05
    if player:
        # The attribute in inserted HTML does not mute in every browser.
        player.muted = True
        player.srcObject = stream.js
