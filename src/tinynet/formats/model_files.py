"""Save and load networks, by file extension, without loss."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from tinynet import files
from tinynet.core.weights import Weights
from tinynet.errors import TinyNetError
from tinynet.formats import json_documents, pytorch, tensors
from tinynet.formats.onnx import reader, writer
from tinynet.validation import check_path, listed

Reader = Callable[[bytes, str, str | None, str | None], Weights]  # data, source, hidden, output

WRITERS: dict[str, Callable[[Weights], bytes]] = {
    ".safetensors": tensors.to_safetensors,
    ".pt": pytorch.to_pt,
    ".pth": pytorch.to_pt,
    ".onnx": lambda network: writer.to_onnx(network, dtype=None),
    ".json": lambda network: json.dumps(json_documents.network_json(network)).encode(),
}
WITHOUT_ACTIVATIONS: dict[str, Reader] = {  # the file may lack the activations
    ".safetensors": tensors.from_safetensors,
    ".pt": pytorch.from_pt,
    ".pth": pytorch.from_pt,
}
WITH_ACTIVATIONS: dict[str, Callable[[bytes, str, Path], Weights]] = {  # data, source, folder
    ".onnx": reader.from_onnx,
    ".json": lambda data, source, folder: json_documents.network_from_json(
        json_documents.parsed(data, source), source
    ),
}


def save(network: Weights, path: str | os.PathLike[str]) -> None:
    """Write the network to a file; see `Network.save`."""
    path = check_path("path", path)
    files.write(path, WRITERS[_extension(path)](network))


def load(path: str | os.PathLike[str], hidden: str | None = None, output: str | None = None) -> Weights:
    """Return the network in a file; see `Network.load`."""
    source, path = str(path), check_path("path", path)
    extension = _extension(path)
    if extension in WITHOUT_ACTIVATIONS:
        return WITHOUT_ACTIVATIONS[extension](files.read(path, "network"), source, hidden, output)
    if hidden or output:
        raise TinyNetError(f"{source} contains its activations. Leave hidden and output out.")
    return WITH_ACTIVATIONS[extension](files.read(path, "network"), source, path.parent)


def _extension(path: Path) -> str:
    extension = path.suffix.lower()
    if extension not in WRITERS:
        raise TinyNetError(
            f"is {path}. Its extension must be one of {listed(tuple(WRITERS))}.", parameter="path"
        )
    return extension
