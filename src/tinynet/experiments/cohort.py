"""Networks of many seeds, trained by one kernel."""

import math
import time
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
from tinynet.kernels.simd import compile_training, network_outputs, workspace
from tinynet.kernels.simd_init import initial_blocks
from tinynet.kernels.unrolled import kernel_key
from tinynet.numerics.integers import ceil_div
from tinynet.numerics.kernel import Kernel, aligned, contiguous
from tinynet.numerics.llvm import lane_count
from tinynet.recipe import Recipe
from tinynet.training.early_stopping import EarlyStopping
from tinynet.training.train import SECONDS_PER_CALL

MAX_NETWORKS_PER_TASK = 8192


class KernelInputs(NamedTuple):
    """The C-contiguous arrays that a kernel reads."""

    inputs: np.ndarray  # (examples, inputs) float32
    targets: np.ndarray  # (examples, outputs) float32; a world has two more rows, for coin labels
    flat: np.ndarray  # (examples,) float32, 1 for a pattern of a world with a single level
    views: np.ndarray  # (8, inputs) int32, the index arrays of the augmentation; (0, inputs) without it

    @classmethod
    def of(cls, recipe: Recipe, source: Source) -> "KernelInputs":
        """Return the arrays of a recipe and its data."""
        if isinstance(source, World):
            patterns = source.patterns
            inputs, flat = patterns.masks, patterns.is_flat
            targets = np.concatenate([patterns.targets, np.eye(2)])
        else:
            assert source.targets is not None
            inputs, targets, flat = source.inputs, source.targets, np.zeros(len(source))
        width = inputs.shape[1]
        orders = views(math.isqrt(width)) if recipe.augment else np.empty((0, width))
        kinds = (np.float32, np.float32, np.float32, np.int32)
        with np.errstate(over="ignore"):
            arrays = zip((inputs, smoothed(recipe, targets), flat, orders), kinds, strict=True)
            found = cls(*(contiguous(array, kind) for array, kind in arrays))
        for name in ("inputs", "targets"):  # checked here once, and not in each call of the kernel
            if not np.isfinite(getattr(found, name)).all():
                raise TinyNetError(
                    f"{name} has a number above 3.4e38. A population is trained in float32. Scale the numbers first."
                )
        return found


