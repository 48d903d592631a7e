"""Identify the loss of a PyTorch step by its numbers.

The loss must also explain the gradient.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tinynet.core.forward import activate
from tinynet.integrations.torch_watch import rounding
from tinynet.integrations.torch_watch.rounding import Rounded, Rounding
from tinynet.model.network import Network
from tinynet.numerics import arrays

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

    @property
    def rounding(self) -> Rounding:
        """The arithmetic in which PyTorch computed."""
        return Rounding.of(self.precision)


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
    with np.errstate(all="ignore"):
        a = _outputs(seen, output)
        for targets in possible_targets(seen.candidates, *a.value.shape):
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


def _outputs(seen: Observation, output: str) -> Rounded:
    """Return the outputs of `network_outputs` with their bounds."""
    outputs = seen.rounding.exact(seen.outputs)
    if seen.ending == "log_softmax":
        return outputs.through(arrays.exp)
    return outputs if seen.ending == output else rounding.activate(output, outputs)


def _matches(seen: Observation, output: str, loss: str, a: Rounded, t: np.ndarray) -> bool:
    """Return whether loss and slopes agree with the formulas.

    a, t : (batch, outputs). The outputs and the targets.
    """
    if loss == "cross_entropy" and np.abs(arrays.total(t) - 1.0).max() > 1e-6:
        return False
    if loss == "mse":
        error = a - t
        value, slopes = (error * error).flat().total(), error * 2.0 / float(t.size)
        return (value / float(t.size)).agrees(seen.loss) and rounding.through_activation(
            output, a, slopes
        ).agrees(deltas(seen).value)
    count = float(
        len(t) if loss == "cross_entropy" else t.size
    )  # PyTorch averages over rows, or over elements
    same_loss = any((value / count).agrees(seen.loss) for value in _log_losses(seen, loss, a, t))
    return same_loss and ((a - t) / count).agrees(deltas(seen).value)


def _log_losses(seen: Observation, loss: str, a: Rounded, t: np.ndarray) -> Iterator[Rounded]:
    """Yield the sum of BCE or cross-entropy over the batch, in each form that PyTorch has."""
    outputs = seen.rounding.exact(seen.outputs)
    if loss == "bce":
        yield -(rounding.log(a) * t + rounding.log(1.0 - a) * (1.0 - t)).flat().total()
        if seen.ending == "identity":
            yield (rounding.activate("softplus", outputs) - outputs * t).flat().total()
        return
    if seen.ending == "identity":
        logs = rounding.log_softmax(outputs)
    else:
        logs = outputs if seen.ending == "log_softmax" else rounding.log(outputs)
    yield -(logs * t).flat().total()


def limits_bce(seen: Observation) -> bool:
    """Return whether PyTorch limits the derivatives of BCELoss.

    PyTorch divides by a (1 - a), but at least by 1e-12. Such derivatives are not those of BCE.
    """
    a = seen.outputs
    return seen.ending == "sigmoid" and bool((a * (1.0 - a) < 1e-12).any())


def deltas(seen: Observation) -> Rounded:
    """Return derivatives by the last weighted sums. -> (batch, outputs)

    The derivatives are those of the loss.
    """
    outputs, slopes = (seen.rounding.exact(array) for array in (seen.outputs, seen.slopes))
    return rounding.through_activation(seen.ending, outputs, slopes)


def slopes_by_network_outputs(seen: Observation) -> np.ndarray:
    """Return derivatives by the network's outputs. -> (batch, outputs)

    The derivatives are those of the loss.

    The network of a model with a final log_softmax has a softmax instead.
    """
    if seen.ending != "log_softmax":
        return seen.slopes
    a = arrays.exp(seen.outputs)
    return np.divide(seen.slopes, a, out=np.zeros_like(a), where=a > 0)


def loss_explains_gradients(seen: Observation, network: Network, gradients: np.ndarray) -> bool:
    """Return whether PyTorch's slopes give the gradients (P,).

    Backpropagation starts from the slopes. The gradients are those that the optimizer used.
    """
    delta, exact = deltas(seen), seen.rounding.exact
    layer_inputs = [seen.inputs, *seen.hidden]
    for n in range(len(network.layers) - 1, -1, -1):
        a, (weight, bias) = exact(layer_inputs[n]), network.architecture.slices[n]
        for where, found in ((weight, delta.T.products(a.T).flat()), (bias, delta.total(0))):
            if not found.agrees(gradients[where]):
                return False
        if n:
            slopes = delta.products(exact(network.layers[n].weight.T))
            delta = rounding.through_activation(network.architecture.hidden, a, slopes)
    return True


def first_wrong_layer(seen: Observation, network: Network) -> int | None:
    """Return the first layer with activations unlike the network's.

    Layers are counted from 0. None means that all activations agree.
    """
    exact, last = seen.rounding.exact, len(network.layers) - 1
    inputs, observed = [seen.inputs, *seen.hidden], [*seen.hidden, seen.outputs]
    for n, layer in enumerate(network.layers):
        if observed[n].shape != (len(inputs[n]), len(layer.bias)):
            return n
        z = exact(inputs[n]).products(exact(layer.weight)) + layer.bias
        kind = seen.ending if n == last else layer.activation
        with np.errstate(all="ignore"):
            if not rounding.activate(kind, z).agrees(observed[n]):
                return n
    return None
