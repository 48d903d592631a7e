"""The forward pass in NumPy, for many networks at once."""

from collections.abc import Callable
from functools import reduce
from operator import add, mul, neg, sub, truediv
from typing import Any

import numpy as np

from tinynet.core.activations import ACTIVATIONS
from tinynet.core.architecture import Architecture
from tinynet.numerics import arrays
from tinynet.numerics.definitions import Formula


def forward(architecture: Architecture, parameters: np.ndarray, inputs: np.ndarray) -> list[np.ndarray]:
    """Return the activations of each layer after the inputs.

    parameters : (n, P) float64. One row for each network.
    inputs : (m, inputs) float64. One row for each example.

    -> [(n, m, nodes), ...], one array for each layer. Huge weights give infinite outputs, without a warning.

    >>> forward(Architecture((1, 1), output="identity"), np.array([[2.0, 1.0]]), np.array([[3.0]]))[-1].tolist()
    [[[7.0]]]
    """
    a, found = inputs[None], []  # a is (1, m, inputs)
    with np.errstate(over="ignore", invalid="ignore"):
        for n, (weight, bias) in enumerate(architecture.slices):
            shape = (-1, architecture.sizes[n + 1], architecture.sizes[n])
            w = parameters[:, weight].reshape(shape)  # (n, out, in)
            z = arrays.weighted_sums(a, w, parameters[:, bias])  # (n, m, out)
            a = activate(architecture.activations[n], z)
            found.append(a)
    return found


def activate(name: str, z: np.ndarray) -> np.ndarray:
    """Return the activations of weighted sums z (..., nodes).

    Softmax runs over the last axis.

    >>> activate("sigmoid", np.array([0.0, -1000.0])).tolist()
    [0.5, 0.0]
    """
    if name == "softmax":
        e = arrays.exp(z - z.max(axis=-1, keepdims=True))
        return np.asarray(e / arrays.running_total(e)[..., None])
    return evaluate(ACTIVATIONS[name].forward("z"), z=z)


def evaluate(formula: Formula, **cells: np.ndarray) -> np.ndarray:
    """Return a formula computed for arrays, element by element.

    The bits are those of the sheet.

    >>> evaluate(("max", ("*", 2.0, "x"), 0.0), x=np.array([-1.0, 3.0])).tolist()
    [0.0, 6.0]
    """
    return np.asarray(_value(formula, cells))


def _value(formula: Formula, cells: dict[str, np.ndarray]) -> Any:
    if isinstance(formula, str):
        return cells[formula]
    if not isinstance(formula, tuple):
        return formula
    operation, *parts = formula
    return OPERATIONS[operation](*(_value(part, cells) for part in parts))


def _larger(x: Any, y: Any) -> np.ndarray:
    """Return the larger numbers, or NaN where either is NaN.

    The result is x where both numbers are equal.
    """
    return np.where((y > x) | (y != y), y, x)


OPERATORS: dict[str, Callable[..., Any]] = {  # for all numbers with Python's operators
    "+": lambda *terms: reduce(add, terms),
    "-": sub,
    "*": lambda *factors: reduce(mul, factors),
    "/": truediv,
    "neg": neg,
}
OPERATIONS = OPERATORS | {
    "max": lambda *numbers: reduce(_larger, numbers),
    "step": lambda x: np.where(x > 0.0, 1.0, 0.0),
    "sigmoid": arrays.sigmoid,
    "tanh": arrays.tanh,
    "exp": arrays.exp,
    "log": arrays.log,
    "sqrt": np.sqrt,
}
