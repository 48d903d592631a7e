"""The operators that change the shape or the precision.

These operators change no number of the rows.
"""

import numpy as np

from tinynet.formats.onnx import constants
from tinynet.formats.onnx.arrays import is_float, numbers
from tinynet.formats.onnx.constants import axes_of, wholes
from tinynet.formats.onnx.inputs import Inputs, Value, array_at, first_rows
from tinynet.formats.onnx.node import DamagedError, Node, UnreadableError
from tinynet.formats.onnx.rows import Rows


def unchanged(node: Node, inputs: Inputs) -> Rows:
    """Return the rows as they are."""
    return first_rows(inputs)


def dropout(node: Node, inputs: Inputs) -> Rows:
    """Return the rows of Dropout, in its form for inference."""
    rows, training = first_rows(inputs), array_at(inputs, 2)
    if training is not None and training.any():
        raise UnreadableError(
            "is in training mode", "Export the model in inference mode, after model.eval()."
        )
    return rows


def cast(node: Node, inputs: Inputs) -> Rows:
    """Return the rows in another precision."""
    if not is_float(node.whole("to", 0)):
        raise UnreadableError("rounds the numbers of the examples to another type")
    return first_rows(inputs)


def cast_like(node: Node, inputs: Inputs) -> Value:
    """Return the first input in the type of the second."""
    first = inputs[0]
    return numbers(first) if isinstance(first, np.ndarray) else first_rows(inputs[:1])


def reshape(node: Node, inputs: Inputs) -> Rows:
    """Return the rows in another shape."""
    rows, shape = first_rows(inputs), array_at(inputs, 1)
    if shape is None:
        raise DamagedError("must have a shape")
    target = wholes(shape)
    if rows.width is None:
        if len(target) != 2 or target[0] not in (-1, 0, rows.examples) or target[1] < 1:
            raise UnreadableError("needs the number of inputs, which the model does not contain")
        return rows.reshaped((rows.examples, target[1]))
    whole = constants.reshaped(rows.known_shape(), target, zero_is_size=bool(node.whole("allowzero", 0)))
    return rows.reshaped(whole)


def flatten(node: Node, inputs: Inputs) -> Rows:
    """Return the rows as a matrix."""
    rows = first_rows(inputs)
    if rows.width is None and node.whole("axis", 1) == 1:
        return rows
    return rows.reshaped(constants.flattened(node, rows.known_shape()))


def squeeze(node: Node, inputs: Inputs) -> Rows:
    """Return the rows without axes of size 1."""
    rows = first_rows(inputs)
    return rows.reshaped(constants.squeezed(rows.known_shape(), axes_of(node, array_at(inputs, 1))))


def unsqueeze(node: Node, inputs: Inputs) -> Rows:
    """Return the rows with new axes of size 1."""
    rows = first_rows(inputs)
    return rows.reshaped(constants.unsqueezed(rows.known_shape(), axes_of(node, array_at(inputs, 1))))


def transpose(node: Node, inputs: Inputs) -> Rows:
    """Return the rows with their axes in another order."""
    return first_rows(inputs).transpose(node.numbers("perm"))


def shape(node: Node, inputs: Inputs) -> np.ndarray:
    """Return the shape of the rows, as a constant."""
    shape = first_rows(inputs).known_shape()
    return np.array(shape[node.whole("start", 0) : node.whole("end", len(shape))], np.int64)
