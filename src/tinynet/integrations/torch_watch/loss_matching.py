"""Identify the loss of a PyTorch step by its numbers.

The loss must also explain the gradient.
"""

from collections.abc import Iterator
from functools import reduce
from operator import mul
from typing import NamedTuple

import numpy as np

from tinynet.core.activations import ACTIVATIONS
from tinynet.core.forward import activate, evaluate
from tinynet.model.network import Network
from tinynet.numerics import arrays

ULPS = 64  # allowed difference between PyTorch's numbers and the formulas, in units in the last place
SLACK = 0.01  # tolerance for an activation's derivative: 1 - a loses digits if a is close to 1
TINY = 1e-30  # absolute tolerance, for numbers close to 0

# For the last activation of the model: the possible pairs of output activation and loss, most likely first.
# After any other activation the loss can only be mse.
HYPOTHESES = {
    "identity": (
        ("identity", "mse"),
        ("sigmoid", "bce"),
        ("softmax", "cross_entropy"),
        ("sigmoid", "mse"),
        ("softmax", "mse"),
        ("tanh", "mse"),
    ),
    "sigmoid": (("sigmoid", "mse"), ("sigmoid", "bce")),
    "softmax": (("softmax", "mse"), ("softmax", "cross_entropy")),
    "log_softmax": (("softmax", "cross_entropy"),),
}


class Candidate(NamedTuple):
    """A tensor that may contain the targets.

    smoothing : label smoothing of PyTorch's cross_entropy.
    """

    values: np.ndarray
    smoothing: float = 0.0


class Observation(NamedTuple):
    """The recorded passes of one step as one batch.

    All arrays are float64.

    inputs : (batch, inputs).
    hidden : list of (batch, nodes). The activations of each hidden layer.
    outputs : (batch, outputs). The outputs of the PyTorch model.
    slopes : (batch, outputs). The derivatives of the loss by the outputs.
    loss : float.
    candidates : list of Candidate. Tensors that may contain the targets.
    ending : str. The last activation of the model.
    precision : float. The distance from 1 to the next number of the model's dtype.
    """

    inputs: np.ndarray
    hidden: list[np.ndarray]
    outputs: np.ndarray
    slopes: np.ndarray
    loss: float
    candidates: list[Candidate]
    ending: str
    precision: float


def hypotheses(ending: str) -> list[tuple[str, str]]:
    """Return the possible pairs (output activation, loss).

    The most likely pair comes first.

    The last pair has the loss "external" and is always possible.
    """
    return [*HYPOTHESES.get(ending, ((ending, "mse"),)), (ending.removeprefix("log_"), "external")]


def possible_targets(candidates: list[Candidate], rows: int, outputs: int) -> Iterator[np.ndarray]:
    """Yield each candidate with a suitable shape as targets.

    -> (rows, outputs)

    A candidate contains whole rows, or class indices.
    """
    for values, smoothing in candidates:
        if values.size == rows * outputs:
            yield values.reshape(rows, outputs).astype(float)
        elif values.size == rows and values.dtype.kind in "iu":
            classes = values.ravel()
            if classes.min() >= 0 and classes.max() < outputs:
                yield np.eye(outputs)[classes] * (1.0 - smoothing) + smoothing / outputs


def matching_targets(seen: Observation, output: str, loss: str) -> np.ndarray | None:
    """Return the matching targets, or None. -> (batch, outputs)

    A hypothesis with matching targets gives PyTorch's loss and slopes.
    """
    a = network_outputs(seen, output)
    for targets in possible_targets(seen.candidates, *a.shape):
        with np.errstate(all="ignore"):
            if _matches(seen, output, loss, a, targets):
                return targets
    return None


def network_outputs(seen: Observation, output: str) -> np.ndarray:
    """Return a network's outputs. -> (batch, outputs)

    output : the output activation of the network.
    """
    if seen.ending == "log_softmax":
        return arrays.exp(np.minimum(seen.outputs, 0.0))
    return seen.outputs if seen.ending == output else activate(output, seen.outputs)


def _matches(seen: Observation, output: str, loss: str, a: np.ndarray, t: np.ndarray) -> bool:
    """Return whether loss and slopes agree with the formulas.

    a, t : (batch, outputs). The outputs and the targets.
    """
    if loss == "cross_entropy" and np.abs(arrays.total(t) - 1.0).max() > 1e-6:
        return False
    if loss == "mse":
        value, size, expected, bound = _mse(output, a, t)
    else:
        value, size, expected, bound = _log_loss(loss, a, t)
    tolerance = ULPS * seen.precision
    same_loss = abs(value - seen.loss) <= tolerance * (abs(value) + size)
    return bool(same_loss and (np.abs(expected - deltas(seen)) <= tolerance * bound + TINY).all())


