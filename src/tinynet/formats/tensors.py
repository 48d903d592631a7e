"""A network as named arrays, with the names that PyTorch gives them, and the safetensors files that hold them."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise, permutations
from typing import Any

import numpy as np

from tinynet import files
from tinynet.core.architecture import Architecture
from tinynet.core.weights import Weights
from tinynet.errors import TinyNetError
from tinynet.files import Arrays

DTYPES = ("float32", "float64")
FEW = 6  # layers whose orders are all tried

Layers = dict[
    str, tuple[np.ndarray, np.ndarray]
]  # weight (out, in) and bias (out,) of each layer by its name


def rounded(network: Weights, dtype: str | None = None) -> np.ndarray:
    """Return the parameters (P,) in float32 or float64; None takes float32 where that loses nothing, else float64.

    Raises TinyNetError for another dtype, and for a parameter that is too large for float32.

    >>> [rounded(Weights(Architecture((1, 1)), np.array([1.0, bias]))).dtype for bias in (0.5, 0.1)]
    [dtype('float32'), dtype('float64')]
    """
    if dtype not in (None, *DTYPES):
        raise TinyNetError(
            f"is {dtype!r}; it must be one of {', '.join(map(repr, DTYPES))}", parameter="dtype"
        )
    numbers = network.parameters
    with np.errstate(over="ignore", under="ignore"):
        single = numbers.astype(np.float32)
    if dtype == "float64" or (dtype is None and not np.array_equal(single, numbers)):
        return numbers
    large = np.flatnonzero(np.isinf(single))
    if len(large):
        name = network.architecture.parameter_names[large[0]]
        raise TinyNetError(f"{name} is {numbers[large[0]]:g}, too large for float32; take dtype='float64'")
    return single


def layers_of(network: Weights, dtype: str | None = None) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return each layer's weight (out, in) and bias (out,) in that dtype."""
    numbers, shapes = rounded(network, dtype), pairwise(network.sizes)
    return [
        (numbers[weight].reshape(outputs, inputs), numbers[bias])
        for (weight, bias), (inputs, outputs) in zip(network.architecture.slices, shapes, strict=True)
    ]


def named_arrays(network: Weights, dtype: str | None = None) -> Arrays:
    """Return the arrays by the names they have in an nn.Sequential of layers and activations: 0.weight, 0.bias, 2.weight, …"""
    found: Arrays = {}
    for n, (weight, bias) in enumerate(layers_of(network, dtype)):
        found |= {f"{2 * n}.weight": weight, f"{2 * n}.bias": bias}
    return found


def from_named(
    named: Mapping[str, Any], architecture: Architecture, source: str, origin: str, *, ordered: bool = True
) -> Weights:
    """Return the network whose layers are these arrays (a layer without bias has zeros), one feeding the next.

    architecture : what is known of it besides the sizes, which are the arrays'.
    ordered : whether the layers stand in their order; if not, it follows from the numbers in their names or, where there
        are none, from their shapes.

    Raises TinyNetError for arrays that are no weights and biases of Linear layers, or that make no chain.
    """
    layers = _layers(named, source)
    chain = list(layers) if ordered else _in_order(layers, source)
    for before, name in pairwise(chain):
        outputs, inputs = len(layers[before][1]), layers[name][0].shape[1]
        if outputs != inputs:
            raise TinyNetError(
                f"{source} makes no chain of layers: {before or 'weight'} gives {outputs} numbers and {name} takes {inputs}"
            )
    sizes = (layers[chain[0]][0].shape[1], *(len(layers[name][1]) for name in chain))
    shape = Architecture(sizes, architecture.hidden, architecture.output, architecture.init)
    numbers = [part.ravel() for name in chain for part in layers[name]]
    return Weights(shape, np.concatenate(numbers), origin)


def description(network: Weights) -> dict[str, Any]:
    """Return what named arrays do not tell of a network, ready for JSON."""
    return {"architecture": network.architecture.to_json(), "origin": network.origin}


