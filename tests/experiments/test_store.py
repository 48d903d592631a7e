import json
import os
import shutil
import subprocess
from pathlib import Path

import duckdb
import numpy as np
import pandas
import polars
import pyarrow.parquet as pq
import pytest

import tinynet as tn
from tinynet import files
from tinynet.errors import TinyNetError
from tinynet.experiments import result_tables
from tinynet.experiments.aggregates import Tally
from tinynet.experiments.plan import plan_sweep
from tinynet.experiments.shards import compute
from tinynet.experiments.store import Store

GRID = tn.grid(learning_rate=[1.0, 5.0], epochs=[50, 100])


@pytest.fixture(scope="module")
def plan():
    return plan_sweep(GRID, 100)


@pytest.fixture(scope="module")
def counted(plan):
    return [(shard, compute(shard.group.description, shard.first, shard.last)) for shard in plan.shards()]


@pytest.fixture
def filled(tmp_path, counted):
    with Store(tmp_path) as kept:
        for shard, tallies in counted:
            kept.write(shard, tallies)
    return tmp_path


def the_file(folder, shard):
    return folder / "shards" / f"{shard.key}.parquet"


def test_a_stored_shard_is_read_unchanged(filled, counted):
    with Store(filled) as kept:
        for shard, tallies in counted:
            assert kept.contains(shard)
            assert kept.read(shard) == tallies


def test_a_missing_shard_is_none(tmp_path, plan):
    with Store(tmp_path) as kept:
        shard = next(plan.shards())
        assert kept.read(shard) is None
        assert not kept.contains(shard)


