"""Arrays in memory that numpy, or any code that reads Python's buffers, can use without a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._html.display import Displayed

if TYPE_CHECKING:
    from collections.abc import Sequence


def copied(js_bytes: Any) -> bytearray:
    """A copy of a JavaScript array of bytes."""
    data = bytearray(js_bytes.byteLength)
    js_bytes.assign_to(data)
    return data


class MediaArray(Displayed):
    """A C-contiguous array that owns its memory: the buffer protocol (PEP 688) and ``__array__``.

    ``numpy.asarray(array)`` and ``memoryview(array)`` share the memory. numpy is not required.
    """

    FORMAT = "B"
    """Type of the numbers, as in the `struct` module."""

    def __init__(self, data: bytearray, shape: Sequence[int]) -> None:
        self._data = data
        self._shape = tuple(shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each dimension."""
        return self._shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self._shape)

    def __len__(self) -> int:
        return self._shape[0]

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self._data).cast("B").cast(self.FORMAT, list(self._shape))  # type: ignore[call-overload, no-any-return]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        import numpy

        array = numpy.frombuffer(self._data, dtype=self.FORMAT).reshape(self._shape)
        return numpy.array(array, dtype=dtype, copy=copy) if dtype is not None or copy else array

    @property
    def nbytes(self) -> int:
        """The size of the array in bytes."""
        return len(self._data)


def contiguous(what: str, array: Any) -> memoryview:
    """The numbers of any array in C-contiguous memory.

    Raises
    ------
    TypeError
        The object supports neither the buffer protocol nor ``__array__``.
    """
    if not isinstance(array, (memoryview, MediaArray)) and hasattr(array, "__array__"):
        import numpy

        array = numpy.asarray(array, order="C")
        if array.dtype.byteorder not in "=|<":
            array = array.astype(array.dtype.newbyteorder("="))
    try:
        view = memoryview(array)
    except TypeError:
        raise TypeError(
            f"{what} must be an array from numpy or array.array, or another object with the buffer protocol, "
            f"not {type(array).__name__}"
        ) from None
    if not view.c_contiguous:
        packed: Any = memoryview(view.tobytes())
        view = packed.cast(view.format, list(view.shape or ()))
    return view
