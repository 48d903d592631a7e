"""The inputs of a node: rows of examples, and constants."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinynet.formats.onnx.node import DamagedError, UnreadableError
from tinynet.formats.onnx.rows import Rows

JOINS = "joins several paths, as a skip connection does"


@dataclass(frozen=True)
class Above:
    """The comparison rows > limit.

    PyTorch's exporter writes a softplus with such a comparison.
    """

    rows: Rows
    limit: float


@dataclass(frozen=True)
class Total:
    """The sum of the numbers of each example.

    scikit-learn's converter divides the outputs by such a sum.
    """

    rows: Rows


Value = Rows | Above | Total | np.ndarray
Inputs = Sequence[Value | None]


def only_rows(inputs: Inputs) -> Rows:
    """Return the only rows among the inputs of a node."""
    found = [value for value in inputs if not isinstance(value, np.ndarray) and value is not None]
    if len(found) != 1 or not isinstance(found[0], Rows):
        raise UnreadableError(JOINS)
    return found[0]


def first_rows(inputs: Inputs) -> Rows:
    """Return the first input of a node.

    The other inputs must be constants.
    """
    rows = only_rows(inputs)
    if inputs[0] is not rows:
        raise UnreadableError("uses the numbers of the examples as a setting")
    return rows


def array_at(inputs: Inputs, place: int) -> np.ndarray | None:
    """Return an input that must be a constant.

    The result is None for an input that is left out.
    """
    found = inputs[place] if place < len(inputs) else None
    if found is not None and not isinstance(found, np.ndarray):
        raise UnreadableError(JOINS)
    return found


def rows_and_array(inputs: Inputs) -> tuple[Rows, np.ndarray]:
    """Return the rows and the constant among two inputs."""
    rows = only_rows(inputs)
    if len(inputs) != 2 or any(value is None for value in inputs):
        raise DamagedError("must have two inputs")
    return rows, next(value for value in inputs if isinstance(value, np.ndarray))
