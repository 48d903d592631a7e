"""Networks: an architecture and its parameters; the same random start as PyTorch's, without PyTorch."""

import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet import arrays
from tinynet.architecture import ACTIVATIONS as ACTIVATIONS
from tinynet.architecture import Architecture as Architecture
from tinynet.errors import TinyNetError
from tinynet.examples import Examples
from tinynet.notebook import InNotebook

if TYPE_CHECKING:
    from torch import Tensor, nn


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


@dataclass(frozen=True)
class Layer:
    """One layer. weight (out, in), bias (out,), and the name of its activation."""

    weight: np.ndarray
    bias: np.ndarray
    activation: str

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """Return the activations (pictures, out) for inputs (pictures, in)."""
        with np.errstate(over="ignore", invalid="ignore"):  # huge weights give infinite answers, not warnings
            return activate(self.activation, arrays.weighted_sums(inputs, self.weight, self.bias))


@dataclass(frozen=True, eq=False)
class Network(InNotebook):
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

    def __repr__(self) -> str:
        return f"<{'-'.join(map(str, self.sizes))} network, {self.origin or 'of unknown origin'}>"

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

    # --- in and out: each needs its bridge when it is called ---------------------------------------------------------

    @classmethod
    def from_torch(cls, model: "nn.Module") -> "Network":
        """Return the network that a PyTorch model is: a chain of Linear layers and sigmoid, tanh, relu or softmax.

        Every number comes exactly, from float32 or float64 and from any device; a Linear layer without bias has zeros, and
        a log_softmax at the end becomes the softmax. Raises TinyNetError that names the layer for other models.

        >>> from torch import nn
        >>> Network.from_torch(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))).architecture.hidden
        'relu'
        """
        from tinynet.bridges.models import pytorch

        return pytorch.from_torch(model)

    def to_torch(self, *, dtype: str = "float32") -> "nn.Sequential":
        """Return the network as an nn.Sequential; float32 rounds each parameter once, `dtype="float64"` keeps it exactly.

        >>> Network.initial((4, 3, 2)).to_torch()[0]
        Linear(in_features=4, out_features=3, bias=True)
        """
        from tinynet.bridges.models import pytorch

        return pytorch.to_torch(self, dtype)

    def state_dict(self, *, dtype: str | None = None) -> "OrderedDict[str, Tensor]":
        """Return the parameters as `to_torch().load_state_dict` takes them: float32 if that loses nothing, else float64.

        >>> list(Network.initial((4, 3, 2)).state_dict())
        ['0.weight', '0.bias', '2.weight', '2.bias']
        """
        from tinynet.bridges.models import pytorch

        return pytorch.state_dict(self, dtype)

    @classmethod
    def from_state_dict(
        cls, state: Mapping[str, Any], *, hidden: str | None = None, output: str | None = None
    ) -> "Network":
        """Return the network of a state_dict: weights (out, in) and biases (out,), tensors or arrays, layer after layer.

        hidden, output : the activations. Where left out they are those of `state_dict`, if it made this one, else sigmoid.
        """
        from tinynet.bridges.models import pytorch

        return pytorch.from_state_dict(state, hidden, output)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network into a file that ends in .safetensors, .pt, .pth (a state_dict), .onnx or .json.

        Nothing is lost: numbers are float32 if that keeps each of them, else float64.
        """
        from tinynet.bridges.models import saved

        saved.save(self, path)

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], *, hidden: str | None = None, output: str | None = None
    ) -> "Network":
        """Read what `save` wrote, or another's file of a chain of Linear layers.

        hidden, output : the activations, which others' safetensors and state_dicts do not tell; sigmoid where left out.

        Raises TinyNetError for a file that is missing, damaged or of something else. No pickled code is run.
        """
        from tinynet.bridges.models import saved

        return saved.load(path, hidden, output)

    def to_onnx(self, *, dtype: str | None = "float32", answers: Sequence[str] = ()) -> bytes:
        """Return an ONNX model: "pixels" (pictures, pixels) to "answers" (pictures, outputs).

        dtype : "float32" rounds each parameter once; "float64" keeps it, and takes and gives double.
        answers : names of the outputs, kept in the model's metadata as JSON.
        """
        from tinynet.bridges.models import onnx_model

        return onnx_model.to_onnx(self, dtype, answers)

    @classmethod
    def from_onnx(cls, data: bytes) -> "Network":
        """Return the network of an ONNX model of Gemm nodes and activations, such as `to_onnx` makes."""
        from tinynet.bridges.models import onnx_model

        return onnx_model.from_onnx(data)

    def to_json(self) -> dict[str, Any]:
        """Return architecture, origin and layers ready for JSON, with every digit of every number."""
        from tinynet.bridges.models import documents

        return documents.network_json(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Network":
        """Return the network that `to_json` described.

        >>> Network.from_json(Network.initial(seed=0).to_json()) == Network.initial(seed=0)
        True
        """
        from tinynet.bridges.models import documents

        return documents.network_from_json(data)

    def code(self, language: str, *, name: str = "network", dtype: str | None = None) -> str:
        """Return a program that needs nothing else: "c" (a C99 header), "python" or "javascript" (an ES module).

        name : what its names begin with; its function is `<name>_answer`.
        dtype : of C, "float32" unless "float64" is asked for; the others compute in float64.

        Every machine computes the same bits; in float64 they are the network's own.

        >>> Network.initial(seed=0).code("python").splitlines()[1]
        '# Origin: seed 0.'
        """
        from tinynet.bridges.models import code

        return code.printed(self, language, name, dtype)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Network):
            return NotImplemented
        return self.architecture == other.architecture and np.array_equal(self.parameters, other.parameters)

    def __hash__(self) -> int:
        return hash((self.architecture, self.parameters.tobytes()))


def _values(inputs: Any) -> np.ndarray:
    return inputs.inputs if isinstance(inputs, Examples) else np.asarray(inputs, float)
