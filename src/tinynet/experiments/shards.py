"""Blocks: a sweep cut into trainings, and each training into ranges of seeds, the same on every machine."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from threading import Event

import numpy as np

from tinynet.core.architecture import Architecture
from tinynet.core.forward import forward
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.evaluation.metrics import correct
from tinynet.experiments.aggregates import Tally, ladder
from tinynet.experiments.cohort import Cohort, Training
from tinynet.experiments.population import Population, seed_range
from tinynet.experiments.trials import Trial
from tinynet.recipe import Recipe
from tinynet.training.checks import check

FORMAT = 2  # of what a block's numbers mean: with another, no block of before fits
SECONDS = 0.7  # of work that a block aims at
SECONDS_PER_EPOCH = (
    1e-10  # for each parameter, picture and network: the cost model, which must not know the machine
)
LARGEST, SMALLEST = 65_536, 64  # networks of a block
AT_ONCE = 2048  # networks that are looked at together
MAX_BYTES = 64 * 2**20  # of a block's parameters, the optimizer's memory and answers


def course(trial: Trial) -> Trial:
    """Return what decides a training's numbers on the way: trials with equal courses share one training.

    At a constant rate nothing on the way knows where it will stop, so that 1,000 epochs begin with the first 100.
    """
    if trial.recipe.schedule != "constant":
        return trial
    return Trial(trial.architecture, replace(trial.recipe, epochs=1))


@dataclass(frozen=True, eq=False)
class Group:
    """One training, stopped and counted at the epochs of each of its trials.

    recipe : with the epochs of the last stop.
    stops : epochs, ascending.
    """

    architecture: Architecture
    recipe: Recipe
    stops: tuple[int, ...]
    examples: Examples
    probes: Examples

    @cached_property
    def text(self) -> str:
        """All that decides the numbers of this training, as JSON: equal texts give equal numbers."""
        about = {
            "format": FORMAT,
            "architecture": self.architecture.to_json(),
            "recipe": self.recipe.to_json(),
        }
        about |= {"stops": self.stops, "examples": self.examples.to_json(), "probes": self.probes.to_json()}
        return json.dumps(about, sort_keys=True, allow_nan=False)

    @classmethod
    def from_text(cls, text: str) -> "Group":
        """The group that `text` describes."""
        about = json.loads(text)
        shown = (Examples.from_json(about[name]) for name in ("examples", "probes"))
        shape, recipe = Architecture.from_json(about["architecture"]), Recipe.from_json(about["recipe"])
        return cls(shape, recipe, tuple(about["stops"]), *shown)

    @property
    def cost(self) -> float:
        """The seconds that a network takes, by the cost model."""
        return SECONDS_PER_EPOCH * self.architecture.parameter_count * len(self.examples) * self.stops[-1]

    @cached_property
    def size(self) -> int:
        """How many networks a block has: a power of two, so that blocks of a longer sweep are the same."""
        answers = (len(self.examples) + len(self.probes)) * max(self.architecture.sizes)
        bytes_each = 12 * self.architecture.parameter_count + 24 * answers
        most = max(SMALLEST, min(LARGEST, int(SECONDS / self.cost), MAX_BYTES // bytes_each))
        return 1 << most.bit_length() - 1


@dataclass(frozen=True, eq=False)
class Block:
    """The networks of seeds first to last - 1 of one training: what is computed, kept and counted at once."""

    group: Group
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first

    @cached_property
    def key(self) -> str:
        """A hash of all that decides the block's numbers."""
        return hashlib.sha256(f"{self.group.text} {self.first} {self.last}".encode()).hexdigest()[:40]


