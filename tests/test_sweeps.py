import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future

import pyarrow.parquet as pq
import pytest

import tinynet as tn
from tinynet.errors import TinyNetError
from tinynet.experiments import executors, shards
from tinynet.experiments.store import Store
from tinynet.experiments.sweep import plan_of

GRID = tn.grid(learning_rate=[2.0, 5.0], epochs=[100, 400], hidden=[3, 4])
NETWORKS, BLOCK = 1500, 128
LINES = tn.pictures.lines()


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks small enough that a short sweep has many; workers take what they are given."""
    monkeypatch.setattr(shards, "LARGEST", BLOCK)


@pytest.fixture(scope="module")
def expected():
    """The tallies of the sweep, each trial trained alone and in one piece."""
    found = []
    for trial in GRID:
        plan = plan_of([trial], NETWORKS)
        (tally,) = shards.compute(plan.groups[0].text, 0, NETWORKS)
        found.append(tally)
    return found


def tables(folder):
    return [pq.read_table(folder / name) for name in ("trials.parquet", "probes.parquet")]


def files(folder):
    return {
        path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.glob("blocks/*.parquet")
    }


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The tables of the sweep, on one thread."""
    folder = tmp_path_factory.mktemp("reference")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "LARGEST", BLOCK)
        tn.sweep(GRID, NETWORKS, out=folder, workers=1)
    return tables(folder)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_threads_count_what_trainings_of_their_own_do(workers, expected):
    found = tn.sweep(GRID, NETWORKS, workers=workers)
    assert list(found.tallies) == expected
    assert found.complete


@pytest.fixture(scope="module")
def cluster():
    """Return what starts a cluster of so many workers."""
    from distributed import LocalCluster

    options = {"threads_per_worker": 1, "processes": True, "dashboard_address": ":0", "silence_logs": 60}
    return lambda workers: LocalCluster(n_workers=workers, **options)


@pytest.fixture(scope="module")
def two(cluster):
    with cluster(2) as running:
        yield running


def test_a_cluster_of_two_counts_the_same(two, tmp_path, reference):
    tn.sweep(GRID, NETWORKS, out=tmp_path, scheduler=two.scheduler_address)
    assert tables(tmp_path) == reference


def test_a_worker_killed_in_the_middle_changes_nothing(two, tmp_path, reference):
    pids, done = (
        [worker.pid for worker in two.scheduler_info["workers"].values() if hasattr(worker, "pid")],
        [],
    )
    pids = pids or [nanny.pid for nanny in two.workers.values()]

    def kill(count, total):
        done.append(count)
        if len(done) in (3, 8):
            os.kill(pids.pop(), signal.SIGKILL)

    tn.sweep(GRID, NETWORKS, out=tmp_path, scheduler=two.scheduler_address, progress=kill)
    assert not pids
    assert tables(tmp_path) == reference


def test_a_cluster_of_four_counts_the_same(cluster, tmp_path, reference):
    with cluster(4) as running:
        tn.sweep(GRID, NETWORKS, out=tmp_path, scheduler=running.scheduler_address)
    assert tables(tmp_path) == reference


def test_a_lost_scheduler_is_said_and_what_is_done_is_kept(cluster, tmp_path, reference):
    with cluster(1) as running:

        def lose(count, total):
            if count >= 5 * BLOCK:
                running.close()

        with pytest.raises(TinyNetError, match=r"the cluster at tcp.* went away; .*blocks done .* kept in"):
            tn.sweep(GRID, NETWORKS, out=tmp_path, scheduler=running.scheduler_address, progress=lose)
    before = files(tmp_path)
    assert len(before) >= 5
    assert tables(tmp_path)[0]["networks"].to_pylist()[0] >= BLOCK
    tn.sweep(GRID, NETWORKS, out=tmp_path)
    assert tables(tmp_path) == reference
    assert before.items() <= files(tmp_path).items()


def future(result):
    found = Future()
    found.set_exception(result) if isinstance(result, Exception) else found.set_result(result)
    return found


class KilledWorker(Exception):  # noqa: N818
    """As dask calls a task whose workers died."""


