"""The numbers of the tensors in an ONNX model."""

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from tinynet.core.architecture import MAX_PARAMETERS
from tinynet.formats.onnx.node import DamagedError, UnreadableError, quoted, shape_text
from tinynet.validation import shown

if TYPE_CHECKING:
    from onnx import TensorProto

MAX_NUMBERS = 2 * MAX_PARAMETERS  # in one constant
MAX_AXES = 64  # of an array of NumPy


def array_of(tensor: "TensorProto") -> np.ndarray:
    """Return the numbers of a tensor.

    Raises DamagedError if the tensor contradicts its shape or its type.
    """
    from onnx import numpy_helper

    if tensor.data_location == tensor.EXTERNAL:
        raise UnreadableError("has numbers in another file", "Save the model as one file.")
    if min(tensor.dims, default=0) < 0 or len(tensor.dims) > MAX_AXES:
        raise DamagedError(f"has a tensor {quoted(tensor.name)} of shape {shape_text(tensor.dims)}")
    check_size(prod(tensor.dims))
    try:
        return np.asarray(numpy_helper.to_array(tensor))
    except (ValueError, TypeError, KeyError) as error:
        reason = str(error).partition("\n")[0]
        raise DamagedError(f"has a tensor {quoted(tensor.name)} that cannot be read: {reason}") from error


def check_size(count: int) -> None:
    """Raise UnreadableError for an array with too many numbers."""
    if count > MAX_NUMBERS:
        raise UnreadableError(
            f"has {shown(count)} numbers, and a network has at most {MAX_PARAMETERS:,} parameters",
            "Use a smaller network.",
        )


def is_float(kind: int) -> bool:
    """Return whether a type of ONNX has floating-point numbers.

    The numbers have at least 16 bits.
    """
    from onnx import TensorProto

    return kind in (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16)


def numbers(array: np.ndarray) -> np.ndarray:
    """Return an array in float64.

    Raises UnreadableError unless its numbers are floating-point numbers.
    """
    if array.dtype.kind != "f" and array.dtype.name != "bfloat16":
        raise UnreadableError(
            f"has numbers of type {array.dtype.name}. They must be floating-point numbers",
            "Export the model before it is quantized.",
        )
    return array.astype(float)
