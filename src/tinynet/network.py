"""Networks: an architecture and its parameters; the same random start as PyTorch's, without PyTorch."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tinynet.architecture import ACTIVATIONS as ACTIVATIONS
from tinynet.architecture import Architecture as Architecture
from tinynet.errors import TinyNetError
from tinynet.pictures import Examples


def activate(name: str, z: np.ndarray) -> np.ndarray:
    """Return the activations of weighted sums z (..., nodes); softmax runs over the last axis.

    >>> activate("sigmoid", np.array([0.0, -1000.0])).tolist()
    [0.5, 0.0]
    """
    if name == "sigmoid":
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(1.0 / (1.0 + np.exp(-z)))
    if name == "tanh":
        return np.tanh(z)
    if name == "relu":
        return np.maximum(z, 0.0)
    if name == "identity":
        return z
    with np.errstate(under="ignore"):
        e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


@dataclass(frozen=True)
class Layer:
    """One layer. weight (out, in), bias (out,), and the name of its activation."""

    weight: np.ndarray
    bias: np.ndarray
    activation: str

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """Return the activations (pictures, out) for inputs (pictures, in)."""
        with np.errstate(over="ignore", invalid="ignore"):  # huge weights give infinite answers, not warnings
            return activate(self.activation, inputs @ self.weight.T + self.bias)


@dataclass(frozen=True, eq=False)
class Network:
    """A network: its architecture and its parameters; `origin` says in words where they come from.

    parameters : (P,) float64, each layer's weights row by row, then its biases; kept read-only.

    >>> network = Network.initial((4, 3, 2), seed=0)
    >>> network.layers[0].weight.shape, network([1.0, 1.0, 0.0, 0.0]).round(4).tolist()
    ((3, 4), [0.6779, 0.4264])
    """

    architecture: Architecture
    parameters: np.ndarray
    origin: str = ""

    def __post_init__(self) -> None:
        numbers = np.array(self.parameters, float)
        if numbers.shape != (self.architecture.parameter_count,):
            raise TinyNetError(
                f"parameters has shape {numbers.shape}; a network of sizes {self.architecture.sizes} "
                f"has {self.architecture.parameter_count}"
            )
        bad = np.flatnonzero(~np.isfinite(numbers))
        if len(bad):
            name = self.architecture.parameter_names[bad[0]]
            raise TinyNetError(f"{name} is {numbers[bad[0]]}; a parameter must be a finite number")
        numbers.setflags(write=False)
        object.__setattr__(self, "parameters", numbers)

    @classmethod
    def initial(
        cls,
        sizes: tuple[int, ...] = (4, 3, 2),
        *,
        seed: int = 0,
        hidden: str = "sigmoid",
        output: str = "sigmoid",
        start: str = "pytorch",
    ) -> "Network":
        """Return a network before any training.

        start : `"pytorch"`, the numbers of `torch.manual_seed(seed)` followed by `nn.Linear` layers, bit for bit;
            `"xavier"` and `"he"`, those of `xavier_uniform_` and `kaiming_uniform_(nonlinearity="relu")` with
            biases 0; `"normal"`, mean 0 and standard deviation 1/sqrt(fan_in); or `"zeros"`.

        Raises TinyNetError for sizes, names or seeds out of range.

        >>> Network.initial(seed=0).layers[1].bias.tolist()
        [0.47942468523979187, -0.11881878226995468]
        """
        return Architecture(tuple(sizes), hidden, output, start).initial(seed)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Nodes of each layer, pixels first."""
        return self.architecture.sizes

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The layers after the pixels, as views of the parameters."""
        found = []
        for n, (weight, bias) in enumerate(self.architecture.slices):
            shape = (self.sizes[n + 1], self.sizes[n])
            w, b = self.parameters[weight].reshape(shape), self.parameters[bias]
            found.append(Layer(w, b, self.architecture.activations[n]))
        return tuple(found)

    def __call__(self, inputs: Any) -> np.ndarray:
        """Return the outputs: (pixels,) -> (outputs,), or (pictures, pixels) or Examples -> (pictures, outputs)."""
        last = self.activations(inputs)[-1]
        return last[0] if np.ndim(_values(inputs)) == 1 else last

    def activations(self, inputs: Any) -> list[np.ndarray]:
        """Return each layer's activations, [(pictures, nodes), ...], pixels not among them."""
        a = np.atleast_2d(_values(inputs))  # (pictures, pixels)
        if a.ndim != 2 or a.shape[1] != self.sizes[0]:
            sizes = (a.shape[-1], *self.sizes[1:])
            raise TinyNetError(
                f"these pictures have {a.shape[-1]} pixels and the network takes {self.sizes[0]}; "
                f"make it with Network.initial({sizes}, seed=0)"
            )
        found = []
        for layer in self.layers:
            a = layer(a)
            found.append(a)
        return found

    def named(self) -> dict[str, float]:
        """Return every parameter by name."""
        return dict(zip(self.architecture.parameter_names, self.parameters.tolist(), strict=True))

    def with_parameters(self, parameters: np.ndarray, *, origin: str = "set by hand") -> "Network":
        """Return a network like this one with other parameters (P,)."""
        return Network(self.architecture, parameters, origin)

    def with_parameter(self, name: str, value: float) -> "Network":
        """Return a network like this one with one parameter changed, `layer1.weight[0,2]` for example."""
        names = self.architecture.parameter_names
        if name not in names:
            raise TinyNetError(f"there is no parameter {name!r}; they run from {names[0]!r} to {names[-1]!r}")
        numbers = self.parameters.copy()
        numbers[names.index(name)] = value
        return self.with_parameters(numbers, origin=f"{self.origin}, {name} set to {value:g}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Network):
            return NotImplemented
        return self.architecture == other.architecture and np.array_equal(self.parameters, other.parameters)

    def __hash__(self) -> int:
        return hash((self.architecture, self.parameters.tobytes()))


def _values(inputs: Any) -> np.ndarray:
    return inputs.inputs if isinstance(inputs, Examples) else np.asarray(inputs, float)