def test_a_block_whose_workers_die_is_tried_again_ten_times():
    tried = []

    def submit(block, attempt):
        tried.append((block, attempt))
        return future(block if attempt == 4 and block == "a" else KilledWorker())

    stream = executors._stream(iter("ab"), 1, submit)
    assert next(stream) == ("a", "a")
    with pytest.raises(KilledWorker):
        next(stream)
    assert tried == [("a", n) for n in range(1, 5)] + [("b", n) for n in range(1, 11)]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("localhost", "scheduler is 'localhost'; its address must be such as tcp://"),
        ("tcp://127.0.0.1:9", "no scheduler answers at tcp://127.0.0.1:9"),
    ],
)
def test_no_scheduler(address, message, monkeypatch):
    monkeypatch.setattr(executors, "TIMEOUT", 1)
    with pytest.raises(TinyNetError, match=message):
        tn.sweep(GRID, 64, scheduler=address)


def test_a_cluster_without_workers(cluster, monkeypatch):
    monkeypatch.setattr(executors, "TIMEOUT", 1)
    with cluster(0) as running, pytest.raises(TinyNetError, match="has no workers; start one: dask worker"):
        tn.sweep(GRID, 64, scheduler=running.scheduler_address)


def test_a_worker_of_another_version_is_refused(two, monkeypatch):
    monkeypatch.setattr(executors, "__version__", "9.9.9")
    with pytest.raises(TinyNetError, match=f"a worker has TinyNet {tn.__version__}; every worker needs"):
        tn.sweep(GRID, 64, scheduler=two.scheduler_address)


SCRIPT = """
import sys
import tinynet as tn
from tinynet import blocks
blocks.LARGEST = 128
grid = tn.grid(learning_rate=[2.0, 5.0], epochs=[100, 400], hidden=[3, 4])
tn.sweep(grid, 1500, out=sys.argv[1], progress=lambda done, total: print(done, flush=True), say=print, workers=1)
"""


