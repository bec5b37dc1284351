"""`cv2.VideoCapture`: cameras and files."""

from __future__ import annotations

import asyncio
import logging
import math
import os
from operator import index as whole
from typing import TYPE_CHECKING, Any

from .. import blocking
from ..devices import media_devices
from ..errors import MediaError, NotFoundError
from .conventions import failure, fourcc, load_numpy
from .video_file import VideoFile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from typing import Self

    from ..frames import Frame
    from ..streams import MediaStream

TIMEOUT = 10.0
"""Seconds that a camera gets for a picture."""
INSTEAD = 'async for frame in stream.frames(format="bgr")'

POS_MSEC, POS_FRAMES, POS_AVI_RATIO, WIDTH, HEIGHT, FPS, FOURCC, FRAME_COUNT = range(8)
CONVERT_RGB, BUFFERSIZE, ORIENTATION_META, ORIENTATION_AUTO = 16, 38, 48, 49
"""Some of `cv2.CAP_PROP_…`."""
CONTROLS = {
    **{WIDTH: "width", HEIGHT: "height", FPS: "frame_rate", 10: "brightness", 11: "contrast"},
    **{12: "saturation", 15: "exposure_time", 20: "sharpness", 27: "zoom", 28: "focus_distance"},
    **{30: "iso", 33: "pan", 34: "tilt", 45: "color_temperature"},
}
"""Properties of cameras, with the names of the browser's settings."""
CODES = {"avc": "avc1", "hevc": "hvc1", "vp8": "VP80", "vp9": "VP90", "av1": "av01"}

log = logging.getLogger("mediarecorder")