@dataclass(frozen=True, eq=False)
class TrainingJob:
    """A training that is ready to run for any seeds."""

    architecture: Architecture
    recipe: Recipe
    source: Source
    inputs: KernelInputs
    kernel: Kernel

    @classmethod
    def of(cls, architecture: Architecture, recipe: Recipe, source: Source) -> "TrainingJob":
        """Prepare the inputs and the kernel.

        One compiled kernel serves all trainings that can share the kernel.
        """
        world = source if isinstance(source, World) else None
        kernel = compile_training(architecture, kernel_key(recipe), examples_per_epoch(source), world)
        return cls(architecture, recipe, source, KernelInputs.of(recipe, source), kernel)

    @cached_property
    def seconds_per_epoch(self) -> float:
        """Estimated seconds of one epoch of one network.

        The estimate is for machines of 2026.
        """
        return 1e-10 * self.architecture.parameter_count * examples_per_epoch(self.source)

    @cached_property
    def networks_per_task(self) -> int:
        """The number of networks of one task.

        Small tasks can be cancelled soon.
        """
        seconds = self.seconds_per_epoch * self.recipe.epochs + 3e-7
        networks = min(MAX_NETWORKS_PER_TASK, int(SECONDS_PER_CALL / seconds))
        return max(1, networks // lane_count()) * lane_count()

    def run(
        self, seeds: np.ndarray, cancelled: Event, validation: Examples | None = None
    ) -> np.ndarray | None:
        """Train the networks of these seeds.

        With validation examples, each network ends with the parameters of its best epoch on these examples.

        Returns the parameters (n, P) float32, or None if `cancelled` was set.
        """
        cohort = Cohort(self, seeds)
        if validation is None:
            return cohort.parameters() if cohort.advance(self.recipe.epochs, cancelled) else None
        stopping = EarlyStopping(self.recipe, validation, len(seeds))
        while cohort.epoch < self.recipe.epochs and not stopping.finished:
            if not cohort.advance(cohort.epoch + 1, cancelled):
                return None
            stopping.update(cohort.outputs(validation.inputs), cohort.parameters())
        return stopping.parameters


class Cohort:
    """Networks that are trained in lockstep.

    You can read the networks between two epochs.

    seeds : (n,) one seed for each network.
    epoch : the number of epochs that are done.

    >>> from tinynet.data import pictures
    >>> cohort = Cohort(TrainingJob.of(Architecture(), Recipe(), pictures.lines()), np.arange(100))
    >>> cohort.advance(10), cohort.outputs(pictures.stress().inputs).shape
    (True, (100, 4, 2))
    """

    def __init__(self, job: TrainingJob, seeds: np.ndarray) -> None:
        self.job, self.seeds, self.epoch = job, np.asarray(seeds), 0
        lanes = lane_count()
        padded = np.resize(self.seeds, ceil_div(len(seeds), lanes) * lanes)  # fills the last block of lanes
        self._seeds = np.ascontiguousarray(padded, np.uint32)
        self._blocks = initial_blocks(job.architecture, self._seeds)  # (blocks, P, lanes)
        state = optimizers.initial_state(job.architecture, job.recipe)
        self._state = aligned((len(self._blocks), len(state), lanes), np.float32)
        self._state[:] = state[None, :, None]
        shuffled = examples_per_epoch(job.source) if job.recipe.order == "shuffled" else 0
        self._work = workspace(job.architecture, shuffled)

    def load_parameters(self, parameters: np.ndarray) -> None:
        """Replace the initial parameters by parameters (n, P).

        The seeds still decide the order, noise and pictures. A second training with equal seeds draws
        them a second time.

        Raises TinyNetError for another shape, and after the first epoch.
        """
        wanted = (len(self.seeds), self.job.architecture.parameter_count)
        if np.shape(parameters) != wanted:
            raise TinyNetError(
                f"parameters has shape {np.shape(parameters)}. It must be {wanted} for these networks."
            )
        if self.epoch:
            raise TinyNetError(
                f"the training has reached epoch {self.epoch:,}. Load parameters before the first epoch: make a new Cohort."
            )
        padded = np.resize(parameters, (len(self._seeds), wanted[1]))  # the same padding as for the seeds
        self._blocks[:] = padded.reshape(len(self._blocks), lane_count(), -1).transpose(0, 2, 1)

    def parameters(self) -> np.ndarray:
        """Return the current parameters. -> (n, P) float32"""
        return self._blocks.transpose(0, 2, 1).reshape(len(self._seeds), -1)[: len(self.seeds)]

    def outputs(self, inputs: np.ndarray) -> np.ndarray:
        """Return the current outputs. -> (n, m, outputs) float32

        inputs : (m, inputs).

        The kernel's sigmoid is an approximation, within 3e-7.
        """
        return network_outputs(self.job.architecture, self._blocks, inputs)[: len(self.seeds)]

    def advance(self, epoch: int, cancelled: Event | None = None) -> bool:
        """Train until `epoch` epochs are done.

        Returns False if `cancelled` was set before.
        """
        size = max(1, int(SECONDS_PER_CALL / (8 * self.job.seconds_per_epoch * len(self._seeds))))
        while self.epoch < epoch:
            if cancelled is not None and cancelled.is_set():
                return False
            last, began = min(self.epoch + size, epoch), time.monotonic()
            self._train(self.epoch, last)
            self.epoch = last
            spent = time.monotonic() - began  # the estimate is rough, and other programs may run
            size = 2 * size if spent < SECONDS_PER_CALL else max(1, size // 2)
        return True

    def _train(self, first: int, last: int) -> None:
        job, recipe = self.job, self.job.recipe
        settings = np.array([*optimizers.settings(recipe).values(), recipe.noise], np.float32)
        per_epoch = steps_per_epoch(recipe, job.source)
        rates = recipe.rates(first * per_epoch, last * per_epoch, recipe.epochs * per_epoch)
        inputs = (*job.inputs, rates.astype(np.float32), settings)
        arrays = (self._blocks, self._state, self._seeds, *inputs, self._work)
        job.kernel(arrays, len(self._blocks), first, last)
