"""PyTorch models, state_dicts and .pt files."""

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
from tinynet.files import KEY, parse_json
from tinynet.formats.tensors import (
    description,
    from_named_arrays,
    layers_of,
    named_arrays,
    parse_description,
    with_activations,
)
from tinynet.formats.torch_reader import architecture_of, read
from tinynet.plugins import extra

if TYPE_CHECKING:
    from torch import Tensor, nn

MODULES = {name: activation.module for name, activation in ACTIVATIONS.items()} | {"softmax": "Softmax"}


def from_torch(model: "nn.Module") -> Weights:
    """Return the network of a PyTorch model; see `Network.from_torch`."""
    extra("torch", "a PyTorch model", "torch")
    layers = read(model)
    named = {
        f"{layer.name}.{part}": _array(f"{layer.name}.{part}", parameter, "this model")
        for layer in layers
        for part, parameter in (("weight", layer.linear.weight), ("bias", layer.linear.bias))
        if parameter is not None
    }
    origin = f"a PyTorch {type(model).__name__}"
    return from_named_arrays(named, architecture_of(layers), "this model", origin)


def to_torch(network: Weights, dtype: str = "float32") -> "nn.Sequential":
    """Return the network as a PyTorch model; see `Network.to_torch`."""
    torch = extra("torch", "a PyTorch model", "torch")
    modules = []
    for (weight, _), kind in zip(layers_of(network, dtype), network.architecture.activations, strict=True):
        outputs, inputs = weight.shape
        linear = torch.nn.Linear  # skip_init does not use torch's random generator
        modules.append(torch.nn.utils.skip_init(linear, inputs, outputs, dtype=getattr(torch, dtype)))
        modules.append(getattr(torch.nn, MODULES[kind])(**({"dim": -1} if kind == "softmax" else {})))
    if network.architecture.output == "identity":
        del modules[-1]
    model = torch.nn.Sequential(*modules)
    model.load_state_dict(state_dict(network, dtype))
    return model


def state_dict(network: Weights, dtype: str | None = None) -> "OrderedDict[str, Tensor]":
    """Return the parameters by PyTorch's names.

    See `Network.state_dict`.

    The metadata of the state_dict, where PyTorch keeps the versions of its modules, contains the architecture.
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
    """Return the network of a state_dict; see `Network.from_state_dict`.

    source : Name of the state_dict in errors.
    """
    if not isinstance(state, Mapping):
        raise TinyNetError(
            f"{source} contains an object of type {type(state).__name__}, not a state_dict. Save model.state_dict()."
        )
    try:
        text = getattr(state, "_metadata", {}).get("", {}).get(KEY)
        about = None if text is None else parse_json(text)
    except (AttributeError, TypeError, ValueError) as error:
        raise TinyNetError(f"{source} is damaged: its description cannot be read ({error}).") from error
    known, origin = (Architecture(), source) if about is None else parse_description(about, source)
    arrays = {name: _array(str(name), value, source) for name, value in state.items()}
    return from_named_arrays(arrays, with_activations(known, hidden, output), source, origin)


def to_pt(network: Weights, dtype: str | None = None) -> bytes:
    """Return the state_dict as a file of torch.save."""
    torch, data = extra("torch", "a .pt file", "torch"), BytesIO()
    torch.save(state_dict(network, dtype), data)
    return data.getvalue()


def from_pt(data: bytes, source: str, hidden: str | None = None, output: str | None = None) -> Weights:
    """Return the network in a file of torch.save.

    Only tensors are read. No pickled code runs.
    """
    torch = extra("torch", "a .pt file", "torch")
    try:
        with warnings.catch_warnings(action="ignore"):  # about pickles that the errors below reject
            state = torch.load(BytesIO(data), map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise TinyNetError(
            f"{source} contains pickled objects other than tensors. They are not read, because they can run any code. "
            "Save model.state_dict()."
        ) from error
    except Exception as error:  # damaged bytes may raise any error in PyTorch's reader
        raise TinyNetError(f"{source} is damaged or not a file of torch.save. Use another copy.") from error
    return from_state_dict(state, hidden, output, source)


def _array(name: str, value: Any, source: str) -> Any:
    """Return a tensor as an array with the same numbers.

    Anything else is returned unchanged.

    Raises TinyNetError for a tensor without plain numbers, and for a tensor with more than MAX_PARAMETERS numbers: a file
    of a few bytes can declare billions.
    """
    if isinstance(value, Mapping):
        raise TinyNetError(f"{source} has a dictionary in {name!r}. If it is the state_dict, save only it.")
    if not hasattr(value, "detach"):
        return value
    if value.numel() > MAX_PARAMETERS:
        raise TinyNetError(
            f"{source}: {name} has {value.numel():,} numbers. It must have at most {MAX_PARAMETERS:,}."
        )
    try:
        value = value.detach().cpu()
        return (value.double() if value.is_floating_point() else value).numpy()
    except (TypeError, NotImplementedError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise TinyNetError(f"{source}: {name} is not a plain tensor of numbers ({reason}).") from error
