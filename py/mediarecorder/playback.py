"""Sound that plays (`Player` in static/library/page/sound.js)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ._host.bridge import page_services
from ._host.browser import is_nullish, js_object, now, require_browser, settle
from ._media.engine import reading
from ._media.samples import Samples
from .outcome import Outcome, spawn

if TYPE_CHECKING:
    from collections.abc import Generator


class Playback(Outcome[None]):
    """Sound that plays: the result of `AudioSamples.play` and `Recording.play`.

    Awaiting it waits until the sound has been heard to its end, or was stopped: by `stop`, or by the user,
    whose keyboard or headphones can pause it. Cancelling a task that awaits it stops the sound, too. Without
    ``await`` it plays in the background.

    >>> playback = recording.play()
    >>> playback.position
    0.0
    >>> await playback
    """

    def __init__(self, source: Any) -> None:
        require_browser()
        super().__init__()
        self._length = source.duration
        self._heard = 0.0
        self._seen: float | None = None
        """When the sound was at `_heard`; None while it does not play."""
        self._task = spawn(self._run(source))

    @property
    def position(self) -> float:
        """The seconds of the sound that have been heard."""
        since = 0.0 if self._seen is None else now() - self._seen
        return float(min(self._heard + since, self._length))

    def stop(self) -> None:
        """Stop the sound. After its end, this does nothing."""
        self._halt()
        self._resolve(None)
        self._task.cancel()

    def _halt(self) -> None:
        self._heard, self._seen = self.position, None

    async def _run(self, source: Any) -> None:
        player, recording = None, source
        try:
            if isinstance(source, Samples):
                recording = await source.to_recording("wav")  # type: ignore[attr-defined]
            else:  # raises the engine's error, also if there is only a picture
                async with reading("play", "soundReader", source.blob, js_object({}), 1):
                    pass
            player = (await page_services()).player(recording.blob)
            await settle(player, "begin", doing="play")
            self._seen = now()
            while not is_nullish(heard := await settle(player, "next", doing="play")):
                self._heard, self._seen = float(heard), now()
            self._seen = None
        except asyncio.CancelledError:
            pass  # `stop` has settled it
        except BaseException as error:
            self._reject_aloud(error, "play: an error has ended the sound")
        finally:
            self._halt()
            self._resolve(None)
            if player is not None:
                player.close()
            if recording is not source:
                recording.close()

    def __await__(self) -> Generator[object, None, None]:
        try:
            yield from super().__await__()
        except (asyncio.CancelledError, GeneratorExit):
            self.stop()
            raise

    def __repr__(self) -> str:
        return f"<Playback {'over' if self.done() else 'playing'}, {self.position:.2f} s>"
