"""Populations: one recipe, trained for many seeds."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from tinynet.core.architecture import Architecture
from tinynet.core.forward import forward
from tinynet.data import pictures
from tinynet.data.batches import Source
from tinynet.data.examples import Examples
from tinynet.data.world import World
from tinynet.errors import TinyNetError
from tinynet.evaluation.exam import Exam, ExamResult
from tinynet.evaluation.metrics import correct
from tinynet.evaluation.predictions import UNSURE
from tinynet.evaluation.verdicts import Verdict, decimals, fraction, mean_text
from tinynet.experiments.cohort import TrainingJob
from tinynet.experiments.seeds import Progress, SeedTraining, seed_range
from tinynet.kernels.simd import network_outputs, to_blocks
from tinynet.model.losses import mean_losses
from tinynet.model.network import Network
from tinynet.numerics import arrays
from tinynet.numerics.cancellation import check_cancelled
from tinynet.recipe import Recipe
from tinynet.signatures import check_arguments, check_attributes
from tinynet.training.checks import check, check_recipe
from tinynet.training.defaults import default_recipe, defaults
from tinynet.training.recording import Recording
from tinynet.training.recording_checks import check_array
from tinynet.training.train import train
from tinynet.validation import check_numbers, check_type

NETWORKS_PER_FORWARD = 8192  # networks in one forward pass
NETWORKS_PER_EXAM = 512  # networks in one evaluation of an exam


@dataclass(frozen=True, eq=False, repr=False)
class Population:
    """Networks of many seeds, trained by one recipe in float32.

    seeds : (N,) of the networks that are done. After an interruption some seeds are missing.
    parameters : (N, P) float32 after training.
    interrupted : whether Ctrl-C ended the training early.
    world : the world that the training pictures were drawn from, if any; `examples` are then its clean lines.
    validation : the examples that chose each network's best epoch, if any.

    >>> import tinynet as tn
    >>> population = tn.population(tn.Recipe(learning_rate=0.1, epochs=100), networks=64)
    >>> population.losses.shape, int(population.all_right.sum())
    ((64,), 0)
    """

    architecture: Architecture
    recipe: Recipe
    examples: Examples
    seeds: np.ndarray
    parameters: np.ndarray
    interrupted: bool = False
    world: World | None = None
    validation: Examples | None = None

    def __post_init__(self) -> None:
        check_attributes(self)
        check_type("architecture", self.architecture, Architecture, "an Architecture")
        check_type("seeds", self.seeds, np.ndarray, "a NumPy array")
        check_array("seeds", self.seeds, np.int64, (self.seeds.size,))
        shape = (len(self.seeds), self.architecture.parameter_count)
        check_array("parameters", self.parameters, np.float32, shape)

    def __len__(self) -> int:
        return len(self.seeds)

    def __repr__(self) -> str:
        sizes, count = "-".join(map(str, self.architecture.sizes)), len(self)
        networks = "1 network" if count == 1 else f"{count:,} networks"
        seeds = f", seeds {self.seeds.min():,} to {self.seeds.max():,}" if count else ""
        return f"<Population of {networks} of sizes {sizes}{seeds}>"

    def outputs(self, inputs: Examples | np.ndarray) -> np.ndarray:
        """Return the outputs of every network for inputs (m, inputs). -> (N, m, outputs) float64

        Raises TinyNetError for inputs of another shape.
        """
        values = inputs.inputs if isinstance(inputs, Examples) else check_numbers("inputs", inputs)
        self.architecture.check(values)
        found = np.empty((len(self), len(values), self.architecture.sizes[-1]))
        for some in self._parts(NETWORKS_PER_FORWARD):
            found[some] = self._outputs(some, values)
        return found

    def _parts(self, size: int) -> Iterator[slice]:
        for first in range(0, len(self), size):
            check_cancelled()
            yield slice(first, first + size)

    def _outputs(self, some: slice, values: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            return forward(self.architecture, self.parameters[some].astype(float), values)[-1]

    @cached_property
    def finite(self) -> np.ndarray:
        """(N,) bool: whether all parameters of a network are finite."""
        return np.isfinite(self.parameters).all(axis=1)

    @property
    def losses(self) -> np.ndarray:
        """(N,) mean loss over the examples, after training."""
        return self._scores[0]

    @property
    def accuracy(self) -> np.ndarray:
        """(N,) fraction of the examples that a network classifies correctly; NaN for numbers to predict.

        An example is correct if the target's output is the largest. A tie or NaN is not correct.
        """
        return self._scores[1]

    @property
    def all_right(self) -> np.ndarray:
        """(N,) bool: whether a network classifies every example correctly."""
        return self.accuracy == 1.0

    @cached_property
    def _scores(self) -> tuple[np.ndarray, np.ndarray]:
        """Losses and accuracies, computed in parts to save memory."""
        assert self.examples.targets is not None
        losses, accuracy = np.empty(len(self)), np.empty(len(self))
        for some in self._parts(NETWORKS_PER_FORWARD):
            outputs = self._outputs(some, self.examples.inputs)
            losses[some] = mean_losses(self.recipe, outputs, self.examples)
            accuracy[some] = (
                math.nan if self.examples.regression else correct(outputs, self.examples.targets).mean(axis=1)
            )
        return losses, accuracy

    @cached_property
    def r2(self) -> np.ndarray:
        """(N, targets) R² of each predicted number, on the examples. 0 for a target without variance."""
        targets = self.examples.targets
        assert targets is not None
        deviations = targets - arrays.mean(targets, 0)
        variance = arrays.mean(deviations * deviations, 0)  # (targets,)
        squared = np.empty((len(self), targets.shape[1]))
        for some in self._parts(NETWORKS_PER_FORWARD):
            errors = self._outputs(some, self.examples.inputs) - targets
            with np.errstate(over="ignore", invalid="ignore"):
                squared[some] = (errors * errors).mean(axis=1)
        return np.asarray(np.where(variance > 0, 1 - squared / np.where(variance > 0, variance, 1), 0.0))

    @check_arguments
    def network(self, seed: int) -> Network:
        """Return the trained network of a seed.

        Its parameters are the float32 numbers of the population.
        """
        index = self._index(seed)
        initial = Network.initial(self.architecture, seed=seed)
        return initial.with_parameters(self.parameters[index].astype(float), origin=f"seed {seed}, trained")

    @check_arguments
    def replay(self, seed: int) -> Recording:
        """Train the network of a seed again, as a recording.

        The recording is computed in float64.
        """
        self._index(seed)
        source = self.examples if self.world is None else self.world
        recipe = replace(self.recipe, seed=int(seed))
        return train(
            Network.initial(self.architecture, seed=seed), source, recipe, validation=self.validation
        )

    def margins(self, inputs: Examples | np.ndarray) -> np.ndarray:
        """Return the first output minus the second, of every network. -> (N, examples)"""
        outputs = self.outputs(inputs)
        return np.asarray(outputs[..., 0] - outputs[..., 1])

    @check_arguments
    def take_exam(self, exam: Exam) -> ExamResult:
        """Return the exam's result of every network.

        The outputs are the kernel's, within about 1e-6 of `outputs`.
        """

        def result(some: slice) -> ExamResult:
            parameters = self.parameters[some]
            blocks, count = to_blocks(parameters), len(parameters)
            return exam.evaluate(lambda inputs: network_outputs(self.architecture, blocks, inputs)[:count])

        return ExamResult.joined(map(result, self._parts(NETWORKS_PER_EXAM)))

    @check_arguments
    def fraction(self, mask: np.ndarray, what: str, more: str = "") -> Verdict:
        """Return a verdict on the networks in a mask.

        mask : (N,) bool. what : the end of the sentence, such as "are unsure of gray".
        """
        return fraction(mask, f"networks {what}", more)

    def verdicts(self) -> list[Verdict]:
        """Return verdicts on learning, loss and gray."""
        found = []
        if not self.examples.regression:
            found.append(self.fraction(self.all_right, all_right_phrase(self.examples)))
        found.append(self._loss_verdict())
        if self.examples.regression and self.finite.any():
            found += [self._r2_verdict(k) for k in range(len(self.examples.target_names))]
        if not self.finite.all():
            found.append(self.fraction(~self.finite, "have parameters that are not finite"))
        if self.examples.shape == (2, 2) and self.architecture.sizes[-1] == 2:
            found += self._gray_verdicts()
        return found

    def _loss_verdict(self) -> Verdict:
        finite = self.losses[self.finite]
        if not len(finite):
            return Verdict("No network has a finite loss.", None, len(self))
        low, median, high = np.quantile(finite, [0.1, 0.5, 0.9])
        sentence = f"The median training loss is {median:.4f}. 80 % of the networks have a loss from {low:.4f} to {high:.4f}."
        numbers = {"median": float(median), "quantile_10": float(low), "quantile_90": float(high)}
        return Verdict(sentence, None, len(self), None, numbers)

    def _r2_verdict(self, k: int) -> Verdict:
        low, median, high = np.quantile(self.r2[self.finite, k], [0.1, 0.5, 0.9])
        sentence = (
            f"The median R² of {self.examples.target_names[k]} is {decimals(median)}. 80 % of the networks have an R² from "
            f"{decimals(low)} to {decimals(high)}."
        )
        numbers = {"median": float(median), "quantile_10": float(low), "quantile_90": float(high)}
        return Verdict(sentence, None, len(self), None, numbers)

    def _gray_verdicts(self) -> Iterator[Verdict]:
        margins = self.margins(np.full((1, 4), 0.5))[:, 0]  # (N,)
        first, _ = self.examples.target_names
        yield self.fraction(margins > 0, f"predict {first} for the gray picture", _mean_margin(margins))
        yield self.fraction(np.abs(margins) < UNSURE, f"are unsure of gray, with a margin below {UNSURE:g}")
        learned = self.all_right
        if 0 < learned.sum() < len(self):
            what = f"networks that get every picture right predict {first} for gray"
            yield fraction(margins[learned] > 0, what, _mean_margin(margins[learned]))

    def _index(self, seed: int) -> int:
        found = np.flatnonzero(self.seeds == seed)
        if not len(found):
            raise TinyNetError(
                f"seed {seed:,} is not in this population. Its seeds are {self.seeds.min():,} to {self.seeds.max():,}."
            )
        return int(found[0])


@check_arguments(apart_from=("networks", "first_seed"))
def population(
    recipe: Recipe | None = None,
    networks: int = 1000,
    *,
    first_seed: int = 0,
    examples: Source | None = None,
    architecture: Architecture | None = None,
    validation: Examples | None = None,
    progress: Progress | None = None,
) -> Population:
    """Train one network for each seed, all by one recipe.

    The network of a seed starts as `Network.initial(architecture, seed=seed)`. The seed also decides the order,
    the noise, and the examples drawn from a world.

    first_seed : the first seed; the others follow it.
    examples : examples or a world; the four lines by default.
    recipe, architecture : those of `tinynet.defaults` for the examples by default.
    validation : examples that choose the best epoch of each network, as in `train`.
    progress : called as `progress(done, total)` with numbers of networks.

    Ctrl-C ends the training early and keeps the networks that are done.

    Raises TinyNetError for numbers out of range and for examples that do not fit.

    >>> import tinynet as tn
    >>> print(tn.population(tn.Recipe(epochs=100), networks=1000).verdicts()[0])
    0 of 1,000 networks get all 4 pictures right (95 % interval 0 % to 0.4 %).
    """
    source: Source = pictures.lines() if examples is None else examples
    if recipe is not None:
        check_recipe(recipe)
    given: dict[str, Any] = {} if recipe is None else {"loss": recipe.loss}
    architecture = architecture or defaults(source, **given).architecture
    recipe = recipe or default_recipe(source, architecture)
    check(architecture, source, recipe, validation)
    seeds = seed_range(first_seed, networks)
    training = SeedTraining(TrainingJob.of(architecture, recipe, source), seeds, validation)
    training.run(progress)
    done = training.done if training.interrupted else slice(None)  # a slice does not copy the arrays
    world = source if isinstance(source, World) else None
    scored = source.lines if isinstance(source, World) else source
    return Population(
        architecture, recipe, scored, training.seeds[done], training.parameters[done],
        training.interrupted, world, validation,
    )  # fmt: skip


def all_right_phrase(examples: Examples) -> str:
    """Return a phrase such as "get all 4 pictures right"."""
    return f"get all {len(examples):,} {examples.noun(len(examples))} right"


def _mean_margin(margins: np.ndarray) -> str:
    sizes = np.abs(margins)
    error = math.sqrt(arrays.variance(sizes) / len(sizes))
    return f"The mean margin is {mean_text(float(arrays.mean(sizes)), error)}."
