"""Bounds of the rounding errors in PyTorch's arithmetic.

TinyNet identifies a loss, a gradient or an optimizer by comparing PyTorch's numbers with its own formulas. PyTorch rounds
every operation to float32. The comparison allows exactly the errors that this rounding can cause, and no more:

- One operation rounds its result x by at most u |x| + s. u is the unit roundoff, 2**-24 for float32. s is the smallest
  normal number, 2**-126.
- A sum of n products has an error of at most gamma(n) times the sum of the absolute values of the products, in any order
  of addition, with gamma(n) = n u / (1 - n u). The bound does not shrink if the products cancel each other.
- An elementary function has an error of at most 8 u |x|.
- Errors of the operands are propagated through every operation to first and second order. This is the running error
  analysis of Higham 2002, sections 3.3 and 4.2.

PyTorch may compute a formula in another order, for example with fused or foreach optimizers. Such an order has the same
terms, but other intermediate results. Therefore two numbers agree if their difference is at most 8 times the bound.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import mul
from typing import Any

import numpy as np

from tinynet.core import forward
from tinynet.core.activations import ACTIVATIONS
from tinynet.numerics import arrays
from tinynet.numerics.definitions import Formula

FUNCTION_ERROR = 8  # error of an elementary function, in units of u
SAFETY = 8  # for formulas that PyTorch computes in another order
FLOAT64_UNIT = 2.0**-53


@dataclass(frozen=True)
class Rounding:
    """The arithmetic in which PyTorch computes.

    unit : float. The unit roundoff u, together with that of TinyNet's own float64.
    smallest : float. The smallest normal number s.
    """

    unit: float
    smallest: float

    @classmethod
    def of(cls, precision: float) -> "Rounding":
        """Return the arithmetic with this distance from 1 to the next number.

        >>> Rounding.of(2.0**-23).unit - 2.0**-53 == 2.0**-24
        True
        """
        return cls(precision / 2 + FLOAT64_UNIT, 2.0**-126 if precision > 2 * FLOAT64_UNIT else 2.0**-1022)

    def exact(self, value: Any) -> "Rounded":
        """Return a number that PyTorch has without an error."""
        array = np.asarray(value, float)
        return Rounded(array, np.zeros_like(array), self)

    def gamma(self, count: int) -> float:
        """Return gamma(count), the relative error of `count` roundings.

        >>> round(Rounding.of(2.0**-23).gamma(4) * 2**24, 4)
        4.0
        """
        product = count * self.unit
        return product / (1.0 - product) if product < 1.0 else np.inf


@dataclass(frozen=True)
class Rounded:
    """Numbers of TinyNet, with bounds of PyTorch's rounding errors.

    value : array. TinyNet's numbers, in float64.
    error : array. The largest possible differences between PyTorch's numbers and `value`.

    >>> one = Rounding.of(2.0**-23).exact([1.0])
    >>> tenth = one / 10.0
    >>> bool(tenth.agrees([np.float32(0.1)])), bool(tenth.agrees([0.100001]))
    (True, False)
    """

    value: np.ndarray
    error: np.ndarray
    rounding: Rounding

    __array_ufunc__ = None  # so that a NumPy number times these numbers uses __rmul__

    @property
    def size(self) -> np.ndarray:
        """The largest possible absolute values of PyTorch's numbers."""
        return np.asarray(np.abs(self.value) + self.error)

    @property
    def T(self) -> "Rounded":  # noqa: N802
        """The transposed numbers."""
        return Rounded(self.value.T, self.error.T, self.rounding)

    def agrees(self, observed: Any) -> bool:
        """Return whether PyTorch's numbers can be these numbers, rounded."""
        with np.errstate(invalid="ignore"):
            return bool((np.abs(np.asarray(observed) - self.value) <= SAFETY * self.error).all())

    def _other(self, other: Any) -> "Rounded":
        return other if isinstance(other, Rounded) else self.rounding.exact(other)

    def _result(self, value: Any, propagated: Any, roundings: int = 1) -> "Rounded":
        """Return a result with the propagated errors and its own rounding."""
        own = roundings * self.rounding.unit * (np.abs(value) + propagated) + self.rounding.smallest
        return Rounded(np.asarray(value), np.asarray(propagated + own), self.rounding)

    def __add__(self, other: Any) -> "Rounded":
        y = self._other(other)
        return self._result(self.value + y.value, self.error + y.error)

    def __sub__(self, other: Any) -> "Rounded":
        return self + (-self._other(other))

    def __rsub__(self, other: Any) -> "Rounded":
        return self._other(other) - self

    def __neg__(self) -> "Rounded":
        return Rounded(-self.value, self.error, self.rounding)

    def __mul__(self, other: Any) -> "Rounded":
        y = self._other(other)
        return self._result(self.value * y.value, np.abs(self.value) * y.error + self.error * y.size)

    def __truediv__(self, other: Any) -> "Rounded":
        y = self._other(other)
        smallest = np.abs(y.value) - y.error  # the smallest possible divisor
        value = self.value / y.value
        with np.errstate(divide="ignore", invalid="ignore"):
            propagated = np.where(smallest > 0, (self.error + np.abs(value) * y.error) / smallest, np.inf)
        return self._result(value, propagated)

    __radd__, __rmul__ = __add__, __mul__

    def __rtruediv__(self, other: Any) -> "Rounded":
        return self._other(other) / self

    def through(self, function: Callable[[Any], Any], low: float = -np.inf) -> "Rounded":
        """Return an increasing function of the numbers.

        low : the smallest argument of the function.
        """
        value = function(self.value)
        above = function(self.value + self.error) - value
        below = value - function(np.maximum(self.value - self.error, low))
        return self._result(value, np.maximum(above, below), FUNCTION_ERROR)

    def maximum(self, other: Any) -> "Rounded":
        """Return the larger numbers. The comparison does not round."""
        y = self._other(other)
        value = np.where(y.value > self.value, y.value, self.value)
        return Rounded(value, np.maximum(self.error, y.error), self.rounding)

    def flat(self) -> "Rounded":
        """Return all numbers in one row."""
        return Rounded(self.value.ravel(), self.error.ravel(), self.rounding)

    def total(self, axis: int = -1) -> "Rounded":
        """Return the sum along an axis."""
        count = self.value.shape[axis]
        own = self.rounding.gamma(count) * arrays.total(self.size, axis) + count * self.rounding.smallest
        return Rounded(arrays.total(self.value, axis), arrays.total(self.error, axis) + own, self.rounding)

    def products(self, other: "Rounded") -> "Rounded":
        """Return the matrix product with the transposed other numbers.

        (m, n), (k, n) -> (m, k)
        """
        count = self.value.shape[-1]
        value = arrays.weighted_sums(self.value, other.value)
        propagated = arrays.weighted_sums(self.error, other.size)
        propagated += arrays.weighted_sums(np.abs(self.value), other.error)
        own = self.rounding.gamma(count) * arrays.weighted_sums(self.size, other.size)
        return Rounded(value, propagated + own + count * self.rounding.smallest, self.rounding)


