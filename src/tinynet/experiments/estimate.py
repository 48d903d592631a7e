"""What a sweep would take: how many networks, and about how long, from a few milliseconds of each kind of training."""

import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tinynet.experiments.aggregates import Tally, ladder
from tinynet.experiments.cohort import Cohort, Training
from tinynet.experiments.population import Population
from tinynet.experiments.shards import Group, Plan, look
from tinynet.experiments.trials import Trial

SAMPLE = 256  # networks that are timed
SECONDS = 0.005  # of training that are timed, at least
MAX_KINDS = 20  # that are timed; others are taken to be like the nearest by the cost model


@dataclass(frozen=True)
class Estimate:
    """What a sweep would do, and about how long the blocks that are left would take.

    core_seconds : on one core; seconds : on `workers` of them.
    """

    trials: int
    trainings: int
    networks: int
    blocks: int
    networks_done: int
    blocks_done: int
    core_seconds: float
    workers: int

    @property
    def seconds(self) -> float:
        """About how long it would take on this machine."""
        return self.core_seconds / self.workers

    def to_json(self) -> dict[str, Any]:
        """Every number by name, ready for JSON."""
        return asdict(self) | {"seconds": self.seconds}

    def __str__(self) -> str:
        done = (
            f"; {self.blocks_done:,} of them are done ({self.networks_done:,} networks)"
            if self.blocks_done
            else ""
        )
        return (
            f"{self.trials:,} trials make {self.trainings:,} trainings of {self.networks // self.trainings:,} networks: "
            f"{self.networks:,} networks in {self.blocks:,} blocks{done}.\n"
            f"About {duration(self.seconds)} on {self.workers} threads of this machine, an estimate "
            f"from a few milliseconds of each kind of training."
        )


def estimate(plan: Plan, out: str | Path | None = None, workers: int | None = None) -> Estimate:
    """Estimate a sweep; `out` is its folder, whose finished blocks are left out, by name and without reading them."""
    left, done, blocks_done = dict.fromkeys(plan.groups, 0), 0, 0
    for block in plan.blocks():
        if out is not None and (Path(out) / "blocks" / f"{block.key}.parquet").is_file():
            done, blocks_done = done + len(block), blocks_done + 1
        else:
            left[block.group] += len(block)
    seconds = _seconds({group: networks for group, networks in left.items() if networks})
    return Estimate(
        len(plan.trials), len(plan.groups), plan.total, plan.block_count,
        done, blocks_done, seconds, workers or os.cpu_count() or 1,
    )  # fmt: skip


def _seconds(networks: dict[Group, int]) -> float:
    """Return the time that so many networks of each group take on one core."""
    kinds: dict[Trial, list[Group]] = {}
    for group in networks:
        kinds.setdefault(_kind(group), []).append(group)
    chosen = list(kinds)[:: -(-len(kinds) // MAX_KINDS)] if kinds else []
    timed = {kind: _time(kinds[kind][0]) for kind in chosen}
    total = sum(starting for starting, _ in timed.values())
    for kind, groups in kinds.items():
        like = min(timed, key=lambda t: abs(np.log(kinds[t][0].cost / kinds[kind][0].cost)))
        scale = groups[0].cost / kinds[like][0].cost
        total += sum(networks[group] for group in groups) * timed[like][1] * scale
    return total


def _kind(group: Group) -> Trial:
    """Return what decides how long a group takes: its rate does not."""
    return Trial(group.architecture, replace(group.recipe, learning_rate=1.0))


def _time(group: Group) -> tuple[float, float]:
    """Return how long a group takes to be prepared, and then for each network."""
    begun = time.perf_counter()
    training = Training.of(group.architecture, group.recipe, group.examples)
    seeds = np.arange(min(SAMPLE, group.size))
    cohort = Cohort(training, seeds)
    cohort.advance(1)
    started = time.perf_counter()
    epochs = 1
    while (spent := time.perf_counter() - started) < SECONDS and cohort.epoch < group.stops[-1]:
        epochs = min(2 * epochs, group.stops[-1] - cohort.epoch)
        cohort.advance(cohort.epoch + epochs)
    training_time = spent / max(1, cohort.epoch - 1) * group.stops[-1]
    looking = time.perf_counter()
    look(cohort, group.examples, np.zeros(len(seeds), np.int64))
    counting = time.perf_counter()
    crowd = Population(group.architecture, group.recipe, group.examples, seeds, cohort.parameters())
    Tally.of(crowd, np.zeros(len(seeds), np.int64), group.probes)
    end = time.perf_counter()
    looks = (counting - looking) * len(ladder(group.stops[-1])) + (end - counting) * len(group.stops)
    return started - begun, (training_time + looks) / len(seeds)


def duration(seconds: float) -> str:
    """Write a time in words.

    >>> duration(0.2), duration(34.2), duration(135), duration(7260), duration(200_000)
    ('1 s', '34 s', '2 min 15 s', '2 h 1 min', '2 d 7 h')
    """
    whole = max(1, round(seconds))
    for size, name, part, smaller in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {name}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"
