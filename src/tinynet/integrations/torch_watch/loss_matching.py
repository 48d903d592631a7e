"""What a watched step was: its loss, recognised by its numbers, and whether the loss explains the gradient."""

from collections.abc import Iterator
from functools import reduce
from operator import mul
from typing import NamedTuple

import numpy as np

from tinynet.core.activations import ACTIVATIONS
from tinynet.core.forward import activate, evaluate
from tinynet.model.network import Network
from tinynet.numerics import arrays

ROUNDINGS = 64  # of so many last places PyTorch's numbers may differ from the formulas'
SLACK = 0.01  # of an activation's slope: 1 - a loses digits where a is near 1

# how the model's outputs can be read, by the activation it ends with: the network's output and the loss, likeliest first;
# after another activation the loss is mse
READINGS = {
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
    """A tensor that met the outputs: perhaps the targets. smoothing : of PyTorch's cross_entropy."""

    values: np.ndarray
    smoothing: float = 0.0


class Heard(NamedTuple):
    """What was heard of the passes that one step learned from, as PyTorch had it, in float64.

    inputs : (batch, pixels). hidden : of each hidden layer (batch, nodes).
    outputs : (batch, outputs) the model's, and slopes : (batch, outputs) of the loss by them.
    ending : the activation the model ends with; precision : the distance from 1 to the next number.
    """

    inputs: np.ndarray
    hidden: list[np.ndarray]
    outputs: np.ndarray
    slopes: np.ndarray
    loss: float
    candidates: list[Candidate]
    ending: str
    precision: float


def targets_of(candidates: list[Candidate], rows: int, outputs: int) -> Iterator[np.ndarray]:
    """Yield each candidate as targets (rows, outputs), where it can be: whole rows, or the numbers of classes."""
    for values, smoothing in candidates:
        if values.size == rows * outputs:
            yield values.reshape(rows, outputs).astype(float)
        elif values.size == rows and values.dtype.kind in "iu":
            classes = values.ravel()
            if classes.min() >= 0 and classes.max() < outputs:
                yield np.eye(outputs)[classes] * (1.0 - smoothing) + smoothing / outputs


def fitting(heard: Heard, output: str, loss: str) -> np.ndarray | None:
    """Return the targets by which this reading gives PyTorch's loss and its slopes, or None. -> (batch, outputs)"""
    a = answers(heard, output)
    for targets in targets_of(heard.candidates, *a.shape):
        with np.errstate(all="ignore"):
            if _fits(heard, output, loss, a, targets):
                return targets
    return None


def answers(heard: Heard, output: str) -> np.ndarray:
    """Return the activations of a network whose last layer has this `output`. -> (batch, outputs)"""
    if heard.ending == "log_softmax":
        return arrays.exp(np.minimum(heard.outputs, 0.0))
    return heard.outputs if heard.ending == output else activate(output, heard.outputs)


def _fits(heard: Heard, output: str, loss: str, a: np.ndarray, t: np.ndarray) -> bool:
    tolerance, found = ROUNDINGS * heard.precision, deltas(heard)
    count = len(a) if loss == "cross_entropy" else a.size
    if loss == "mse":
        terms = (a - t) ** 2, np.abs(a - t) * (np.abs(a) + np.abs(t))
        value, size = (float(arrays.mean(some.ravel())) for some in terms)
        expected = through(output, a, 2.0 * (a - t) / count)
        bound = (np.abs(a) + np.abs(t)) * 2.0 / count * (np.abs(through(output, a, np.ones_like(a))) + SLACK)
        bound = bound + 2.0 / count * SLACK * (output == "softmax")
    else:
        logs = np.maximum(arrays.log(a), -100.0)
        rests = np.maximum(arrays.log(1.0 - a), -100.0) * (loss == "bce")
        value, size = -float(arrays.total((t * logs + (1.0 - t) * rests).ravel())) / count, 1.0
        if loss == "cross_entropy" and np.abs(arrays.total(t) - 1.0).max() > 1e-6:
            return False
        expected, bound = (a - t) / count, (np.abs(a) + np.abs(t)) / count
    same = abs(value - heard.loss) <= tolerance * (abs(value) + size)
    return bool(same and (np.abs(expected - found) <= tolerance * bound + 1e-30).all())


def deltas(heard: Heard) -> np.ndarray:
    """Return the slopes of the loss by the last layer's weighted sums. -> (batch, outputs)"""
    if heard.ending == "log_softmax":
        return np.asarray(heard.slopes - arrays.exp(heard.outputs) * arrays.total(heard.slopes)[:, None])
    return through(heard.ending, heard.outputs, heard.slopes)


def slopes_by_answers(heard: Heard) -> np.ndarray:
    """Return the slopes of the loss by the network's answers: after log_softmax, by the softmax's. (batch, outputs)"""
    if heard.ending != "log_softmax":
        return heard.slopes
    a = arrays.exp(heard.outputs)
    return np.divide(heard.slopes, a, out=np.zeros_like(a), where=a > 0)


def through(kind: str, a: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Return slopes by the weighted sums from slopes by the activations a. (batch, nodes)"""
    if kind == "softmax":
        return np.asarray(a * (slopes - arrays.total(slopes * a)[:, None]))
    factors = [evaluate(factor, a=a) for factor in ACTIVATIONS[kind].slope_by_output("a")]
    return np.asarray(slopes * reduce(mul, factors, np.ones_like(a)))


def explains(heard: Heard, network: Network, gradients: np.ndarray) -> bool:
    """Whether backpropagation from PyTorch's slopes gives the gradients (P,) that the optimizer took."""
    delta, tolerance = deltas(heard), ROUNDINGS * heard.precision
    size = np.abs(delta)  # what rounding is measured by: the sum of all products, without their signs
    layers, below = network.layers, [heard.inputs, *heard.hidden]
    for n in range(len(layers) - 1, -1, -1):
        a, (weight, bias) = below[n], network.architecture.slices[n]
        for where, product, bound in (
            (weight, arrays.weighted_sums(delta.T, a.T), arrays.weighted_sums(size.T, np.abs(a.T))),
            (bias, arrays.total(delta, 0), arrays.total(size, 0)),
        ):
            if not (np.abs(gradients[where] - product.ravel()) <= tolerance * bound.ravel() + 1e-30).all():
                return False
        kind = network.architecture.hidden
        back = layers[n].weight.T  # (in, out)
        delta = through(kind, a, arrays.weighted_sums(delta, back))
        size = arrays.weighted_sums(size, np.abs(back)) * (np.abs(through(kind, a, np.ones_like(a))) + SLACK)
    return True


def agrees(heard: Heard, network: Network) -> int | None:
    """Return the first layer (from 0) whose activations the network does not give, None where all agree."""
    a, last = heard.inputs, len(network.layers) - 1
    seen = [*heard.hidden, heard.outputs]
    for n, layer in enumerate(network.layers):
        z = arrays.weighted_sums(a, layer.weight, layer.bias)
        size = arrays.weighted_sums(np.abs(a), np.abs(layer.weight), np.abs(layer.bias))
        kind = heard.ending if n == last else layer.activation
        ours = activate(kind.removeprefix("log_"), z)
        ours = arrays.log(np.maximum(ours, 1e-300)) if kind == "log_softmax" else ours
        bound = (
            ROUNDINGS * heard.precision * (size.max(axis=1, keepdims=True, initial=0.0) + np.abs(ours) + 1.0)
        )
        if seen[n].shape != ours.shape or not (np.abs(seen[n] - ours) <= bound).all():
            return n
        a = seen[n]
    return None


def likeliest(ending: str) -> list[tuple[str, str]]:
    """Return the readings of a model with this ending, likeliest first, and last the one that always holds."""
    return [*READINGS.get(ending, ((ending, "mse"),)), (ending.removeprefix("log_"), "external")]
