"""The table of the ONNX operators that TinyNet reads."""

from collections.abc import Callable

import numpy as np

from tinynet.formats.onnx import layer_operators, shape_operators
from tinynet.formats.onnx.constants import constant
from tinynet.formats.onnx.inputs import Inputs, Value
from tinynet.formats.onnx.layer_operators import ACTIVATION_OF
from tinynet.formats.onnx.node import Node, UnreadableError

READABLE = (
    f"dense layers (Gemm, or MatMul and Add) with {', '.join(ACTIVATION_OF)} or nothing after them, and also Softmax or "
    "LogSoftmax at the end"
)
NUMBERS_AT = {"ai.onnx.ml.LinearClassifier": 1}  # the place of the numbers among the outputs. Other places: 0
QUANTIZED = ("quantize", "qlinear", "integer")  # in the names of the operators


def output_of(node: Node, inputs: Inputs) -> Value:
    """Return the output of a node that is at its place in `NUMBERS_AT`.

    Raises UnreadableError for a node that is not a part of a network, and DamagedError for a node that contradicts its inputs.
    """
    if any(word in node.operator.lower() for word in QUANTIZED):
        raise UnreadableError("is a part of a quantized model", "Export the model before it is quantized.")
    constants = [value for value in inputs if value is None or isinstance(value, np.ndarray)]
    if len(constants) == len(inputs):
        return constant(node, constants)
    if node.operator not in OPERATORS:
        raise UnreadableError("cannot be read")
    return OPERATORS[node.operator](node, inputs)


OPERATORS: dict[str, Callable[[Node, Inputs], Value]] = {
    "Gemm": layer_operators.gemm,
    "MatMul": layer_operators.matmul,
    "com.microsoft.FusedGemm": layer_operators.fused_gemm,
    "com.microsoft.FusedMatMul": layer_operators.matmul,
    "Add": layer_operators.add,
    "Sub": layer_operators.subtract,
    "Mul": layer_operators.multiply,
    "Div": layer_operators.divide,
    "Neg": layer_operators.negate,
    "BatchNormalization": layer_operators.normalize,
    "ai.onnx.ml.Scaler": layer_operators.scale,
    "ai.onnx.ml.LinearRegressor": layer_operators.linear_regressor,
    "ai.onnx.ml.LinearClassifier": layer_operators.linear_classifier,
    "ai.onnx.ml.Normalizer": layer_operators.normalizer,
    "ai.onnx.ml.ArrayFeatureExtractor": layer_operators.feature_extractor,
    "Abs": layer_operators.absolute,
    "ReduceSum": layer_operators.total,
    **{operator: layer_operators.activation(name) for operator, name in ACTIVATION_OF.items()},
    "Softmax": layer_operators.softmax("softmax"),
    "LogSoftmax": layer_operators.softmax("log_softmax"),
    "Greater": layer_operators.greater,
    "Where": layer_operators.where,
    "Concat": layer_operators.concat,
    "Identity": shape_operators.unchanged,
    "ai.onnx.ml.ZipMap": shape_operators.unchanged,
    "Dropout": shape_operators.dropout,
    "Cast": shape_operators.cast,
    "CastLike": shape_operators.cast_like,
    "Reshape": shape_operators.reshape,
    "Flatten": shape_operators.flatten,
    "Squeeze": shape_operators.squeeze,
    "Unsqueeze": shape_operators.unsqueeze,
    "Transpose": shape_operators.transpose,
    "Shape": shape_operators.shape,
}
