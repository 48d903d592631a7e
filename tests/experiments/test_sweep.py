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
from tinynet.experiments.plan import Plan, plan_sweep
from tinynet.experiments.store import Store

GRID = tn.grid(learning_rate=[2.0, 5.0], epochs=[100, 400], hidden=[3, 4])
NETWORKS, SHARD = 1500, 128
LINES = tn.pictures.lines()


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    """Make shards small, so that a short sweep has several."""
    monkeypatch.setattr(shards, "MAX_NETWORKS", SHARD)


@pytest.fixture(scope="module")
def expected():
    """Return the tallies of the sweep; train each trial separately."""
    found = []
    for trial in GRID:
        plan = plan_sweep([trial], NETWORKS)
        (tally,) = shards.compute(plan.groups[0].description, 0, NETWORKS)
        found.append(tally)
    return found


def tables(folder):
    return [pq.read_table(folder / name) for name in ("trials.parquet", "probes.parquet")]


def files(folder):
    return {
        path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.glob("shards/*.parquet")
    }


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """Return the tables of the sweep, computed on one thread."""
    folder = tmp_path_factory.mktemp("reference")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "MAX_NETWORKS", SHARD)
        tn.sweep(GRID, NETWORKS, out=folder, workers=1)
    return tables(folder)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_threads_give_the_tallies_of_separate_trainings(workers, expected):
    found = tn.sweep(GRID, NETWORKS, workers=workers)
    assert list(found.tallies) == expected
    assert found.complete


@pytest.fixture(scope="module")
def cluster():
    """Return a function that starts a cluster with a number of workers."""
    from distributed import LocalCluster

    options = {"threads_per_worker": 1, "processes": True, "dashboard_address": ":0", "silence_logs": 60}
    return lambda workers: LocalCluster(n_workers=workers, **options)


@pytest.fixture(scope="module")
def two_workers(cluster):
    with cluster(2) as running:
        yield running


def test_two_dask_workers_give_equal_tables(two_workers, tmp_path, reference):
    tn.sweep(GRID, NETWORKS, out=tmp_path, scheduler=two_workers.scheduler_address)
    assert tables(tmp_path) == reference


def test_a_killed_worker_does_not_change_the_tables(two_workers, tmp_path, reference):
    pids, done = (
        [worker.pid for worker in two_workers.scheduler_info["workers"].values() if hasattr(worker, "pid")],
        [],
    )
    pids = pids or [nanny.pid for nanny in two_workers.workers.values()]

    def kill(count, total):
        done.append(count)
        if len(done) in (3, 8):
            os.kill(pids.pop(), signal.SIGKILL)

    tn.sweep(GRID, NETWORKS, out=tmp_path, scheduler=two_workers.scheduler_address, progress=kill)
    assert not pids
    assert tables(tmp_path) == reference


def test_four_dask_workers_give_equal_tables(cluster, tmp_path, reference):
    with cluster(4) as running:
        tn.sweep(GRID, NETWORKS, out=tmp_path, scheduler=running.scheduler_address)
    assert tables(tmp_path) == reference


def test_a_lost_scheduler_is_an_error_and_results_are_kept(cluster, tmp_path, reference):
    with cluster(1) as running:

        def lose(count, total):
            if count >= 5 * SHARD:
                running.close()

        with pytest.raises(
            TinyNetError, match=r"the connection to the cluster at tcp.* was lost.* shards done .* stored in"
        ):
            tn.sweep(GRID, NETWORKS, out=tmp_path, scheduler=running.scheduler_address, progress=lose)
    before = files(tmp_path)
    assert len(before) >= 5
    assert tables(tmp_path)[0]["networks"].to_pylist()[0] >= SHARD
    tn.sweep(GRID, NETWORKS, out=tmp_path)
    assert tables(tmp_path) == reference
    assert before.items() <= files(tmp_path).items()


def future(result):
    found = Future()
    found.set_exception(result) if isinstance(result, Exception) else found.set_result(result)
    return found


class KilledWorker(Exception):  # noqa: N818
    """Imitate dask's error for a task whose workers died."""


