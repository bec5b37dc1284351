"""The selected part of a take: a stretch of its waveform, and two fields with its ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo import words

if TYPE_CHECKING:
    from demo.card import Card

SHORTEST = 0.1
"""The shortest part that can be selected, in seconds."""


class Selection:
    """The form below a waveform. Dragging over the waveform opens it."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self._form = card.find(".selection")
        self._start, self._end = card.find("[name=from]"), card.find("[name=to]")

    @property
    def visible(self) -> bool:
        return not self._form.hidden

    @property
    def start(self) -> float:
        return float(self._start.value or 0)

    @property
    def end(self) -> float | None:
        """None at the end of the take, because the field omits thousandths."""
        end = float(self._end.value or 0)
        return None if end >= self._longest else end

    @property
    def seconds(self) -> float:
        return float(self._end.value or 0) - self.start

    @property
    def _longest(self) -> float:
        return words.cut(self._card.seconds, 100)

    def too_short(self) -> bool:
        return self.seconds < SHORTEST

    def stretches_left(self) -> list[tuple[float, float | None]]:
        """The parts of the take before and after the selected one."""
        left: list[tuple[float, float | None]] = []
        if self.start >= SHORTEST:
            left.append((0.0, self.start))
        if self.end is not None and self._card.seconds - self.end >= SHORTEST:
            left.append((self.end, None))
        return left

    async def open(self) -> None:
        """Select the whole take, for users who enter numbers, or see no waveform yet."""
        self._show(0, self._longest, hint=True)
        self._start.focus()
        await self._card.draw_now()
        if self._card.timeline and self.visible:
            self._card.timeline.select(0, self._card.seconds)

    def dragged(self, start: float, end: float) -> None:
        """The waveform has another selection."""
        self._show(start, min(end, self._card.seconds))

    def move(self) -> None:
        """Update the waveform from the fields."""
        if self._card.timeline and not self.too_short():
            self._card.timeline.select(self.start, float(self._end.value))

    async def play(self) -> None:
        await self._card.draw_now()
        if self._card.timeline:
            await self._card.timeline.play(self.start, float(self._end.value or 0))

    def close(self) -> None:
        self._form.hidden = True
        if self._card.timeline:
            self._card.timeline.unselect()
        self._card.find(".take-sight").hidden = self._card.recording.is_video
        self._card.find(".take-more").focus()

    def _show(self, start: float, end: float, *, hint: bool = False) -> None:
        self._form.querySelector("p").hidden = not hint
        self._start.max = self._end.max = str(self._longest)
        for field, seconds in ((self._start, start), (self._end, end)):
            field.value = str(words.cut(seconds, 100))
        self._form.hidden = False
