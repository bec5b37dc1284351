"""Rows of parameters: `make test-all` tries some of them, `make soak` all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mediarecorder import MediaRecorder


def in_soak(*rows: Any) -> Iterator[Any]:
    """Rows that only `make soak` tries; a row with several parameters is a tuple."""
    for row in rows:
        yield pytest.param(*(row if isinstance(row, tuple) else (row,)), marks=pytest.mark.soak)


def thorough(*rows: Any) -> Iterator[Any]:
    """Rows that `make test` leaves to `make test-all`."""
    for row in rows:
        yield pytest.param(*(row if isinstance(row, tuple) else (row,)), marks=pytest.mark.thorough)


SOME_TYPES = (
    "video/webm;codecs=vp8,opus",
    "video/mp4;codecs=avc1.42E01E,opus",
    "video/mp4;codecs=av01.0.04M.08,opus",
    "video/x-matroska;codecs=avc1,opus",
    "audio/webm;codecs=pcm",
    "audio/ogg;codecs=opus",
    "audio/mp4;codecs=opus",
)
"""Types to record: each container and each codec once."""

of_types = pytest.mark.parametrize(
    "types",
    [pytest.param(SOME_TYPES, id="some"), pytest.param(None, id="all", marks=pytest.mark.soak)],
)


def supported(types: tuple[str, ...] | None) -> list[str]:
    """The given types that this browser can record; without types, all that it can record."""
    return [one for one in MediaRecorder.supported_types() if types is None or one in types]