def test_a_shard_whose_workers_die_is_tried_ten_times():
    tried = []

    def submit(shard, attempt):
        tried.append((shard, attempt))
        return future(shard if attempt == 4 and shard == "a" else KilledWorker())

    stream = executors._stream(iter("ab"), 1, submit)
    assert next(stream) == ("a", "a")
    with pytest.raises(KilledWorker):
        next(stream)
    assert tried == [("a", n) for n in range(1, 5)] + [("b", n) for n in range(1, 11)]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("localhost", r"scheduler is 'localhost'\. It must be an address such as tcp://"),
        ("tcp://127.0.0.1:9", "no scheduler answers at tcp://127.0.0.1:9 .* Start one with `dask scheduler`"),
    ],
)
def test_a_missing_scheduler_is_an_error(address, message, monkeypatch):
    monkeypatch.setattr(executors, "TIMEOUT_SECONDS", 1)
    with pytest.raises(TinyNetError, match=message):
        tn.sweep(GRID, 64, scheduler=address)


def test_a_cluster_without_workers_is_an_error(cluster, monkeypatch):
    monkeypatch.setattr(executors, "TIMEOUT_SECONDS", 1)
    with (
        cluster(0) as running,
        pytest.raises(TinyNetError, match=r"has no workers\. Start one with `dask worker"),
    ):
        tn.sweep(GRID, 64, scheduler=running.scheduler_address)


def test_a_worker_with_another_version_is_refused(two_workers, monkeypatch):
    monkeypatch.setattr(executors, "__version__", "9.9.9")
    with pytest.raises(
        TinyNetError, match=f"a worker has TinyNet {tn.__version__}. Install TinyNet 9.9.9 on every worker"
    ):
        tn.sweep(GRID, 64, scheduler=two_workers.scheduler_address)


SCRIPT = """
import sys
import tinynet as tn
from tinynet.experiments import shards
shards.MAX_NETWORKS = 128
grid = tn.grid(learning_rate=[2.0, 5.0], epochs=[100, 400], hidden=[3, 4])
tn.sweep(grid, 1500, out=sys.argv[1], progress=lambda done, total: print(done, flush=True), log=print, workers=1)
"""


def run_until(folder, networks, end):
    """Run the sweep in a new process; send the signal `end` after enough networks."""
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
def test_a_sweep_killed_several_times_continues(tmp_path, reference):
    kept = {}
    for networks in (700, 2000, 4000):
        run_until(tmp_path, networks, signal.SIGKILL)
        assert kept.items() <= files(tmp_path).items()
        assert len(files(tmp_path)) > len(kept)
        kept = files(tmp_path)
    lines = run_until(tmp_path, 0, None)
    assert lines[0].startswith(f"found {len(kept)} of 48 shards done (")
    assert tables(tmp_path) == reference
    assert kept.items() <= files(tmp_path).items()


def test_a_finished_sweep_is_not_computed_again(tmp_path, reference, monkeypatch):
    tn.sweep(GRID, NETWORKS, out=tmp_path)
    before = files(tmp_path)
    monkeypatch.setattr(executors, "compute", None)
    logged = []
    found = tn.sweep(GRID, NETWORKS, out=tmp_path, log=logged.append)
    assert logged == ["found 48 of 48 shards done (6,000 of 6,000 networks)"]
    assert found.complete
    assert files(tmp_path) == before
    assert tables(tmp_path) == reference


def test_another_sweep_in_the_folder_reuses_shards(tmp_path, expected):
    tn.sweep(GRID[:4], 1000, out=tmp_path)
    before = files(tmp_path)
    logged = []
    found = tn.sweep(GRID, NETWORKS, out=tmp_path, log=logged.append)
    assert list(found.tallies) == expected
    assert before.items() <= files(tmp_path).items()
    assert logged == [
        "found 14 of 48 shards done (1,792 of 6,000 networks)"
    ]  # not the last shards, which are smaller


def test_a_damaged_shard_is_computed_again(tmp_path, reference):
    tn.sweep(GRID, NETWORKS, out=tmp_path)
    victim = next((tmp_path / "shards").glob("*.parquet"))
    victim.write_bytes(b"gone")
    logged = []
    tn.sweep(GRID, NETWORKS, out=tmp_path, log=logged.append)
    assert f"{victim.name} is damaged" in logged[0]
    assert logged[1].startswith("found 47 of 48 shards")
    assert tables(tmp_path) == reference