def column(x: Rounded) -> Rounded:
    """Return the numbers as a column. (n,) -> (n, 1)"""
    return Rounded(x.value[:, None], x.error[:, None], x.rounding)


def log(x: Rounded) -> Rounded:
    """Return the logarithms, at least -100 as in PyTorch's losses."""
    return x.through(lambda x: np.maximum(arrays.log(x), -100.0), 0.0)


OPERATIONS: dict[str, Callable[..., Any]] = forward.OPERATORS | {
    "max": lambda x, y: x.maximum(y),
    "step": lambda x: x.rounding.exact(np.where(x.value > 0.0, 1.0, 0.0)),
    "sqrt": lambda x: x.through(np.sqrt, 0.0),
    "exp": lambda x: x.through(arrays.exp),
    "log": lambda x: x.through(arrays.log, 0.0),
    "sigmoid": lambda x: x.through(arrays.sigmoid),
    "tanh": lambda x: x.through(arrays.tanh),
}


def evaluate(formula: Formula, cells: dict[str, Any]) -> Any:
    """Return a formula of numbers with their bounds.

    Cells that are Python numbers are constants: PyTorch computes with them in float64.
    """
    if isinstance(formula, str):
        return cells[formula]
    if not isinstance(formula, tuple):
        return formula
    return OPERATIONS[formula[0]](*(evaluate(part, cells) for part in formula[1:]))


def activate(kind: str, z: Rounded) -> Rounded:
    """Return the activations of weighted sums. (rows, nodes)"""
    if kind == "log_softmax":
        return log_softmax(z)
    if kind == "softmax":
        exponentials = _shifted(z).through(arrays.exp)
        return exponentials / column(exponentials.total())
    if kind in ("identity", "relu"):  # these do not round
        return evaluate(ACTIVATIONS[kind].forward("z"), {"z": z})
    found = z.through(lambda z: forward.activate(kind, z))
    if kind == "softplus":  # TinyNet's ln(1 + e**z) rounds 1 + e**z
        return Rounded(found.value, found.error + FLOAT64_UNIT + _softplus_tail(found), z.rounding)
    return found


def _softplus_tail(a: Rounded) -> np.ndarray:
    """Return the error of PyTorch's softplus, which is z above z = 20, and of its slope, which is 1."""
    return np.where(a.value > 19.0, np.exp(-20.0), 0.0)


def log_softmax(z: Rounded) -> Rounded:
    """Return z - log(sum of e**z) for each row. (rows, nodes)

    The bound includes the form logsumexp(z) - z, which rounds numbers as large as z.
    """
    shifted = _shifted(z)
    found = shifted - column(shifted.through(arrays.exp).total().through(arrays.log, 0.0))
    return Rounded(found.value, found.error + z.rounding.unit * z.size.max(axis=1, keepdims=True), z.rounding)


def _shifted(z: Rounded) -> Rounded:
    """Return z minus the largest z of its row."""
    largest = Rounded(z.value.max(axis=1), z.error.max(axis=1), z.rounding)
    return z - column(largest)


def slope_factors(kind: str, a: Rounded) -> list[Rounded]:
    """Return the factors of da/dz, from the activations that PyTorch computed."""
    if kind == "softplus":  # PyTorch computes the slope from z, and TinyNet from the rounded a
        a = Rounded(a.value, a.error + FUNCTION_ERROR * a.rounding.unit * a.size, a.rounding)
    factors = [evaluate(factor, {"a": a}) for factor in ACTIVATIONS[kind].slope_by_output("a")]
    if kind == "softplus":
        factors = [Rounded(x.value, x.error + _softplus_tail(a), x.rounding) for x in factors]
    return factors


def through_activation(kind: str, a: Rounded, slopes: Rounded) -> Rounded:
    """Turn derivatives by activations into derivatives by sums.

    (batch, nodes). The sums are the weighted sums of the layer.
    """
    if kind == "log_softmax":  # a is the logarithm of the softmax
        return slopes - a.through(arrays.exp) * column(slopes.total())
    if kind == "softmax":
        return a * (slopes - column((slopes * a).total()))
    return reduce(mul, slope_factors(kind, a), slopes)
