"""Networks as named arrays and as safetensors files.

The names are PyTorch's.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise, permutations
from typing import Any

import numpy as np

from tinynet import files
from tinynet.core.architecture import Architecture
from tinynet.core.weights import Weights
from tinynet.errors import TinyNetError, advice, counted
from tinynet.files import Arrays
from tinynet.validation import check_choice

DTYPES = ("float32", "float64")
MAX_PERMUTED = 6  # layers; the number of orders grows as the factorial

Layers = dict[str, tuple[np.ndarray, np.ndarray]]  # layer name -> weight (out, in), bias (out,)


def parameters_in(network: Weights, dtype: str | None = None) -> np.ndarray:
    """Return the parameters (P,) in float32 or float64.

    dtype : None chooses float32 if float32 keeps every digit, else float64.

    Raises TinyNetError for another dtype, and for a parameter that is too large for float32.

    >>> [parameters_in(Weights(Architecture((1, 1)), np.array([1.0, bias]))).dtype for bias in (0.5, 0.1)]
    [dtype('float32'), dtype('float64')]
    """
    if dtype is not None:
        check_choice("dtype", dtype, DTYPES)
    numbers = network.parameters
    with np.errstate(over="ignore", under="ignore"):
        single = numbers.astype(np.float32)
    if dtype == "float64" or (dtype is None and not np.array_equal(single, numbers)):
        return numbers
    too_large = np.flatnonzero(np.isinf(single))
    if len(too_large):
        name = network.architecture.parameter_names[too_large[0]]
        value = numbers[too_large[0]]
        raise TinyNetError(
            f"is {value:g}. It is too large for float32. {advice('dtype', 'float64')}", parameter=name
        )
    return single


def layers_of(network: Weights, dtype: str | None = None) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return each layer's weight (out, in) and bias (out,).

    dtype : the precision; see `parameters_in`.
    """
    numbers, shapes = parameters_in(network, dtype), pairwise(network.sizes)
    return [
        (numbers[weight].reshape(outputs, inputs), numbers[bias])
        for (weight, bias), (inputs, outputs) in zip(network.architecture.slices, shapes, strict=True)
    ]


def named_arrays(network: Weights, dtype: str | None = None) -> Arrays:
    """Return the arrays by their names in an nn.Sequential.

    The Sequential is a chain of layers and activations.

    The names are 0.weight, 0.bias, 2.weight, … because the activations between the layers count as well.
    """
    arrays: Arrays = {}
    for n, (weight, bias) in enumerate(layers_of(network, dtype)):
        arrays |= {f"{2 * n}.weight": weight, f"{2 * n}.bias": bias}
    return arrays


def from_named_arrays(
    named: Mapping[str, Any], architecture: Architecture, source: str, origin: str, *, ordered: bool = True
) -> Weights:
    """Return the network with these weights and biases.

    A missing bias is zero.

    architecture : The activations and the initialization. The sizes are those of the arrays.
    source : Name of the arrays in errors.
    ordered : Whether the layers are in order. If not, the numbers in their names give the order, or else their shapes.

    Raises TinyNetError for arrays that are not a chain of Linear layers.
    """
    layers = _layers(named, source)
    chain = list(layers) if ordered else _in_order(layers, source)
    for before, name in pairwise(chain):
        outputs, inputs = len(layers[before][1]), layers[name][0].shape[1]
        if outputs != inputs:
            raise TinyNetError(
                f"{source} is not a chain of layers: {before or 'weight'} has {counted(outputs, 'output')} and {name} has {counted(inputs, 'input')}."
            )
    sizes = (layers[chain[0]][0].shape[1], *(len(layers[name][1]) for name in chain))
    shape = Architecture(sizes, architecture.hidden, architecture.output, architecture.init)
    numbers = [part.ravel() for name in chain for part in layers[name]]
    return Weights(shape, np.concatenate(numbers), origin)


def description(network: Weights) -> dict[str, Any]:
    """Return the architecture and the origin as JSON values.

    The named arrays do not contain them.
    """
    return {"architecture": network.architecture.to_json(), "origin": network.origin}


