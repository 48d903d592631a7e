"""One training of many seeds: what a worker needs for any part of it, and what its networks answer."""

from dataclasses import dataclass
from functools import cached_property
from threading import Event

import numpy as np

from tinynet import kernel, lockstep
from tinynet.network import Architecture, activate
from tinynet.pictures import Examples
from tinynet.recipe import Recipe

SECONDS_A_CALL = 0.05  # the kernel hears a cancellation only between calls
BLOCK = len(kernel.LANES)  # networks that are trained in lockstep
MOST_BLOCKS = 128  # of a task


@dataclass(frozen=True, eq=False)
class Training:
    """One training of many seeds: what a worker needs for any part of it.

    own : the kernel printed for this network and recipe; None where the general one does it.
    """

    architecture: Architecture
    recipe: Recipe
    inputs: np.ndarray  # (pictures, pixels) float32
    targets: np.ndarray  # (pictures, outputs) float32
    own: lockstep.Train | None

    @classmethod
    def of(cls, architecture: Architecture, recipe: Recipe, examples: Examples) -> "Training":
        """Prepare a training, and compile its kernel if it is the first of its kind."""
        assert examples.targets is not None
        count = len(examples)
        small = lockstep.fits(architecture, recipe, count)
        own = lockstep.compiled(architecture, recipe, count) if small else None
        inputs, targets = (array.astype(np.float32) for array in (examples.inputs, examples.targets))
        return cls(architecture, recipe, inputs, targets, own)

    @cached_property
    def seconds_an_epoch(self) -> float:
        """About how long an epoch of one block takes, on the machines of 2026."""
        each = 2.5e-10 if self.own else 3e-9
        return each * self.architecture.parameter_count * len(self.inputs) * BLOCK

    @cached_property
    def blocks_a_task(self) -> int:
        """Return how many blocks one task takes: enough to be worth it, few enough to be stopped soon."""
        return max(
            1, min(MOST_BLOCKS, int(SECONDS_A_CALL / (self.seconds_an_epoch * self.recipe.epochs + 2e-5)))
        )

    def run(self, seeds: np.ndarray, cancelled: Event) -> np.ndarray | None:
        """Train these seeds; return their parameters (n, P) float32, or None if cancelled."""
        cohort = Cohort(self, seeds)
        return cohort.parameters() if cohort.advance(self.recipe.epochs, cancelled) else None