def run_until(folder, networks, end):
    """Run the sweep in a process of its own; once so many networks are done, send it the signal `end`."""
    command = [sys.executable, "-c", SCRIPT, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines = []
        for line in process.stdout:
            lines.append(line.strip())
            if line.strip().isdigit() and int(line) >= networks and end is not None:
                process.send_signal(end)
                end = None
        process.wait()
    return lines


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_killed_again_and_again_it_goes_on_where_it_was(tmp_path, reference):
    kept = {}
    for networks in (700, 2000, 4000):
        run_until(tmp_path, networks, signal.SIGKILL)
        assert kept.items() <= files(tmp_path).items()
        assert len(files(tmp_path)) > len(kept)
        kept = files(tmp_path)
    lines = run_until(tmp_path, 0, None)
    assert lines[0].startswith(f"found {len(kept)} of 48 blocks done (")
    assert tables(tmp_path) == reference
    assert kept.items() <= files(tmp_path).items()


def test_a_finished_sweep_computes_nothing_again(tmp_path, reference, monkeypatch):
    tn.sweep(GRID, NETWORKS, out=tmp_path)
    before = files(tmp_path)
    monkeypatch.setattr(executors, "compute", None)
    said = []
    found = tn.sweep(GRID, NETWORKS, out=tmp_path, say=said.append)
    assert said == ["found 48 of 48 blocks done (6,000 of 6,000 networks)"]
    assert found.complete
    assert files(tmp_path) == before
    assert tables(tmp_path) == reference


def test_another_sweep_in_the_folder_takes_what_fits(tmp_path, expected):
    tn.sweep(GRID[:4], 1000, out=tmp_path)
    before = files(tmp_path)
    said = []
    found = tn.sweep(GRID, NETWORKS, out=tmp_path, say=said.append)
    assert list(found.tallies) == expected
    assert before.items() <= files(tmp_path).items()
    assert said == ["found 14 of 48 blocks done (1,792 of 6,000 networks)"]  # not the last, which were short


def test_a_damaged_block_is_computed_again(tmp_path, reference):
    tn.sweep(GRID, NETWORKS, out=tmp_path)
    victim = next((tmp_path / "blocks").glob("*.parquet"))
    victim.write_bytes(b"gone")
    said = []
    tn.sweep(GRID, NETWORKS, out=tmp_path, say=said.append)
    assert f"{victim.name} is damaged" in said[0]
    assert said[1].startswith("found 47 of 48 blocks")
    assert tables(tmp_path) == reference


def test_ctrl_c_keeps_what_is_done(tmp_path, reference):
    def interrupt(done, total):
        if done >= 1000:
            raise KeyboardInterrupt

    found = tn.sweep(GRID, NETWORKS, out=tmp_path, progress=interrupt)
    assert found.interrupted
    assert not found.complete
    assert 1000 <= sum(pq.read_table(tmp_path / "trials.parquet")["networks"].to_pylist()) / 2 < 6000
    tn.sweep(GRID, NETWORKS, out=tmp_path)
    assert tables(tmp_path) == reference


def test_limits_end_it_between_blocks_and_it_goes_on(tmp_path, reference):
    counts = []
    for _ in range(3):
        found = tn.sweep(GRID, NETWORKS, out=tmp_path, limit=1000)
        counts.append(sum(tally.networks for tally in found.tallies) // 2)
        assert not found.interrupted
    assert counts == [1024, 2048, 3072]
    assert not found.complete
    tn.sweep(GRID, NETWORKS, out=tmp_path)
    assert tables(tmp_path) == reference


def test_no_time_does_little():
    found = tn.sweep(GRID, NETWORKS, seconds=1e-9)
    assert not found.complete
    assert sum(tally.networks for tally in found.tallies) == 0
    with pytest.raises(TinyNetError, match="seconds is 0; it must be above 0"):
        tn.sweep(GRID, NETWORKS, seconds=0)


def test_early_blocks_are_of_every_recipe():
    found = tn.sweep(GRID, NETWORKS, limit=4 * BLOCK, workers=1)
    assert {tally.networks for tally in found.tallies} == {BLOCK}


def test_a_full_disk_ends_it_with_what_is_kept(tmp_path, monkeypatch):
    write, count = Store.write, []

    def filling(self, block, tallies):
        if len(count) == 3:
            raise TinyNetError("cannot write x: No space left on device; make room, or choose another folder")
        count.append(block)
        write(self, block, tallies)

    monkeypatch.setattr(Store, "write", filling)
    with pytest.raises(
        TinyNetError, match=r"No space left.*3 of 48 blocks done .* kept in .* goes on from there"
    ):
        tn.sweep(GRID, NETWORKS, out=tmp_path)
    assert len(files(tmp_path)) == 3


def test_blocks_under_way_are_few(monkeypatch):
    """However many networks there are, only a few blocks wait for a thread."""
    given, most, lock = [0], [0], threading.Lock()

    def counting(plan, blocks_of=shards.Plan.blocks):
        for block in blocks_of(plan):
            with lock:
                given[0] += 1
            yield block

    def track(done, total):
        most[0] = max(most[0], given[0] - len(seen))
        seen.append(done)

    seen = []
    monkeypatch.setattr(shards.Plan, "blocks", counting)
    tn.sweep(GRID, NETWORKS, workers=2, progress=track)
    assert len(seen) > 40
    assert most[0] <= 5


def test_rows_and_verdicts_say_what_was_counted():
    found = tn.sweep(GRID, 200)
    row = found.rows()[1]
    assert (row["trial"], row["epochs"], row["networks"]) == (1, GRID[1].recipe.epochs, 200)
    assert row["probes"]["gray"]["says"].keys() == {"horizontal", "vertical", "undecided"}
    verdict = found.verdict(GRID[1])
    crowd = tn.population(GRID[1].recipe, 200, architecture=GRID[1].architecture)
    assert verdict == crowd.verdicts()[0]
    with pytest.raises(TinyNetError, match="is not in this sweep"):
        found.verdict(tn.Trial())
    with pytest.raises(TinyNetError, match="trial 8 was asked and there are 8"):
        found.verdict(8)


def test_other_examples_are_their_own_probes():
    table = tn.pictures.Examples([[0, 0], [1, 1], [0, 1]], [[1], [1], [0]], ("a", "b", "c"), None, ("same",))
    found = tn.sweep(tn.grid(table, epochs=[3, 9]), 64, examples=table)
    assert found.plan.probes == table
    assert found.rows()[0]["probes"]["a"]["says"].keys() == {"same", "not same", "undecided"}


def test_a_missing_package_names_the_command(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ImportError, match=r'pip install "tinynet-lab\[sweep\]"'):
        tn.sweep(GRID, 64, out=tmp_path)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r'pip install "tinynet-lab\[cluster\]"'):
        tn.sweep(GRID, 64, scheduler="tcp://127.0.0.1:1")
    assert tn.sweep(GRID, 64).complete
