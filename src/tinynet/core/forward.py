"""The forward pass in NumPy, for one network or for many side by side."""

import numpy as np

from tinynet.core.activations import activate
from tinynet.core.architecture import Architecture
from tinynet.numerics import arrays


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
