"""Networks as JSON documents, with every digit."""

from typing import Any

import numpy as np

from tinynet import files
from tinynet.core.weights import Weights
from tinynet.errors import TinyNetError
from tinynet.formats.tensors import description, from_named_arrays, parse_description

FORMAT = files.FORMAT


def network_json(network: Weights) -> dict[str, Any]:
    """Return the network as JSON values.

    See `Network.to_json`.
    """
    return {
        "format": FORMAT,
        "kind": "network",
        **description(network),
        "layers": [
            {"weight": layer.weight.tolist(), "bias": layer.bias.tolist(), "activation": layer.activation}
            for layer in network.layers
        ],
    }


def network_from_json(data: dict[str, Any], source: str = "this JSON") -> Weights:
    """Return the network that `network_json` wrote.

    source : the name of the document in errors.
    """
    check_kind(data, "network", source)
    known, origin = parse_description(data, source)
    named: files.Arrays = {}
    try:
        for n, layer in enumerate(data["layers"]):
            named |= {f"{n}.{part}": np.array(layer[part], float) for part in ("weight", "bias")}
        activations = tuple(layer["activation"] for layer in data["layers"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise TinyNetError(
            f"{source} is damaged: its layers cannot be read ({error}). Use another copy."
        ) from error
    network = from_named_arrays(named, known, source, origin)
    if (network.sizes, activations) != (known.sizes, known.activations):
        raise TinyNetError(
            f"{source} is damaged: its layers do not match its architecture. Use another copy."
        )
    return network


def parsed(text: bytes | str, source: str) -> Any:
    """Parse a JSON document.

    source : the name of the document in errors.
    """
    try:
        return files.parse_json(text)
    except ValueError as error:
        raise TinyNetError(f"{source} is not a JSON document ({error}). Use another file.") from error


def check_kind(data: Any, kind: str, source: str) -> None:
    """Raise a TinyNetError unless a document is readable.

    A readable document is of this kind, in a format that this version reads.
    """
    found = data.get("kind") if isinstance(data, dict) else None
    if found != kind:
        raise TinyNetError(
            f"{source} contains {f'a {found}' if found else 'something else'}, not a TinyNet {kind}. Use another file."
        )
    if "format" not in data:
        raise TinyNetError(f"{source} has no format. It must have a whole number from 1 to {FORMAT}.")
    if data["format"] not in range(1, FORMAT + 1):
        raise TinyNetError(
            f"{source} has format {data['format']}. This version of TinyNet reads formats up to {FORMAT}. Upgrade TinyNet."
        )
