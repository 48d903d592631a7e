"""The operators of ONNX that TinyNet reads, each as a function of the rows that it takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tinynet.core.activations import ACTIVATIONS
from tinynet.formats.onnx import constants
from tinynet.formats.onnx.arrays import is_float, numbers
from tinynet.formats.onnx.constants import axes_of, constant, wholes
from tinynet.formats.onnx.node import DamagedError, Node, UnreadableError
from tinynet.formats.onnx.rows import SOFTPLUS_LIMIT, Rows, shown, side_by_side

OPERATOR_OF = {name: shown(name) for name in (*ACTIVATIONS, "softmax", "log_softmax") if name != "identity"}
ACTIVATION_OF = {operator: name for name, operator in OPERATOR_OF.items() if name in ACTIVATIONS}
READABLE = (
    f"dense layers (Gemm, or MatMul and Add) with {', '.join(ACTIVATION_OF)} or nothing after them, and also Softmax or "
    "LogSoftmax at the end"
)
QUANTIZED = ("quantize", "qlinear", "integer")  # in the names of the operators
JOINS = "joins several paths, as a skip connection does"


@dataclass(frozen=True)
class Above:
    """The comparison rows > limit. PyTorch's exporter writes a softplus with such a comparison."""

    rows: Rows
    limit: float


Value = Rows | Above | np.ndarray
Inputs = Sequence[Value | None]


def output_of(node: Node, inputs: Inputs) -> Value:
    """Return the first output of a node.

    Raises UnreadableError for a node that is not a part of a network, and DamagedError for a node that contradicts its inputs.
    """
    if any(word in node.operator.lower() for word in QUANTIZED):
        raise UnreadableError("is a part of a quantized model", "Export the model before it is quantized.")
    if not any(isinstance(value, Rows | Above) for value in inputs):
        return constant(node, [value for value in inputs if isinstance(value, np.ndarray)])
    if node.operator not in OPERATORS:
        raise UnreadableError("cannot be read")
    return OPERATORS[node.operator](node, inputs)


def _rows(inputs: Inputs) -> Rows:
    """Return the only rows among the inputs of a node."""
    found = [value for value in inputs if not isinstance(value, np.ndarray) and value is not None]
    if len(found) != 1 or not isinstance(found[0], Rows):
        raise UnreadableError(JOINS)
    return found[0]


def _first(inputs: Inputs) -> Rows:
    """Return the first input of a node. It must be the only rows."""
    rows = _rows(inputs)
    if inputs[0] is not rows:
        raise UnreadableError("uses the numbers of the examples as a setting")
    return rows


def _array(inputs: Inputs, place: int) -> np.ndarray | None:
    """Return an input that must be a constant; None for an input that is left out."""
    found = inputs[place] if place < len(inputs) else None
    if found is not None and not isinstance(found, np.ndarray):
        raise UnreadableError(JOINS)
    return found


def _pair(inputs: Inputs) -> tuple[Rows, np.ndarray]:
    """Return the rows and the constant of a node with two inputs."""
    rows = _rows(inputs)
    if len(inputs) != 2 or any(value is None for value in inputs):
        raise DamagedError("must have two inputs")
    return rows, next(value for value in inputs if isinstance(value, np.ndarray))


def _gemm(node: Node, inputs: Inputs) -> Rows:
    """Return alpha A B + beta C, in which A or B is the rows, after its transposition."""
    _rows(inputs)
    if len(inputs) < 2:
        raise DamagedError("must have two or three inputs")
    sides = [
        _transposed(value) if node.whole(name, 0) else value
        for name, value in zip(("transA", "transB"), inputs, strict=False)
    ]
    alpha, beta, bias = node.number("alpha", 1.0), node.number("beta", 1.0), _array(inputs, 2)
    product = _product(*sides)
    product = product if alpha == 1 else product.times(np.array(alpha))
    if bias is None or not beta:
        return product
    return product.plus(bias if beta == 1 else numbers(bias) * beta)


def _fused_gemm(node: Node, inputs: Inputs) -> Rows:
    """Return the activation of a Gemm, as onnxruntime joins them."""
    name = node.attributes.get("activation", b"")
    operator = name.decode(errors="replace") if isinstance(name, bytes) else ""
    if operator not in ACTIVATION_OF:
        raise UnreadableError(f"has the activation {operator!r}")
    return _gemm(node, inputs).activated(ACTIVATION_OF[operator])


