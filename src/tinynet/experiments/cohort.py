"""One training of many seeds: what a worker needs for any part of it, and what its networks answer."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from threading import Event
from typing import NamedTuple

import numpy as np

from tinynet.core import optimizers
from tinynet.core.architecture import Architecture
from tinynet.data.batches import Source, examples_per_epoch, smoothed, steps_per_epoch
from tinynet.data.examples import Examples
from tinynet.data.pictures import views
from tinynet.data.world import World
from tinynet.errors import TinyNetError
from tinynet.kernels.simd import answer, lockstep, working_room
from tinynet.kernels.simd_init import starts
from tinynet.kernels.unrolled import form
from tinynet.numerics.llvm import address, aligned, lane_count
from tinynet.recipe import Recipe
from tinynet.training.early_stopping import EarlyStopping

SECONDS_PER_CALL = 0.05  # the kernel hears a cancellation only between calls
MAX_NETWORKS = 8192  # of a task


class Table(NamedTuple):
    """What a kernel finds pictures in: the examples, or a world's patterns; C-contiguous."""

    inputs: np.ndarray  # (pictures, pixels) float32
    targets: np.ndarray  # (pictures, outputs) float32; of a world two rows more, a coin's
    flat: np.ndarray  # (pictures,) float32, 1 where a pattern of a world has one level
    views: np.ndarray  # (8, pixels) int32, of augmentation

    @classmethod
    def of(cls, recipe: Recipe, source: Source) -> "Table":
        """Return the table of a training."""
        if isinstance(source, World):
            patterns = source.patterns
            inputs, flat = patterns.masks, patterns.is_flat
            targets = np.concatenate([patterns.targets, np.eye(2)])
        else:
            assert source.targets is not None
            inputs, targets, flat = source.inputs, source.targets, np.zeros(1)
        side = math.isqrt(inputs.shape[1])
        seen = views(side) if recipe.augment else np.zeros((8, 1))
        kinds = (np.float32, np.float32, np.float32, np.int32)
        arrays = zip((inputs, smoothed(recipe, targets), flat, seen), kinds, strict=True)
        return cls(*(np.ascontiguousarray(array, kind) for array, kind in arrays))


