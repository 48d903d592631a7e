"""Regular files with a limited size, safetensors files with a checked description, and atomic writes."""

import hashlib
import io
import json
import os
import platform
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tinynet.errors import TinyNetError
from tinynet.validation import check_int, check_path, kind_of

FORMAT = 3  # 2 stores many examples as arrays, 3 has new names of fields
KEY = "tinynet"  # the only metadata key: safetensors does not keep the order of several keys

MAX_BYTES = {  # the largest file that is read as a whole, by the kind of its content
    "recording": 4 * 2**30,
    "network": 2 * 2**30,
    "image": 256 * 2**20,
    "list of recipes": 64 * 2**20,
    "result": 2**30,
    "film": 4 * 2**30,
}
MAX_LINE = 16 * 2**20  # characters in a line of a table
NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # the flags of some systems only

CONTENTS = (  # the first bytes of the files of other programs
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"PK\3\4", "a ZIP file, such as a workbook or a PyTorch file"),
    (b"PAR1", "a Parquet table"),
    (b"\x1f\x8b", "a gzip file"),
    (b"{", "JSON"),
    (b"<", "HTML or XML"),
)
TEMPORARY = ".tinynet-"  # the names of temporary files begin so; the process and its machine follow

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
        found = f" It seems to be {kind}." if (kind := kind_of_content(data)) else ""
        raise TinyNetError(
            f"{source} is not a safetensors file.{found} Save one with `tinynet train --out`, `recording.save` or "
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


def open_file(path: Path) -> BinaryIO:
    """Open a file of the user for reading.

    Every reader of TinyNet opens the files of the user with this function.

    Raises TinyNetError for a path that is missing or cannot be read, and for a folder, device, named pipe or socket.
    Such a path may have no end, or may wait forever for a writer.
    """
    try:
        # The path is checked before it is opened, because to open a device can change the device. The open file is
        # checked because the path may be another file now.
        found = kind_of(path.stat())
        handle = os.open(path, os.O_RDONLY | NO_WAITING) if found == "a file" else -1
    except (OSError, ValueError) as error:  # ValueError: the path has a NUL character
        reason = getattr(error, "strerror", None) or error
        raise TinyNetError(f"cannot read {path}: {reason}. Check the path.") from error
    if handle >= 0 and (found := kind_of(os.fstat(handle))) != "a file":
        os.close(handle)
    if found != "a file":
        raise TinyNetError(f"cannot read {path}: the path is {found}. Give the path of a file.")
    return os.fdopen(handle, "rb")


def read(path: Path, kind: str) -> bytes:
    """Return the bytes of a file.

    kind : the content of the file, such as "recording". It decides how many bytes are read; see MAX_BYTES.

    Raises TinyNetError if the file cannot be read or is too large.
    """
    limit = MAX_BYTES[kind]
    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise TinyNetError(
                f"cannot read {path}: its size is {size:,} bytes. The size of a {kind} must be at most {limit:,} bytes. "
                "Check the path."
            )
        try:
            data = file.read(size + 1)
        except (OSError, MemoryError) as error:
            reason = getattr(error, "strerror", None) or "there is not enough memory"
            raise TinyNetError(f"cannot read {path}: {reason}. Check the file.") from error
    if len(data) != size:
        raise TinyNetError(f"cannot read {path}: the file changed while it was read. Try again.")
    return data


class TableText(io.TextIOWrapper):
    """The text of a table, line by line, with a limit for the length of a line.

    A file without line ends, such as a disk image, is refused before the whole file is in memory.
    """

    def __next__(self) -> str:  # type: ignore[override]  # the base class of text and bytes declares bytes
        """Return the next line.

        Raises TinyNetError for a line of more than MAX_LINE characters.
        """
        line = self.readline(MAX_LINE + 1)
        if len(line) > MAX_LINE:
            raise TinyNetError(
                f"{self.name} has a line of more than {MAX_LINE:,} characters. The file must be a table in CSV."
            )
        if not line:
            raise StopIteration
        return line


def kind_of_content(data: bytes) -> str:
    """Return the kind of a file of another program in words, by its first bytes; "" if it is not known.

    >>> kind_of_content(b"\\x89PNG\\r\\n"), kind_of_content(b"x,label\\n0,a\\n"), kind_of_content(bytes(20))
    ('a PNG image', 'a text or a table', '')
    """
    found = next((kind for begin, kind in CONTENTS if data.startswith(begin)), "")
    if not found and data and not set(data[:1000]) & set(range(9)):
        with suppress(UnicodeDecodeError):
            data[:1000].decode(errors="strict" if len(data) <= 1000 else "ignore")
            return "a text or a table"
    return found


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
    file, not even after a crash. If writing fails, an existing file stays unchanged. A link stays a link, and the file
    that it names is written.

    advice : the advice in the error message if writing fails.

    Raises TinyNetError if writing fails, and for a path that is a folder, device, named pipe or socket.
    """
    target = Path(os.path.realpath(path))
    if (kind := kind_of(target)) not in ("a file", "missing"):
        raise TinyNetError(f"cannot write {path}: the path is {kind}. {advice}")
    remove_leftovers(target.parent)
    temporary = target.parent / f"{TEMPORARY}{os.getpid()}-{_host()}-{os.urandom(4).hex()}"
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        raise TinyNetError(f"cannot write {path}: {error.strerror}. {advice}") from error
    finally:  # also after Ctrl-C and SIGTERM
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@lru_cache(maxsize=1024)
def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of processes that have ended, once in a process for each folder.

    A process that ends at once, as after kill -9, cannot remove its temporary file.
    """
    with suppress(OSError):
        for path in folder.glob(f"{TEMPORARY}*-{_host()}-*"):
            process = path.name.removeprefix(TEMPORARY).partition("-")[0]
            if process.isdecimal() and not _is_running(int(process)):
                path.unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    if os.name != "posix":  # signal 0 would end the process
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


@lru_cache(maxsize=1)
def _host() -> str:
    """Return a mark of this machine, because other machines have processes of the same numbers."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


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