class Cohort:
    """Networks that are trained in lockstep from their starts on, and can be looked at on the way.

    seeds : (n,) of the networks.
    epoch : how many epochs are done.

    >>> from tinynet import pictures
    >>> cohort = Cohort(Training.of(Architecture(), Recipe(), pictures.lines()), np.arange(100))
    >>> cohort.advance(10), cohort.answers(pictures.stress().inputs).shape
    (True, (100, 4, 2))
    """

    def __init__(self, training: Training, seeds: np.ndarray) -> None:
        self.training, self.seeds, self.epoch = training, np.asarray(seeds), 0
        padded = np.resize(
            self.seeds, -(-len(seeds) // BLOCK) * BLOCK
        )  # a last, short block repeats its seeds
        self._seeds = padded
        self._blocks = kernel.starts(training.architecture, padded)  # (blocks, P, 64)
        plan = kernel.plan(training.architecture, training.recipe, np.float32)
        memory = kernel.initial_state(plan).astype(np.float32)[:, None]
        self._state = np.tile(np.repeat(memory, BLOCK, axis=1), (len(self._blocks), 1, 1))  # (blocks, S, 64)

    def parameters(self) -> np.ndarray:
        """Return the networks' present numbers. -> (n, P) float32"""
        return self._blocks.transpose(0, 2, 1).reshape(len(self._seeds), -1)[: len(self.seeds)]

    def answers(self, inputs: np.ndarray) -> np.ndarray:
        """Return what the networks answer now to pictures (m, pixels). -> (n, m, outputs) float32"""
        with np.errstate(over="ignore", invalid="ignore"):
            return forward(self.training.architecture, self.parameters(), inputs.astype(np.float32))

    def advance(self, epoch: int, cancelled: Event | None = None) -> bool:
        """Train on until `epoch` epochs are done; False, and somewhere on the way, if cancelled."""
        step = self._by_own if self.training.own else self._by_general
        size = max(1, int(SECONDS_A_CALL / (self.training.seconds_an_epoch * len(self._blocks))))
        while self.epoch < epoch:
            if cancelled is not None and cancelled.is_set():
                return False
            last = min(self.epoch + size, epoch)
            step((self.epoch, last))
            self.epoch = last
        return True

    def _by_own(self, span: tuple[int, int]) -> None:
        own, inputs, targets = self.training.own, self.training.inputs, self.training.targets
        assert own is not None
        order, settings = np.zeros(len(inputs) * BLOCK, np.int64), lockstep.settings(self.training.recipe)
        flat, state = self._blocks.reshape(-1), self._state.reshape(-1)
        own(flat, state, self._seeds, len(self._blocks), inputs, targets, settings, order, span)

    def _by_general(self, span: tuple[int, int]) -> None:
        training = self.training
        plan, lanes = kernel.plan(training.architecture, training.recipe, np.float32), kernel.LANES
        nudges = -(-len(training.inputs) // training.recipe.batch_size)
        shown, steps = (training.inputs, training.targets), (span[0] * nudges, span[1] * nudges)
        for k in range(len(self._blocks)):
            seeds = self._seeds[k * BLOCK : (k + 1) * BLOCK]
            block = kernel.block(plan, self._blocks[k], self._state[k], seeds, len(training.inputs))
            kernel.train(plan, lanes, block, shown, kernel.no_trace(np.float32), steps)
            self._blocks[k] = block.parameters.reshape(-1, BLOCK)
            self._state[k] = block.state.reshape(-1, BLOCK)


def forward(architecture: Architecture, parameters: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Return the answers of networks (n, P) to pictures (m, pixels). -> (n, m, outputs)"""
    a = inputs[None]  # (1, m, pixels)
    for n, (weight, bias) in enumerate(architecture.slices):
        shape = (-1, architecture.sizes[n + 1], architecture.sizes[n])
        w = parameters[:, weight].reshape(shape)  # (n, out, in)
        z = a @ w.transpose(0, 2, 1) + parameters[:, None, bias]  # (n, m, out)
        a = activate(architecture.activations[n], z)
    return np.asarray(a)


def mean_losses(recipe: Recipe, outputs: np.ndarray, examples: Examples) -> np.ndarray:
    """Return the mean loss of answers (n, m, outputs) to the examples. -> (n,)"""
    targets = examples.targets
    assert targets is not None
    if recipe.loss == "mse":
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(((outputs - targets) ** 2).mean(axis=(1, 2)))
    with np.errstate(divide="ignore", invalid="ignore"):
        logs, rests = (np.maximum(np.log(p), -100.0) for p in (outputs, 1 - outputs))
    if recipe.loss == "cross_entropy":
        return np.asarray(-(targets * logs).sum(axis=2).mean(axis=1))
    return np.asarray(-(targets * logs + (1 - targets) * rests).mean(axis=(1, 2)))


def right(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return whether the target's largest output is the strictly largest. (n, m, outputs) -> (n, m)"""
    if outputs.shape[-1] == 1:
        return np.asarray((outputs[..., 0] > 0.5) == (targets[:, 0] > 0.5)) & (outputs[..., 0] != 0.5)
    wanted = targets.argmax(axis=1)
    chosen = np.take_along_axis(outputs, np.broadcast_to(wanted[None, :, None], (*outputs.shape[:2], 1)), 2)[
        ..., 0
    ]
    others = outputs.copy()
    np.put_along_axis(others, np.broadcast_to(wanted[None, :, None], (*outputs.shape[:2], 1)), -np.inf, 2)
    return np.asarray(chosen > others.max(axis=2))
