"""Settings for the next take, except its devices. static/demo/settings.js remembers them between visits, but
not where takes are sent: a page of the same origin can change what it remembers."""

from __future__ import annotations

from typing import Any

from demo import page
from mediarecorder.formats import FORMATS

WIDTHS = {480: 854, 720: 1280, 1080: 1920, 2160: 3840}
"""Widths of 16:9 pictures, by their height."""
PROCESSING = ("echo_cancellation", "noise_suppression", "auto_gain_control")
"""What browsers do to the sound of a microphone, by their switches' names."""
BITS = {"small": (1_000_000, 48_000), "high": (8_000_000, 256_000)}
"""Bits per second for picture and sound; the standard is the browser's own."""


def checked() -> bool:
    """Whether all settings are valid; if not, the page shows where."""
    wrong = page.one("#settings input:invalid")
    if not wrong:
        return True
    page.find("settings").open = True
    wrong.reportValidity()
    return False


def picture() -> dict[str, Any]:
    """Constraints for the picture."""
    height = page.find("resolution").value
    if not height:
        return {}
    return {"height": {"ideal": int(height)}, "width": {"ideal": WIDTHS[int(height)]}}


def sound() -> dict[str, Any]:
    """Constraints for the microphone: what the user has switched off; the rest is left to the browser."""
    return {name: False for name in PROCESSING if not page.find(name.replace("_", "-")).checked}


def gain() -> float:
    """Decibels by which the microphone is amplified."""
    return float(page.find("gain").value)


def bits() -> dict[str, int]:
    """`MediaRecorder`'s options for the quality."""
    if not (chosen := BITS.get(page.find("quality").value)):
        return {}
    return {"video_bits_per_second": chosen[0], "audio_bits_per_second": chosen[1]}


def download_format(is_video: bool) -> str:
    """The format for downloads; "" is the recorded one. Pictures are not dropped."""
    format = str(page.find("format").value)
    return format if format and (FORMATS[format]["video"] or not is_video) else ""


def countdown() -> int:
    """Seconds between the press of Record and the recording."""
    return int(page.find("countdown-from").value or 0)


def time_limit() -> float | None:
    """Seconds after which a take ends."""
    return _number("time-limit", 60)


def size_limit() -> float | None:
    """Bytes after which a take ends."""
    return _number("size-limit", 1e6)


def space_limit() -> int | None:
    """Bytes that all takes together may have on disk."""
    limit = _number("space-limit", 1e6)
    return None if limit is None else int(limit)


def endpoint() -> str:
    """Where new takes are uploaded to; "" means nowhere."""
    element = page.find("upload-to")
    return str(element.value).strip() if element.checkValidity() else ""


def _number(field: str, unit: float) -> float | None:
    element = page.find(field)
    return float(element.value) * unit if element.value and element.checkValidity() else None
