"""Shards: the units of work of a sweep.

Shards are the same on every machine.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from threading import Event

import numpy as np

from tinynet.core.architecture import Architecture
from tinynet.core.forward import forward
from tinynet.data.examples import Examples
from tinynet.evaluation.metrics import correct
from tinynet.experiments.aggregates import Tally, logarithmic_checkpoints
from tinynet.experiments.cohort import Cohort, TrainingJob
from tinynet.experiments.population import Population
from tinynet.recipe import Recipe

FORMAT = 2  # the version of the counts; shards of another version have other keys
SECONDS_PER_SHARD = 0.7  # the intended work of a shard
# The cost model: seconds for one parameter, example, network and epoch. It must not depend on the machine.
SECONDS_PER_UPDATE = 1e-10
MAX_NETWORKS, MIN_NETWORKS = 65_536, 64  # networks of a shard
NETWORKS_PER_CHECK = 2048  # networks whose outputs fit into the processor's cache
MAX_BYTES = 64 * 2**20  # bytes of the parameters, the optimizer state and the outputs of a shard


@dataclass(frozen=True, eq=False)
class TrainingGroup:
    """Trials that differ only in their epochs.

    One training serves all trials.

    recipe : the recipe of the longest trial.
    checkpoints : the epochs of the trials, ascending. The networks are counted at each checkpoint.
    """

    architecture: Architecture
    recipe: Recipe
    checkpoints: tuple[int, ...]
    examples: Examples
    probes: Examples

    @cached_property
    def description(self) -> str:
        """Everything that decides the counts of this group, as JSON."""
        return json.dumps(
            {
                "format": FORMAT,
                "architecture": self.architecture.to_json(),
                "recipe": self.recipe.to_json(),
                "checkpoints": self.checkpoints,
                "examples": self.examples.to_json(),
                "probes": self.probes.to_json(),
            },
            sort_keys=True,
            allow_nan=False,
        )

    @classmethod
    def from_description(cls, description: str) -> "TrainingGroup":
        """Return the group of a `description`."""
        data = json.loads(description)
        return cls(
            Architecture.from_json(data["architecture"]),
            Recipe.from_json(data["recipe"]),
            tuple(data["checkpoints"]),
            Examples.from_json(data["examples"]),
            Examples.from_json(data["probes"]),
        )

    @property
    def cost(self) -> float:
        """The seconds that one network takes by the cost model."""
        updates = self.architecture.parameter_count * len(self.examples) * self.checkpoints[-1]
        return SECONDS_PER_UPDATE * updates

    @cached_property
    def shard_size(self) -> int:
        """The number of networks of a shard.

        The size is a power of two, so that a longer sweep has the same shards.
        """
        outputs = (len(self.examples) + len(self.probes)) * max(self.architecture.sizes)
        bytes_per_network = 12 * self.architecture.parameter_count + 24 * outputs
        networks = min(MAX_NETWORKS, int(SECONDS_PER_SHARD / self.cost), MAX_BYTES // bytes_per_network)
        return largest_power_of_two(max(MIN_NETWORKS, networks))


def largest_power_of_two(limit: int) -> int:
    """Return the largest power of two up to `limit`.

    >>> largest_power_of_two(64), largest_power_of_two(100)
    (64, 64)
    """
    return int(2 ** (limit.bit_length() - 1))


@dataclass(frozen=True, eq=False)
class Shard:
    """A range of seeds of one training group.

    The seeds are `first` to `last` - 1.
    """

    group: TrainingGroup
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first

    @cached_property
    def key(self) -> str:
        """A hash of everything that decides the counts."""
        text = f"{self.group.description} {self.first} {self.last}"
        return hashlib.sha256(text.encode()).hexdigest()[:40]


def compute(description: str, first: int, last: int, cancelled: Event | None = None) -> list[Tally] | None:
    """Train and count the networks of a shard.

    description : of the shard's `TrainingGroup`.
    first, last : the seeds from `first` to `last` - 1.

    Returns the tally at each checkpoint of the group, or None if `cancelled` was set.
    """
    group, job = _prepare(description)
    seeds = np.arange(first, last)
    cohort, first_correct, tallies = Cohort(job, seeds), np.zeros(len(seeds), np.int64), []
    checked = set(logarithmic_checkpoints(group.checkpoints[-1]).tolist())
    for epoch in sorted(checked.union(group.checkpoints)):
        if not cohort.advance(epoch, cancelled):
            return None
        if epoch in checked and not group.examples.regression:
            mark_first_correct(cohort, group.examples, first_correct)
        if epoch in group.checkpoints:
            recipe = replace(group.recipe, epochs=epoch)
            population = Population(group.architecture, recipe, group.examples, seeds, cohort.parameters())
            tallies.append(Tally.of(population, first_correct, group.probes))
    return tallies


def mark_first_correct(cohort: Cohort, examples: Examples, first_correct: np.ndarray) -> None:
    """Mark networks that are right for the first time.

    A network is right if it gets every example right. The mark is the current epoch.

    first_correct : (n,) int64, changed in place; 0 for a network that was never right.
    """
    waiting = np.flatnonzero(first_correct == 0)
    if len(waiting):
        parameters = cohort.parameters()[waiting]
        correct = _all_right(cohort.job.architecture, parameters, examples)
        first_correct[waiting[correct]] = cohort.epoch


def _all_right(architecture: Architecture, parameters: np.ndarray, examples: Examples) -> np.ndarray:
    """Return which networks get every example right. (n, P) -> (n,) bool"""
    assert examples.targets is not None
    found = np.empty(len(parameters), bool)
    with np.errstate(over="ignore", invalid="ignore"):
        for first in range(0, len(parameters), NETWORKS_PER_CHECK):
            some = slice(first, first + NETWORKS_PER_CHECK)
            outputs = forward(architecture, parameters[some].astype(float), examples.inputs)[-1]
            found[some] = correct(outputs, examples.targets).all(axis=1)
    return found


@lru_cache(maxsize=64)
def _prepare(description: str) -> tuple[TrainingGroup, TrainingJob]:
    """Return a group and its training job."""
    group = TrainingGroup.from_description(description)
    return group, TrainingJob.of(group.architecture, group.recipe, group.examples)