class VideoCapture:
    """A camera (a number, from 0), or a file of Pyodide's file system.

    A camera's `read` returns the newest picture, and waits for one if it has been read before. A file that
    cannot be opened, a refused camera, or a number without a camera raise nothing: `isOpened` is False, and
    the logger ``mediarecorder`` gets the reason.

    >>> capture = cv2.VideoCapture(0)
    >>> ok, picture = capture.read()        # (height, width, 3), uint8: blue, green, red
    >>> capture.release()
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._source: Camera | File | None = None
        self._frame: Frame | None = None
        self._raises = False
        if args or kwargs:
            self.open(*args, **kwargs)

    def open(
        self,
        filename: int | str | os.PathLike[str] | None = None,
        apiPreference: int = 0,
        params: Sequence[int] = (),
        *,
        index: int | None = None,
    ) -> bool:
        """Open a camera or a file. `apiPreference` has no effect."""
        asked = filename if index is None else index
        if not isinstance(asked, (str, os.PathLike)):
            try:
                # In earlier days, a multiple of 100 named the API.
                asked = max(0, whole(asked)) % 100  # type: ignore[arg-type]
            except TypeError:
                raise failure(
                    "VideoCapture", f"a number or the name of a file is needed, not {asked!r}"
                ) from None
        self.release()
        blocking.require_waiting("cv2.VideoCapture", INSTEAD)
        try:
            if isinstance(asked, int):
                self._source = blocking.run(Camera.open(asked))
            else:
                self._source = blocking.run(File.open(asked, "bgr", "cv2.VideoCapture"))
        except (MediaError, OSError) as error:
            self._failed(f"cannot open {asked!r}", error)
        for name, value in zip(params[::2], params[1::2], strict=False):
            self.set(name, value)
        return self.isOpened()

    def isOpened(self) -> bool:
        return self._source is not None

    def grab(self) -> bool:
        """Take the next picture; False if there is none."""
        self._frame = None
        if self._source:
            blocking.require_waiting("cv2.VideoCapture.read", INSTEAD)
            try:
                self._frame = blocking.run(self._source.next())
            except (MediaError, TimeoutError) as error:
                self._failed("no picture", error)
        return self._frame is not None

    def retrieve(self, image: Any = None, flag: int = 0) -> tuple[bool, Any]:
        """The picture that `grab` took. An array of numpy of the right size and type is filled.

        If numpy is not installed, the picture is a `memoryview` of the same shape.
        """
        if self._frame is None or self._source is None:
            return False, None
        numpy = load_numpy(needed=False)
        if numpy is None:
            return True, memoryview(bytearray(memoryview(self._frame))).cast("B", self._frame.shape)
        picture = self._source.turned(numpy.asarray(self._frame))
        if isinstance(image, numpy.ndarray) and (image.shape, image.dtype) == (picture.shape, picture.dtype):
            image[...] = picture
            return True, image
        return True, picture.copy()

    def read(self, image: Any = None) -> tuple[bool, Any]:
        """The next picture of a file, or the newest one of a camera; ``(False, None)`` if there is none."""
        return self.retrieve(image) if self.grab() else (False, None)

    def get(self, propId: int) -> float:
        """The value of a property; -1.0 if it has none."""
        name = _property(propId)
        return float(self._source.get(name)) if self._source else -1.0

    def set(self, propId: int, value: float) -> bool:
        """Change a property; False if that is not possible."""
        name, number = _property(propId), float(value)
        if self._source is None or not math.isfinite(number):
            return False
        try:
            return self._source.set(name, number)
        except MediaError as error:
            self._failed(f"cannot set property {name}", error)
        return False

    def release(self) -> None:
        """Close the file, or release the camera."""
        self._frame = None
        source, self._source = self._source, None
        if source:
            source.close()

    def getBackendName(self) -> str:
        if self._source is None:
            raise failure("getBackendName", "nothing is open", -215)
        return "MEDIARECORDER"

    def setExceptionMode(self, enable: bool) -> None:
        self._raises = bool(enable)

    def getExceptionMode(self) -> bool:
        return self._raises

    def _failed(self, what: str, error: Exception) -> None:
        text = f"{what}: {str(error) or type(error).__name__}"
        if self._raises:
            raise failure("VideoCapture", text) from error
        log.warning("cv2.VideoCapture: %s", text)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def __del__(self) -> None:
        self.release()


class Camera:
    """The pictures of a camera, always the newest."""

    def __init__(self, stream: MediaStream) -> None:
        self._stream = stream
        [self._track] = stream.video_tracks
        self._frames: AsyncIterator[Frame] | None = None
        self._wishes: dict[str, Any] = {}
        self._timestamp = 0.0

    @classmethod
    async def open(cls, number: int) -> Self:
        cameras = await _cameras()
        if cameras and not cameras[0].device_id:
            # The browser tells which cameras there are once the user has allowed one.
            first = await media_devices.get_user_media(video=True)
            if not number:
                return cls(first)
            with first:
                return cls(await _numbered(await _cameras(), number).open())
        return cls(await _numbered(cameras, number).open())

    async def next(self) -> Frame | None:
        try:
            async with asyncio.timeout(TIMEOUT):
                self._frames = self._frames or self._stream.frames(format="bgr")
                frame: Frame | None = await anext(self._frames, None)
        except TimeoutError:
            self._frames = None
            raise TimeoutError(
                f"the camera delivered no picture within {TIMEOUT:g} s. Does another tab have it open?"
            ) from None
        except BaseException:
            self._frames = None
            raise
        if frame:
            self._timestamp = frame.timestamp
        return frame

    def turned(self, picture: Any) -> Any:
        return picture

    def get(self, name: int) -> float:
        if name in (CONVERT_RGB, BUFFERSIZE):
            return 1
        if name == POS_MSEC:
            return self._timestamp * 1000
        value = self._track.settings.get(CONTROLS.get(name, ""), -1)
        return value if isinstance(value, (int, float)) else -1

    def set(self, name: int, value: float) -> bool:
        if name not in CONTROLS:
            return self.get(name) == value
        if value <= 0 and name in (WIDTH, HEIGHT, FPS):
            return False
        wishes = {**self._wishes, CONTROLS[name]: {"ideal": value}}
        blocking.require_waiting("cv2.VideoCapture.set", "await track.apply_constraints(…)")
        blocking.run(self._track.apply_constraints(wishes))
        self._wishes = wishes
        return CONTROLS[name] in self._track.settings

    def close(self) -> None:
        self._frames = None
        self._stream.stop()


class File(VideoFile):
    """The pictures of a file, in order."""

    _turns = True
    _ended = False

    async def next(self) -> Frame | None:
        frame = await super().next()
        self._ended = frame is None
        return frame

    def turned(self, picture: Any) -> Any:
        """The picture as it is stored, if it is not to be turned."""
        return picture if self._turns else load_numpy().rot90(picture, self.rotation // 90)

    def get(self, name: int) -> float:
        count, swapped = len(self.times), not self._turns and self.rotation % 180
        found = {
            POS_MSEC: self.times[self.index - 1] * 1000 if self.index and not self._ended else 0,
            POS_FRAMES: self.index,
            POS_AVI_RATIO: self.index / (count or 1),
            WIDTH: self.height if swapped else self.width,
            HEIGHT: self.width if swapped else self.height,
            FPS: self.rate,
            FOURCC: fourcc(*CODES.get(self.codec, "    ")),
            FRAME_COUNT: count,
            CONVERT_RGB: 1,
            ORIENTATION_META: self.rotation,
            ORIENTATION_AUTO: self._turns,
        }
        return found.get(name, -1)

    def set(self, name: int, value: float) -> bool:
        if name == ORIENTATION_AUTO:
            load_numpy(needed=not value)
            self._turns = bool(value)
        elif name == POS_MSEC:
            self._go_to(self.nearest(value / 1000))
        elif name == POS_FRAMES:
            self._go_to(round(value))
        elif name == POS_AVI_RATIO:
            self._go_to(round(value * len(self.times)))
        else:
            return self.get(name) == value
        return True

    def _go_to(self, index: int) -> None:
        self.seek(index)
        self._ended = False


async def _cameras() -> list[Any]:
    return [info for info in await media_devices.enumerate_devices() if info.kind == "videoinput"]


def _numbered(cameras: list[Any], number: int) -> Any:
    if number >= len(cameras):
        raise NotFoundError(f"there is no camera {number}; the browser has {len(cameras)}")
    return cameras[number]


def _property(propId: Any) -> int:
    try:
        return whole(propId)
    except TypeError:
        raise TypeError(f"Argument 'propId' is required to be an integer, not {propId!r}") from None
