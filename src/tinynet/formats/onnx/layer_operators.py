"""The operators that add a layer or change its numbers."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tinynet.core.activations import ACTIVATIONS
from tinynet.core.weights import Layer
from tinynet.errors import counted
from tinynet.formats.onnx.arrays import numbers
from tinynet.formats.onnx.constants import axes_of, wholes
from tinynet.formats.onnx.inputs import (
    JOINS,
    Above,
    Inputs,
    Total,
    array_at,
    first_rows,
    rows_and_array,
)
from tinynet.formats.onnx.node import DamagedError, Node, UnreadableError, quoted
from tinynet.formats.onnx.rows import OPERATORS, Rows, two_classes

ACTIVATION_OF = {operator: name for name, operator in OPERATORS.items() if name in ACTIVATIONS}
AFTER_LINEAR = {"NONE": "identity", "LOGISTIC": "sigmoid", "SOFTMAX": "softmax"}
SOFTPLUS_LIMIT = 15  # above it, softplus(z) - z is below the digits of float32


def gemm(node: Node, inputs: Inputs) -> Rows:
    """Return alpha A B + beta C.

    A or B is the rows.
    """
    product, beta, bias = _product(node, inputs), node.number("beta", 1.0), array_at(inputs, 2)
    if bias is None or not beta:
        return product
    return product.plus(bias if beta == 1 else numbers(bias) * beta)


def fused_gemm(node: Node, inputs: Inputs) -> Rows:
    """Return the activation of a Gemm, as onnxruntime joins them."""
    operator = node.text("activation", "")
    if operator not in ACTIVATION_OF:
        raise UnreadableError(f"has the activation {operator!r}")
    return gemm(node, inputs).activated(ACTIVATION_OF[operator])


def matmul(node: Node, inputs: Inputs) -> Rows:
    """Return alpha A B.

    A or B is the rows. The attributes are those of onnxruntime's FusedMatMul.
    """
    if node.whole("transBatchA", 0) or node.whole("transBatchB", 0):
        raise UnreadableError("transposes a batch of matrices")
    return _product(node, inputs)


def _product(node: Node, inputs: Inputs) -> Rows:
    """Return alpha times the product of rows and a weight.

    The product W X is the transposed X' W'.
    """
    rows, weight = rows_and_array(inputs[:2])
    on_left = inputs[0] is rows
    if node.whole("transA" if on_left else "transB", 0):
        rows = _swapped(rows)
    if node.whole("transB" if on_left else "transA", 0):
        weight = weight.T
    product = rows.dense(weight) if on_left else _swapped(_swapped(rows).dense(weight.T))
    alpha = node.number("alpha", 1.0)
    return product if alpha == 1 else product.times(np.array(alpha))


def _swapped(rows: Rows) -> Rows:
    if len(rows.shape) != 2:
        raise UnreadableError("transposes an array that is not (examples, numbers)")
    return rows.transpose((1, 0))


def add(node: Node, inputs: Inputs) -> Rows:
    """Return the rows plus a constant, on either side."""
    rows, array = rows_and_array(inputs)
    return rows.plus(array)


def multiply(node: Node, inputs: Inputs) -> Rows:
    """Return the rows times a constant, on either side."""
    rows, array = rows_and_array(inputs)
    return rows.times(array)


def subtract(node: Node, inputs: Inputs) -> Rows:
    """Return the rows minus a constant.

    The constant can be on either side. 1 - sigmoid(z) is sigmoid(-z).
    """
    rows, array = rows_and_array(inputs)
    if inputs[0] is rows:
        return rows.plus(-array)
    if rows.ends_in("sigmoid") and array.size == 1 and array.ravel()[0] == 1:
        return rows.negated_class()
    return rows.times(np.array(-1.0)).plus(array)


def negate(node: Node, inputs: Inputs) -> Rows:
    """Return the rows times -1."""
    return first_rows(inputs).times(np.array(-1.0))


def divide(node: Node, inputs: Inputs) -> Rows:
    """Return the rows divided by a constant or by their sum."""
    if len(inputs) == 2 and isinstance(inputs[1], Total) and inputs[0] is inputs[1].rows:
        return inputs[1].rows.shares()
    rows, array = rows_and_array(inputs)
    if inputs[0] is not rows:
        raise UnreadableError("divides by the numbers of the examples")
    with np.errstate(all="ignore"):
        return rows.times(1 / numbers(array))


def normalize(node: Node, inputs: Inputs) -> Rows:
    """Return the rows of BatchNormalization, in its form for inference."""
    rows, (scale, bias, mean, variance) = first_rows(inputs), _constants(inputs, 4)
    if len(rows.shape) != 2:
        raise UnreadableError("takes an array that is not (examples, numbers)")
    if node.whole("training_mode", 0) or len(node.outputs) > 1:
        raise UnreadableError(
            "is in training mode", "Export the model in inference mode, after model.eval()."
        )
    with np.errstate(all="ignore"):
        factor = scale / np.sqrt(variance + node.number("epsilon", 1e-5))
        return rows.times(factor).plus(bias - mean * factor)


def _constants(inputs: Inputs, count: int) -> list[np.ndarray]:
    found = [array_at(inputs, place) for place in range(1, count + 1)]
    arrays = [numbers(array) for array in found if array is not None and array.ndim == 1]
    if len(arrays) != count or len({array.shape for array in arrays}) != 1:
        raise DamagedError(f"must have {count} constants of the same length")
    return arrays


def linear_regressor(node: Node, inputs: Inputs) -> Rows:
    """Return the outputs of scikit-learn's linear models for numbers."""
    return _linear(node, inputs, node.whole("targets", 1))