def described(about: Any, source: str) -> tuple[Architecture, str]:
    """Return the architecture and the origin that `description` told of; `source` names it in errors."""
    try:
        return Architecture.from_json(about["architecture"]), str(about["origin"])
    except (KeyError, TypeError) as error:
        raise TinyNetError(f"{source} is damaged: its description does not fit ({error})") from error


def asked(known: Architecture, hidden: str | None, output: str | None) -> Architecture:
    """Return what is known of a network, with the activations that were asked for."""
    return Architecture(known.sizes, hidden or known.hidden, output or known.output, known.init)


def to_safetensors(network: Weights, dtype: str | None = None) -> bytes:
    """Return the network as the bytes of a safetensors file, its architecture and origin in the metadata."""
    return files.encode("network", named_arrays(network, dtype), description(network))


def from_safetensors(
    data: bytes, source: str, hidden: str | None = None, output: str | None = None
) -> Weights:
    """Return the network in a safetensors file, ours or another of Linear layers; `source` names it in errors."""
    arrays, metadata = files.opened(data, source)
    if files.KEY not in metadata:
        return from_named(arrays, asked(Architecture(), hidden, output), source, source, ordered=False)
    arrays, about = files.decode("network", data, source)
    known, origin = described(about, source)
    network = from_named(arrays, asked(known, hidden, output), source, origin, ordered=False)
    if network.sizes != known.sizes:
        raise TinyNetError(f"{source} is damaged: it describes sizes {known.sizes} and holds {network.sizes}")
    return network


def _layers(named: Mapping[str, Any], source: str) -> Layers:
    """Return weights and biases by the name of their layer, checked."""
    parts: dict[str, dict[str, np.ndarray]] = {}
    for name, value in named.items():
        layer, _, part = str(name).rpartition(".")
        if part not in ("weight", "bias"):
            raise TinyNetError(f"{source} has {name!r}, which is no weight or bias of a Linear layer")
        parts.setdefault(layer, {})[part] = _floats(name, value, 2 if part == "weight" else 1, source)
    if not parts:
        raise TinyNetError(f"{source} has no weights")
    found = {}
    for layer, both in parts.items():
        if "weight" not in both:
            raise TinyNetError(f"{source} has the bias of layer {layer!r} and no weight")
        bias = both.get("bias", np.zeros(len(both["weight"])))
        if len(bias) != len(both["weight"]):
            raise TinyNetError(
                f"{source}: layer {layer!r} has {len(both['weight'])} nodes and {len(bias)} biases"
            )
        found[layer] = (both["weight"], bias)
    return found


def _floats(name: str, value: Any, axes: int, source: str) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype.kind != "f":
        raise TinyNetError(f"{source}: {name} holds {array.dtype}; parameters are floating-point numbers")
    if array.ndim != axes:
        what = "weight is (out, in)" if axes == 2 else "bias is (out,)"
        raise TinyNetError(f"{source}: {name} has shape {array.shape}; a Linear layer's {what}")
    return array.astype(float)


def _in_order(layers: Layers, source: str) -> list[str]:
    """Return the names of the layers from input to output."""
    if len({re.sub(r"\d+", "", name) for name in layers}) == 1:  # they differ by their numbers
        return sorted(layers, key=lambda name: [int(number) for number in re.findall(r"\d+", name)])
    found = list(_chains(layers)) if len(layers) <= FEW else []
    if len(found) != 1:
        raise TinyNetError(
            f"{source} does not say the order of its layers {', '.join(sorted(layers))}: {len(found) or 'no'} orders make a chain; "
            "give them in their order to Network.from_state_dict"
        )
    return found[0]


def _chains(layers: Layers) -> Iterator[list[str]]:
    for names in permutations(layers):
        if all(len(layers[a][1]) == layers[b][0].shape[1] for a, b in pairwise(names)):
            yield list(names)
