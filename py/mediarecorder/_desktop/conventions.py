"""What the parts of `cv2` share: arrays, errors, and codes of four letters."""

from __future__ import annotations

import sys
from typing import Any

from .._media.arrays import contiguous


class error(Exception):
    """`cv2.error` where OpenCV is not installed."""

    code = -2


def failure(function: str, text: str, code: int = -5) -> Exception:
    """The `cv2.error` of a function: -5 is a bad argument, -215 a condition that does not hold."""
    kind: type[Exception] = getattr(sys.modules.get("cv2"), "error", error)
    made: Any = kind(f"OpenCV error: ({code}) in function '{function}': {text}")
    made.code = code
    raised: Exception = made
    return raised


def load_numpy(needed: bool = True) -> Any:
    """numpy, if it is installed. Pictures of 8 and 16 bits do without."""
    try:
        import numpy
    except ImportError:
        if not needed:
            return None
        raise ImportError(
            "numpy is needed for this, and it is not installed. In Pyodide: "
            'await pyodide_js.loadPackage("numpy"), or %pip install numpy in a notebook'
        ) from None
    return numpy


def pixels(function: str, picture: Any, floats: bool = False) -> tuple[Any, tuple[int, ...]]:
    """The bytes of a picture, and its shape: height, width, and channels if there are several.

    The picture is an array of numpy, a `memoryview`, or another object with the buffer protocol. Of 16 bits,
    the upper 8 count. Floats, if accepted, are from 0 to 1.
    """
    try:
        view: Any = contiguous("the picture", picture)
    except (TypeError, ValueError) as problem:
        raise failure(function, str(problem)) from None
    shape = view.shape[:-1] if view.shape[2:] == (1,) else view.shape
    kind = view.format
    if floats and kind in ("e", "f", "d", "g"):
        numpy = load_numpy()
        view = memoryview(numpy.rint((numpy.asarray(view) * 255.0).clip(0, 255)).astype("uint8"))
    elif kind not in ("B", "H"):
        kind = getattr(picture, "dtype", kind)
        raise failure(function, f"the depth must be unsigned 8 or 16 bit, not {kind}", -215)
    data = view.cast("B") if view.nbytes else b""
    return data[1::2] if kind == "H" else data, shape


def fourcc(c1: str, c2: str, c3: str, c4: str) -> int:
    """`cv2.VideoWriter_fourcc`: the number of a codec, such as ``fourcc(*"mp4v")``."""
    try:
        return int.from_bytes(bytes(map(ord, (c1, c2, c3, c4))), "little")
    except (TypeError, ValueError):
        raise failure("VideoWriter_fourcc", "four characters are needed") from None
