"""The activation functions in NumPy."""

import numpy as np

from tinynet.numerics import arrays

ACTIVATIONS = ("sigmoid", "tanh", "relu", "identity")
OUTPUTS = (*ACTIVATIONS, "softmax")


def activate(name: str, z: np.ndarray) -> np.ndarray:
    """Return the activations of weighted sums z (..., nodes); softmax runs over the last axis.

    >>> activate("sigmoid", np.array([0.0, -1000.0])).tolist()
    [0.5, 0.0]
    """
    if name == "sigmoid":
        return arrays.sigmoid(z)
    if name == "tanh":
        return arrays.tanh(z)
    if name == "relu":
        return np.where(z < 0.0, 0.0, z)  # NaN and -0.0 stay, as in the sheet
    if name == "identity":
        return z
    e = arrays.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / arrays.running_total(e)[..., None])
