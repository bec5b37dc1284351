"""Animations of matplotlib as files. matplotlib is imported when `register_matplotlib` is called."""

from __future__ import annotations

import logging
import os
from io import BytesIO
from typing import TYPE_CHECKING, Any

from . import blocking
from ._checks import LOWEST_BIT_RATE
from ._host.browser import IN_BROWSER
from ._media.tags import TEXTS
from ._media.writer import FORMAT_OF
from .writer import MediaWriter

if TYPE_CHECKING:
    from .recording import Recording

log = logging.getLogger("mediarecorder")


def register_matplotlib() -> None:
    """Make ``writer="mediarecorder"`` available to matplotlib's animations.

    The browser has no ffmpeg, so matplotlib has no writer of its own there for video::

        import mediarecorder
        from matplotlib.animation import FuncAnimation

        mediarecorder.register_matplotlib()
        animation = FuncAnimation(figure, draw, frames=100, interval=40)
        animation.save("waves.mp4", writer="mediarecorder")  # in Pyodide's file system
        recording = Recording.from_file("waves.mp4")         # displays itself

    The extension of the file decides on the format: mp4, webm or mkv. ``bitrate`` (kilobits per second) and
    the tags ``title``, ``artist``, ``genre`` and ``comment`` of ``metadata`` are used; ``codec`` and
    ``extra_args`` are not. `save` blocks, so it needs JSPI, as `mediarecorder.blocking` does.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    """
    from matplotlib.animation import AbstractMovieWriter, writers

    class MediaRecorderWriter(AbstractMovieWriter):  # type: ignore[misc]
        """Writes the figure's pictures with `MediaWriter`."""

        def __init__(
            self,
            fps: float = 5,
            codec: str | None = None,
            bitrate: int | None = None,
            extra_args: object = None,
            metadata: dict[str, Any] | None = None,
        ) -> None:
            super().__init__(fps=fps, codec=codec, bitrate=bitrate, metadata=metadata)
            if extra_args is not None:
                log.info("extra_args are for ffmpeg; the writer 'mediarecorder' does not use them")

        @classmethod
        def isAvailable(cls) -> bool:
            return IN_BROWSER

        def setup(self, fig: Any, outfile: Any, dpi: float | None = None) -> None:
            super().setup(fig, outfile, dpi)
            ending = os.path.splitext(outfile)[1].removeprefix(".").lower()
            if ending not in FORMAT_OF:
                raise ValueError(
                    f"the writer 'mediarecorder' cannot make {os.fspath(outfile)!r}: the name must end in "
                    f".{', .'.join(FORMAT_OF)}"
                )
            rate = max(self.bitrate * 1000, LOWEST_BIT_RATE) if self.bitrate > 0 else None
            self._writer = MediaWriter(FORMAT_OF[ending], frame_rate=self.fps, bits_per_second=rate)
            self._frames = 0

        def grab_frame(self, **savefig_kwargs: Any) -> None:
            buffer = BytesIO()
            self.fig.savefig(buffer, **savefig_kwargs | {"format": "rgba", "dpi": self.dpi})
            width, height = self.frame_size
            blocking.run(self._writer.frame(buffer.getbuffer().cast("B", [height, width, 4])))
            self._frames += 1

        def finish(self) -> None:
            if self._frames:
                blocking.run(self._save(self._writer))
            else:
                log.warning("the animation has no frames, so %s was not written", self.outfile)

        async def _save(self, writer: MediaWriter) -> None:
            recording = await writer.close()
            tags = {name: str(value) for name, value in self.metadata.items() if name in TEXTS}
            tagged: Recording = await recording.with_tags(**tags) if tags else recording
            try:
                await tagged.write_to(self.outfile)
            finally:
                tagged.close()
                recording.close()

    writers.register("mediarecorder")(MediaRecorderWriter)
