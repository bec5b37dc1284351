"""`cv2.VideoWriter`: files in Pyodide's file system."""

from __future__ import annotations

import logging
import os
from operator import index as whole
from typing import TYPE_CHECKING, Any

from .. import blocking
from .._media.writer import FORMAT_OF, FileWriter
from ..errors import MediaError
from ..frames import Frame
from ..outcome import spawn
from ..recording import recording_of
from .conventions import failure, fourcc, pixels

if TYPE_CHECKING:
    from typing import Self

INSTEAD = "await writer.frame(array)"
IS_COLOR = 4
"""`cv2.VIDEOWRITER_PROP_IS_COLOR`"""

NATIVE = {
    "mp4": ("mp4v", "avc1", "avc3", "h264", "x264"),
    "webm": ("vp80", "vp90", "vp08", "vp09"),
}
"""The codes of what a browser may encode, by formats."""
OTHERS = (
    "xvid divx div3 div4 dx50 fmp4 mp41 mp42 mp43 mp4s mpg4 m4s2 mpeg mpg1 mpg2 pim1 mjpg jpeg hevc hev1 "
    "hvc1 h263 h265 x265 av01 flv1 wmv1 wmv2 wmv3 theo hfyu ffv1 ffvh i420 iyuv yv12 png"
)
"""Codes of other encoders, which FFmpeg has."""

log = logging.getLogger("mediarecorder")


class VideoWriter:
    """A file that grows with each picture: mp4, webm or mkv, as the ending of its name says.

    The arguments are those of OpenCV: ``filename, fourcc, fps, frameSize, isColor=True``, with an
    ``apiPreference``, which has no effect, before `fourcc` if you like. The browser chooses the codec, since
    it has one for each format. If the file cannot be written, `isOpened` is False, and the logger
    ``mediarecorder`` gets the reason.

    >>> writer = cv2.VideoWriter("out.mp4", cv2.VideoWriter_fourcc(*"mp4v"), 20.0, (640, 480))
    >>> writer.write(picture)      # (480, 640, 3), uint8: blue, green, red
    >>> writer.release()           # writes the file
    """

    fourcc = staticmethod(fourcc)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._writer: FileWriter | None = None
        self._path: Any = ""
        self._shape: tuple[int, ...] = ()
        self._warned = False
        if args or kwargs:
            self.open(*args, **kwargs)

    def open(self, filename: str | os.PathLike[str], *args: Any, **kwargs: Any) -> bool:
        """Begin a file."""
        self.release()
        path, code, fps, (width, height), is_color = _arguments(filename, *args, **kwargs)
        blocking.require_waiting("cv2.VideoWriter", INSTEAD)
        try:
            if width < 1 or height < 1:
                raise ValueError(f"the size is {width} x {height}")
            writer = FileWriter(_format(os.fspath(path), code), frame_rate=fps)
            with open(path, "wb"):
                blocking.run(writer.open("cv2.VideoWriter", width, height))
        except (MediaError, OSError, TypeError, ValueError) as error:
            log.warning("cv2.VideoWriter: cannot write %r: %s", path, error)
            return False
        self._path, self._writer, self._warned = path, writer, False
        self._shape = (height, width, 3) if is_color else (height, width)
        return True

    def isOpened(self) -> bool:
        return self._writer is not None

    def write(self, image: Any) -> bool:
        """Add a picture. If it has another size or another number of channels, it is left out, and the result
        is False."""
        if self._writer is None or image is None:
            return False
        data, shape = pixels("write", image)
        if shape != self._shape:
            if not self._warned:
                log.warning("cv2.VideoWriter: left out a picture of shape %s, not %s", shape, self._shape)
            self._warned = True
            return False
        blocking.require_waiting("cv2.VideoWriter.write", INSTEAD)
        height, width, *depth = self._shape
        frame = Frame(bytearray(data), width, height, "bgr" if depth else "gray", 0.0)
        try:
            blocking.run(self._writer.frame(frame))
        except MediaError as error:
            log.warning("cv2.VideoWriter: %s", error)
            return False
        return True

    def release(self) -> None:
        """Write the file. Without any picture, it is empty."""
        if self._writer and self._writer.frames:
            blocking.require_waiting("cv2.VideoWriter.release", "await writer.close()")
        writer, self._writer = self._writer, None
        if writer:
            try:
                blocking.run(_save(writer, self._path))
            except MediaError as error:
                log.warning("cv2.VideoWriter: cannot write %r: %s", self._path, error)

    def get(self, propId: int) -> float:
        whole(propId)
        return float(len(self._shape) == 3) if self._writer and propId == IS_COLOR else -1.0

    def set(self, propId: int, value: float) -> bool:
        whole(propId)
        return False

    def getBackendName(self) -> str:
        if self._writer is None:
            raise failure("getBackendName", "nothing is open", -215)
        return "MEDIARECORDER"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def __del__(self) -> None:
        writer, self._writer = self._writer, None
        if writer and writer.frames:  # nobody can wait for it here
            spawn(_save(writer, self._path))
        elif writer:
            writer.cancel()


async def _save(writer: FileWriter, path: Any) -> None:
    if not writer.frames:
        writer.cancel()
        return
    recording = recording_of(await writer.finish())
    try:
        await recording.write_to(path)
    finally:
        recording.close()


def _arguments(
    filename: Any, *args: Any, **kwargs: Any
) -> tuple[str | os.PathLike[str], int, float, tuple[int, int], bool]:
    """The arguments of any of the signatures."""
    names = ["fourcc", "fps", "frameSize", "isColor"]
    if (len(args) > 2 and not hasattr(args[2], "__len__")) or kwargs.keys() & names[: len(args)]:
        names.insert(0, "apiPreference")
    if len(args) >= len(names) and isinstance(args[len(names) - 1], (list, tuple)):
        names[-1] = "params"
    try:
        given = dict(zip(names, args, strict=False), **kwargs)
        params = given.pop("params", ())
        flags = dict(zip(params[::2], params[1::2], strict=True))
        given.pop("apiPreference", None)
        is_color = given.pop("isColor", flags.get(IS_COLOR, True))
        code, fps, (width, height) = (given.pop(name) for name in ("fourcc", "fps", "frameSize"))
        if given or len(args) > len(names) or not isinstance(filename, (str, os.PathLike)):
            raise TypeError("unknown arguments")
        return filename, whole(code), float(fps), (whole(width), whole(height)), bool(is_color)
    except (KeyError, TypeError, ValueError) as error:
        raise failure(
            "VideoWriter", f"filename, fourcc, fps, (width, height) and isColor are needed ({error})"
        ) from None


def _format(path: str, code: int) -> str:
    name = (code & 0xFFFFFFFF).to_bytes(4, "little").decode("latin-1").lower().rstrip()
    native = [code for codes in NATIVE.values() for code in codes]
    if name not in (*native, *OTHERS.split()):
        raise ValueError(f"unknown codec {name!r}; use cv2.VideoWriter_fourcc(*'mp4v')")
    ending = os.path.splitext(path)[1].lower().removeprefix(".")
    format, note = FORMAT_OF.get(ending), f"the browser has no codec {name!r} for {ending}, and uses its own"
    if ending == "avi":
        format, note = "mp4", "browsers write no AVI; the file is an MP4, whatever its name"
    elif format is None:
        raise ValueError("browsers write mp4, webm and mkv only, so the name must end in one of these")
    if (ending == "avi" or name not in NATIVE.get(format, native)) and note not in _reported:
        _reported.add(note)
        log.warning("cv2.VideoWriter: %s", note)
    return format


_reported: set[str] = set()
"""Warnings that were given."""
