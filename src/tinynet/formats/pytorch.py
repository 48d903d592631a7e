"""PyTorch: a model in and out, its state_dict, and the files that hold one."""

import json
import warnings
from collections import OrderedDict
from collections.abc import Mapping
from io import BytesIO
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

from tinynet.core.activations import ACTIVATIONS
from tinynet.core.architecture import MAX_PARAMETERS, Architecture
from tinynet.core.weights import Weights
from tinynet.errors import TinyNetError
from tinynet.files import KEY
from tinynet.formats.tensors import asked, described, description, from_named, layers_of, named_arrays
from tinynet.formats.torch_reader import architecture_of, read
from tinynet.plugins import extra

if TYPE_CHECKING:
    from torch import Tensor, nn

MODULES = {name: activation.module for name, activation in ACTIVATIONS.items()} | {"softmax": "Softmax"}


def from_torch(model: "nn.Module") -> Weights:
    """Return the network that a model is; see `Network.from_torch`."""
    extra("torch", "a PyTorch model", "torch")
    layers = read(model)
    named = {
        f"{layer.name}.{part}": _array(f"{layer.name}.{part}", parameter, "this model")
        for layer in layers
        for part, parameter in (("weight", layer.linear.weight), ("bias", layer.linear.bias))
        if parameter is not None
    }
    return from_named(named, architecture_of(layers), "this model", f"a PyTorch {type(model).__name__}")


def to_torch(network: Weights, dtype: str = "float32") -> "nn.Sequential":
    """Return the network as a model; see `Network.to_torch`."""
    torch = extra("torch", "a PyTorch model", "torch")
    found = []
    for (weight, _), kind in zip(layers_of(network, dtype), network.architecture.activations, strict=True):
        outputs, inputs = weight.shape
        linear = torch.nn.Linear  # made without drawing numbers, so that torch's generator stays as it is
        found.append(torch.nn.utils.skip_init(linear, inputs, outputs, dtype=getattr(torch, dtype)))
        found.append(getattr(torch.nn, MODULES[kind])(**({"dim": -1} if kind == "softmax" else {})))
    if network.architecture.output == "identity":
        del found[-1]
    model = torch.nn.Sequential(*found)
    model.load_state_dict(state_dict(network, dtype))
    return model


def state_dict(network: Weights, dtype: str | None = None) -> "OrderedDict[str, Tensor]":
    """Return the parameters as PyTorch names them; see `Network.state_dict`.

    What PyTorch keeps beside a state_dict, the versions of its modules, holds our architecture as well.
    """
    torch = extra("torch", "a state_dict", "torch")
    arrays = named_arrays(network, dtype)
    state = OrderedDict((name, torch.tensor(array)) for name, array in arrays.items())
    about = json.dumps(description(network))
    vars(state)["_metadata"] = OrderedDict({"": {"version": 1, KEY: about}})
    return state


def from_state_dict(
    state: Mapping[str, Any],
    hidden: str | None = None,
    output: str | None = None,
    source: str = "this state_dict",
) -> Weights:
    """Return the network of a state_dict; see `Network.from_state_dict`. `source` names it in errors."""
    if not isinstance(state, Mapping):
        raise TinyNetError(
            f"{source} holds a {type(state).__name__}, not a state_dict; save model.state_dict()"
        )
    try:
        text = getattr(state, "_metadata", {}).get("", {}).get(KEY)
        about = None if text is None else json.loads(text)
    except (AttributeError, TypeError, ValueError) as error:
        raise TinyNetError(f"{source} is damaged: its description cannot be read ({error})") from error
    known, origin = (Architecture(), source) if about is None else described(about, source)
    arrays = {name: _array(str(name), value, source) for name, value in state.items()}
    return from_named(arrays, asked(known, hidden, output), source, origin)


def to_pt(network: Weights, dtype: str | None = None) -> bytes:
    """Return the state_dict as the bytes of a file of torch.save."""
    torch, data = extra("torch", "a .pt file", "torch"), BytesIO()
    torch.save(state_dict(network, dtype), data)
    return data.getvalue()


def from_pt(data: bytes, source: str, hidden: str | None = None, output: str | None = None) -> Weights:
    """Return the network of a state_dict's file. Only tensors are read: no code in it runs."""
    torch = extra("torch", "a .pt file", "torch")
    try:
        with warnings.catch_warnings(action="ignore"):  # of foreign pickles, which the error below speaks of
            state = torch.load(BytesIO(data), map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise TinyNetError(
            f"{source} holds more than tensors, or none; other pickled objects are not read, since they can run any "
            "code: save model.state_dict()"
        ) from error
    except Exception as error:  # damaged bytes may fail anywhere in PyTorch's reader
        raise TinyNetError(f"{source} is damaged or no file of torch.save; take another copy") from error
    return from_state_dict(state, hidden, output, source)


def _array(name: str, value: Any, source: str) -> Any:
    """Return a tensor's numbers, exactly, as an array; anything else as it is.

    Raises TinyNetError for a tensor of no numbers, or of more than any network here has: a file of a few bytes can claim
    billions.
    """
    if isinstance(value, Mapping):
        raise TinyNetError(f"{source} has a dictionary in {name!r}; if that is the state_dict, give it alone")
    if not hasattr(value, "detach"):
        return value
    if value.numel() > MAX_PARAMETERS:
        raise TinyNetError(
            f"{source}: {name} has {value.numel():,} numbers; at most {MAX_PARAMETERS:,} are allowed"
        )
    try:
        value = value.detach().cpu()
        return (value.double() if value.is_floating_point() else value).numpy()
    except (TypeError, NotImplementedError, RuntimeError) as error:
        what = str(error).splitlines()[0]
        raise TinyNetError(f"{source}: {name} is no plain tensor of numbers ({what})") from error
