"""One step of many networks, written out: 23 vectors, one for each parameter, with a number for each network.

The functions use only operators, so that PyTorch's compiler and JAX accept them.
"""

from collections.abc import Callable
from typing import Any

Vectors = list[Any]  # 23 of (n,): weights (3, 4) row by row, biases (3,), weights (2, 3), biases (2,)


def forward(p: Vectors, x: Any, sigmoid: Callable[[Any], Any]) -> tuple[Vectors, Vectors]:
    """Return the hidden activations and the outputs for an input x (4,)."""
    hidden = [sigmoid(sum(p[4 * j + i] * x[i] for i in range(4)) + p[12 + j]) for j in range(3)]
    return hidden, [
        sigmoid(sum(p[15 + 3 * j + i] * hidden[i] for i in range(3)) + p[21 + j]) for j in range(2)
    ]


def sgd_step(p: Vectors, x: Any, t: Any, rate: float, sigmoid: Callable[[Any], Any]) -> Vectors:
    """Return the parameters after one step of SGD.

    x : (4,), the input.
    t : (2,), the target.
    """
    hidden, outputs = forward(p, x, sigmoid)
    d = [rate * (a - t[j]) * a * (1 - a) for j, a in enumerate(outputs)]  # rate times delta
    e = [(p[15 + j] * d[0] + p[18 + j] * d[1]) * a * (1 - a) for j, a in enumerate(hidden)]
    changes = [e[j] * x[i] for j in range(3) for i in range(4)] + e
    changes += [d[j] * hidden[i] for j in range(2) for i in range(3)] + d
    return [number - change for number, change in zip(p, changes, strict=True)]