def cut(data):
    return data[: len(data) // 2]


def scrambled(data):
    half = len(data) // 2
    return data[:4] + bytes(byte ^ 255 for byte in data[4:half]) + data[half:]


@pytest.mark.parametrize("damage", [cut, scrambled, lambda data: b"", lambda data: b"not Parquet" * 99])
def test_a_damaged_shard_is_logged_and_moved(damage, filled, counted):
    shard = counted[0][0]
    path = the_file(filled, shard)
    bad = damage(path.read_bytes())
    path.write_bytes(bad)
    logged = []
    with Store(filled, logged.append) as kept:
        assert kept.read(shard) is None
        assert not kept.contains(shard)
    assert len(logged) == 1
    assert f"{path.name} is damaged" in logged[0]
    assert "The shard is computed again" in logged[0]
    assert (filled / "damaged" / path.name).read_bytes() == bad


def test_a_flipped_byte_never_changes_a_number(filled, counted):
    shard, tallies = counted[0]
    whole = the_file(filled, shard).read_bytes()
    found = []
    with Store(filled) as kept:
        for where in range(0, len(whole), len(whole) // 150):
            the_file(filled, shard).write_bytes(
                whole[:where] + bytes([whole[where] ^ 4]) + whole[where + 1 :]
            )
            found.append(kept.read(shard))
    assert None in found
    assert all(tally == tallies for tally in found if tally is not None)


def test_the_file_of_another_shard_is_refused(filled, counted):
    (first, _), (second, _), *_ = counted
    the_file(filled, first).write_bytes(the_file(filled, second).read_bytes())
    logged = []
    with Store(filled, logged.append) as kept:
        assert kept.read(first) is None
    assert "it describes another shard" in logged[0]


def test_a_row_that_was_changed_is_refused(filled, counted):
    shard = counted[0][0]
    table = pq.read_table(the_file(filled, shard))
    column = table.schema.get_field_index("learned")
    changed = table.set_column(column, "learned", [[value.as_py() + 1 for value in table["learned"]]])
    pq.write_table(changed.replace_schema_metadata(table.schema.metadata), the_file(filled, shard))
    logged = []
    with Store(filled, logged.append) as kept:
        assert kept.read(shard) is None
    assert "not those that were written" in logged[0]


def test_partial_files_of_a_killed_sweep_are_removed(filled):
    left = [filled / "shards" / ".abc.parquet.x1", filled / ".trials.parquet.x2", filled / ".sweep.json.x3"]
    for path in left:
        path.write_bytes(b"half")
    before = sorted((filled / "shards").glob("*.parquet"))
    with Store(filled):
        pass
    assert not any(path.exists() for path in left)
    assert sorted((filled / "shards").glob("*.parquet")) == before


def test_a_folder_is_used_by_one_sweep_at_a_time(tmp_path):
    with (
        Store(tmp_path),
        pytest.raises(
            TinyNetError, match="another sweep is writing to .* Wait until it ends, or choose another folder"
        ),
        Store(tmp_path),
    ):
        pass
    with Store(tmp_path):
        pass


def test_a_folder_that_cannot_be_created_is_an_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with (
        pytest.raises(TinyNetError, match=r"cannot write to .*file.*\. Choose another folder"),
        Store(tmp_path / "file"),
    ):
        pass


def test_a_full_disk_is_an_error_and_leaves_no_partial_file(tmp_path, counted, monkeypatch):
    (first, tallies), (second, others), *_ = counted
    with Store(tmp_path) as kept:
        kept.write(first, tallies)

        def full(handle):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(files.os, "fsync", full)
        with pytest.raises(
            TinyNetError, match=r"No space left on device\. Free some space, or choose another folder\."
        ):
            kept.write(second, others)
        assert kept.read(first) == tallies
        assert [path.name for path in (tmp_path / "shards").iterdir()] == [f"{first.key}.parquet"]


def test_an_error_names_the_whole_path(tmp_path, counted, monkeypatch):
    shard, tallies = counted[0]
    folder = tmp_path / "rates; second try"

    def fail(handle):
        raise OSError(5, "Input/output error")

    with Store(folder) as kept:
        monkeypatch.setattr(files.os, "fsync", fail)
        with pytest.raises(TinyNetError) as caught:
            kept.write(shard, tallies)
    path = the_file(folder, shard)
    advice = "Free some space, or choose another folder."
    assert str(caught.value) == f"cannot write {path}: Input/output error. {advice}"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root mounts a file system")
def test_a_full_file_system_is_an_error(tmp_path, counted):
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", tmp_path], capture_output=True
    ).returncode:
        pytest.skip("this machine does not allow mounting a file system")
    try:
        with Store(tmp_path) as kept:
            (first, tallies), (second, others), *_ = counted
            kept.write(first, tallies)
            (tmp_path / "filler").write_bytes(
                bytes(os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_bsize)
            )
            with pytest.raises(TinyNetError, match="No space left on device"):
                kept.write(second, others)
            assert kept.read(first) == tallies
    finally:
        subprocess.run(["umount", tmp_path], check=True)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    found = tn.sweep(GRID, 500)
    found.to_parquet(folder)
    return found, folder


def test_pandas_polars_and_duckdb_open_the_tables_and_agree(written):
    found, folder = written
    rows = [{name: value for name, value in row.items() if name != "probes"} for row in found.rows()]
    path = folder / "trials.parquet"
    by_polars = polars.read_parquet(path)
    assert by_polars.to_dicts() == rows
    by_duckdb = duckdb.sql(f"select * from '{path}' order by trial")
    assert [dict(zip(by_duckdb.columns, row, strict=True)) for row in by_duckdb.fetchall()] == rows
    by_pandas = pandas.read_parquet(path)
    assert by_pandas.learned.tolist() == [tally.learned for tally in found.tallies]
    assert by_pandas.columns.tolist() == list(rows[0])


def test_the_histograms_add_up_to_the_counts(written):
    found, folder = written
    path = folder / "probes.parquet"
    totals = duckdb.sql(f"select trial, probe, sum(count) from '{path}' group by all").fetchall()
    assert len(totals) == len(GRID) * 5
    assert {total for *_, total in totals} == {500}
    unsure = f"select sum(count) from '{path}' where trial = 3 and probe = 'gray' and margin_high <= 0.2"
    assert duckdb.sql(unsure).fetchall()[0][0] == found.rows()[3]["probes"]["gray"]["unsure"]


def test_the_plan_is_written_beside_the_tables(written):
    found, folder = written
    description = json.loads((folder / "sweep.json").read_text())
    assert (description["networks"], description["first_seed"], description["networks_done"]) == (
        500,
        0,
        2000,
    )
    assert [tn.Trial.from_json(trial) for trial in description["trials"]] == GRID
    assert tn.Examples.from_json(description["examples"]) == found.plan.examples


def test_columns_without_values_keep_their_types(tmp_path):
    """Compare the schema of an empty table with that of a full table."""
    plan = plan_sweep(GRID, 100)
    nothing = [Tally.empty(trial.recipe.epochs, 5, 2) for trial in GRID]
    empty, full = (
        result_tables._trials(plan, nothing),
        result_tables._trials(plan, tn.sweep(GRID, 100).tallies),
    )
    assert empty.schema == full.schema
    assert empty["learned_low"].null_count == len(GRID)


def test_outputs_that_are_not_finite_have_no_margin():
    trials = tn.grid(activation="identity", output="identity", learning_rate=50.0, epochs=1000)
    found = tn.sweep(trials, 64)
    table = result_tables._probes(found.plan, found.tallies).to_pylist()
    assert {row["predicted"] for row in table} == {"not finite"}
    assert [row["count"] for row in table] == [64] * 5
    assert np.isnan([row["margin_low"] or np.nan for row in table]).all()


EARLIER = Path(__file__).parents[1] / "golden" / "earlier" / "sweep"


def test_a_folder_of_an_earlier_version_is_used(tmp_path):
    """Open a folder of `tinynet sweep --rate 0.5,5 --epochs 100 --schedule hold --networks 64`."""
    folder = shutil.copytree(EARLIER, tmp_path / "sweep")
    trials = tn.grid(learning_rate=[0.5, 5.0], epochs=100, schedule="hold_then_decay")
    logged = []
    found = tn.sweep(trials, 64, out=folder, log=logged.append)
    assert logged == ["found 2 of 2 shards done (128 of 128 networks)"]
    assert not list((folder / "shards").iterdir())
    assert found.tallies == tn.sweep(trials, 64).tallies


def test_a_damaged_file_of_an_earlier_version_is_computed_again(tmp_path):
    folder = shutil.copytree(EARLIER, tmp_path / "sweep")
    path = next((folder / "blocks").iterdir())
    path.write_bytes(path.read_bytes()[:3000])
    trials = tn.grid(learning_rate=[0.5, 5.0], epochs=100, schedule="hold_then_decay")
    logged = []
    assert tn.sweep(trials, 64, out=folder, log=logged.append).complete
    assert any("is damaged" in line for line in logged)
    assert (folder / "damaged" / path.name).exists()
    assert len(list((folder / "shards").iterdir())) == 1
