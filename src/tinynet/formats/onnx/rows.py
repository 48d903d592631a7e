"""The numbers of each example at one place of a graph.

The numbers are the outputs of layers of a network.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from tinynet.core.architecture import MAX_LAYERS
from tinynet.core.weights import Layer
from tinynet.formats.onnx import writer
from tinynet.formats.onnx.arrays import MAX_AXES, numbers
from tinynet.formats.onnx.node import DamagedError, UnreadableError, counted_axis, shape_text

OPERATORS = writer.OPERATORS | {"log_softmax": "LogSoftmax"}  # activation -> operator
EXAMPLES = 7919  # stands for the number of examples, if it can vary: a prime above the nodes of all layers
COLUMNS = "takes a transposed array, in which each example is a column"
Scaling = tuple[np.ndarray, np.ndarray]  # factor and offset of each number


@dataclass(frozen=True, eq=False)
class Rows:
    """The numbers of each example at one place.

    shape : sizes of the array, examples first. A size that is not known is None. Only the inputs can have such a size.
    layers : the layers between the input and this place.
    scaling : factor and offset after the last activation, not yet part of a layer.
    transposed : whether the array is (numbers, examples).
    """

    shape: tuple[int | None, ...]
    examples: int
    layers: tuple[Layer, ...] = ()
    scaling: Scaling | None = None
    transposed: bool = False

    @classmethod
    def of(cls, shape: Sequence[int | None] | None) -> "Rows":
        """Return the inputs of a network.

        shape : the declared shape. None stands for an unknown shape.

        Raises UnreadableError for a shape without examples.
        """
        examples, *sizes = (None, None) if shape is None else shape or (None,)
        if not sizes or len(sizes) >= MAX_AXES:
            raise UnreadableError(
                f"has the shape {shape_text(shape or ())}. It must be (examples, inputs)",
                "Export the model with a batch of examples.",
            )
        if None in sizes and len(sizes) > 1:
            raise UnreadableError(
                f"has the shape {shape_text((examples, *sizes))}. Only the number of examples can vary",
                "Export the model with fixed sizes.",
            )
        return cls((examples or EXAMPLES, *sizes), examples or EXAMPLES)

    @property
    def width(self) -> int | None:
        """The count of numbers of each example.

        The width is None if the count is not known.
        """
        sizes = [size for size in self.shape[1:] if size is not None]
        return prod(sizes) if len(sizes) == len(self.shape) - 1 else None

    @property
    def open(self) -> bool:
        """Whether the last layer has no activation yet."""
        return bool(self.layers) and self.layers[-1].activation == "identity"

    def ends_in(self, activation: str) -> bool:
        """Return whether the last operation is an activation."""
        return bool(self.layers) and self.layers[-1].activation == activation and self.scaling is None

    def same_before(self, other: "Rows") -> bool:
        """Return whether the layers before the last one are the same."""
        before, others = self.layers[:-1], other.layers[:-1]
        return len(before) == len(others) and all(a is b for a, b in zip(before, others, strict=True))

    def is_softplus_of(self, sums: "Rows", large: "Rows") -> bool:
        """Return whether the rows are softplus(beta z) / beta.

        sums : rows that must be beta z.
        large : rows that must be z.
        """
        if not (self.layers and sums.open and large.open) or sums.scaling or large.scaling:
            return False
        layer, scaled, plain = self.layers[-1], sums.layers[-1], large.layers[-1]
        factor, offset = self.scaling or (np.ones(1), np.zeros(1))
        pairs = (scaled.weight * factor[:, None], plain.weight), (scaled.bias * factor, plain.bias)
        return (
            layer.activation == "softplus"
            and layer.weight is scaled.weight
            and layer.bias is scaled.bias
            and not offset.any()
            and self.same_before(large)
            and (self.shape, self.transposed) == (large.shape, large.transposed)
            and all(a.shape == b.shape and np.allclose(a, b, rtol=1e-14, atol=0) for a, b in pairs)
        )

    def known_shape(self) -> tuple[int, ...]:
        """Return the shape.

        Raises UnreadableError if a size is not known, or if the array is transposed.
        """
        if self.transposed:
            raise UnreadableError(COLUMNS)
        if self.width is None:
            raise UnreadableError("needs the number of inputs, which the model does not contain")
        return tuple(size for size in self.shape if size is not None)

    def reshaped(self, shape: Sequence[int]) -> "Rows":
        """Return the same numbers in another shape."""
        return replace(self, shape=tuple(shape))

    def transpose(self, order: Sequence[int] | None) -> "Rows":
        """Return the numbers with their axes in another order.

        Raises UnreadableError if the order of the numbers of an example changes.
        """
        rank = len(self.shape)
        order = list(range(rank))[::-1] if order is None else order
        if sorted(order) != list(range(rank)):
            raise DamagedError(f"has the order {shape_text(order)} for an array with {rank} axes")
        if list(order) == [1, 0]:
            return replace(self, transposed=not self.transposed)
        moved = [axis for axis in order if self.shape[axis] != 1]
        if order[0] != 0 or moved != sorted(moved):
            raise UnreadableError("changes the order of the numbers of an example")
        return self.reshaped([self.known_shape()[axis] for axis in order])

    def dense(self, weight: np.ndarray) -> "Rows":
        """Return the rows times a weight (in, out)."""
        self.check_rows()
        if weight.ndim not in (1, 2):
            raise UnreadableError(f"has a weight of shape {weight.shape}. It must have two axes")
        if not weight.size:
            raise UnreadableError(
                f"has a weight of shape {weight.shape}. A layer must have at least one node"
            )
        width = self.width
        if len(self.shape) < 2 or self.shape[-1] != width:
            raise UnreadableError(f"takes an array of shape {self._shown()}. It must be (examples, numbers)")
        if width is not None and width != len(weight):
            raise DamagedError(f"takes rows of shape {self._shown()} and its weight has shape {weight.shape}")
        if len(self.layers) + 2 > MAX_LAYERS:
            raise UnreadableError(
                f"makes more than {MAX_LAYERS} layers, with inputs and outputs",
                "Use a network with fewer layers.",
            )
        shape = self.shape[:-1] + weight.shape[1:]
        matrix = numbers(weight).reshape(len(weight), -1)
        bias = np.zeros(matrix.shape[1])
        if self.scaling is not None:
            factor, offset = (np.broadcast_to(part, len(matrix)) for part in self.scaling)
            matrix, bias = factor[:, None] * matrix, offset @ matrix
        return replace(
            self, shape=shape, layers=(*self.layers, Layer(matrix.T, bias, "identity")), scaling=None
        )

    def times(self, array: np.ndarray) -> "Rows":
        """Return the rows times a constant.

        array : one number, or one for each number of an example.
        """
        factor, rows = self._each(array)
        if (factor == 1).all():
            return rows
        if not rows.open:
            old, offset = rows.scaling or (np.ones(1), np.zeros(1))
            return replace(rows, scaling=(old * factor, offset * factor))
        *before, last = rows.layers
        layer = replace(last, weight=np.reshape(factor, (-1, 1)) * last.weight, bias=factor * last.bias)
        return replace(rows, layers=(*before, layer))

    def plus(self, array: np.ndarray) -> "Rows":
        """Return the rows plus a constant.

        array : one number, or one for each number of an example.
        """
        added, rows = self._each(array)
        if not rows.open:
            factor, offset = rows.scaling or (np.ones(1), np.zeros(1))
            return replace(rows, scaling=(factor, offset + added))
        *before, last = rows.layers
        return replace(rows, layers=(*before, replace(last, bias=last.bias + added)))

    def activated(self, activation: str) -> "Rows":
        """Return the activation of the rows."""
        self.check_rows()
        if not self.layers:
            raise UnreadableError("comes before the first dense layer")
        last = self.layers[-1]
        if not self.open or self.scaling is not None:
            raise UnreadableError(
                f"comes after {OPERATORS[last.activation]} of the same layer. A layer must have one activation"
            )
        return replace(self, layers=(*self.layers[:-1], replace(last, activation=activation)))

    def softmax(self, activation: str, axis: int, *, over_all_behind: bool) -> "Rows":
        """Return softmax or log_softmax of the rows.

        over_all_behind : whether the axis stands for all axes from it on, as before opset 13.
        """
        axis = counted_axis(axis, len(self.shape), len(self.shape))
        if self.transposed:
            if axis != 0 or over_all_behind:
                raise UnreadableError(f"is over axis {axis}. It must be over the outputs")
            return replace(replace(self, transposed=False).activated(activation), transposed=True)
        shape = self.known_shape()
        if axis == 0 or self.width != (prod(shape[axis:]) if over_all_behind else shape[axis]):
            raise UnreadableError(f"is over axis {axis}. It must be over the outputs")
        return self.activated(activation)

    def shares(self) -> "Rows":
        """Return the outputs divided by their sum.

        The sum of a softmax is 1. Two classes sigmoid(-z) and sigmoid(z) become the softmax of 0 and z.

        Raises UnreadableError for other outputs.
        """
        self.check_rows()
        if self.layers and len(self.shape) == 2 and self.scaling is None:
            *before, last = self.layers
            last = two_classes(last)
            if last.activation == "softmax":
                return replace(self, layers=(*before, last))
        raise UnreadableError("divides the outputs by their sum, which no layer does")

    def columns(self, places: np.ndarray) -> "Rows":
        """Return some of the numbers of each example, by their places."""
        self.check_rows()
        if not self.open or len(self.shape) != 2 or self.scaling is not None:
            raise UnreadableError("takes some of the numbers of the examples")
        *before, last = self.layers
        if not places.size or places.min(initial=0) < 0 or places.max(initial=0) >= len(last.bias):
            raise DamagedError(f"takes the numbers {shape_text(places.tolist())} of {len(last.bias)}")
        layer = replace(last, weight=last.weight[places], bias=last.bias[places])
        return replace(self, shape=(self.examples, len(places)), layers=(*before, layer))

    def negated_class(self) -> "Rows":
        """Return 1 - sigmoid(z), which is sigmoid(-z)."""
        *before, last = self.layers
        return replace(self, layers=(*before, replace(last, weight=-last.weight, bias=-last.bias)))

    def _each(self, array: np.ndarray) -> tuple[np.ndarray, "Rows"]:
        """Return a constant as a vector, and the rows.

        The vector has one number for each number of an example, or one number for all. The constant tells the number of inputs, if it is not known otherwise.
        """
        array = numbers(array)
        if not np.isfinite(array).all():
            raise UnreadableError(
                "has a constant that is infinite or not a number", "Use another copy of the model."
            )
        if array.size == 1 and array.ndim <= len(self.shape):
            return array.ravel(), self
        if self.transposed and array.ndim == 2:
            array = array.T
        rows = self.reshaped((self.examples, *array.shape[-1:])) if self.width is None else self
        shape = (1, *(size or 0 for size in rows.shape[1:]))
        fits = (
            rows.shape[0] == rows.examples
            and array.ndim <= len(shape)
            and not (self.transposed and array.ndim < 2)
        )
        try:
            if fits:
                return np.broadcast_to(array, shape).ravel(), rows
        except ValueError:
            fits = False
        raise UnreadableError(f"has a constant of shape {array.shape} for an array of shape {self._shown()}")

    def check_rows(self) -> None:
        """Raise UnreadableError unless each row is an example."""
        if self.shape[0] != self.examples:
            raise UnreadableError("takes an array whose first axis is not the examples")
        if self.transposed:
            raise UnreadableError(COLUMNS)

    def _shown(self) -> str:
        return shape_text(("examples", *self.shape[1:]))


def two_classes(layer: Layer) -> Layer:
    """Return a layer whose outputs are sigmoid(-z) and sigmoid(z) as the softmax of 0 and z, and any other layer as it is."""
    weight, bias = layer.weight, layer.bias
    if layer.activation != "sigmoid" or len(bias) != 2:
        return layer
    if (weight[0] != -weight[1]).any() or bias[0] != -bias[1]:
        return layer
    return Layer(np.stack([np.zeros_like(weight[1]), weight[1]]), np.array([0.0, bias[1]]), "softmax")