def parse_description(data: Any, source: str) -> tuple[Architecture, str]:
    """Return the architecture and the origin in a `description`.

    source : Name of the description in errors.
    """
    try:
        return Architecture.from_json(data["architecture"]), str(data["origin"])
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise TinyNetError(f"{source} is damaged: its description is not valid ({error}).") from error


def with_activations(architecture: Architecture, hidden: str | None, output: str | None) -> Architecture:
    """Return the architecture with other activations.

    Activations that are None keep their values.
    """
    return Architecture(
        architecture.sizes,
        hidden or architecture.hidden,
        output or architecture.output,
        architecture.init,
    )


def to_safetensors(network: Weights, dtype: str | None = None) -> bytes:
    """Return the network as a safetensors file.

    The architecture and the origin are in the metadata.
    """
    return files.encode("network", named_arrays(network, dtype), description(network))


def from_safetensors(
    data: bytes, source: str, hidden: str | None = None, output: str | None = None
) -> Weights:
    """Return the network in a safetensors file.

    TinyNet or another program wrote the file.

    source : Name of the file in errors.
    hidden, output : Activations, if the file does not contain them.
    """
    arrays, metadata = files.opened(data, source)
    if files.KEY not in metadata:
        known = with_activations(Architecture(), hidden, output)
        return from_named_arrays(arrays, known, source, source, ordered=False)
    arrays, about = files.decode("network", data, source)
    described, origin = parse_description(about, source)
    known = with_activations(described, hidden, output)
    network = from_named_arrays(arrays, known, source, origin, ordered=False)
    if network.sizes != described.sizes:
        raise TinyNetError(
            f"{source} is damaged: its description has sizes {described.sizes} and its arrays have sizes {network.sizes}."
        )
    return network


def _layers(named: Mapping[str, Any], source: str) -> Layers:
    """Return weight and bias by layer name, checked."""
    parts: dict[str, dict[str, np.ndarray]] = {}
    for name, value in named.items():
        layer, _, part = str(name).rpartition(".")
        if part not in ("weight", "bias"):
            raise TinyNetError(f"{source} has {name!r}, which is not a weight or bias of a Linear layer.")
        parts.setdefault(layer, {})[part] = _floats(name, value, 2 if part == "weight" else 1, source)
    if not parts:
        raise TinyNetError(f"{source} has no weights.")
    layers = {}
    for layer, arrays in parts.items():
        if "weight" not in arrays:
            raise TinyNetError(f"{source} has the bias of layer {layer!r} and no weight.")
        weight = arrays["weight"]
        bias = arrays.get("bias", np.zeros(len(weight)))
        if len(bias) != len(weight):
            raise TinyNetError(
                f"{source}: layer {layer!r} has {counted(len(weight), 'node')} and a bias of length {len(bias)}."
            )
        layers[layer] = (weight, bias)
    return layers


def _floats(name: str, value: Any, axes: int, source: str) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype.kind != "f":
        raise TinyNetError(f"{source}: {name} has dtype {array.dtype}. It must be a floating-point dtype.")
    if array.ndim != axes:
        shape = "(out, in)" if axes == 2 else "(out,)"
        raise TinyNetError(f"{source}: {name} has shape {array.shape}. It must have shape {shape}.")
    return array.astype(float)


def _in_order(layers: Layers, source: str) -> list[str]:
    """Return the names of the layers from input to output."""
    if len({re.sub(r"\d+", "", name) for name in layers}) == 1:  # the names differ only in their numbers
        return sorted(layers, key=lambda name: [int(number) for number in re.findall(r"\d+", name)])
    chains = list(_chains(layers)) if len(layers) <= MAX_PERMUTED else []
    if len(chains) != 1:
        raise TinyNetError(
            f"{source} does not give the order of its layers {', '.join(sorted(layers))}: {len(chains) or 'no'} orders make a "
            "chain. Pass the arrays in order to Network.from_state_dict."
        )
    return chains[0]


def _chains(layers: Layers) -> Iterator[list[str]]:
    for names in permutations(layers):
        if all(len(layers[a][1]) == layers[b][0].shape[1] for a, b in pairwise(names)):
            yield list(names)