def test_an_interrupted_sweep_keeps_its_results(tmp_path, reference):
    def interrupt(done, total):
        if done >= 1000:
            raise KeyboardInterrupt

    found = tn.sweep(GRID, NETWORKS, out=tmp_path, progress=interrupt)
    assert found.interrupted
    assert not found.complete
    assert 1000 <= sum(pq.read_table(tmp_path / "trials.parquet")["networks"].to_pylist()) / 2 < 6000
    tn.sweep(GRID, NETWORKS, out=tmp_path)
    assert tables(tmp_path) == reference


def test_a_limit_ends_a_sweep_between_shards(tmp_path, reference):
    counts = []
    for _ in range(3):
        found = tn.sweep(GRID, NETWORKS, out=tmp_path, limit=1000)
        counts.append(sum(tally.networks for tally in found.tallies) // 2)
        assert not found.interrupted
    assert counts == [1024, 2048, 3072]
    assert not found.complete
    tn.sweep(GRID, NETWORKS, out=tmp_path)
    assert tables(tmp_path) == reference


def test_a_time_limit_ends_a_sweep():
    found = tn.sweep(GRID, NETWORKS, seconds=1e-9)
    assert not found.complete
    assert sum(tally.networks for tally in found.tallies) == 0
    with pytest.raises(TinyNetError, match=r"seconds is 0\. It must be a number above 0"):
        tn.sweep(GRID, NETWORKS, seconds=0)


def test_the_first_shards_cover_every_recipe():
    found = tn.sweep(GRID, NETWORKS, limit=4 * SHARD, workers=1)
    assert {tally.networks for tally in found.tallies} == {SHARD}


def test_a_full_disk_is_an_error_and_results_are_kept(tmp_path, monkeypatch):
    write, count = Store.write, []

    def filling(self, shard, tallies):
        if len(count) == 3:
            raise TinyNetError(
                "cannot write x: No space left on device. Free some space, or choose another folder."
            )
        count.append(shard)
        write(self, shard, tallies)

    monkeypatch.setattr(Store, "write", filling)
    with pytest.raises(
        TinyNetError,
        match=r"No space left.*3 of 48 shards done .* stored in .* Run the sweep again to continue",
    ):
        tn.sweep(GRID, NETWORKS, out=tmp_path)
    assert len(files(tmp_path)) == 3


def test_few_shards_are_pending_at_a_time(monkeypatch):
    """Check that the number of pending shards does not depend on the networks."""
    given, most, lock = [0], [0], threading.Lock()

    def counting(plan, shards_of=Plan.shards):
        for shard in shards_of(plan):
            with lock:
                given[0] += 1
            yield shard

    def track(done, total):
        most[0] = max(most[0], given[0] - len(seen))
        seen.append(done)

    seen = []
    monkeypatch.setattr(Plan, "shards", counting)
    tn.sweep(GRID, NETWORKS, workers=2, progress=track)
    assert len(seen) > 40
    assert most[0] <= 5


def test_rows_and_verdicts_have_the_counts_of_the_sweep():
    found = tn.sweep(GRID, 200)
    row = found.rows()[1]
    assert (row["trial"], row["epochs"], row["networks"]) == (1, GRID[1].recipe.epochs, 200)
    assert row["probes"]["gray"]["predicted"].keys() == {"horizontal", "vertical", "undecided"}
    verdict = found.verdict(GRID[1])
    trained = tn.population(GRID[1].recipe, 200, architecture=GRID[1].architecture)
    assert verdict == trained.verdicts()[0]
    with pytest.raises(TinyNetError, match="is not in this sweep"):
        found.verdict(tn.Trial())
    with pytest.raises(TinyNetError, match=r"trial is 8\. It must be a whole number from -8 to 7"):
        found.verdict(8)


def test_examples_of_a_table_are_their_own_probes():
    table = tn.pictures.Examples([[0, 0], [1, 1], [0, 1]], [[1], [1], [0]], ("a", "b", "c"), None, ("same",))
    found = tn.sweep(tn.grid(table, epochs=[3, 9]), 64, examples=table)
    assert found.plan.probes == table
    assert found.rows()[0]["probes"]["a"]["predicted"].keys() == {"same", "not same", "undecided"}


def test_a_missing_package_names_the_command(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ImportError, match=r'pip install "tinynet-lab\[sweep\]"'):
        tn.sweep(GRID, 64, out=tmp_path)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r'pip install "tinynet-lab\[cluster\]"'):
        tn.sweep(GRID, 64, scheduler="tcp://127.0.0.1:1")
    assert tn.sweep(GRID, 64).complete
