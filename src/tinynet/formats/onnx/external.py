"""The numbers of an ONNX model in other files.

PyTorch's new exporter writes large weights into a file beside the model.
"""

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from tinynet import files
from tinynet.errors import TinyNetError
from tinynet.formats.onnx.arrays import MAX_AXES, MAX_NUMBERS
from tinynet.formats.onnx.node import quoted
from tinynet.validation import shown

if TYPE_CHECKING:
    from onnx import ModelProto, TensorProto


def with_external_numbers(model: "ModelProto", source: str, folder: Path | None) -> None:
    """Read the constants in other files into the model.

    folder : the folder of the files. None for a model without a folder.

    Raises TinyNetError for a file that is not in the folder.
    """
    tensors = [tensor for tensor in model.graph.initializer if tensor.data_location == tensor.EXTERNAL]
    count = sum(max(0, prod(tensor.dims[:MAX_AXES])) for tensor in tensors)
    if count > MAX_NUMBERS:
        raise TinyNetError(
            f"{source} has {shown(count)} numbers in other files. TinyNet reads at most {MAX_NUMBERS:,}. Use a smaller network."
        )
    for tensor in tensors:
        tensor.raw_data = _external_bytes(tensor, source, folder)
        tensor.data_location = tensor.DEFAULT
        tensor.ClearField("external_data")


def _external_bytes(tensor: "TensorProto", source: str, folder: Path | None) -> bytes:
    from onnx.helper import tensor_dtype_to_np_dtype

    where = f"{source} has the numbers of {quoted(tensor.name)} in another file"
    if folder is None:
        raise TinyNetError(
            f"{where}. Use Network.load with the path of the model, or save the model as one file."
        )
    about = {entry.key: entry.value for entry in tensor.external_data}
    name = about.get("location", "")
    path = _inside(folder, name)
    if path is None:
        raise TinyNetError(
            f"{where}, {quoted(name)}. It must be in the folder of the model. Put it there, or save the model as one file."
        )
    try:
        size = tensor_dtype_to_np_dtype(tensor.data_type).itemsize * prod(tensor.dims[:MAX_AXES])
        with files.open_file(path) as file:
            file.seek(int(about.get("offset", "0")))
            return file.read(max(0, min(size, path.stat().st_size)))  # a damaged size takes no memory
    except TinyNetError as error:
        raise TinyNetError(f"{where}: {error}") from error
    except (ValueError, KeyError, OverflowError, OSError) as error:
        raise TinyNetError(
            f"{where}, {quoted(name)}, which cannot be read ({error}). Use another copy."
        ) from error


def _inside(folder: Path, name: str) -> Path | None:
    """Return a path in a folder.

    The result is None if nothing is there.
    """
    try:
        path = (folder / name).resolve()
        return path if path.is_relative_to(folder.resolve()) and path.exists() else None
    except (ValueError, OSError):  # the name has a NUL character, or is too long
        return None