@dataclass(frozen=True, eq=False)
class Training:
    """One training of many seeds: what a worker needs for any part of it."""

    architecture: Architecture
    recipe: Recipe
    source: Source
    table: Table
    kernel: Callable[..., None]

    @classmethod
    def of(cls, architecture: Architecture, recipe: Recipe, source: Source) -> "Training":
        """Prepare a training, and compile its kernel if it is the first of its kind."""
        world = source if isinstance(source, World) else None
        kernel = lockstep(architecture, form(recipe), examples_per_epoch(source), world)
        return cls(architecture, recipe, source, Table.of(recipe, source), kernel)

    @cached_property
    def seconds_per_epoch(self) -> float:
        """About how long an epoch of one network takes, on the machines of 2026."""
        return 1e-10 * self.architecture.parameter_count * examples_per_epoch(self.source)

    @cached_property
    def networks_per_task(self) -> int:
        """Return how many networks one task takes: enough to be worth it, few enough to be stopped soon."""
        most = min(MAX_NETWORKS, int(SECONDS_PER_CALL / (self.seconds_per_epoch * self.recipe.epochs + 3e-7)))
        return max(1, most // lane_count()) * lane_count()

    def run(
        self, seeds: np.ndarray, cancelled: Event, validation: Examples | None = None
    ) -> np.ndarray | None:
        """Train these seeds; return their parameters (n, P) float32, or None if cancelled.

        With examples to validate on, each network's are those of the epoch that did best on them.
        """
        cohort = Cohort(self, seeds)
        if validation is None:
            return cohort.parameters() if cohort.advance(self.recipe.epochs, cancelled) else None
        stopping = EarlyStopping(self.recipe, validation, len(seeds))
        while cohort.epoch < self.recipe.epochs and not stopping.finished:
            if not cohort.advance(cohort.epoch + 1, cancelled):
                return None
            stopping.update(cohort.answers(validation.inputs), cohort.parameters())
        return stopping.parameters


class Cohort:
    """Networks that are trained in lockstep from their starts on, and can be looked at on the way.

    seeds : (n,) of the networks.
    epoch : how many epochs are done.

    >>> from tinynet.data import pictures
    >>> cohort = Cohort(Training.of(Architecture(), Recipe(), pictures.lines()), np.arange(100))
    >>> cohort.advance(10), cohort.answers(pictures.stress().inputs).shape
    (True, (100, 4, 2))
    """

    def __init__(self, training: Training, seeds: np.ndarray) -> None:
        self.training, self.seeds, self.epoch = training, np.asarray(seeds), 0
        lanes = lane_count()
        padded = np.resize(self.seeds, -(-len(seeds) // lanes) * lanes)  # a last, short block repeats seeds
        self._seeds = np.ascontiguousarray(padded, np.uint32)
        self._blocks = starts(training.architecture, self._seeds)  # (blocks, P, lanes)
        memory = optimizers.memory(training.architecture, training.recipe)
        self._state = aligned((len(self._blocks), len(memory), lanes), np.float32)
        self._state[:] = memory[None, :, None]
        shuffled = examples_per_epoch(training.source) if training.recipe.order == "shuffled" else 0
        self._work = working_room(training.architecture, shuffled)

    def begin(self, parameters: np.ndarray) -> None:
        """Put parameters (n, P) in place of the seeds' starts, such as those that another training ended in.

        Seeds still decide what is shown: a second training with the seeds of the first sees its places again.
        """
        wanted = (len(self.seeds), self.training.architecture.parameter_count)
        if np.shape(parameters) != wanted:
            raise TinyNetError(
                f"the parameters have shape {np.shape(parameters)}; these {wanted[0]} networks need {wanted}"
            )
        if self.epoch:
            raise TinyNetError(f"{self.epoch} epochs are done; a cohort begins before its first")
        padded = np.resize(parameters, (len(self._seeds), wanted[1]))  # as the seeds are
        self._blocks[:] = padded.reshape(len(self._blocks), lane_count(), -1).transpose(0, 2, 1)

    def parameters(self) -> np.ndarray:
        """Return the networks' present numbers. -> (n, P) float32"""
        return self._blocks.transpose(0, 2, 1).reshape(len(self._seeds), -1)[: len(self.seeds)]

    def answers(self, inputs: np.ndarray) -> np.ndarray:
        """Return what the networks answer now to pictures (m, pixels). -> (n, m, outputs) float32

        The sigmoid is the kernel's: within 3e-7.
        """
        return answer(self.training.architecture, self._blocks, inputs)[: len(self.seeds)]

    def advance(self, epoch: int, cancelled: Event | None = None) -> bool:
        """Train on until `epoch` epochs are done; False, and somewhere on the way, if cancelled."""
        size = max(1, int(SECONDS_PER_CALL / (self.training.seconds_per_epoch * len(self._seeds))))
        while self.epoch < epoch:
            if cancelled is not None and cancelled.is_set():
                return False
            last = min(self.epoch + size, epoch)
            self._train(self.epoch, last)
            self.epoch = last
        return True

    def _train(self, first: int, last: int) -> None:
        training, recipe = self.training, self.training.recipe
        settings = np.array([*optimizers.settings(recipe).values(), recipe.noise], np.float32)
        per_epoch = steps_per_epoch(recipe, training.source)
        rates = recipe.rates(first * per_epoch, last * per_epoch, recipe.epochs * per_epoch)
        shown = (*training.table, rates.astype(np.float32), settings)
        arrays = (self._blocks, self._state, self._seeds, *shown, self._work)
        training.kernel(*map(address, arrays), len(self._blocks), first, last)
