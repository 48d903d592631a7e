"""The folder of a sweep: blocks and tables as Parquet, written whole or not at all, and found again."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet import files
from tinynet.errors import TinyNetError
from tinynet.experiments.aggregates import COUNTS, MARGINS, Tally, leanings
from tinynet.experiments.shards import FORMAT, Block, Plan
from tinynet.experiments.trials import AXES
from tinynet.plugins import pip_command

if TYPE_CHECKING:
    import pyarrow as pa

KEY = b"tinynet"  # the metadata key of a block's description
SCALARS = ("stop", "networks", "finite", "learned")
LISTS = tuple(name for name in COUNTS if name not in SCALARS)
Say = Callable[[str], None]


class Store:
    """A folder that one sweep at a time writes to; use it in a `with` statement.

    blocks/<hash>.parquet holds a block, named by all that decides its numbers, so that a sweep finds its own and no
    other's; trials.parquet and probes.parquet are the tables of the last sweep, sweep.json says what it was.
    """

    def __init__(self, folder: str | Path, say: Say = lambda line: None) -> None:
        try:
            import filelock
            import pyarrow.parquet  # noqa: F401
        except ImportError as error:
            raise ImportError(
                f"keeping a sweep in a folder needs pyarrow and filelock: {pip_command('sweep')}"
            ) from error
        self.folder, self.say = Path(folder), say
        self._lock = filelock.FileLock(self.folder / ".lock", timeout=0)

    def __enter__(self) -> "Store":
        import filelock

        try:
            (self.folder / "blocks").mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except filelock.Timeout:
            raise TinyNetError(
                f"another sweep is writing to {self.folder}; wait for its end, or choose another folder"
            ) from None
        except OSError as error:
            raise TinyNetError(
                f"cannot write to {self.folder}: {error.strerror}; choose another folder"
            ) from error
        for left in (
            *self.folder.glob(".*.parquet.*"),
            *self.folder.glob("blocks/.*"),
            *self.folder.glob(".sweep.*"),
        ):
            left.unlink(missing_ok=True)  # by a run that was killed while it wrote
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def holds(self, block: Block) -> bool:
        """Whether the block's file is there."""
        return self._path(block).is_file()

    def read(self, block: Block) -> list[Tally] | None:
        """Return a block's tallies, None where it has no file; a damaged file is said and set aside."""
        from pyarrow import ArrowException

        path = self._path(block)
        try:
            return _decode(path.read_bytes(), block)
        except FileNotFoundError:
            return None
        except (ArrowException, OSError, ValueError, LookupError, TypeError) as error:
            aside = self.folder / "damaged" / path.name
            try:
                aside.parent.mkdir(exist_ok=True)
                path.replace(aside)
            except OSError as worse:
                raise TinyNetError(
                    f"{path} is damaged and cannot be set aside: {worse.strerror}; remove it"
                ) from worse
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
            self.say(f"{path.name} is damaged ({why}); it is set aside in {aside.parent} and computed again")
            return None

    def write(self, block: Block, tallies: Sequence[Tally]) -> None:
        """Keep a block's tallies."""
        self._write(self._path(block), _encode(block, tallies))

    def write_tables(self, plan: Plan, tallies: Sequence[Tally]) -> None:
        """Write trials.parquet, probes.parquet and sweep.json, from what is done."""
        write_tables(self.folder, plan, tallies, self._write)

    def _path(self, block: Block) -> Path:
        return self.folder / "blocks" / f"{block.key}.parquet"

    def _write(self, path: Path, data: bytes) -> None:
        files.write(path, data, advice="Make room, or choose another folder.")


def write_tables(
    folder: Path, plan: Plan, tallies: Sequence[Tally], write: Callable[[Path, bytes], None] = files.write
) -> None:
    """Write the tables of a sweep, and what it was, into a folder that is there."""
    write(folder / "trials.parquet", _parquet(_trials(plan, tallies)))
    write(folder / "probes.parquet", _parquet(_probes(plan, tallies)))
    about = {"format": FORMAT, "networks": len(plan.seeds), "first_seed": plan.seeds.start}
    about |= {
        "networks_done": sum(tally.networks for tally in tallies),
        "networks_asked": len(plan.seeds) * len(tallies),
    }
    shown = {"examples": plan.examples.to_json(), "probes": plan.probes.to_json()}
    text = json.dumps(about | shown | {"trials": [trial.to_json() for trial in plan.trials]}, indent=1)
    write(folder / "sweep.json", text.encode())


