"""Networks and recordings as JSON documents: every digit of every number."""

import json
from typing import Any

import numpy as np

from tinynet import files
from tinynet.bridges.models.tensors import described, description, from_named
from tinynet.errors import TinyNetError
from tinynet.network import Network
from tinynet.recording import Recording

FORMAT = 1


def network_json(network: Network) -> dict[str, Any]:
    """Return the network ready for JSON; see `Network.to_json`."""
    return {
        "format": FORMAT,
        "kind": "network",
        **description(network),
        "layers": [
            {"weight": layer.weight.tolist(), "bias": layer.bias.tolist(), "activation": layer.activation}
            for layer in network.layers
        ],
    }


def network_from_json(data: dict[str, Any], source: str = "this JSON") -> Network:
    """Return the network that `network_json` described; `source` names it in errors."""
    _check(data, "network", source)
    known, origin = described(data, source)
    named: files.Arrays = {}
    try:
        for n, layer in enumerate(data["layers"]):
            named |= {f"{n}.{part}": np.array(layer[part], float) for part in ("weight", "bias")}
        activations = tuple(layer["activation"] for layer in data["layers"])
    except (KeyError, TypeError, ValueError) as error:
        raise TinyNetError(f"{source} is damaged: its layers cannot be read ({error})") from error
    network = from_named(named, known, source, origin)
    if (network.sizes, activations) != (known.sizes, known.activations):
        raise TinyNetError(f"{source} is damaged: its layers are not those of its architecture")
    return network


def recording_json(recording: Recording) -> dict[str, Any]:
    """Return everything of a recording ready for JSON: its experiment, and each array with its type and shape.

    NaN and infinities are the texts "nan", "inf" and "-inf", since JSON has no such numbers.

    >>> import tinynet as tn
    >>> run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=1))
    >>> recording_json(run)["arrays"]["losses"]["values"] == run.losses.tolist()
    True
    """
    arrays, about = files.decode("recording", recording.to_bytes(), "this recording")
    names = recording.network.architecture.parameter_names
    described = {
        name: _described(array) for name, array in sorted(arrays.items())
    }  # as they come, in any order
    return {**about, "parameter_names": list(names), "arrays": described}


def recording_from_json(data: dict[str, Any], source: str = "this JSON") -> Recording:
    """Return the recording that `recording_json` described; `source` names it in errors."""
    _check(data, "recording", source)
    try:
        arrays = {name: _array(**part) for name, part in data["arrays"].items()}
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise TinyNetError(f"{source} is damaged: its arrays do not fit ({error})") from error
    made = {"format", "kind", "tinynet", "content", "parameter_names", "arrays"}
    about = {name: value for name, value in data.items() if name not in made}
    return Recording.from_bytes(files.encode("recording", arrays, about), source)


def parsed(text: bytes | str, source: str) -> Any:
    """Return a JSON document; `source` names it in errors."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise TinyNetError(f"{source} is no JSON document ({error})") from error


def _check(data: Any, kind: str, source: str) -> None:
    found = data.get("kind") if isinstance(data, dict) else None
    if found != kind:
        raise TinyNetError(
            f"{source} holds {f'a {found}' if found else 'something else'}, not a TinyNet {kind}"
        )
    if data.get("format") != FORMAT:
        raise TinyNetError(
            f"{source} has format {data.get('format')} and this version of TinyNet reads {FORMAT}; upgrade TinyNet"
        )


def _described(array: np.ndarray) -> dict[str, Any]:
    values = array.tolist()
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        plain = array.astype(object)
        plain[~np.isfinite(array)] = array[~np.isfinite(array)].astype(str)
        values = plain.tolist()
    return {"dtype": str(array.dtype), "shape": list(array.shape), "values": values}


def _array(dtype: str, shape: list[int], values: list[Any]) -> np.ndarray:
    if dtype not in ("float64", "float32", "int64", "int32"):
        raise ValueError(f"dtype is {dtype!r}")
    return np.array(values, dtype).reshape(shape)
