"""Checks of the inputs, targets, names and shape of examples."""

from typing import Any

import numpy as np

from tinynet.errors import TinyNetError, counted
from tinynet.validation import check_text, shown


def checked_array(what: str, values: Any, names: tuple[str, ...], unbounded: bool) -> np.ndarray:
    """Return values as a checked array. -> (examples, width)

    The array is read-only and has finite numbers.

    what : "inputs" or "targets", for errors.
    unbounded : Whether numbers outside [0, 1] are allowed.
    """
    try:
        array = np.array(values)
        if array.dtype.kind not in "biuf":  # such as complex numbers, which float64 would cut
            raise TypeError(f"they are of type {array.dtype}")
        array = array.astype(float)
    except (ValueError, TypeError, OverflowError, RuntimeError) as error:
        raise TinyNetError(
            f"{what} must be numbers: one row for each example, all rows of the same width ({error})."
        ) from error
    if array.ndim != 2 or len(array) != len(names) or not array.shape[1]:
        raise TinyNetError(
            f"{what} has shape {array.shape}. With {counted(len(names), 'name')} it must be ({len(names)}, width)."
        )
    bad = np.argwhere(~(np.isfinite(array) if unbounded else (array >= 0) & (array <= 1)))
    if len(bad):
        row, column = bad[0]
        rule = "be finite." if unbounded else "be from 0 to 1. Scale the numbers first."
        raise TinyNetError(
            f"{what} of {names[row]!r} has {shown(float(array[row, column]))} in column {column}. Every number must {rule}"
        )
    array.setflags(write=False)
    return array


def check_names(names: tuple[str, ...]) -> None:
    """Raise a TinyNetError if two examples have the same name, and for a name that is not UTF-8."""
    for name in names:
        check_text("the name of an example", name)
    if len(set(names)) < len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise TinyNetError(f"two examples have the name {repeated!r}. Names must differ.")


def check_target_names(target_names: tuple[str, ...], width: int) -> None:
    """Raise a TinyNetError unless each target column has a name."""
    for name in target_names:
        check_text("the name of an output", name)
    if len(target_names) != width:
        raise TinyNetError(
            f"targets have {counted(width, 'column')} and target_names has {counted(len(target_names), 'name')}. Give one name for each column."
        )


def check_shape(shape: tuple[int, int], width: int) -> None:
    """Raise a TinyNetError unless a picture has `width` pixels."""
    rows, columns = shape
    if rows * columns != width:
        raise TinyNetError(
            f"a picture of shape {rows}x{columns} has {counted(rows * columns, 'pixel')} and the inputs have {counted(width, 'column')}. "
            "Give the shape of the pictures."
        )