def _parquet(table: "pa.Table") -> bytes:
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    pq.write_table(table, stream, write_page_checksum=True)
    return stream.getvalue()


def _about(block: Block) -> dict[str, Any]:
    return {"group": json.loads(block.group.text), "first_seed": block.first, "last_seed": block.last - 1}


def _encode(block: Block, tallies: Sequence[Tally]) -> bytes:
    """Return a block as a Parquet file: a row for each stop."""
    import pyarrow as pa

    columns: dict[str, Any] = {
        name: pa.array([getattr(t, name) for t in tallies], pa.int64()) for name in SCALARS
    }
    for name in LISTS:
        rows = [getattr(tally, name).ravel() for tally in tallies]
        columns[name] = pa.array(rows, pa.list_(pa.int64()))
    about = _about(block) | {"content": _digest(tallies)}
    return _parquet(pa.table(columns).replace_schema_metadata({KEY: json.dumps(about, sort_keys=True)}))


def _decode(data: bytes, block: Block) -> list[Tally]:
    """Return the tallies of a block's file; an error of any kind where it is not exactly that block's."""
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(data), page_checksum_verification=True)
    about = json.loads((table.schema.metadata or {})[KEY])
    content = about.pop("content")
    if about != _about(block):
        raise ValueError("it describes another block")
    group, found = block.group, []
    for row, stop in enumerate(group.stops):
        like = Tally.empty(stop, len(group.probes), group.architecture.sizes[-1])
        scalars = [table[name][row].as_py() for name in SCALARS]
        lists = [table[name][row].values.to_numpy().reshape(getattr(like, name).shape) for name in LISTS]
        found.append(Tally(*scalars, *lists))
    if _digest(found) != content or any(tally.networks != len(block) for tally in found):
        raise ValueError("its numbers are not those that were written")
    return found


def _digest(tallies: Sequence[Tally]) -> str:
    digest = hashlib.sha256()
    for tally in tallies:
        digest.update(repr([getattr(tally, name) for name in SCALARS]).encode())
        for name in LISTS:
            digest.update(np.ascontiguousarray(getattr(tally, name), "<i8").tobytes())
    return digest.hexdigest()


def _trials(plan: Plan, tallies: Sequence[Tally]) -> "pa.Table":
    """Return a row for each trial: its number, its value on every axis, and what was counted."""
    import pyarrow as pa

    rows = [
        {"trial": number, **trial.axes, **tally.summary()}
        for number, (trial, tally) in enumerate(zip(plan.trials, tallies, strict=True))
    ]
    kinds: dict[type, Any] = {bool: pa.bool_(), int: pa.int64(), float: pa.float64()}
    types = {axis: kinds.get(type(plan.trials[0].axes[axis]), pa.string()) for axis in AXES} | {
        "trial": pa.int64()
    }
    whole = ("networks", "finite", "learned", "epochs_until_learned_q")
    for name in rows[0]:
        counts = name in whole or name.startswith(whole[-1])
        types.setdefault(name, pa.int64() if counts else pa.float64())
    return pa.Table.from_pylist(rows, pa.schema([(name, types[name]) for name in rows[0]]))


def _probes(plan: Plan, tallies: Sequence[Tally]) -> "pa.Table":
    """Return the histograms of what is said of each probe picture: a row for each bin that is not empty."""
    import pyarrow as pa

    rows = [
        (trial, *row)
        for trial, tally in enumerate(tallies)
        for row in _histogram(tally, plan.probes.names, plan.examples.target_names)
    ]
    names = ("trial", "picture", "answer", "margin_low", "margin_high", "count")
    kinds = (pa.int64(), pa.string(), pa.string(), pa.float64(), pa.float64(), pa.int64())
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    return pa.table(dict(zip(names, arrays, strict=True)))


def _histogram(
    tally: Tally, pictures: Sequence[str], answers: Sequence[str]
) -> Iterator[tuple[str, str, float | None, float | None, int]]:
    says = leanings(answers)
    for k, picture in enumerate(pictures):
        for answer, place in np.argwhere(tally.margins[k]).tolist():
            count = int(tally.margins[k, answer, place])
            yield picture, says[answer], float(MARGINS[place]), float(MARGINS[place + 1]), count
        if tally.lost[k]:
            yield picture, "not finite", None, None, int(tally.lost[k])
