"""Networks: compute outputs, convert to other formats, save and load."""

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
from tinynet.errors import TinyNetError, counted
from tinynet.model.display import InNotebook
from tinynet.signatures import check_arguments
from tinynet.validation import check_numbers, check_seed

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, eq=False)
class Network(Weights, InNotebook):
    """A network with its architecture and its parameters.

    architecture : Architecture. Layer sizes, activations and initialization.
    parameters : (P,) float64, read-only. The weights of each layer row by row, followed by its biases.
    origin : str. The origin of the parameters, such as "seed 0".
    seed : int, optional. The seed of initial parameters.

    >>> network = Network.initial((4, 3, 2), seed=0)
    >>> network.layers[0].weight.shape, network([1.0, 1.0, 0.0, 0.0]).round(4).tolist()
    ((3, 4), [0.6779, 0.4264])
    """

    seed: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.seed is not None:
            object.__setattr__(self, "seed", check_seed(self.seed))

    @classmethod
    @check_arguments
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
        """Return an untrained network.

        sizes : tuple of int, or Architecture. The number of nodes of each layer, input layer first. An Architecture has its
            own hidden, output and init.
        seed : int. Seed of the initial parameters.
        hidden, output : str. Activation of the hidden layers and of the output layer.
        init : str. Initialization of the weights:
            `"pytorch"`, the numbers of `torch.manual_seed(seed)` followed by `nn.Linear` layers, bit for bit;
            `"xavier"`, the numbers of `xavier_uniform_` with biases 0;
            `"he"`, the numbers of `kaiming_uniform_(nonlinearity="relu")` with biases 0;
            `"normal"`, a normal distribution with mean 0 and standard deviation 1/sqrt(fan_in), with biases 0;
            `"zeros"`.

        Raises TinyNetError for sizes, names or seeds out of range.

        >>> Network.initial(seed=0).layers[1].bias.tolist()
        [0.47942468523979187, -0.11881878226995468]
        """
        if not isinstance(sizes, Architecture):
            architecture = Architecture(sizes, hidden, output, init)
        elif (hidden, output, init) == ("sigmoid", "sigmoid", "pytorch"):
            architecture = sizes
        else:
            raise TinyNetError(
                "hidden, output and init belong to the Architecture. Set them there, or pass sizes as a tuple."
            )
        return cls(architecture, initial_parameters(architecture, seed), f"seed {seed}", seed)

    def __repr__(self) -> str:
        return f"<{'-'.join(map(str, self.sizes))} network, {self.origin or 'of unknown origin'}>"

    def __call__(self, inputs: Any) -> np.ndarray:
        """Return the outputs of the network.

        inputs : (inputs,), (m, inputs) or Examples. -> (outputs,) for one row, (m, outputs) for several.

        Raises TinyNetError for rows of another length than the network's input layer.
        """
        last = self.activations(inputs)[-1]
        return last[0] if np.ndim(_values(inputs)) == 1 else last

    def activations(self, inputs: Any) -> list[np.ndarray]:
        """Return the activations of each layer after the input.

        -> [(m, nodes), ...]
        """
        a = np.atleast_2d(_values(inputs))  # (m, inputs)
        if a.ndim != 2 or a.shape[1] != self.sizes[0]:
            sizes = (a.shape[-1], *self.sizes[1:])
            raise TinyNetError(
                f"each example has {counted(a.shape[-1], 'input')} and the network takes {self.sizes[0]:,}. "
                f"Create a network with Network.initial({sizes}, seed=0)."
            )
        return [layer[0] for layer in forward(self.architecture, self.parameters[None], a)]

    @check_arguments
    def with_parameters(self, parameters: np.ndarray, *, origin: str = "set by hand") -> "Network":
        """Return a network of this architecture with other parameters (P,)."""
        return Network(self.architecture, parameters, origin)

    @check_arguments
    def with_parameter(self, name: str, value: float) -> "Network":
        """Return a network with one parameter changed.

        name : str. A parameter, such as `layer1.weight[0,2]`.

        Raises TinyNetError for an unknown name.
        """
        names = self.architecture.parameter_names
        if name not in names:
            raise TinyNetError(
                f"the parameter is {name!r}. It must be a name from {names[0]!r} to {names[-1]!r}."
            )
        parameters = self.parameters.copy()
        parameters[names.index(name)] = value
        return self.with_parameters(parameters, origin=f"{self.origin}, {name} set to {value:g}")

    # --- other formats: each module is imported when it is needed ----------------------------------------------------

    @classmethod
    def from_torch(cls, model: "nn.Module") -> "Network":
        """Convert a PyTorch model to a network.

        model : nn.Module. A chain of Linear layers with an activation of `ACTIVATIONS` or softmax after them. The parameters are float32
            or float64, on any device, and are converted exactly. A Linear layer without bias gets biases 0. A final
            log_softmax becomes a softmax.

        Raises TinyNetError, with the name of the layer, for other models.

        >>> from torch import nn
        >>> Network.from_torch(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))).architecture.hidden
        'relu'
        """
        from tinynet.formats import pytorch

        return cls.of(pytorch.from_torch(model))

    def to_torch(self, *, dtype: str = "float32") -> "nn.Sequential":
        """Convert the network to an nn.Sequential.

        dtype : str. "float32" rounds each parameter once. "float64" keeps each parameter exactly.

        >>> Network.initial((4, 3, 2)).to_torch()[0]
        Linear(in_features=4, out_features=3, bias=True)
        """
        from tinynet.formats import pytorch

        return pytorch.to_torch(self, dtype)

    def state_dict(self, *, dtype: str | None = None) -> "OrderedDict[str, Tensor]":
        """Return the parameters as a PyTorch state_dict.

        dtype : str, optional. "float32" or "float64". By default float32 if it represents every parameter exactly, else
            float64.

        >>> list(Network.initial((4, 3, 2)).state_dict())
        ['0.weight', '0.bias', '2.weight', '2.bias']
        """
        from tinynet.formats import pytorch

        return pytorch.state_dict(self, dtype)

    @classmethod
    @check_arguments
    def from_state_dict(
        cls, state: Mapping[str, Any], *, hidden: str | None = None, output: str | None = None
    ) -> "Network":
        """Create a network from a PyTorch state_dict.

        state : mapping of str to tensor or array. Weights (out, in) and biases (out,), layer after layer.
        hidden, output : str, optional. The activations. By default the activations stored by `Network.state_dict`, or
            sigmoid if none are stored.
        """
        from tinynet.formats import pytorch

        return cls.of(pytorch.from_state_dict(state, hidden, output))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to a file.

        path : str or PathLike. The extension sets the format: .safetensors, .pt or .pth (a state_dict), .onnx or .json.

        No precision is lost. The numbers are float32 if float32 represents every parameter exactly, else float64.
        """
        from tinynet.formats import model_files

        model_files.save(self, path)

    @classmethod
    @check_arguments
    def load(
        cls, path: str | os.PathLike[str], *, hidden: str | None = None, output: str | None = None
    ) -> "Network":
        """Read a network from a file.

        path : str or PathLike. A file that `save` wrote, or any model file of a chain of Linear layers.
        hidden, output : str, optional. The activations. Safetensors files and state_dicts of other programs do not contain
            them. Sigmoid by default.

        Raises TinyNetError for a file that is missing, damaged or not a network. No pickled code is executed.
        """
        from tinynet.formats import model_files

        return cls.of(model_files.load(path, hidden, output))

    @check_arguments
    def to_onnx(self, *, dtype: str | None = "float32", target_names: Sequence[str] = ()) -> bytes:
        """Return the network as an ONNX model.

        The input is named "inputs" (m, inputs), the output "outputs" (m, outputs).

        dtype : str. "float32" rounds each parameter once. "float64" keeps each parameter, and the inputs and outputs are
            double.
        target_names : sequence of str. Names of the outputs, stored in the model's metadata as JSON.
        """
        from tinynet.formats.onnx import writer

        return writer.to_onnx(self, dtype, tuple(target_names))

    @classmethod
    @check_arguments
    def from_onnx(cls, data: bytes) -> "Network":
        """Create a network from an ONNX model.

        TinyNet reads the models of PyTorch's exporters, Keras, tf2onnx and scikit-learn's converter, if the model is a
        chain of dense layers. A log-softmax at the end becomes a softmax. For weights in another file use `Network.load`.

        data : bytes. The content of an .onnx file.

        Raises TinyNetError with the node that is not a part of such a network, and for a damaged model.
        """
        from tinynet.formats.onnx import reader

        return cls.of(reader.from_onnx(data))

    def to_json(self) -> dict[str, Any]:
        """Return architecture, origin and layers as JSON, with all digits."""
        from tinynet.formats import json_documents

        return json_documents.network_json(self)

    @classmethod
    @check_arguments
    def from_json(cls, data: dict[str, Any]) -> "Network":
        """Create a network from the result of `to_json`.

        >>> Network.from_json(Network.initial(seed=0).to_json()) == Network.initial(seed=0)
        True
        """
        from tinynet.formats import json_documents

        return cls.of(json_documents.network_from_json(data))

    @check_arguments
    def code(self, language: str, *, name: str = "network", dtype: str | None = None) -> str:
        """Return a program without dependencies that computes the outputs.

        language : str. "c" (a C99 header), "python" or "javascript" (an ES module).
        name : str. Prefix of the names in the program. Its function is `<name>_predict`.
        dtype : str, optional. The precision of C: "float32" (the default) or "float64". The other languages compute in
            float64.

        Every machine computes the same bits. In float64 the outputs are equal to the network's outputs, bit for bit.

        >>> Network.initial(seed=0).code("python").splitlines()[1]
        '# Origin: seed 0.'
        """
        from tinynet.formats.programs import program

        return program.program_text(self, language, name, dtype)


def _values(inputs: Any) -> np.ndarray:
    return inputs.inputs if isinstance(inputs, Examples) else check_numbers("inputs", inputs)
