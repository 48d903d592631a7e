"""The expected duration of a sweep."""

import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tinynet.errors import counted
from tinynet.experiments.aggregates import Tally, logarithmic_checkpoints
from tinynet.experiments.cohort import Cohort, TrainingJob
from tinynet.experiments.plan import Plan
from tinynet.experiments.population import Population
from tinynet.experiments.shards import TrainingGroup, mark_first_correct
from tinynet.experiments.store import shard_path
from tinynet.experiments.trials import Trial
from tinynet.numerics.integers import ceil_div

NETWORKS_TIMED = 256
SECONDS_TIMED = 0.005  # seconds of training that are measured, at least
MAX_TIMED = 20  # kinds of training; another kind takes its time from the kind with the nearest cost


@dataclass(frozen=True)
class Estimate:
    """The size and the expected duration of a sweep.

    core_seconds : on one core.
    workers : the number of threads; `seconds` is the duration on all of them.
    """

    trials: int
    trainings: int
    networks: int
    shards: int
    networks_done: int
    shards_done: int
    core_seconds: float
    workers: int

    @property
    def seconds(self) -> float:
        """The expected duration on this machine."""
        return self.core_seconds / self.workers

    def to_json(self) -> dict[str, Any]:
        """Return every number by name, ready for JSON."""
        return asdict(self) | {"seconds": self.seconds}

    def __str__(self) -> str:
        per_training = self.networks // self.trainings
        done = (
            f" {self.shards_done:,} of them are done ({counted(self.networks_done, 'network')})."
            if self.shards_done
            else ""
        )
        return (
            f"{counted(self.trials, 'trial')}: {counted(self.trainings, 'training')} of {counted(per_training, 'network')}, "
            f"{counted(self.networks, 'network')} in {counted(self.shards, 'shard')}.{done}\n"
            f"Expected duration: about {format_duration(self.seconds)} on {counted(self.workers, 'thread')} of this machine, "
            f"estimated from a few milliseconds of each kind of training."
        )


def estimate(plan: Plan, out: str | Path | None = None, workers: int | None = None) -> Estimate:
    """Estimate the duration of a sweep.

    out : the sweep's folder. The shards whose files exist are not counted; the files are not read.
    workers : the number of threads; one for each core by default.
    """
    waiting, networks_done, shards_done = dict.fromkeys(plan.groups, 0), 0, 0
    for shard in plan.shards():
        if out is not None and shard_path(Path(out), shard).is_file():
            networks_done, shards_done = networks_done + len(shard), shards_done + 1
        else:
            waiting[shard.group] += len(shard)
    seconds = _core_seconds({group: networks for group, networks in waiting.items() if networks})
    return Estimate(
        len(plan.trials), len(plan.groups), plan.total_networks, plan.shard_count,
        networks_done, shards_done, seconds, workers or os.cpu_count() or 1,
    )  # fmt: skip


def _core_seconds(networks: dict[TrainingGroup, int]) -> float:
    """Return the seconds on one core.

    networks : the number of networks of each group.
    """
    kinds: dict[Trial, list[TrainingGroup]] = {}
    for group in networks:
        kinds.setdefault(_kind(group), []).append(group)
    chosen = list(kinds)[:: ceil_div(len(kinds), MAX_TIMED)] if kinds else []
    timed = {kind: _time(kinds[kind][0]) for kind in chosen}
    total = sum(preparation for preparation, _ in timed.values())
    for groups in kinds.values():
        cost = groups[0].cost
        nearest = min(timed, key=lambda t: abs(np.log(kinds[t][0].cost / cost)))
        scale = cost / kinds[nearest][0].cost
        total += sum(networks[group] for group in groups) * timed[nearest][1] * scale
    return total


def _kind(group: TrainingGroup) -> Trial:
    """Return a key of groups with equal duration per network."""
    return Trial(group.architecture, replace(group.recipe, learning_rate=1.0))


def _time(group: TrainingGroup) -> tuple[float, float]:
    """Return the seconds of the preparation, and of each network."""
    start = time.perf_counter()
    seeds = np.arange(min(NETWORKS_TIMED, group.shard_size))
    cohort = Cohort(TrainingJob.of(group.architecture, group.recipe, group.examples), seeds)
    cohort.advance(1)
    prepared = time.perf_counter()
    training = _time_training(cohort, group.checkpoints[-1])
    check = time.perf_counter()
    mark_first_correct(cohort, group.examples, np.zeros(len(seeds), np.int64))
    count = time.perf_counter()
    population = Population(group.architecture, group.recipe, group.examples, seeds, cohort.parameters())
    Tally.of(population, np.zeros(len(seeds), np.int64), group.probes)
    end = time.perf_counter()
    checks = (count - check) * len(logarithmic_checkpoints(group.checkpoints[-1]))
    counts = (end - count) * len(group.checkpoints)
    return prepared - start, (training + checks + counts) / len(seeds)


def _time_training(cohort: Cohort, epochs: int) -> float:
    """Return the seconds of a training, measured on few epochs."""
    start, more = time.perf_counter(), 1
    while (seconds := time.perf_counter() - start) < SECONDS_TIMED and cohort.epoch < epochs:
        more = min(2 * more, epochs - cohort.epoch)
        cohort.advance(cohort.epoch + more)
    return seconds / max(1, cohort.epoch - 1) * epochs


def format_duration(seconds: float) -> str:
    """Write a duration with at most two units.

    >>> [format_duration(seconds) for seconds in (0.2, 34.2, 135, 7260, 200_000)]
    ['1 s', '34 s', '2 min 15 s', '2 h 1 min', '2 d 7 h']
    """
    whole = max(1, round(seconds))
    for size, name, part, smaller in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {name}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"
