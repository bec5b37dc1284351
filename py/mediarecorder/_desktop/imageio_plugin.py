"""A plugin of imageio that reads and writes mp4 and webm."""

from __future__ import annotations

from types import EllipsisType
from typing import TYPE_CHECKING, Any

from .. import blocking
from .._checks import LOWEST_BIT_RATE
from .._media.writer import FORMAT_OF, FileWriter
from ..errors import MediaError
from ..recording import recording_of
from .hooks import after_import
from .video_file import VideoFile
from .waiting import wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Self

NAME = "mediarecorder"
ENDINGS = (".mp4", ".webm")
FPS = 10
"""Pictures per second, as in imageio's plugin for FFmpeg."""
UNUSED = (
    "codec quality pixelformat macro_block_size ffmpeg_params input_params output_params ffmpeg_log_level "
    "ffmpeg_timeout audio_path audio_codec in_pixel_format out_pixel_format"
)
"""Options of imageio's plugins for FFmpeg."""
READ, WRITE = "async for frame in recording.frames()", "await Recording.from_frames(frames, frame_rate)"


def install() -> Callable[[], None]:
    """Make imageio, once it is imported, ask this plugin first about mp4 and webm. The result undoes it."""
    return after_import("imageio.config", _register)


def _register(config: Any) -> Callable[[], None]:
    config.known_plugins[NAME] = config.PluginConfig(NAME, Plugin.__name__, __name__)
    lists = [kind.priority for ending in ENDINGS for kind in config.known_extensions[ending]]
    for priority in lists:
        priority.insert(0, NAME)

    def undo() -> None:
        config.known_plugins.pop(NAME, None)
        for priority in lists:
            if NAME in priority:
                priority.remove(NAME)

    return undo


class Plugin:
    """One open file, for reading or for writing: imageio's interface `PluginV3`."""

    def __init__(self, request: Any) -> None:
        from imageio.core.request import InitializationError

        self.request = request
        self._file: VideoFile | None = None
        self._writer: FileWriter | None = None
        self._closed = True  # until it is open: another plugin may get the request
        extension = request.extension or ""
        self._format = FORMAT_OF.get(extension.lower().removeprefix("."), "")
        self._writes = request.mode.io_mode == "w"
        if not self._format and (extension or self._writes):
            raise InitializationError(f"no plugin for {extension or 'a file without an extension'}")
        blocking.require_waiting("imageio", WRITE if self._writes else READ)
        if not self._writes:
            try:
                opening = VideoFile.open(request.get_local_filename(), "rgb", "imageio")
                self._file = blocking.run(opening)
            except MediaError as error:
                # (In Pyodide, the other plugins that imageio then tries fail with unrelated errors.)
                raise (OSError if self._format else InitializationError)(str(error)) from error
        self._closed = False

    # Reading

    def read(self, *, index: int | EllipsisType | None = ...) -> Any:
        """One picture, of shape ``(height, width, 3)``, or all of them."""
        import numpy

        file = self._reads()
        if index is None or isinstance(index, EllipsisType):
            return numpy.stack([*self.iter()])
        self._check(index)
        file.seek(index)
        frame = wait("imageio", READ, file.next())
        if frame is None:
            raise IndexError(f"the file has no picture {index}")
        return numpy.asarray(frame)

    def iter(self) -> Iterator[Any]:
        """The pictures, one after the other."""
        for index in range(len(self._reads().times)):
            try:
                yield self.read(index=index)
            except IndexError:  # the decoder has left out pictures
                return

    def properties(self, index: int | EllipsisType | None = ...) -> Any:
        """Shape and type of a picture, or of all."""
        import numpy
        from imageio.core.v3_plugin_api import ImageProperties

        file = self._reads()
        shape: tuple[int, ...] = (file.height, file.width, 3)
        if index is not None and not isinstance(index, EllipsisType):
            self._check(index)
            return ImageProperties(shape=shape, dtype=numpy.dtype("uint8"))
        count = len(file.times)
        return ImageProperties((count, *shape), numpy.dtype("uint8"), n_images=count, is_batch=True)

    def metadata(
        self, index: int | EllipsisType | None = ..., exclude_applied: bool = True
    ) -> dict[str, Any]:
        """Facts about the file, and about a picture its time."""
        file = self._reads()
        size = (file.width, file.height)
        found = {
            **{"plugin": NAME, "codec": file.codec, "fps": file.rate, "nframes": len(file.times)},
            **{"duration": file.end, "size": size, "source_size": size},
        }
        if not exclude_applied:
            found["rotate"] = file.rotation
        if index is not None and not isinstance(index, EllipsisType):
            self._check(index)
            found["time"] = file.times[index]
        return found

    def _reads(self) -> VideoFile:
        if self._file is None:
            raise OSError("this file is open for writing" if self._writes else "this file is closed")
        return self._file

    def _check(self, index: int) -> None:
        if index < 0:
            raise ValueError(f"index must not be negative, but it is {index}")
        if index >= len(self._reads().times):
            raise IndexError(
                f"the file has {len(self._reads().times)} pictures, so none has the index {index}"
            )

    # Writing

    def write(
        self,
        ndimage: Any,
        *,
        fps: float = FPS,
        bitrate: int | None = None,
        is_batch: bool | None = None,
        **unused: object,
    ) -> bytes | None:
        """Add one picture, or several: a list, or an array with one more dimension.

        `fps` and `bitrate`, in bits per second, count at the first call. Other options of imageio's plugins
        for FFmpeg have no effect.
        """
        from imageio.core.util import image_as_uint

        if unknown := unused.keys() - UNUSED.split():
            raise TypeError(f"write() got an unexpected keyword argument {min(unknown)!r}")
        if self._closed:
            raise RuntimeError("this file is closed, so nothing can be written")
        if not self._writes:
            raise OSError("this file is open for reading")
        pictures = _pictures(ndimage, is_batch)
        blocking.require_waiting("imageio", WRITE)
        if self._writer is None:
            rate = bitrate and max(int(bitrate), LOWEST_BIT_RATE)
            self._writer = FileWriter(self._format, frame_rate=fps, bits_per_second=rate)
        for picture in pictures:
            blocking.run(self._writer.frame(image_as_uint(picture, bitdepth=8)))
        if isinstance(self.request.raw_uri, str) and self.request.raw_uri.startswith("<bytes>"):
            self.close()
            result: bytes = self.request.get_result()
            return result
        return None

    def close(self) -> None:
        """Close the file, which writes it, unless it has no picture."""
        if self._closed:
            return
        self._closed = True
        file, self._file = self._file, None
        writer, self._writer = self._writer, None
        try:
            if file:
                file.close()
            if writer and writer.frames:
                blocking.run(self._save(writer))
            elif writer:
                writer.cancel()
        finally:
            self.request.finish()

    async def _save(self, writer: FileWriter) -> None:
        recording = recording_of(await writer.finish())
        try:
            await recording.write_to(self.request.get_local_filename())
        finally:
            recording.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


def _pictures(ndimage: Any, is_batch: bool | None) -> list[Any]:
    import numpy

    array = ndimage if isinstance(ndimage, (list, tuple)) else numpy.asarray(ndimage)
    if isinstance(array, numpy.ndarray):
        if is_batch is None:
            is_batch = array.ndim > 3 or (array.ndim == 3 and array.shape[2] > 4)
        array = array if is_batch else [array]
    pictures = [numpy.asarray(picture) for picture in array]
    return [one[..., 0] if one.shape[2:] == (1,) else one for one in pictures]
