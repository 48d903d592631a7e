"""Compiled functions, called with checked arguments.

A compiled function trusts its pointers. A wrong pointer reads or overwrites other memory of the process. Therefore
no other module calls a compiled function or takes the address of an array: each call goes through a `Kernel`, which
compares every array with the signature of the function.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tinynet.errors import TinyNetError
from tinynet.numerics.llvm import POINTER, WHOLE, Function, compiled

CACHE_LINE = 64  # bytes
C_CONTIGUOUS, ALIGNED, WRITEABLE = 0x1, 0x100, 0x400  # bits of `ndarray.flags.num`
READABLE = C_CONTIGUOUS | ALIGNED

Shape = tuple[int, ...]


class Array(NamedTuple):
    """The array that an argument of a kernel points to.

    dtype : the type of the elements.
    written : whether the kernel writes to the array.
    finite : whether every element must be a finite number. A kernel computes with other numbers without harm, so
        that large arrays are checked once, where the data come in.
    below : the elements are indices from 0 to `below` - 1. A name is that of a whole-number argument.
    """

    dtype: Any
    written: bool = False
    finite: bool = False
    below: int | str | None = None


Arrays = Mapping[str, Array]


def arguments(arrays: Arrays, wholes: Sequence[str]) -> dict[str, str]:
    """Return the arguments of a `Function`: first the arrays, then the whole numbers."""
    return dict.fromkeys(arrays, str(POINTER)) | dict.fromkeys(wholes, str(WHOLE))


class Kernel:
    """A compiled function with its signature.

    function : its arguments are those of `arguments`.
    arrays : each array argument, in order.
    shapes : a function of the whole-number arguments. Returns the shape of each array.
    declarations, straight : see `llvm.compiled`.
    """

    def __init__(
        self,
        function: Function,
        arrays: Arrays,
        shapes: Callable[..., Sequence[Shape]],
        declarations: str = "",
        *,
        straight: bool = False,
    ) -> None:
        self.name, self.arrays, self.shapes = function.name, arrays, shapes
        self.wholes = tuple(function.arguments)[len(arrays) :]
        self._expected = [
            (np.dtype(array.dtype), READABLE | (WRITEABLE if array.written else 0))
            for array in arrays.values()
        ]
        self._finite = [k for k, array in enumerate(arrays.values()) if array.finite]
        self._indices = [
            (k, np.dtype(f"u{np.dtype(array.dtype).itemsize}"), array.below)
            for k, array in enumerate(arrays.values())
            if array.below is not None
        ]
        self._call = compiled(function, declarations, straight=straight)

    def __call__(self, arrays: Sequence[np.ndarray], *wholes: int) -> Any:
        """Check the arguments and call the function.

        The call releases Python's lock.

        Raises TinyNetError for an array that differs from the signature.
        """
        shapes = self.shapes(*wholes)
        for array, (dtype, flags), shape in zip(arrays, self._expected, shapes, strict=True):
            if (
                type(array) is not np.ndarray
                or array.dtype != dtype
                or array.shape != shape
                or array.flags.num & flags != flags
            ):
                raise self._error(array, dtype, shape, arrays)
        for k in self._finite:
            if np.count_nonzero(np.isfinite(arrays[k])) < arrays[k].size:
                raise self._broken(k, "has a number that is not finite. Every number must be finite.")
        for k, unsigned, below in self._indices:
            indices, limit = arrays[k], below if isinstance(below, int) else wholes[self.wholes.index(below)]
            # A negative index is a large unsigned number.
            if indices.size and np.maximum.reduce(indices.view(unsigned), axis=None) >= limit:
                found = f"from {indices.min():,} to {indices.max():,}"
                raise self._broken(k, f"has indices {found}. They must be from 0 to {limit - 1:,}.")
        return self._call(*[array.ctypes.data for array in arrays], *wholes)

    def _error(self, array: Any, dtype: Any, shape: Shape, arrays: Sequence[np.ndarray]) -> TinyNetError:
        """Return the error of an array of another kind."""
        if type(array) is not np.ndarray:
            wrong = f"is of type {type(array).__name__}. It must be a NumPy array."
        elif array.dtype != dtype:
            wrong = f"has dtype {array.dtype}. It must have dtype {dtype}."
        elif array.shape != shape:
            wrong = f"has shape {array.shape}. It must have shape {shape}."
        elif array.flags.num & READABLE != READABLE:
            wrong = "is not contiguous and aligned in memory. Pass a copy."
        else:
            wrong = "is read-only. Pass a copy."
        return self._broken(next(k for k, each in enumerate(arrays) if each is array), wrong)

    def _broken(self, k: int, wrong: str) -> TinyNetError:
        return TinyNetError(
            f"the array {list(self.arrays)[k]!r} of the compiled function {self.name!r} {wrong}"
        )


def contiguous(values: Any, dtype: Any) -> np.ndarray:
    """Return values as an array that a kernel can read.

    The values are copied only if their type or layout differs.
    """
    array = np.ascontiguousarray(values, dtype)
    return array if array.flags.aligned else array.copy()


def aligned(shape: Shape, dtype: Any) -> np.ndarray:
    """Return an uninitialized array that begins at a cache line.

    A vector across two cache lines would be fetched twice.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    room = np.empty(size + CACHE_LINE, np.uint8)
    first = -int(room.ctypes.data) % CACHE_LINE
    return np.asarray(room[first : first + size].view(dtype).reshape(shape))
