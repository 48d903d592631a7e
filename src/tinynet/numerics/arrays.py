"""Elementary functions and sums of arrays.

The results have the same bits on every processor.

NumPy's exp, log, `sum`, `mean` and `@` depend on the processor: on its vector instructions and its order of addition.
Here every element is computed by the definition in `elementary`, and every sum has a fixed order. Besides, only
NumPy's + - * /, comparisons and `sqrt` are used, which IEEE 754 rounds identically everywhere.
"""

from functools import cache
from typing import Any

import numpy as np

from tinynet.numerics.kernel import Array, Kernel, Shape, arguments, contiguous
from tinynet.numerics.llvm import DOUBLE, F64, I64, Function, Pointer
from tinynet.numerics.llvm_library import call, constant, library

TOGETHER = 4  # inputs added between a load and a store of a sum


def exp(x: Any) -> np.ndarray:
    """Return e**x of each element, to the bits of `elementary.exp`.

    >>> exp([0.0, 1.0]).tolist()
    [1.0, 2.718281828459045]
    """
    return _of_each("exp", x)


def log(x: Any) -> np.ndarray:
    """Return the natural logarithm of each element.

    The result is -inf at 0, and NaN below.

    >>> log([1.0, 0.0]).tolist()
    [0.0, -inf]
    """
    return _of_each("log", x)


def tanh(x: Any) -> np.ndarray:
    """Return the hyperbolic tangent of each element."""
    return _of_each("tanh", x)


def sigmoid(x: Any) -> np.ndarray:
    """Return 1 / (1 + e**-x) of each element."""
    return _of_each("sigmoid", x)


def cos_pi(x: Any) -> np.ndarray:
    """Return cos(pi x) of each element.

    x must be from 0 to 1.
    """
    return _of_each("cos_pi", x)


def total(x: Any, axis: int = -1) -> np.ndarray:
    """Return the sum along an axis.

    The second half of the terms is added to the first half until one term is left.

    >>> float(total([0.1, 0.2, 0.3]))
    0.6000000000000001
    """
    terms = np.moveaxis(np.asarray(x, float), axis, 0)
    if not len(terms):
        return np.zeros(terms.shape[1:])
    while len(terms) > 1:
        half = (len(terms) + 1) // 2
        some = terms[:half].copy()
        some[: len(terms) - half] += terms[half:]
        terms = some
    return np.asarray(terms[0])


def running_total(x: np.ndarray) -> np.ndarray:
    """Return the sum over the last axis. (..., n) -> (...)

    The terms are added from first to last, as in the sheet.

    >>> float(running_total(np.array([0.1, 0.2, 0.3])))
    0.6000000000000001
    """
    return weighted_sums(x, np.ones((1, x.shape[-1])), np.array([-0.0]))[..., 0]


def mean(x: Any, axis: int = -1) -> np.ndarray:
    """Return the mean along an axis.

    The mean is `total` divided by the number of terms.
    """
    return np.asarray(total(x, axis) / np.shape(x)[axis])


def variance(x: Any, axis: int = -1) -> np.ndarray:
    """Return the variance along an axis.

    The variance is the mean squared distance from the mean.
    """
    centered = x - np.expand_dims(mean(x, axis), axis)
    return mean(centered * centered, axis)


