"""Safetensors files with a checked description, and atomic writes."""

import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

import numpy as np

from tinynet.errors import TinyNetError
from tinynet.validation import check_int, check_path

FORMAT = 3  # 2 stores many examples as arrays, 3 has new names of fields
KEY = "tinynet"  # the only metadata key: safetensors does not keep the order of several keys

Arrays = dict[str, np.ndarray]


def encode(kind: str, arrays: Arrays, about: dict[str, Any]) -> bytes:
    """Return a safetensors file as bytes.

    kind : str. The content of the file, such as "recording".
    about : dict. The description, ready for JSON.

    Equal arguments give equal bytes.
    """
    from safetensors.numpy import save

    from tinynet.version import __version__

    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    stamp = {"format": FORMAT, "kind": kind, "tinynet": __version__, "content": _hash(arrays)}
    return save(arrays, metadata={KEY: json.dumps(stamp | about, sort_keys=True, allow_nan=False)})


def decode(kind: str, data: bytes, source: str) -> tuple[Arrays, dict[str, Any]]:
    """Return the arrays and description that `encode` wrote.

    source : str. The name of the file in errors.

    Raises TinyNetError if the bytes are damaged, of another kind, or of a newer format.
    """
    arrays, metadata = opened(data, source)
    about = _about(kind, metadata.get(KEY), source)
    if about.get("content") != _hash(arrays):
        raise TinyNetError(
            f"{source} is damaged: its numbers are not those that were saved. Use another copy."
        )
    return arrays, about


def opened(data: bytes, source: str) -> tuple[Arrays, dict[str, str]]:
    """Return the arrays and the metadata of any safetensors file."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    if len(data) > 8 and data[8:9] != b"{":  # the header of every safetensors file begins here
        raise TinyNetError(
            f"{source} is not a safetensors file. Save one with `tinynet train --out`, `recording.save` or "
            "`network.save`."
        )
    try:
        arrays = load(data)
        header = parse_json(data[8 : 8 + int.from_bytes(data[:8], "little")])
    except KeyError as error:
        raise TinyNetError(
            f"{source} contains tensors of type {error.args[0]}, which NumPy does not support. Save them as float32."
        ) from error
    except (SafetensorError, ValueError, TypeError) as error:
        raise TinyNetError(f"{source} is damaged ({error}). Use another copy.") from error
    return arrays, header.get("__metadata__") or {}


def parse_json(text: str | bytes) -> Any:
    """Parse JSON by its standard.

    Raises ValueError for any other text: for NaN and infinities, and for lists in lists beyond Python's limit.

    >>> parse_json("[1, NaN]")
    Traceback (most recent call last):
    ValueError: NaN is not a number of JSON
    """
    try:
        return json.loads(text, parse_constant=_refused_constant)
    except RecursionError:
        raise ValueError("its lists are nested too deeply") from None


def _refused_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


def read(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises TinyNetError if the file cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise TinyNetError(f"cannot read {path}: {error.strerror}. Check the path.") from error


def recording_path(path: str | os.PathLike[str]) -> Path:
    """Return the path of a recording to be saved.

    Raises TinyNetError for an extension other than .safetensors.
    """
    found = check_path("path", path)
    if found.suffix.lower() != ".safetensors":
        raise TinyNetError(
            f"is {found}. Its extension must be '.safetensors'. Use `export` for other formats.",
            parameter="path",
        )
    return found


def write(path: Path, data: bytes, *, advice: str = "Choose another place.") -> None:
    """Write a file atomically.

    The bytes are written to a temporary file beside `path`, which is then renamed. A reader never sees half a
    file, not even after a crash. If writing fails, an existing file stays unchanged.

    advice : the advice in the error message if writing fails.

    Raises TinyNetError if writing fails.
    """
    temporary = path.parent / f".{path.name}.{secrets.token_hex(4)}"
    try:
        file = temporary.open("xb")
    except OSError as error:
        raise TinyNetError(f"cannot write {path}: {error.strerror}. {advice}") from error
    try:
        with file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise TinyNetError(f"cannot write {path}: {error.strerror}. {advice}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _other_file(kind: str) -> str:
    saved_by = "`tinynet train --out` or `recording.save`" if kind == "recording" else "TinyNet"
    return f"Use a file with a {kind} that {saved_by} wrote."


def _hash(arrays: Arrays) -> str:
    """Hash names, types, shapes and bytes."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype} {array.shape};".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _about(kind: str, text: object, source: str) -> dict[str, Any]:
    """Return the description, checked for its kind and format.

    The description is in the metadata.
    """
    if not isinstance(text, str):
        raise TinyNetError(f"{source} is a safetensors file, but not a TinyNet {kind}. {_other_file(kind)}")
    try:
        about = parse_json(text)
        found, version = about["kind"], check_int("format", about["format"], 1)
    except (ValueError, KeyError, TypeError) as error:
        raise TinyNetError(
            f"{source} is damaged: its description cannot be read ({error}). Use another copy."
        ) from error
    if version > FORMAT:
        raise TinyNetError(
            f"the format of {source} is {version}. This version of TinyNet reads formats up to {FORMAT}. Upgrade TinyNet "
            f"(the file was written by {about.get('tinynet', 'an unknown version')})."
        )
    if found != kind:
        raise TinyNetError(f"{source} holds a {found}, not a {kind}. {_other_file(kind)}")
    return dict(about)
