"""The tables of a sweep as Parquet, and its description."""

import io
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet import files
from tinynet.data.examples import Examples
from tinynet.experiments.aggregates import MARGIN_EDGES, Tally, prediction_labels
from tinynet.experiments.plan import Plan
from tinynet.experiments.shards import FORMAT
from tinynet.experiments.trials import AXES, Trial

if TYPE_CHECKING:
    import pyarrow as pa

DESCRIPTION = "sweep.json"
NOT_FINITE = "not finite"  # a word in the column `predicted`
COUNT_COLUMNS = ("networks", "finite", "learned")  # of trials.parquet; so are the epochs_to_learn_q… columns


def write_tables(
    folder: Path, plan: Plan, tallies: Sequence[Tally], write: Callable[[Path, bytes], None] = files.write
) -> None:
    """Write trials.parquet, probes.parquet and sweep.json into an existing folder."""
    write(folder / "trials.parquet", parquet_bytes(_trials(plan, tallies)))
    write(folder / "probes.parquet", parquet_bytes(_probes(plan, tallies)))
    description = {
        "format": FORMAT,
        "networks": len(plan.seeds),
        "first_seed": plan.seeds.start,
        "networks_done": sum(tally.networks for tally in tallies),
        "networks_total": len(plan.seeds) * len(tallies),
        "examples": plan.examples.to_json(),
        "probes": plan.probes.to_json(),
        "trials": [trial.to_json() for trial in plan.trials],
    }
    write(folder / DESCRIPTION, json.dumps(description, indent=1).encode())


def continues(plan: Plan, description: bytes) -> bool:
    """Return whether a sweep can replace the tables of an earlier sweep without a loss.

    The sweep has the examples, probes, first seed and trials of the earlier sweep, and at least as many networks. It may
    have more trials.

    description : the content of the earlier sweep.json.
    """
    try:
        earlier = json.loads(description)
        trials = [Trial.from_json(trial) for trial in earlier["trials"]]
        return (
            earlier["first_seed"] == plan.seeds.start
            and earlier["networks"] <= len(plan.seeds)
            and Examples.from_json(earlier["examples"]) == plan.examples
            and Examples.from_json(earlier["probes"]) == plan.probes
            and all(trial in plan.trials for trial in trials)
        )
    except (ValueError, KeyError, TypeError):  # damaged, or of a version with other fields
        return False


def parquet_bytes(table: "pa.Table") -> bytes:
    """Return the content of a Parquet file with checksums."""
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    pq.write_table(table, stream, write_page_checksum=True)
    return stream.getvalue()


def _trials(plan: Plan, tallies: Sequence[Tally]) -> "pa.Table":
    """Return a table with a row for each trial."""
    import pyarrow as pa

    rows = [
        {"trial": number, **trial.axes, **plan.summary(number, tally)}
        for number, (trial, tally) in enumerate(zip(plan.trials, tallies, strict=True))
    ]
    by_type: dict[type, Any] = {bool: pa.bool_(), int: pa.int64(), float: pa.float64()}
    types = {axis: by_type.get(type(plan.trials[0].axes[axis]), pa.string()) for axis in AXES}
    types["trial"] = pa.int64()
    for name in rows[0]:
        counts = name in COUNT_COLUMNS or name.startswith("epochs_to_learn_q")
        types.setdefault(name, pa.int64() if counts else pa.float64())
    return pa.Table.from_pylist(rows, pa.schema([(name, types[name]) for name in rows[0]]))


def _probes(plan: Plan, tallies: Sequence[Tally]) -> "pa.Table":
    """Return the margin histograms of every probe.

    There is a row for each bin that is not empty.
    """
    import pyarrow as pa

    rows = [
        (trial, *row)
        for trial, tally in enumerate(() if plan.examples.regression else tallies)
        for row in _histogram(tally, plan.probes.names, plan.examples.target_names)
    ]
    names = ("trial", "probe", "predicted", "margin_low", "margin_high", "count")
    types = (pa.int64(), pa.string(), pa.string(), pa.float64(), pa.float64(), pa.int64())
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    return pa.table(dict(zip(names, arrays, strict=True)))


def _histogram(
    tally: Tally, probes: Sequence[str], target_names: Sequence[str]
) -> Iterator[tuple[str, str, float | None, float | None, int]]:
    labels = prediction_labels(target_names)
    for k, probe in enumerate(probes):
        for predicted, place in np.argwhere(tally.margins[k]).tolist():
            count = int(tally.margins[k, predicted, place])
            low, high = float(MARGIN_EDGES[place]), float(MARGIN_EDGES[place + 1])
            yield probe, labels[predicted], low, high, count
        if tally.n_not_finite[k]:
            yield probe, NOT_FINITE, None, None, int(tally.n_not_finite[k])
