"""The folder of a sweep, with results of shards."""

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet import files
from tinynet.errors import TinyNetError
from tinynet.experiments.aggregates import COUNTS, Tally
from tinynet.experiments.earlier_shards import COLUMNS, earlier_description, earlier_path
from tinynet.experiments.plan import Plan
from tinynet.experiments.result_tables import parquet_bytes, write_tables
from tinynet.experiments.shards import Shard
from tinynet.plugins import MissingPackageError, pip_command
from tinynet.validation import check_path, kind_of

if TYPE_CHECKING:
    import pyarrow as pa

METADATA_KEY = b"tinynet"  # key of the description in a shard's file
SCALARS = ("epochs", "networks", "finite", "learned")
ARRAYS = tuple(name for name in COUNTS if name not in SCALARS)
Log = Callable[[str], None]


def shard_path(folder: Path, shard: Shard) -> Path:
    """Return the path of a shard's file."""
    return folder / "shards" / f"{shard.key}.parquet"


class Store:
    """The folder that a sweep writes to.

    Use the store in a `with` statement.

    shards/<hash>.parquet : the counts of one shard. The hash is of everything that decides the counts, so that a
        sweep finds its own shards and no others.
    trials.parquet, probes.parquet, sweep.json : the tables and the description of the last sweep.

    Only one sweep at a time can use a folder.
    """

    def __init__(self, folder: str | Path, log: Log = lambda line: None) -> None:
        try:
            import filelock
            import pyarrow.parquet  # noqa: F401
        except ImportError as error:
            raise MissingPackageError(
                f"storing a sweep in a folder needs pyarrow and filelock: {pip_command('sweep')}"
            ) from error
        self.folder, self.log = check_path("out", folder), log
        self._lock = filelock.FileLock(self.folder / ".lock", timeout=0)

    def __enter__(self) -> "Store":
        import filelock

        try:
            (self.folder / "shards").mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except filelock.Timeout:
            raise TinyNetError(
                f"another sweep is writing to {self.folder}. Wait until it ends, or choose another folder."
            ) from None
        except OSError as error:
            raise TinyNetError(
                f"cannot write to {self.folder}: {error.strerror}. Choose another folder."
            ) from error
        self._remove_partial_files()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def _remove_partial_files(self) -> None:
        """Remove the temporary files of a killed sweep, also those of earlier versions."""
        for folder in (self.folder, self.folder / "shards"):
            files.remove_leftovers(folder)
        for pattern in (".*.parquet.*", "shards/.*.parquet.*", ".sweep.*"):
            for path in self.folder.glob(pattern):
                path.unlink(missing_ok=True)

    def contains(self, shard: Shard) -> bool:
        """Return whether the shard's file exists."""
        return self._path(shard).is_file()

    def _path(self, shard: Shard) -> Path:
        """Return the path of a shard's file.

        The path may be that of a file from an earlier version.
        """
        path, earlier = shard_path(self.folder, shard), earlier_path(self.folder, shard)
        return earlier if earlier.is_file() and not path.is_file() else path

    def read(self, shard: Shard) -> list[Tally] | None:
        """Return a shard's tallies, or None without a file.

        A damaged file is moved to the folder `damaged`, with a line in the log.
        """
        from pyarrow import ArrowException

        path = self._path(shard)
        if kind_of(path) == "missing":
            return None
        try:
            return _decode(files.read(path, "result"), shard)
        except (
            ArrowException,
            OSError,
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
            ArithmeticError,
        ) as error:
            target = self.folder / "damaged" / path.name
            try:
                target.parent.mkdir(exist_ok=True)
                path.replace(target)
            except OSError as failure:
                raise TinyNetError(
                    f"{path} is damaged and cannot be moved: {failure.strerror}. Delete the file."
                ) from failure
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            self.log(
                f"{path.name} is damaged ({reason}). It was moved to {target.parent}. "
                "The shard is computed again."
            )
            return None

    def write(self, shard: Shard, tallies: Sequence[Tally]) -> None:
        """Write a shard's tallies."""
        self._write(shard_path(self.folder, shard), _encode(shard, tallies))

    def write_tables(self, plan: Plan, tallies: Sequence[Tally]) -> None:
        """Write trials.parquet, probes.parquet and sweep.json."""
        write_tables(self.folder, plan, tallies, self._write)

    def _write(self, path: Path, data: bytes) -> None:
        try:
            files.write(path, data)
        except TinyNetError as error:
            if not isinstance(error.__cause__, OSError):
                raise
            reason = error.__cause__.strerror
            raise TinyNetError(
                f"cannot write {path}: {reason}. Free some space, or choose another folder."
            ) from error


def _description(shard: Shard) -> dict[str, Any]:
    group = json.loads(shard.group.description)
    return {"group": group, "first_seed": shard.first, "last_seed": shard.last - 1}


def _encode(shard: Shard, tallies: Sequence[Tally]) -> bytes:
    """Return the content of a shard's file.

    The file has a row for each checkpoint.
    """
    import pyarrow as pa

    columns: dict[str, Any] = {
        name: pa.array([getattr(tally, name) for tally in tallies], pa.int64()) for name in SCALARS
    }
    for name in ARRAYS:
        rows = [getattr(tally, name).ravel() for tally in tallies]
        columns[name] = pa.array(rows, pa.list_(pa.int64()))
    description = _description(shard) | {"content": _digest(tallies)}
    metadata = {METADATA_KEY: json.dumps(description, sort_keys=True)}
    return parquet_bytes(pa.table(columns).replace_schema_metadata(metadata))


def _decode(data: bytes, shard: Shard) -> list[Tally]:
    """Return the tallies of a shard's file.

    Raises an error of any kind if the file is damaged or of another shard.
    """
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(data), page_checksum_verification=True)
    description = files.parse_json((table.schema.metadata or {})[METADATA_KEY])
    content = description.pop("content")
    if description == earlier_description(shard):
        names = {earlier: name for name, earlier in COLUMNS.items()}
        table = table.rename_columns([names.get(name, name) for name in table.column_names])
    elif description != _description(shard):
        raise ValueError("it describes another shard")
    tallies = [_tally(table, row, shard, epochs) for row, epochs in enumerate(shard.group.checkpoints)]
    if _digest(tallies) != content or any(tally.networks != len(shard) for tally in tallies):
        raise ValueError("its numbers are not those that were written")
    return tallies


def _tally(table: "pa.Table", row: int, shard: Shard, epochs: int) -> Tally:
    empty = Tally.empty(epochs, len(shard.group.probes), shard.group.architecture.sizes[-1])
    scalars = [table[name][row].as_py() for name in SCALARS]
    arrays = [table[name][row].values.to_numpy().reshape(getattr(empty, name).shape) for name in ARRAYS]
    return Tally(*scalars, *arrays)


def _digest(tallies: Sequence[Tally]) -> str:
    digest = hashlib.sha256()
    for tally in tallies:
        digest.update(repr([getattr(tally, name) for name in SCALARS]).encode())
        for name in ARRAYS:
            digest.update(np.ascontiguousarray(getattr(tally, name), "<i8").tobytes())
    return digest.hexdigest()
