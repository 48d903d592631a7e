"""Files: named arrays and a description, as safetensors; checked when read, whole or not at all when written."""

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tinynet.errors import TinyNetError

FORMAT = 3  # 1: the first; 2: many examples are arrays; 3: fields have new names
KEY = "tinynet"  # the one metadata key: safetensors does not keep the order of several

Arrays = dict[str, np.ndarray]


def encode(kind: str, arrays: Arrays, about: dict[str, Any]) -> bytes:
    """Return a safetensors file of `kind` as bytes; equal arguments give equal bytes.

    `about` is the description, ready for JSON.
    """
    from safetensors.numpy import save

    from tinynet.version import __version__

    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    stamp = {"format": FORMAT, "kind": kind, "tinynet": __version__, "content": _hash(arrays)}
    return save(arrays, metadata={KEY: json.dumps(stamp | about, sort_keys=True, allow_nan=False)})


def decode(kind: str, data: bytes, source: str) -> tuple[Arrays, dict[str, Any]]:
    """Return the arrays and the description that `encode` was given; `source` names the bytes in errors.

    Raises TinyNetError for bytes that are damaged, of another kind, or of a newer format.
    """
    arrays, metadata = opened(data, source)
    about = _about(kind, metadata.get(KEY), source)
    if about.get("content") != _hash(arrays):
        raise TinyNetError(
            f"{source} is damaged: its numbers are not those that were saved; take another copy"
        )
    return arrays, about


def opened(data: bytes, source: str) -> tuple[Arrays, dict[str, str]]:
    """Return the arrays and the metadata of any safetensors file, ours or not."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    if len(data) > 8 and data[8:9] != b"{":  # where every safetensors file has its description
        raise TinyNetError(
            f"{source} is no safetensors file; TinyNet's are written by `tinynet train --out`, `recording.save` and "
            "`network.save`"
        )
    try:
        arrays = load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    except KeyError as error:
        raise TinyNetError(
            f"{source} holds numbers of the type {error.args[0]}, which NumPy has not; save them as float32"
        ) from error
    except (SafetensorError, ValueError, TypeError) as error:
        raise TinyNetError(f"{source} is damaged ({error}); take another copy") from error
    return arrays, header.get("__metadata__") or {}


def read(path: Path) -> bytes:
    """Return the bytes of a file, or raise a TinyNetError that says why not."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise TinyNetError(f"cannot read {path}: {error.strerror}") from error


def named(path: str | os.PathLike[str]) -> Path:
    """Return the path of a recording that is to be saved, or raise a TinyNetError where its ending is another."""
    found = Path(path)
    if found.suffix.lower() != ".safetensors":
        raise TinyNetError(
            f"{found.name!r} ends in {found.suffix!r}; a recording is saved as .safetensors, and exported to other forms"
        )
    return found


def write(path: Path, data: bytes) -> None:
    """Write beside `path`, then rename onto it, so that no reader and no crash ever sees half a file.

    Raises TinyNetError where that fails; a file already there stays as it was.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise TinyNetError(f"cannot write {path}: {error.strerror}; choose another place") from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())  # mkstemp's files are private
        temporary.replace(path)
    except OSError as error:
        raise TinyNetError(f"cannot write {path}: {error.strerror}; choose another place") from error
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)  # it can only be read by setting it
    os.umask(mask)
    return mask


def _hash(arrays: Arrays) -> str:
    """Hash names, types, shapes and bytes."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype} {array.shape};".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _about(kind: str, text: object, source: str) -> dict[str, Any]:
    """Return the description in the metadata, if it is one that this version can read."""
    if not isinstance(text, str):
        raise TinyNetError(f"{source} is a safetensors file of something else, not a TinyNet {kind}")
    try:
        about = json.loads(text)
        found, version = about["kind"], int(about["format"])
    except (ValueError, KeyError, TypeError) as error:
        raise TinyNetError(f"{source} is damaged: its description cannot be read ({error})") from error
    if version > FORMAT:
        raise TinyNetError(
            f"{source} has format {version} and this version of TinyNet reads up to {FORMAT}; upgrade TinyNet "
            f"(the file was written by {about.get('tinynet', 'an unknown version')})"
        )
    if found != kind:
        raise TinyNetError(f"{source} holds a {found}, not a {kind}")
    return dict(about)