def _matmul(node: Node, inputs: Inputs) -> Rows:
    """Return A B, in which A or B is the rows. onnxruntime's FusedMatMul has attributes for each side."""
    _pair(inputs)
    sides = [
        _transposed(value) if node.whole(name, 0) else value
        for name, value in zip(("transA", "transB"), inputs, strict=True)
    ]
    if node.whole("transBatchA", 0) or node.whole("transBatchB", 0):
        raise UnreadableError("transposes a batch of matrices")
    alpha = node.number("alpha", 1.0)
    return _product(*sides) if alpha == 1 else _product(*sides).times(np.array(alpha))


def _product(left: Value | None, right: Value | None) -> Rows:
    """Return the product of rows and a weight. W X is the transposed X' W'."""
    if isinstance(left, Rows) and isinstance(right, np.ndarray):
        return left.dense(right)
    if isinstance(left, np.ndarray) and isinstance(right, Rows):
        return _swapped(_swapped(right).dense(left.T))
    raise UnreadableError(JOINS)


def _transposed(value: Value | None) -> Value | None:
    return _swapped(value) if isinstance(value, Rows) else value.T if isinstance(value, np.ndarray) else value


def _swapped(rows: Rows) -> Rows:
    if len(rows.shape) != 2:
        raise UnreadableError("transposes an array that is not (examples, numbers)")
    return rows.transpose((1, 0))


def _add(node: Node, inputs: Inputs) -> Rows:
    rows, array = _pair(inputs)
    return rows.plus(array)


def _multiply(node: Node, inputs: Inputs) -> Rows:
    rows, array = _pair(inputs)
    return rows.times(array)


def _subtract(node: Node, inputs: Inputs) -> Rows:
    rows, array = _pair(inputs)
    if inputs[0] is rows:
        return rows.plus(-array)
    if rows.ends_in("sigmoid") and array.size == 1 and array.ravel()[0] == 1:
        return rows.negated_class()
    return rows.times(np.array(-1.0)).plus(array)


def _divide(node: Node, inputs: Inputs) -> Rows:
    rows, array = _pair(inputs)
    if inputs[0] is not rows:
        raise UnreadableError("divides by the numbers of the examples")
    with np.errstate(all="ignore"):
        return rows.times(1 / numbers(array))


def _normalize(node: Node, inputs: Inputs) -> Rows:
    """Return the rows of BatchNormalization, in its form for inference."""
    rows, (scale, bias, mean, variance) = _first(inputs), _constants(inputs, 4)
    if node.whole("training_mode", 0):
        raise UnreadableError(
            "is in training mode", "Export the model in inference mode, after model.eval()."
        )
    with np.errstate(all="ignore"):
        factor = scale / np.sqrt(variance + node.number("epsilon", 1e-5))
        return rows.times(factor).plus(bias - mean * factor)


def _constants(inputs: Inputs, count: int) -> list[np.ndarray]:
    found = [_array(inputs, place) for place in range(1, count + 1)]
    arrays = [numbers(array) for array in found if array is not None and array.ndim == 1]
    if len(arrays) != count or len({array.shape for array in arrays}) != 1:
        raise DamagedError(f"must have {count} constants of the same length")
    return arrays


def _scale(node: Node, inputs: Inputs) -> Rows:
    """Return the rows of scikit-learn's scalers."""
    offset, scale = (node.numbers(name, float) or [] for name in ("offset", "scale"))
    rows = _first(inputs)
    if not offset or not scale:
        raise DamagedError("must have an offset and a scale")
    return rows.plus(-np.array(offset)).times(np.array(scale))


def _dropout(node: Node, inputs: Inputs) -> Rows:
    rows, training = _first(inputs), _array(inputs, 2)
    if training is not None and training.any():
        raise UnreadableError(
            "is in training mode", "Export the model in inference mode, after model.eval()."
        )
    return rows


def _cast(node: Node, inputs: Inputs) -> Rows:
    if not is_float(node.whole("to", 0)):
        raise UnreadableError("rounds the numbers of the examples to another type")
    return _first(inputs)


