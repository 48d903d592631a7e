"""Populations: the same training for many seeds. One seed is an anecdote."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import cached_property

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
from tinynet.evaluation.verdicts import Verdict, share
from tinynet.experiments.cohort import Training
from tinynet.kernels.simd import answer, blocks_of
from tinynet.model.losses import mean_losses
from tinynet.model.network import Network
from tinynet.numerics import arrays
from tinynet.numerics.llvm import lane_count
from tinynet.recipe import Recipe
from tinynet.training.checks import check
from tinynet.training.recording import Recording
from tinynet.training.train import train

MAX_NETWORKS = 100_000_000
FORWARD_BLOCK = 8192  # networks whose answers are computed at once
EXAM_BLOCK = 512  # networks that sit an exam at once


@dataclass(frozen=True, eq=False)
class Population:
    """Many networks trained alike, one a seed, in float32.

    seeds : (N,) of the networks that are done; all that were asked for, unless it was interrupted.
    parameters : (N, P) float32 after training.
    interrupted : whether Ctrl-C ended it early.
    world : where the pictures to train on were drawn from, if they were; `examples` are its clean lines then.
    validation : what each network's best epoch was chosen by, if it was.

    >>> import tinynet as tn
    >>> crowd = tn.population(tn.Recipe(learning_rate=0.1, epochs=100), networks=64)
    >>> crowd.losses.shape, int(crowd.all_right.sum())
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

    def __len__(self) -> int:
        return len(self.seeds)

    def outputs(self, inputs: Examples | np.ndarray) -> np.ndarray:
        """Return every network's answers to pictures (pictures, pixels). -> (N, pictures, outputs) float64

        Raises TinyNetError for inputs of another shape.
        """
        values = inputs.inputs if isinstance(inputs, Examples) else np.asarray(inputs, float)
        wanted = self.architecture.sizes[0]
        if values.ndim != 2 or values.shape[1] != wanted:
            raise TinyNetError(
                f"inputs has the shape {values.shape}. These networks take (pictures, {wanted})."
            )
        answers = np.empty((len(self), len(values), self.architecture.sizes[-1]))
        for some in self._parts():
            answers[some] = self._outputs(some, values)
        return answers

    def _parts(self, block: int = FORWARD_BLOCK) -> Iterator[slice]:
        return (slice(first, first + block) for first in range(0, len(self), block))

    def _outputs(self, some: slice, values: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            return forward(self.architecture, self.parameters[some].astype(float), values)[-1]

    @cached_property
    def finite(self) -> np.ndarray:
        """(N,) bool: whether all of a network's numbers stayed finite."""
        return np.isfinite(self.parameters).all(axis=1)

    @property
    def losses(self) -> np.ndarray:
        """(N,) mean loss over the examples, after training."""
        return self._judged[0]

    @property
    def accuracy(self) -> np.ndarray:
        """(N,) share of the examples whose largest output is the target's; a tie or NaN is not right."""
        return self._judged[1]

    @property
    def all_right(self) -> np.ndarray:
        """(N,) bool: whether every example comes out right."""
        return self.accuracy == 1.0

    @cached_property
    def _judged(self) -> tuple[np.ndarray, np.ndarray]:
        """Losses and accuracies, part by part: the answers of a million networks need not be kept."""
        assert self.examples.targets is not None
        losses, accuracy = np.empty(len(self)), np.empty(len(self))
        for some in self._parts():
            outputs = self._outputs(some, self.examples.inputs)
            losses[some] = mean_losses(self.recipe, outputs, self.examples)
            accuracy[some] = correct(outputs, self.examples.targets).mean(axis=1)
        return losses, accuracy

    def network(self, seed: int) -> Network:
        """Return the trained member of that seed, in the float32 numbers of the population."""
        index = self._index(seed)
        start = Network.initial(self.architecture, seed=seed)
        return start.with_parameters(self.parameters[index].astype(float), origin=f"seed {seed}, trained")

    def replay(self, seed: int) -> Recording:
        """Train the member of that seed again, in float64, with every nudge recorded."""
        self._index(seed)
        source = self.examples if self.world is None else self.world
        recipe = replace(self.recipe, seed=int(seed))
        return train(
            Network.initial(self.architecture, seed=seed), source, recipe, validation=self.validation
        )

    def margins(self, inputs: Examples | np.ndarray) -> np.ndarray:
        """Return how far each network's first answer exceeds its second. -> (N, pictures)"""
        outputs = self.outputs(inputs)
        return np.asarray(outputs[..., 0] - outputs[..., 1])

    def sit(self, exam: Exam) -> ExamResult:
        """Let every network sit an exam, some at a time; its answers are the kernel's, within 1e-6 or so."""

        def sat(some: slice) -> ExamResult:
            parameters = self.parameters[some]
            blocks, count = blocks_of(parameters), len(parameters)
            return exam.evaluate(lambda inputs: answer(self.architecture, blocks, inputs)[:count])

        return ExamResult.joined(map(sat, self._parts(EXAM_BLOCK)))

    def share(self, mask: np.ndarray, what: str, more: str = "") -> Verdict:
        """Return the verdict that so many of all networks do `what`; mask is (N,) bool."""
        return share(mask, f"networks {what}", more)

    def verdicts(self) -> list[Verdict]:
        """Return what was found: how many learned, the loss, and what they say of gray."""
        found = [self.share(self.all_right, f"get all {len(self.examples)} pictures right")]
        found.append(self._loss_verdict())
        if not self.finite.all():
            found.append(self.share(~self.finite, "ended in numbers that are not finite"))
        if self.examples.shape == (2, 2) and self.architecture.sizes[-1] == 2:
            found += self._gray_verdicts()
        return found

    def _loss_verdict(self) -> Verdict:
        finite = self.losses[self.finite]
        if not len(finite):
            return Verdict("No network has a final loss: none stayed finite.", None, len(self))
        low, median, high = np.quantile(finite, [0.1, 0.5, 0.9])
        sentence = f"The final loss is {median:.4f} in the median network; 80 % lie between {low:.4f} and {high:.4f}."
        numbers = {"median": float(median), "quantile_10": float(low), "quantile_90": float(high)}
        return Verdict(sentence, None, len(self), None, numbers)

    def _gray_verdicts(self) -> Iterator[Verdict]:
        gap = self.margins(np.full((1, 4), 0.5))[:, 0]  # (N,)
        first, _ = self.examples.target_names
        yield self.share(gap > 0, f"lean to {first} on the gray block", _mean_gap(gap))
        yield self.share(
            np.abs(gap) < UNSURE, f"are unsure of gray: their answers differ by less than {UNSURE:g}"
        )
        learned = self.all_right
        if 0 < learned.sum() < len(self):
            what = f"networks that get every picture right lean to {first} on gray"
            yield share(gap[learned] > 0, what, _mean_gap(gap[learned]))

    def _index(self, seed: int) -> int:
        found = np.flatnonzero(self.seeds == seed)
        if not len(found):
            raise TinyNetError(
                f"seed {seed} is not in this population; its seeds are {self.seeds.min()} to {self.seeds.max()}"
            )
        return int(found[0])


def population(
    recipe: Recipe | None = None,
    networks: int = 1000,
    *,
    first_seed: int = 0,
    examples: Source | None = None,
    architecture: Architecture | None = None,
    validation: Examples | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Population:
    """Train one network for each seed from `first_seed` on, all by one recipe.

    Member `seed` starts as `Network.initial(architecture, seed=seed)`, and its seed decides all that the recipe leaves to chance.
    With examples for validation, each network is the one of its best epoch on them, as in `train`.
    Examples are the four lines and the architecture 4-3-2 unless given. `progress(done, total)` counts
    networks. Ctrl-C ends it early and keeps the networks that are done.

    Raises TinyNetError for numbers out of range and for examples that do not fit.

    >>> import tinynet as tn
    >>> print(tn.population(tn.Recipe(epochs=100), networks=1000).verdicts()[0])
    0 of 1,000 networks get all 4 pictures right (95 % interval 0 % to 0.4 %).
    """
    recipe, architecture = recipe or Recipe(), architecture or Architecture()
    source: Source = pictures.lines() if examples is None else examples
    check(architecture, source, recipe, validation)
    span = seed_range(first_seed, networks)
    seeds = np.arange(span.start, span.stop)
    training = Training.of(architecture, recipe, source)
    parameters = np.empty((networks, architecture.parameter_count), np.float32)
    size = min(training.networks_per_task, max(lane_count(), -(-networks // (os.cpu_count() or 1))))
    blocks = [slice(first, first + size) for first in range(0, networks, size)]
    done = np.zeros(len(blocks), bool)
    cancelled = threading.Event()

    def task(number: int) -> int:
        some = blocks[number]
        trained = training.run(seeds[some], cancelled, validation)
        if trained is not None:
            parameters[some], done[number] = trained, True
        return number

    interrupted = False
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        futures = [pool.submit(task, number) for number in range(len(blocks))]
        try:
            _report(as_completed(futures), blocks, networks, progress)
        except BaseException as error:
            cancelled.set()
            pool.shutdown(cancel_futures=True)
            if not isinstance(error, KeyboardInterrupt):
                raise
            interrupted = True
    if not done.all():
        keep = np.repeat(done, size)[:networks]
        seeds, parameters = seeds[keep], parameters[keep]
    world = source if isinstance(source, World) else None
    judged = source.lines if isinstance(source, World) else source
    return Population(architecture, recipe, judged, seeds, parameters, interrupted, world, validation)


def seed_range(first: int, networks: int) -> range:
    """Return the seeds of so many networks; TinyNetError where they are too many or out of range."""
    for name, value, low, high in (
        ("networks", networks, 1, MAX_NETWORKS),
        ("first_seed", first, 0, 2**32 - 1),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise TinyNetError(f"{name} is {value!r}; it must be a whole number from {low} to {high}")
    if first + networks > 2**32:
        raise TinyNetError(f"first_seed {first} and {networks} networks pass the last seed, {2**32 - 1}")
    return range(first, first + networks)


def _report(
    finished: Iterator[Future[int]],
    blocks: list[slice],
    networks: int,
    progress: Callable[[int, int], None] | None,
) -> None:
    count = 0
    for future in finished:
        some = blocks[future.result()]
        count += min(some.stop, networks) - some.start
        if progress is not None:
            progress(count, networks)


def _mean_gap(gap: np.ndarray) -> str:
    return f"the two answers differ by {arrays.mean(np.abs(gap)):.3f} on average"
