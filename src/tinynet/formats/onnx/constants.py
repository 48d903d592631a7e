"""Nodes whose inputs are constants.

Their outputs are computed while a model is read.

Exporters compute the shapes of arrays with such nodes, and they transpose, reshape and convert weights with them.
"""

from collections.abc import Callable, Sequence
from math import prod

import numpy as np

from tinynet.formats.onnx.arrays import MAX_AXES, array_of, check_size
from tinynet.formats.onnx.node import DamagedError, Node, UnreadableError, counted_axis, shape_text

WHOLE = "iub"  # kinds of types of NumPy
VALUE_TYPES = {
    "value_float": np.float32,
    "value_floats": np.float32,
    "value_int": np.int64,
    "value_ints": np.int64,
}
MAX_REASON = 200  # characters of an error of NumPy
Array = np.ndarray


def constant(node: Node, inputs: Sequence[Array | None]) -> Array:
    """Return the output of a node whose inputs are constants.

    Raises UnreadableError for an operator that is not in `OPERATORS`, and DamagedError for inputs that do not fit together.
    """
    if node.operator not in OPERATORS:
        raise UnreadableError("cannot be read")
    given = [array for array in inputs if array is not None]
    try:
        check_size(_size(node, given))
        with np.errstate(all="ignore"):  # infinite numbers are refused where they are used
            found = np.asarray(OPERATORS[node.operator](node, *given))
        numbers = given if node.operator in ARITHMETIC else given[:1]
        if found.dtype.kind not in WHOLE and any(array.dtype.kind in WHOLE for array in numbers):
            # the whole numbers may contain the number of examples, which is not a number of the network
            raise UnreadableError("converts whole numbers to another type")
        return found
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise DamagedError(f"cannot be computed: {str(error)[:MAX_REASON].partition(chr(10))[0]}") from error


def _size(node: Node, arrays: Sequence[Array]) -> int:
    """Return the most numbers that an output can have."""
    if node.operator in ARITHMETIC or node.operator == "Mod":
        return prod(np.broadcast_shapes(*(array.shape for array in arrays)))
    if node.operator == "Gather":
        return prod(array.size for array in arrays)
    return sum(array.size for array in arrays)


def axes_of(node: Node, given: Array | None) -> list[int] | None:
    """Return the axes of Squeeze or Unsqueeze.

    None stands for no axes.

    given : the second input. Before opset 13 the axes are an attribute.
    """
    return node.numbers("axes") if given is None else wholes(given)


def wholes(array: Array) -> list[int]:
    """Return the whole numbers of a constant."""
    if array.dtype.kind not in "iu":
        raise DamagedError("has a list of axes or sizes that are not whole numbers")
    return [int(number) for number in array.ravel()]


def squeezed(shape: Sequence[int], axes: Sequence[int] | None) -> tuple[int, ...]:
    """Return a shape without these axes of size 1.

    axes : None stands for all axes of size 1.
    """
    if axes is None:
        return tuple(size for size in shape if size != 1)
    places = [counted_axis(axis, len(shape), len(shape)) for axis in axes]
    if any(shape[axis] != 1 for axis in places):
        raise DamagedError(f"removes an axis that is larger than 1 from the shape {shape_text(shape)}")
    return tuple(size for axis, size in enumerate(shape) if axis not in places)


def unsqueezed(shape: Sequence[int], axes: Sequence[int] | None) -> tuple[int, ...]:
    """Return a shape with new axes of size 1."""
    rank = len(shape) + len(axes or ())
    if rank > MAX_AXES:
        raise DamagedError(f"makes an array with {rank:,} axes")
    places = {counted_axis(axis, rank, rank) for axis in axes or ()}
    if axes is None or len(places) < len(axes):
        raise DamagedError("has no list of different axes")
    sizes = iter(shape)
    return tuple(1 if axis in places else next(sizes) for axis in range(rank))


def reshaped(shape: Sequence[int], target: Sequence[int], *, zero_is_size: bool = False) -> tuple[int, ...]:
    """Return the shape that Reshape gives.

    target : 0 keeps a size, unless `zero_is_size`. -1 is computed from the other sizes.

    >>> reshaped((7, 2, 3), (0, -1))
    (7, 6)
    """
    keeps = [size == 0 and not zero_is_size for size in target]
    if any(keep and axis >= len(shape) for axis, keep in enumerate(keeps)):
        raise DamagedError(f"keeps a size that the shape {shape_text(shape)} does not have")
    sizes = [
        shape[axis] if keep else size for axis, (size, keep) in enumerate(zip(target, keeps, strict=True))
    ]
    rest, total = prod(size for size in sizes if size != -1), prod(shape)
    if sizes.count(-1) == 1 and rest > 0 and total % rest == 0:
        sizes[sizes.index(-1)] = total // rest
    if min(sizes, default=0) < 0 or prod(sizes) != total:
        raise DamagedError(f"gives the shape {shape_text(shape)} the shape {shape_text(target)}")
    return tuple(sizes)