def _cast_like(node: Node, inputs: Inputs) -> Value:
    """Return the first input in the type of the second one."""
    first = inputs[0]
    return numbers(first) if isinstance(first, np.ndarray) else _first(inputs[:1])


def _reshape(node: Node, inputs: Inputs) -> Rows:
    rows, shape = _first(inputs), _array(inputs, 1)
    if shape is None:
        raise DamagedError("must have a shape")
    target = wholes(shape)
    if rows.width is None:
        if len(target) != 2 or target[0] not in (-1, 0, rows.examples) or target[1] < 1:
            raise UnreadableError("needs the number of inputs, which the model does not contain")
        return rows.reshaped((rows.examples, target[1]))
    whole = constants.reshaped(rows.known_shape(), target, zero_is_size=bool(node.whole("allowzero", 0)))
    return rows.reshaped(whole)


def _flatten(node: Node, inputs: Inputs) -> Rows:
    rows = _first(inputs)
    if rows.width is None and node.whole("axis", 1) == 1:
        return rows
    return rows.reshaped(constants.flattened(node, rows.known_shape()))


def _squeeze(node: Node, inputs: Inputs) -> Rows:
    rows = _first(inputs)
    return rows.reshaped(constants.squeezed(rows.known_shape(), axes_of(node, _array(inputs, 1))))


def _unsqueeze(node: Node, inputs: Inputs) -> Rows:
    rows = _first(inputs)
    return rows.reshaped(constants.unsqueezed(rows.known_shape(), axes_of(node, _array(inputs, 1))))


def _shape(node: Node, inputs: Inputs) -> np.ndarray:
    shape = _first(inputs).known_shape()
    return np.array(shape[node.whole("start", 0) : node.whole("end", len(shape))], np.int64)


def _softmax(activation: str) -> Callable[[Node, Inputs], Rows]:
    def softmax(node: Node, inputs: Inputs) -> Rows:
        old = node.opset < 13
        return _first(inputs).softmax(activation, node.whole("axis", 1 if old else -1), over_all_behind=old)

    return softmax


def _greater(node: Node, inputs: Inputs) -> Above:
    rows, limit = _first(inputs), _pair(inputs)[1]
    if limit.size != 1:
        raise UnreadableError("compares the numbers of the examples")
    return Above(rows, float(limit.ravel()[0]))


def _where(node: Node, inputs: Inputs) -> Rows:
    """Return softplus(z), which PyTorch's exporter writes as z where z is large."""
    match inputs:
        case [Above(rows=z, limit=limit), Rows() as large, Rows() as rest] if (
            limit >= SOFTPLUS_LIMIT
            and large.same_sums(z)
            and large.open
            and rest.same_sums(z)
            and rest.ends_in("softplus")
        ):
            return rest
    raise UnreadableError("chooses between numbers")


def _concat(node: Node, inputs: Inputs) -> Rows:
    parts = [value for value in inputs if isinstance(value, Rows)]
    if len(parts) != len(inputs) or node.axis(1, len(parts[0].shape)) != 1:
        raise UnreadableError(JOINS)
    return side_by_side(parts)


def _activation(name: str) -> Callable[[Node, Inputs], Rows]:
    return lambda node, inputs: _first(inputs).activated(name)


def _unchanged(node: Node, inputs: Inputs) -> Rows:
    return _first(inputs)


OPERATORS: dict[str, Callable[[Node, Inputs], Value]] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "com.microsoft.FusedGemm": _fused_gemm,
    "com.microsoft.FusedMatMul": _matmul,
    "Add": _add,
    "Sub": _subtract,
    "Mul": _multiply,
    "Div": _divide,
    "BatchNormalization": _normalize,
    "ai.onnx.ml.Scaler": _scale,
    **{operator: _activation(name) for operator, name in ACTIVATION_OF.items()},
    "Softmax": _softmax("softmax"),
    "LogSoftmax": _softmax("log_softmax"),
    "Greater": _greater,
    "Where": _where,
    "Concat": _concat,
    "Identity": _unchanged,
    "ai.onnx.ml.ZipMap": _unchanged,
    "Dropout": _dropout,
    "Cast": _cast,
    "CastLike": _cast_like,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Transpose": lambda node, inputs: _first(inputs).transpose(node.numbers("perm")),
    "Shape": _shape,
}