@dataclass(frozen=True, eq=False)
class Plan:
    """A sweep before anything is computed: trials, seeds, and the trainings that they come to.

    places : of each trial, its group's number and its stop's.

    >>> from tinynet.data import pictures

    >>> from tinynet.experiments import trials
    >>> grid = trials.grid(learning_rate=[0.1, 1.0], epochs=[10, 100])
    >>> plan = Plan.of(grid, 5000, 0, pictures.lines(), pictures.stress())
    >>> len(plan.trials), len(plan.groups), plan.total, plan.block_count
    (4, 2, 10000, 2)
    """

    trials: tuple[Trial, ...]
    seeds: range
    examples: Examples
    probes: Examples
    groups: tuple[Group, ...]
    places: tuple[tuple[int, int], ...]

    @classmethod
    def of(
        cls, trials: Sequence[Trial], networks: int, first_seed: int, examples: Examples, probes: Examples
    ) -> "Plan":
        """Check the trials and the seeds, and cut them up. Raises TinyNetError that names the trial at fault."""
        _check(trials, examples, probes)
        together: dict[Trial, list[int]] = defaultdict(list)
        for number, trial in enumerate(trials):
            together[course(trial)].append(number)
        groups, places = [], [(0, 0)] * len(trials)
        for which, members in enumerate(together.values()):
            stops = tuple(sorted(trials[number].recipe.epochs for number in members))
            last = max((trials[number] for number in members), key=lambda trial: trial.recipe.epochs)
            groups.append(Group(last.architecture, last.recipe, stops, examples, probes))
            for number in members:
                places[number] = (which, stops.index(trials[number].recipe.epochs))
        return cls(
            tuple(trials), seed_range(first_seed, networks), examples, probes, tuple(groups), tuple(places)
        )

    @property
    def total(self) -> int:
        """How many networks are trained: seeds times trainings."""
        return len(self.seeds) * len(self.groups)

    @cached_property
    def block_count(self) -> int:
        """How many blocks there are."""
        return sum(-(-self.seeds.stop // g.size) - self.seeds.start // g.size for g in self.groups)

    def blocks(self) -> Iterator[Block]:
        """Give every block, in turn one of each group, so that what is done early is something of everything."""
        waiting = [self._of_group(group) for group in self.groups]
        while waiting:
            found = [(blocks, next(blocks, None)) for blocks in waiting]
            yield from (block for _, block in found if block is not None)
            waiting = [blocks for blocks, block in found if block is not None]

    def _of_group(self, group: Group) -> Iterator[Block]:
        """Cut at multiples of the size, wherever the seeds begin, so that other sweeps have the same blocks."""
        first, end = self.seeds.start, self.seeds.stop
        while first < end:
            last = min((first // group.size + 1) * group.size, end)
            yield Block(group, first, last)
            first = last


def compute(text: str, first: int, last: int, cancelled: Event | None = None) -> list[Tally] | None:
    """Train the networks of seeds first to last - 1 of the group that `text` describes; None if cancelled.

    -> the tally at each stop.
    """
    group, training = _prepared(text)
    cohort, seeds = Cohort(training, np.arange(first, last)), np.arange(first, last)
    looks, seen, found = set(ladder(group.stops[-1]).tolist()), np.zeros(len(seeds), np.int64), []
    for epoch in sorted(looks.union(group.stops)):
        if not cohort.advance(epoch, cancelled):
            return None
        if epoch in looks:
            look(cohort, group.examples, seen)
        if epoch in group.stops:
            recipe = replace(group.recipe, epochs=epoch)
            crowd = Population(group.architecture, recipe, group.examples, seeds, cohort.parameters())
            found.append(Tally.of(crowd, seen, group.probes))
    return found


def look(cohort: Cohort, examples: Examples, seen: np.ndarray) -> None:
    """Note the present epoch in seen (n,) of the networks that are right for the first time."""
    waiting = np.flatnonzero(seen == 0)
    if len(waiting):
        parameters = cohort.parameters()[waiting]
        seen[waiting[_all_right(cohort.training.architecture, parameters, examples)]] = cohort.epoch


def _all_right(architecture: Architecture, parameters: np.ndarray, examples: Examples) -> np.ndarray:
    """Return whether networks (n, P) get every example right, a cache full of them at a time. -> (n,) bool"""
    assert examples.targets is not None
    found = np.empty(len(parameters), bool)
    with np.errstate(over="ignore", invalid="ignore"):
        for first in range(0, len(parameters), AT_ONCE):
            some = slice(first, first + AT_ONCE)
            outputs = forward(architecture, parameters[some].astype(float), examples.inputs)[-1]
            found[some] = correct(outputs, examples.targets).all(axis=1)
    return found


@lru_cache(maxsize=64)
def _prepared(text: str) -> tuple[Group, Training]:
    """Return a group, with its kernel compiled."""
    group = Group.from_text(text)
    return group, Training.of(group.architecture, group.recipe, group.examples)


def _check(trials: Sequence[Trial], examples: Examples, probes: Examples) -> None:
    if not trials:
        raise TinyNetError(
            "there are no trials; give at least one, such as tn.grid(learning_rate=[0.1, 1.0])"
        )
    known: set[Trial] = set()
    for trial in trials:
        if trial in known:
            raise TinyNetError(f"the trial {trial} stands twice; give each once")
        known.add(trial)
        try:
            check(trial.architecture, examples, trial.recipe)
        except TinyNetError as error:
            raise TinyNetError(f"the trial {trial} is impossible: {error}") from error
    if probes.inputs.shape[1] != examples.inputs.shape[1]:
        raise TinyNetError(
            f"the probe pictures have {probes.inputs.shape[1]} inputs and the examples {examples.inputs.shape[1]}; "
            "give probes like the examples"
        )