def _mse(output: str, a: np.ndarray, t: np.ndarray) -> tuple[float, float, np.ndarray, np.ndarray]:
    """Return loss and deltas with sizes of their rounding."""
    terms = (a - t) ** 2, np.abs(a - t) * (np.abs(a) + np.abs(t))
    value, size = (float(arrays.mean(term.ravel())) for term in terms)
    expected = through_activation(output, a, 2.0 * (a - t) / a.size)
    derivative = np.abs(through_activation(output, a, np.ones_like(a)))
    bound = (np.abs(a) + np.abs(t)) * 2.0 / a.size * (derivative + SLACK)
    return value, size, expected, bound + 2.0 / a.size * SLACK * (output == "softmax")


def _log_loss(loss: str, a: np.ndarray, t: np.ndarray) -> tuple[float, float, np.ndarray, np.ndarray]:
    """Return the numbers of `_mse` for BCE and cross-entropy."""
    count = (
        len(a) if loss == "cross_entropy" else a.size
    )  # PyTorch averages cross-entropy over rows, BCE over elements
    logs = np.maximum(arrays.log(a), -100.0)
    complements = np.maximum(arrays.log(1.0 - a), -100.0) * (loss == "bce")
    value = -float(arrays.total((t * logs + (1.0 - t) * complements).ravel())) / count
    return value, 1.0, (a - t) / count, (np.abs(a) + np.abs(t)) / count


def deltas(seen: Observation) -> np.ndarray:
    """Return derivatives by the last weighted sums. -> (batch, outputs)

    The derivatives are those of the loss.
    """
    if seen.ending == "log_softmax":
        return np.asarray(seen.slopes - arrays.exp(seen.outputs) * arrays.total(seen.slopes)[:, None])
    return through_activation(seen.ending, seen.outputs, seen.slopes)


def slopes_by_network_outputs(seen: Observation) -> np.ndarray:
    """Return derivatives by the network's outputs. -> (batch, outputs)

    The derivatives are those of the loss.

    The network of a model with a final log_softmax has a softmax instead.
    """
    if seen.ending != "log_softmax":
        return seen.slopes
    a = arrays.exp(seen.outputs)
    return np.divide(seen.slopes, a, out=np.zeros_like(a), where=a > 0)


def through_activation(kind: str, a: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Turn derivatives by activations into derivatives by sums.

    (batch, nodes). The sums are the weighted sums of the layer.
    """
    if kind == "softmax":
        return np.asarray(a * (slopes - arrays.total(slopes * a)[:, None]))
    factors = [evaluate(factor, a=a) for factor in ACTIVATIONS[kind].slope_by_output("a")]
    return np.asarray(slopes * reduce(mul, factors, np.ones_like(a)))


def loss_explains_gradients(seen: Observation, network: Network, gradients: np.ndarray) -> bool:
    """Return whether PyTorch's slopes give the gradients (P,).

    Backpropagation starts from the slopes. The gradients are those that the optimizer used.
    """
    delta, tolerance = deltas(seen), ULPS * seen.precision
    size = np.abs(delta)  # the sum of all products without their signs, to bound the rounding errors
    layers, layer_inputs = network.layers, [seen.inputs, *seen.hidden]
    for n in range(len(layers) - 1, -1, -1):
        a, (weight, bias) = layer_inputs[n], network.architecture.slices[n]
        for where, product, bound in (
            (weight, arrays.weighted_sums(delta.T, a.T), arrays.weighted_sums(size.T, np.abs(a.T))),
            (bias, arrays.total(delta, 0), arrays.total(size, 0)),
        ):
            if not (np.abs(gradients[where] - product.ravel()) <= tolerance * bound.ravel() + TINY).all():
                return False
        kind = network.architecture.hidden
        weights = layers[n].weight.T  # (in, out)
        derivative = np.abs(through_activation(kind, a, np.ones_like(a)))
        delta = through_activation(kind, a, arrays.weighted_sums(delta, weights))
        size = arrays.weighted_sums(size, np.abs(weights)) * (derivative + SLACK)
    return True


def first_wrong_layer(seen: Observation, network: Network) -> int | None:
    """Return the first layer with activations unlike the network's.

    Layers are counted from 0. None means that all activations agree.
    """
    a, last = seen.inputs, len(network.layers) - 1
    observed = [*seen.hidden, seen.outputs]
    for n, layer in enumerate(network.layers):
        z = arrays.weighted_sums(a, layer.weight, layer.bias)
        size = arrays.weighted_sums(np.abs(a), np.abs(layer.weight), np.abs(layer.bias))
        kind = seen.ending if n == last else layer.activation
        expected = activate(kind.removeprefix("log_"), z)
        if kind == "log_softmax":
            expected = arrays.log(np.maximum(expected, 1e-300))
        largest = size.max(axis=1, keepdims=True, initial=0.0)
        bound = ULPS * seen.precision * (largest + np.abs(expected) + 1.0)
        if observed[n].shape != expected.shape or not (np.abs(observed[n] - expected) <= bound).all():
            return n
        a = observed[n]
    return None
