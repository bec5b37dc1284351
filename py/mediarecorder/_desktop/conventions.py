"""What the parts of `cv2` share: numpy, errors, and codes of four letters."""

from __future__ import annotations

import sys
from typing import Any


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


def load_numpy(caller: str) -> Any:
    try:
        import numpy
    except ImportError:
        raise ImportError(
            f"{caller} works with numpy's arrays, and numpy is not installed. In Pyodide: "
            'await pyodide_js.loadPackage("numpy"), or %pip install numpy in a notebook'
        ) from None
    return numpy


def fourcc(c1: str, c2: str, c3: str, c4: str) -> int:
    """`cv2.VideoWriter_fourcc`: the number of a codec, such as ``fourcc(*"mp4v")``."""
    try:
        return int.from_bytes(bytes(map(ord, (c1, c2, c3, c4))), "little")
    except (TypeError, ValueError):
        raise failure("VideoWriter_fourcc", "four characters are needed") from None