def linear_classifier(node: Node, inputs: Inputs) -> Rows:
    """Return the scores or the probabilities of scikit-learn's linear models for classes."""
    labels = node.numbers("classlabels_ints") or node.numbers("classlabels_strings", bytes) or []
    rows = _linear(node, inputs, len(node.numbers("intercepts", float) or labels))
    *before, last = rows.layers
    if len(last.bias) != len(labels):
        raise UnreadableError("does not have one score for each class", "Export the scores of all classes.")
    return replace(rows, layers=(*before, two_classes(last)))


def _linear(node: Node, inputs: Inputs, count: int) -> Rows:
    """Return a dense layer whose numbers are attributes.

    count : the number of outputs.
    """
    coefficients, intercepts = (node.numbers(name, float) or [] for name in ("coefficients", "intercepts"))
    if count < 1 or len(coefficients) % count or len(intercepts) not in (0, count):
        raise DamagedError(
            f"has {counted(len(coefficients), 'coefficient')} and {counted(len(intercepts), 'intercept')} for "
            f"{counted(count, 'output')}"
        )
    rows = first_rows(inputs).dense(np.array(coefficients, float).reshape(count, -1).T)
    rows = rows.plus(np.array(intercepts)) if intercepts else rows
    after = node.text("post_transform", "NONE")
    if after not in AFTER_LINEAR:
        raise UnreadableError(f"has the post_transform {quoted(after)}")
    return rows.activated(AFTER_LINEAR[after])


def absolute(node: Node, inputs: Inputs) -> Rows:
    """Return the absolute values of outputs that are never negative."""
    rows = first_rows(inputs)
    if not any(rows.ends_in(name) for name in ("sigmoid", "softmax", "relu", "softplus")):
        raise UnreadableError("takes the absolute values of numbers that can be negative")
    return rows


def total(node: Node, inputs: Inputs) -> Total:
    """Return the sum of the outputs of each example."""
    rows, axes = first_rows(inputs), axes_of(node, array_at(inputs, 1))
    if len(rows.shape) != 2 or axes not in ([1], [-1]) or not node.whole("keepdims", 1):
        raise UnreadableError("adds numbers of the examples")
    return Total(rows)


def normalizer(node: Node, inputs: Inputs) -> Rows:
    """Return the outputs divided by their sum, as scikit-learn's converter writes probabilities."""
    if node.text("norm", "MAX") != "L1":
        raise UnreadableError("cannot be read")
    return first_rows(inputs).shares()


def feature_extractor(node: Node, inputs: Inputs) -> Rows:
    """Return some of the outputs, as the score of the second class alone."""
    rows, places = rows_and_array(inputs)
    return rows.columns(np.array(wholes(places)))


def scale(node: Node, inputs: Inputs) -> Rows:
    """Return the rows of scikit-learn's scalers."""
    offset, scale = (node.numbers(name, float) or [] for name in ("offset", "scale"))
    rows = first_rows(inputs)
    if not offset or not scale:
        raise DamagedError("must have an offset and a scale")
    return rows.plus(-np.array(offset)).times(np.array(scale))


def activation(name: str) -> Callable[[Node, Inputs], Rows]:
    """Return the operator of an activation."""
    return lambda node, inputs: first_rows(inputs).activated(name)


def softmax(activation: str) -> Callable[[Node, Inputs], Rows]:
    """Return the operator of softmax or log_softmax."""

    def operator(node: Node, inputs: Inputs) -> Rows:
        old = node.opset < 13
        return first_rows(inputs).softmax(
            activation, node.whole("axis", 1 if old else -1), over_all_behind=old
        )

    return operator


def greater(node: Node, inputs: Inputs) -> Above:
    """Return the comparison of the rows with one number."""
    rows, limit = first_rows(inputs), rows_and_array(inputs)[1]
    if limit.size != 1:
        raise UnreadableError("compares the numbers of the examples")
    return Above(rows, float(limit.ravel()[0]))


def where(node: Node, inputs: Inputs) -> Rows:
    """Return softplus(beta z) / beta.

    PyTorch's exporter chooses z instead if beta z is large.
    """
    match inputs:
        case [Above(rows=sums, limit=limit), Rows() as large, Rows() as rest] if (
            limit >= SOFTPLUS_LIMIT and rest.is_softplus_of(sums, large)
        ):
            return rest
    raise UnreadableError("chooses between numbers")


def concat(node: Node, inputs: Inputs) -> Rows:
    """Return the rows of several layers side by side."""
    parts = [value for value in inputs if isinstance(value, Rows)]
    if len(parts) != len(inputs) or node.axis(1, len(parts[0].shape)) != 1:
        raise UnreadableError(JOINS)
    return _side_by_side(parts)


def _side_by_side(parts: Sequence[Rows]) -> Rows:
    """Return rows whose numbers stand side by side.

    The parts must differ only in their last layer. Two classes 1 - sigmoid(z) and sigmoid(z) become the softmax of 0
    and z, which has the same outputs.
    """
    first = parts[0]
    for part in parts:
        part.check_rows()
        if (
            not part.layers
            or part.scaling is not None
            or len(part.shape) != 2
            or not part.same_before(first)
            or part.layers[-1].activation != first.layers[-1].activation
        ):
            raise UnreadableError(JOINS)
    weight = np.concatenate([part.layers[-1].weight for part in parts])
    bias = np.concatenate([part.layers[-1].bias for part in parts])
    activation = first.layers[-1].activation
    if len(parts) > 1 and activation not in ACTIVATIONS:
        raise UnreadableError(JOINS)
    layer = two_classes(Layer(weight, bias, activation))
    return replace(first, shape=(first.examples, len(bias)), layers=(*first.layers[:-1], layer))
