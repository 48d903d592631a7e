"""The plan of a sweep: trials, trainings and shards."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from tinynet.data import pictures
from tinynet.data.examples import Examples
from tinynet.data.probes import default_probes
from tinynet.errors import TinyNetError, advice, counted
from tinynet.evaluation.baseline import constant_loss
from tinynet.experiments.aggregates import QUANTILES, Tally
from tinynet.experiments.seeds import seed_range
from tinynet.experiments.shards import Shard, TrainingGroup
from tinynet.experiments.trials import Trial, as_trials
from tinynet.numerics.integers import ceil_div
from tinynet.recipe import Recipe
from tinynet.training.checks import check

# A tally has a histogram for each probe and class.
MIN_PROBES, MAX_PREDICTIONS = 16, 20_000


def training_key(trial: Trial) -> Trial:
    """Return an equal key for trials that share a training.

    With a constant learning rate, a short training is the beginning of a longer one. Other schedules depend on
    the number of epochs.
    """
    if trial.recipe.schedule != "constant":
        return trial
    return Trial(trial.architecture, replace(trial.recipe, epochs=1))


@dataclass(frozen=True, eq=False)
class Plan:
    """The trials, seeds and trainings of a sweep.

    positions : for each trial, the index of its group and the index of its checkpoint in that group.

    >>> from tinynet.experiments import trials
    >>> grid = trials.grid(learning_rate=[0.1, 1.0], epochs=[10, 100])
    >>> plan = plan_sweep(grid, 5000)
    >>> len(plan.trials), len(plan.groups), plan.total_networks, plan.shard_count
    (4, 2, 10000, 2)
    """

    trials: tuple[Trial, ...]
    seeds: range
    examples: Examples
    probes: Examples
    groups: tuple[TrainingGroup, ...]
    positions: tuple[tuple[int, int], ...]

    @classmethod
    def of(
        cls, trials: Sequence[Trial], networks: int, first_seed: int, examples: Examples, probes: Examples
    ) -> "Plan":
        """Check the trials and the seeds, and group the trials.

        Raises TinyNetError that names the trial at fault.
        """
        _check(trials, examples, probes)
        members: dict[Trial, list[int]] = defaultdict(list)
        for number, trial in enumerate(trials):
            members[training_key(trial)].append(number)
        groups, positions = [], [(0, 0)] * len(trials)
        for index, numbers in enumerate(members.values()):
            checkpoints = tuple(sorted(trials[number].recipe.epochs for number in numbers))
            longest = max((trials[number] for number in numbers), key=lambda trial: trial.recipe.epochs)
            groups.append(TrainingGroup(longest.architecture, longest.recipe, checkpoints, examples, probes))
            for number in numbers:
                positions[number] = (index, checkpoints.index(trials[number].recipe.epochs))
        seeds = seed_range(first_seed, networks)
        return cls(tuple(trials), seeds, examples, probes, tuple(groups), tuple(positions))

    def summary(self, trial: int, tally: Tally) -> dict[str, Any]:
        """Return the results of a trial, by name.

        Numbers to predict have quantiles of R² instead of the networks that learned. R² is over all targets. It is None
        for another loss than 'mse'.
        """
        found = tally.summary()
        if not self.examples.regression:
            return found
        kept = {name: value for name, value in found.items() if "learn" not in name}
        recipe = self.trials[trial].recipe
        scale = constant_loss(self.examples, recipe) if recipe.loss == "mse" else 0.0
        for percent in QUANTILES:
            loss = found[f"loss_q{100 - percent}"]
            kept[f"r2_q{percent}"] = 1 - loss / scale if loss is not None and scale > 0 else None
        return kept

    @property
    def total_networks(self) -> int:
        """The number of networks that are trained: seeds times trainings."""
        return len(self.seeds) * len(self.groups)

    @cached_property
    def shard_count(self) -> int:
        """The number of shards."""
        first, end = self.seeds.start, self.seeds.stop
        return sum(ceil_div(end, group.shard_size) - first // group.shard_size for group in self.groups)

    def shards(self) -> Iterator[Shard]:
        """Yield every shard, each group in turn.

        A sweep that ends early has results for every trial.
        """
        waiting = [self._shards_of(group) for group in self.groups]
        while waiting:
            found = [(shards, next(shards, None)) for shards in waiting]
            yield from (shard for _, shard in found if shard is not None)
            waiting = [shards for shards, shard in found if shard is not None]

    def _shards_of(self, group: TrainingGroup) -> Iterator[Shard]:
        """Yield the shards of a group.

        The shards begin at multiples of their size, so that sweeps with other seeds have equal shards.
        """
        first, end = self.seeds.start, self.seeds.stop
        while first < end:
            last = min((first // group.shard_size + 1) * group.shard_size, end)
            yield Shard(group, first, last)
            first = last


def plan_sweep(
    trials: Sequence[Trial | Recipe] | Trial | Recipe,
    networks: int = 1024,
    *,
    first_seed: int = 0,
    examples: Examples | None = None,
    probes: Examples | None = None,
) -> Plan:
    """Return the plan of a sweep.

    Arguments and errors are those of `sweep`.
    """
    examples = pictures.lines() if examples is None else examples
    if examples.regression:
        if probes is not None:
            raise TinyNetError(
                "is given and the examples have numbers to predict. A probe needs classes. Leave it out.",
                parameter="probes",
            )
        probes = examples[:1]  # a tally has at least one probe; no table shows this one
    elif probes is None:
        probes = default_probes() if examples.shape == (2, 2) else _spaced(examples)
    return Plan.of(as_trials(trials, examples), networks, first_seed, examples, probes)


def _spaced(examples: Examples) -> Examples:
    """Return all examples, or evenly spaced examples if there are many."""
    most = max(MIN_PROBES, MAX_PREDICTIONS // len(examples.target_names))
    return examples[:: ceil_div(len(examples), most)] if len(examples) > most else examples


def _check(trials: Sequence[Trial], examples: Examples, probes: Examples) -> None:
    if not trials:
        raise TinyNetError(
            "is empty. Give at least one, such as tn.grid(learning_rate=[0.1, 1.0]).", parameter="trials"
        )
    known: set[Trial] = set()
    for trial in trials:
        if trial in known:
            raise TinyNetError(f"the trial {trial} occurs twice. Remove one of the two.")
        known.add(trial)
        if trial.recipe.patience:
            raise TinyNetError(
                f"is {trial.recipe.patience:,}. A sweep has no validation examples. {advice('patience', 0)}",
                parameter="patience",
            )
        try:
            check(trial.architecture, examples, trial.recipe)
        except TinyNetError as error:
            raise TinyNetError(f"the trial {trial} is invalid: {error.message}") from error
    if probes.inputs.shape[1] != examples.inputs.shape[1]:
        raise TinyNetError(
            f"the probes have {counted(probes.inputs.shape[1], 'input')} and the examples {examples.inputs.shape[1]}. "
            "Give probes with as many inputs as the examples."
        )
