"""How a stream shows itself: live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .attach import view, when_placed
from .display import escape

if TYPE_CHECKING:
    from ..streams import MediaStream


def live_preview(stream: MediaStream) -> str:
    """HTML of a muted player (a microphone played aloud would howl) and the names of the tracks."""
    names = " · ".join(escape(track.label or track.kind) for track in stream.tracks) or "no tracks"
    caption = f"<figcaption>{names}</figcaption>"
    if not stream.video_tracks:
        return f"<figure>{caption}</figure>"

    async def live() -> dict[str, Any]:
        return {"stream": stream.js}

    player = '<video autoplay muted playsinline width="320" aria-label="Live preview"></video>'
    return f"<figure>{view(when_placed(live), player)}{caption}</figure>"
