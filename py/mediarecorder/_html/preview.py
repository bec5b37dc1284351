"""The live preview of a stream."""

from __future__ import annotations

from typing import Any

from .attach import view, when_attached
from .text import escape


def live_preview(js_stream: Any) -> str:
    """HTML of a muted player and the names of the tracks. (Playing a microphone aloud would cause
    feedback.)"""
    tracks = list(js_stream.getTracks())
    names = " · ".join(escape(track.label or track.kind) for track in tracks) or "no tracks"
    caption = f"<figcaption>{names}</figcaption>"
    if not any(track.kind == "video" for track in tracks):
        return f"<figure>{caption}</figure>"

    async def live() -> dict[str, Any]:
        return {"stream": js_stream}

    player = '<video autoplay muted playsinline width="320" aria-label="Live preview"></video>'
    return f"<figure>{view(when_attached(live), player)}{caption}</figure>"