def norm(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return the Euclidean length along an axis.

    >>> float(norm(np.array([3.0, 4.0])))
    5.0
    """
    return np.asarray(np.sqrt(total(x * x, axis)))


def weighted_sums(a: Any, weight: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
    """Return a @ weight.T + bias.

    The products are added from the first input to the last, and then the bias, as in the sheet.

    a : (..., in). weight : (out, in). bias : (out,). -> (..., out)
    For n networks: a (n, m, in), or (1, m, in) for all networks, weight (n, out, in), bias (n, out) -> (n, m, out)

    Raises ValueError if the shapes do not fit.

    >>> weighted_sums([1.0, 2.0], np.array([[3.0, 4.0]]), np.array([5.0])).tolist()
    [16.0]
    """
    inputs = contiguous(a, float)
    *several, outputs, width = weight.shape
    networks = several[0] if several else 1
    side_by_side = not several or (inputs.ndim == 3 and len(inputs) in (1, networks))
    added = np.zeros((*several, outputs)) if bias is None else contiguous(bias, float)
    if inputs.shape[-1] != width or not side_by_side or added.shape != (*several, outputs):
        shapes = f"a is {inputs.shape}, weight is {weight.shape} and bias is {added.shape}"
        raise ValueError(f"{shapes}; they must be (..., in), (out, in) and (out,)")
    columns = contiguous(np.swapaxes(weight, -1, -2), float)  # (..., in, out)
    found = np.empty((*several, *inputs.shape[len(several) : -1], outputs))
    rows = found.size // max(1, networks * outputs)
    given = len(inputs) if several else 1  # 1 if all networks have equal inputs
    several_arrays = (
        inputs.reshape(given, rows, width),
        columns.reshape(networks, width, outputs),
        added.reshape(networks, outputs),
        found.reshape(networks, rows, outputs),  # a view
    )
    _sums()(several_arrays, given, networks, rows, width, outputs)
    return found


# --- the compiled code ---------------------------------------------------------------------------------------------


def _of_each(name: str, x: Any) -> np.ndarray:
    given = contiguous(x, float).ravel()
    found = np.empty(given.size)
    _mapping(name)((given, found), given.size)
    return found.reshape(np.shape(x))


@cache
def _mapping(name: str) -> Kernel:
    """Compile a function of `elementary` for arrays."""
    arrays = {"x": Array(float), "out": Array(float, written=True)}
    f = Function("each", arguments(arrays, ("count",)))
    with f.loop(0, I64("%count")) as i:
        f.store(
            DOUBLE,
            call(f, name, f.load(DOUBLE, f.gep(DOUBLE, Pointer("%x"), i))),
            f.gep(DOUBLE, Pointer("%out"), i),
        )
    return Kernel(f, arrays, lambda count: ((count,), (count,)), library([name]))


SUM_ARRAYS = {name: Array(float) for name in ("a", "columns", "bias")} | {"out": Array(float, written=True)}


def _shapes_of_sums(given: int, networks: int, rows: int, width: int, outputs: int) -> tuple[Shape, ...]:
    return (given, rows, width), (networks, width, outputs), (networks, outputs), (networks, rows, outputs)


@cache
def _sums() -> Kernel:
    """Compile `weighted_sums`.

    The outputs of a row are independent, so that LLVM may vectorize over them.
    """
    f = Function("sums", arguments(SUM_ARRAYS, ("given", "networks", "rows", "width", "outputs")))
    with f.loop(0, I64("%networks")) as network:
        own = f.int_op("urem", network, I64("%given"))  # always 0 if the networks have equal inputs
        size = f.int_op("mul", I64("%rows"), I64("%width"))
        given = f.gep(DOUBLE, Pointer("%a"), f.int_op("mul", own, size))
        first = f.int_op("mul", network, I64("%outputs"))
        columns = f.gep(DOUBLE, Pointer("%columns"), f.int_op("mul", first, I64("%width")))
        bias = f.gep(DOUBLE, Pointer("%bias"), first)
        with f.loop(0, I64("%rows")) as row:
            offset = f.int_op(
                "add", f.int_op("mul", first, I64("%rows")), f.int_op("mul", row, I64("%outputs"))
            )
            out, inputs = (
                f.gep(DOUBLE, Pointer("%out"), offset),
                f.gep(DOUBLE, given, f.int_op("mul", row, I64("%width"))),
            )
            with f.loop(0, I64("%outputs")) as j:
                f.store(DOUBLE, constant(-0.0), f.gep(DOUBLE, out, j))  # -0.0 + x equals x, even for x = -0.0
            blocks = f.int_op("udiv", I64("%width"), TOGETHER)
            with f.loop(0, blocks) as block:
                _add_columns(f, out, inputs, columns, f.int_op("mul", block, TOGETHER), TOGETHER)
            with f.loop(f.int_op("mul", blocks, TOGETHER), I64("%width")) as i:
                _add_columns(f, out, inputs, columns, i, 1)
            with f.loop(0, I64("%outputs")) as j:
                place = f.gep(DOUBLE, out, j)
                term = f.load(DOUBLE, f.gep(DOUBLE, bias, j))
                f.store(DOUBLE, F64(f.emit(f"fadd double {f.load(DOUBLE, place)}, {term}")), place)
    return Kernel(f, SUM_ARRAYS, _shapes_of_sums)


def _add_columns(
    f: Function, out: Pointer, inputs: Pointer, columns: Pointer, first: I64, count: int
) -> None:
    """Emit the addition of weighted inputs to a row's sums.

    `count` inputs, times their weights, are added in order.
    """
    places = [f.int_op("add", first, k) for k in range(count)]
    values = [f.load(DOUBLE, f.gep(DOUBLE, inputs, place)) for place in places]
    weights = [f.gep(DOUBLE, columns, f.int_op("mul", place, I64("%outputs"))) for place in places]
    with f.loop(0, I64("%outputs")) as j:
        here = f.gep(DOUBLE, out, j)
        found = f.load(DOUBLE, here)
        for value, column in zip(values, weights, strict=True):
            product = f.emit(f"fmul double {value}, {f.load(DOUBLE, f.gep(DOUBLE, column, j))}")
            found = F64(f.emit(f"fadd double {found}, {product}"))
        f.store(DOUBLE, found, here)
