"""A network's files: one way to write and one to read, by the ending of the name. They lose nothing."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from tinynet import files
from tinynet.core.weights import Weights
from tinynet.errors import TinyNetError
from tinynet.formats import json_documents, onnx, pytorch, tensors

Reader = Callable[[bytes, str, str | None, str | None], Weights]  # bytes, their source, hidden, output

WRITERS: dict[str, Callable[[Weights], bytes]] = {
    ".safetensors": tensors.to_safetensors,
    ".pt": pytorch.to_pt,
    ".pth": pytorch.to_pt,
    ".onnx": lambda network: onnx.to_onnx(network, dtype=None),
    ".json": lambda network: json.dumps(json_documents.network_json(network)).encode(),
}
WITHOUT_ACTIVATIONS: dict[str, Reader] = {  # files that may not say which they are
    ".safetensors": tensors.from_safetensors,
    ".pt": pytorch.from_pt,
    ".pth": pytorch.from_pt,
}
WITH_ACTIVATIONS: dict[str, Callable[[bytes, str], Weights]] = {
    ".onnx": onnx.from_onnx,
    ".json": lambda data, source: json_documents.network_from_json(
        json_documents.parsed(data, source), source
    ),
}


def save(network: Weights, path: str | os.PathLike[str]) -> None:
    """Write the network into a file; see `Network.save`."""
    place = Path(path)
    files.write(place, WRITERS[_ending(place)](network))


def load(path: str | os.PathLike[str], hidden: str | None = None, output: str | None = None) -> Weights:
    """Return the network in a file; see `Network.load`."""
    place = Path(path)
    ending = _ending(place)
    if ending in WITHOUT_ACTIVATIONS:
        return WITHOUT_ACTIVATIONS[ending](files.read(place), str(path), hidden, output)
    if hidden or output:
        raise TinyNetError(f"{path} says itself which activations it has; leave hidden and output out")
    return WITH_ACTIVATIONS[ending](files.read(place), str(path))


def _ending(path: Path) -> str:
    if path.suffix.lower() not in WRITERS:
        raise TinyNetError(f"{path} ends in {path.suffix!r}; a network's file ends in {', '.join(WRITERS)}")
    return path.suffix.lower()