def flattened(node: Node, shape: Sequence[int]) -> tuple[int, int]:
    """Return the shape that Flatten gives."""
    axis = node.axis(1, len(shape), behind=True)
    return prod(shape[:axis]), prod(shape[axis:])


def value(node: Node) -> Array:
    """Return the array of a Constant node."""
    from onnx import TensorProto

    for name, found in node.attributes.items():
        if isinstance(found, TensorProto):
            return array_of(found)
        if name in VALUE_TYPES:
            return np.array(found, VALUE_TYPES[name])
    raise UnreadableError("is not a dense array of numbers")


def _cast(node: Node, array: Array) -> Array:
    from onnx.helper import tensor_dtype_to_np_dtype

    try:
        kind = tensor_dtype_to_np_dtype(node.whole("to", 0))
    except KeyError as error:
        raise DamagedError(f"has an unknown type {error}") from error
    return array.astype(kind)


def _reshape(node: Node, array: Array, shape: Array) -> Array:
    return array.reshape(reshaped(array.shape, wholes(shape), zero_is_size=bool(node.whole("allowzero", 0))))


def _concat(node: Node, *arrays: Array) -> Array:
    return np.concatenate(arrays, axis=node.whole("axis", 0))


def _slice(node: Node, *arrays: Array) -> Array:
    """Return a part of an array.

    The limits are the other inputs. Before opset 10 they are attributes.
    """
    places = ("data", "starts", "ends", "axes", "steps")
    names = [place for place, name in zip(places, node.inputs, strict=False) if name]
    array, *given = arrays
    limits = {name: wholes(one) for name, one in zip(names[1:], given, strict=True)}
    limits |= {name: found for name in places[1:4] if (found := node.numbers(name)) is not None}
    starts, ends = limits.get("starts", []), limits.get("ends", [])
    axes, steps = limits.get("axes", range(len(starts))), limits.get("steps", [1] * len(starts))
    parts = [slice(None)] * array.ndim
    for axis, *limit in zip(axes, starts, ends, steps, strict=True):
        parts[counted_axis(axis, array.ndim, array.ndim)] = slice(*limit)
    return array[tuple(parts)]


def _modulo(node: Node, a: Array, b: Array) -> Array:
    return np.fmod(a, b) if node.whole("fmod", 0) else np.mod(a, b)


def _arithmetic(compute: Callable[..., Array]) -> Callable[..., Array]:
    return lambda node, *arrays: compute(*arrays)


def _divide(a: Array, b: Array) -> Array:
    whole = a.dtype.kind in WHOLE and b.dtype.kind in WHOLE
    return np.floor_divide(a, b) if whole else np.divide(a, b)


ARITHMETIC: dict[str, Callable[..., Array]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Div": _divide,
}
FUNCTIONS: dict[str, Callable[..., Array]] = {
    "Neg": np.negative,
    "Exp": np.exp,
    "Sqrt": np.sqrt,
    "Reciprocal": np.reciprocal,
}
OPERATORS: dict[str, Callable[..., Array]] = {
    "Constant": value,
    "Identity": lambda node, array: array,
    "Cast": _cast,
    "Reshape": _reshape,
    "Flatten": lambda node, array: array.reshape(flattened(node, array.shape)),
    "Transpose": lambda node, array: array.transpose(node.numbers("perm")),
    "Squeeze": lambda node, array, axes=None: array.reshape(squeezed(array.shape, axes_of(node, axes))),
    "Unsqueeze": lambda node, array, axes=None: array.reshape(unsqueezed(array.shape, axes_of(node, axes))),
    "Shape": lambda node, array: np.array(array.shape, np.int64),
    "Gather": lambda node, array, index: np.take(array, index, axis=node.whole("axis", 0)),
    "Concat": _concat,
    "Slice": _slice,
    "Mod": _modulo,
    **{name: _arithmetic(compute) for name, compute in (ARITHMETIC | FUNCTIONS).items()},
}
