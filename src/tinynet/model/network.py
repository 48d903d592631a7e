"""A network: call it, train it, save it."""

import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet.core.architecture import Architecture
from tinynet.core.forward import forward
from tinynet.core.initializers import initial_parameters
from tinynet.core.weights import Weights
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.model.display import InNotebook

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, eq=False)
class Network(Weights, InNotebook):
    """A network: its architecture and its parameters; `origin` says in words where they come from.

    parameters : (P,) float64, each layer's weights row by row, then its biases; kept read-only.

    >>> network = Network.initial((4, 3, 2), seed=0)
    >>> network.layers[0].weight.shape, network([1.0, 1.0, 0.0, 0.0]).round(4).tolist()
    ((3, 4), [0.6779, 0.4264])
    """

    @classmethod
    def of(cls, weights: Weights) -> "Network":
        """Return the network with these weights."""
        return cls(weights.architecture, weights.parameters, weights.origin)

    @classmethod
    def initial(
        cls,
        sizes: tuple[int, ...] | Architecture = (4, 3, 2),
        *,
        seed: int = 0,
        hidden: str = "sigmoid",
        output: str = "sigmoid",
        init: str = "pytorch",
    ) -> "Network":
        """Return a network before any training.

        sizes : the nodes of each layer, or an Architecture, which has its own hidden, output and init.
        init : `"pytorch"`, the numbers of `torch.manual_seed(seed)` followed by `nn.Linear` layers, bit for bit;
            `"xavier"` and `"he"`, those of `xavier_uniform_` and `kaiming_uniform_(nonlinearity="relu")` with
            biases 0; `"normal"`, mean 0 and standard deviation 1/sqrt(fan_in); or `"zeros"`.

        Raises TinyNetError for sizes, names or seeds out of range.

        >>> Network.initial(seed=0).layers[1].bias.tolist()
        [0.47942468523979187, -0.11881878226995468]
        """
        if not isinstance(sizes, Architecture):
            architecture = Architecture(tuple(sizes), hidden, output, init)
        elif (hidden, output, init) == ("sigmoid", "sigmoid", "pytorch"):
            architecture = sizes
        else:
            raise TinyNetError(
                "hidden, output and init belong to the Architecture. Set them there, or give sizes alone."
            )
        return cls(architecture, initial_parameters(architecture, seed), f"seed {seed}")

    def __repr__(self) -> str:
        return f"<{'-'.join(map(str, self.sizes))} network, {self.origin or 'of unknown origin'}>"

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
        return [layer[0] for layer in forward(self.architecture, self.parameters[None], a)]

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
        from tinynet.formats import pytorch

        return cls.of(pytorch.from_torch(model))

    def to_torch(self, *, dtype: str = "float32") -> "nn.Sequential":
        """Return the network as an nn.Sequential; float32 rounds each parameter once, `dtype="float64"` keeps it exactly.

        >>> Network.initial((4, 3, 2)).to_torch()[0]
        Linear(in_features=4, out_features=3, bias=True)
        """
        from tinynet.formats import pytorch

        return pytorch.to_torch(self, dtype)

    def state_dict(self, *, dtype: str | None = None) -> "OrderedDict[str, Tensor]":
        """Return the parameters as `to_torch().load_state_dict` takes them: float32 if that loses nothing, else float64.

        >>> list(Network.initial((4, 3, 2)).state_dict())
        ['0.weight', '0.bias', '2.weight', '2.bias']
        """
        from tinynet.formats import pytorch

        return pytorch.state_dict(self, dtype)

    @classmethod
    def from_state_dict(
        cls, state: Mapping[str, Any], *, hidden: str | None = None, output: str | None = None
    ) -> "Network":
        """Return the network of a state_dict: weights (out, in) and biases (out,), tensors or arrays, layer after layer.

        hidden, output : the activations. Where left out they are those of `state_dict`, if it made this one, else sigmoid.
        """
        from tinynet.formats import pytorch

        return cls.of(pytorch.from_state_dict(state, hidden, output))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network into a file that ends in .safetensors, .pt, .pth (a state_dict), .onnx or .json.

        Nothing is lost: numbers are float32 if that keeps each of them, else float64.
        """
        from tinynet.formats import model_files

        model_files.save(self, path)

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], *, hidden: str | None = None, output: str | None = None
    ) -> "Network":
        """Read what `save` wrote, or another's file of a chain of Linear layers.

        hidden, output : the activations, which others' safetensors and state_dicts do not tell; sigmoid where left out.

        Raises TinyNetError for a file that is missing, damaged or of something else. No pickled code is run.
        """
        from tinynet.formats import model_files

        return cls.of(model_files.load(path, hidden, output))

    def to_onnx(self, *, dtype: str | None = "float32", answers: Sequence[str] = ()) -> bytes:
        """Return an ONNX model: "inputs" (examples, inputs) to "outputs" (examples, outputs).

        dtype : "float32" rounds each parameter once; "float64" keeps it, and takes and gives double.
        answers : names of the outputs, kept in the model's metadata as JSON.
        """
        from tinynet.formats import onnx

        return onnx.to_onnx(self, dtype, answers)

    @classmethod
    def from_onnx(cls, data: bytes) -> "Network":
        """Return the network of an ONNX model of Gemm nodes and activations, such as `to_onnx` makes."""
        from tinynet.formats import onnx

        return cls.of(onnx.from_onnx(data))

    def to_json(self) -> dict[str, Any]:
        """Return architecture, origin and layers ready for JSON, with every digit of every number."""
        from tinynet.formats import json_documents

        return json_documents.network_json(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Network":
        """Return the network that `to_json` described.

        >>> Network.from_json(Network.initial(seed=0).to_json()) == Network.initial(seed=0)
        True
        """
        from tinynet.formats import json_documents

        return cls.of(json_documents.network_from_json(data))

    def code(self, language: str, *, name: str = "network", dtype: str | None = None) -> str:
        """Return a program that needs nothing else: "c" (a C99 header), "python" or "javascript" (an ES module).

        name : what its names begin with; its function is `<name>_predict`.
        dtype : of C, "float32" unless "float64" is asked for; the others compute in float64.

        Every machine computes the same bits; in float64 they are the network's own.

        >>> Network.initial(seed=0).code("python").splitlines()[1]
        '# Origin: seed 0.'
        """
        from tinynet.formats.programs import program

        return program.program_text(self, language, name, dtype)


def _values(inputs: Any) -> np.ndarray:
    return inputs.inputs if isinstance(inputs, Examples) else np.asarray(inputs, float)
