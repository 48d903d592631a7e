"""The numbers of an ONNX model that are in other files.

PyTorch's new exporter writes large weights into a file beside the model.
"""

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from tinynet.errors import TinyNetError
from tinynet.formats.onnx.arrays import MAX_NUMBERS
from tinynet.formats.onnx.node import quoted

if TYPE_CHECKING:
    from onnx import ModelProto, TensorProto

MAX_BYTES = 16  # of one number


def with_external_numbers(model: "ModelProto", source: str, folder: Path | None) -> None:
    """Read the constants that are in other files into the model.

    folder : the folder of the files. None for a model without a folder.

    Raises TinyNetError for a file that is not in the folder.
    """
    for tensor in model.graph.initializer:
        if tensor.data_location == tensor.EXTERNAL:
            tensor.raw_data = _external_bytes(tensor, source, folder)
            tensor.data_location = tensor.DEFAULT
            tensor.ClearField("external_data")


def _external_bytes(tensor: "TensorProto", source: str, folder: Path | None) -> bytes:
    where = f"{source} has the numbers of {quoted(tensor.name)} in another file"
    if folder is None:
        raise TinyNetError(
            f"{where}. Use Network.load with the path of the model, or save the model as one file."
        )
    about = {entry.key: entry.value for entry in tensor.external_data}
    name, folder = about.get("location", ""), folder.resolve()
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder) or not path.is_file():
            raise TinyNetError(
                f"{where}, {quoted(name)}. It must be in the folder of the model. Put it there, or save the model as one file."
            )
        count = max(0, prod(tensor.dims))
        if count > MAX_NUMBERS:
            raise TinyNetError(
                f"{where}, and they are {count:,} numbers. TinyNet reads at most {MAX_NUMBERS:,}. Use a smaller network."
            )
        offset, length = int(about.get("offset", "0")), int(about.get("length", str(MAX_BYTES * count)))
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(min(length, MAX_BYTES * count))
    except (ValueError, OverflowError, OSError) as error:
        if isinstance(error, TinyNetError):
            raise
        raise TinyNetError(
            f"{where}, {quoted(name)}, which cannot be read ({error}). Use another copy."
        ) from error
