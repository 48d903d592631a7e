"""Train one network, and record everything."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from tinynet.core import optimizers
from tinynet.core.architecture import Architecture
from tinynet.data.batches import Source, smoothed, steps_per_epoch
from tinynet.data.examples import Examples
from tinynet.data.world import World
from tinynet.errors import TinyNetError
from tinynet.kernels.scalar import Recorder, Tape
from tinynet.model.moment import Moment
from tinynet.model.network import Network
from tinynet.recipe import Recipe
from tinynet.training.checks import check
from tinynet.training.early_stopping import EarlyStopping
from tinynet.training.recording import Recording, StopReason

Progress = Callable[[int, int], None]

MAX_KEPT = 200_000  # steps
MAX_TIMES = 1_000  # of one nudge
MAX_BYTES = 512 * 2**20  # of the kept steps' numbers
SECONDS_PER_CALL = 0.05  # the kernel hears Ctrl-C only between calls


def train(
    network: Network,
    examples: Source,
    recipe: Recipe | None = None,
    *,
    validation: Examples | None = None,
    kept: int = MAX_KEPT,
    progress: Progress | None = None,
) -> Recording:
    """Train `network` on `examples` by `recipe` (the default recipe if None) and return the recording.

    Examples may be a `World`: every showing is a fresh picture then, drawn by the recipe's seed, and 100 pictures count
    as an epoch.

    With examples for validation, the recording has the loss on them after each epoch and its `best` network, and stops
    where the recipe's patience is over.

    The network itself is left as it is. Training that leaves the finite numbers stops before that step, and
    Ctrl-C stops it where it is: the recording up to there is returned, and its `stopped` says why.
    Of more than `kept` steps only every n-th is kept, so that memory stays bounded; any other is computed again.
    `progress(done, total)` is called now and then with numbers of steps.

    Raises TinyNetError where the three do not fit each other.

    >>> import tinynet as tn
    >>> run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=100))
    >>> f"{run.loss_per_epoch[-1]:.4f}"
    '0.2522'
    """
    recipe = recipe or Recipe()
    check(network.architecture, examples, recipe, validation)
    per_epoch = steps_per_epoch(recipe, examples)
    total = recipe.epochs * per_epoch
    stride = _stride(network.architecture, recipe, total, kept)
    tape = Tape.blank(network.architecture, recipe, recipe.epochs, -(-total // stride), stride)
    state = optimizers.memory(network.architecture, recipe)
    recorder = Recorder(network.architecture, recipe, examples, network.parameters, state)
    mark = Mark(0, network.parameters, state)
    watch = None if validation is None else EarlyStopping(recipe, validation, 1)
    interrupted = False
    try:
        for span in _spans(network.architecture, recipe, total, None if watch is None else per_epoch):
            reached = recorder(tape, *span)
            mark = Mark(reached, recorder.parameters.copy(), recorder.state.copy())
            if progress is not None:
                progress(reached, total)
            if reached < span[1]:
                break
            if watch is not None:
                now = network.with_parameters(mark.parameters)
                watch.look(now(watch.validation)[None], mark.parameters[None])
                if watch.over:
                    break
    except KeyboardInterrupt:
        interrupted = True
    run = _recording(network, examples, recipe, tape, mark)
    if watch is not None:
        run = _validated(run, watch)
    if mark.steps == total or (watch is not None and watch.over):
        return run
    reason = f"interrupted after {mark.steps:,} of {total:,} steps"
    return replace(run, stopped=StopReason(mark.steps, "", reason) if interrupted else _divergence(run))


def _validated(run: Recording, watch: EarlyStopping) -> Recording:
    """Add what the validation examples said: nothing yet where no epoch is done."""
    losses = np.array([loss[0] for loss in watch.losses])
    best = watch.parameters[0] if len(losses) else run.network.parameters
    return replace(
        run, validation=watch.validation, validation_per_epoch=losses,
        best_epoch=int(watch.best_epoch[0]), best_parameters=best,
    )  # fmt: skip


def nudge(network: Network, examples: Examples, recipe: Recipe | None = None) -> Moment:
    """Return the one nudge that `examples`, all together, would give `network`: every number, nothing trained.

    >>> import tinynet as tn
    >>> moment = tn.nudge(tn.Network.initial(seed=0), tn.pictures.lines()["top"])
    >>> moment.ledger()[0].name
    'layer1.weight[0,0]'
    """
    recipe = recipe or Recipe()
    check(network.architecture, examples, replace(recipe, patience=0))  # one nudge waits for nothing
    assert examples.targets is not None
    shown = replace(examples, targets=smoothed(recipe, examples.targets))
    return Moment(network, shown, recipe, optimizers.memory(network.architecture, recipe))


def nudges(network: Network, examples: Examples, recipe: Recipe | None = None, *, times: int) -> list[Moment]:
    """Repeat one nudge, each from where the last one ended.

    times : a whole number from 1 to 1,000. The optimizer's memory is empty before each nudge.

    Raises TinyNetError for another number of times, and as `nudge`.

    >>> import tinynet as tn
    >>> moments = nudges(tn.Network.initial(seed=0), tn.pictures.lines()["top"], times=3)
    >>> [round(moment.loss, 4) for moment in moments]
    [0.1428, 0.1402, 0.1377]
    """
    check_times(times)
    found = [nudge(network, examples, recipe)]
    while len(found) < times:
        found.append(nudge(found[-1].after, examples, recipe))
    return found


def check_times(times: object) -> None:
    """Raise a TinyNetError for a wrong number of nudges."""
    if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= MAX_TIMES:
        raise TinyNetError(
            f"is {times!r}. It must be a whole number from 1 to {MAX_TIMES:,}. Choose another number.",
            parameter="times",
        )


class Mark(NamedTuple):
    """How far a training is: steps done, and the numbers then."""

    steps: int
    parameters: np.ndarray  # (P,)
    state: np.ndarray  # (S,)


def _stride(architecture: Architecture, recipe: Recipe, total: int, kept: int) -> int:
    numbers = 2 * architecture.parameter_count + optimizers.memory_size(architecture, recipe)
    row_bytes = 8 * (numbers + recipe.batch_size * (1 + sum(architecture.sizes[1:])))
    return max(1, -(-total // max(1, min(kept, MAX_KEPT))), -(-total * row_bytes // MAX_BYTES))


def _spans(architecture: Architecture, recipe: Recipe, total: int, size: int | None) -> list[tuple[int, int]]:
    seconds_per_step = (
        2e-7 + 4e-9 * architecture.parameter_count * recipe.batch_size
    )  # roughly, on the machines of 2026
    size = size or max(1, int(SECONDS_PER_CALL / seconds_per_step))
    return [(first, min(first + size, total)) for first in range(0, total, size)]


def _recording(network: Network, source: Source, recipe: Recipe, tape: Tape, mark: Mark) -> Recording:
    kept = -(-mark.steps // tape.stride)
    epochs = mark.steps // steps_per_epoch(recipe, source)
    tape.parameters[kept], tape.state[kept] = mark.parameters, mark.state
    return Recording(
        network=network,
        examples=source.lines if isinstance(source, World) else source,
        world=source if isinstance(source, World) else None,
        recipe=recipe,
        steps=mark.steps,
        stride=tape.stride,
        parameters=tape.parameters[: kept + 1],
        state=tape.state[: kept + 1],
        gradients=tape.gradients[:kept],
        activations=tape.activations[:kept],
        losses=tape.losses[:kept],
        batches=tape.batches[:kept],
        loss_per_epoch=tape.epoch_loss[:epochs],
        movement_per_epoch=tape.epoch_movement[:epochs],
    )


def _divergence(run: Recording) -> StopReason:
    """Find the first cell of the step not taken that is no finite number."""
    shown = run.batch(run.steps)
    recipe = replace(run.recipe, learning_rate=run.rate_of(run.steps))
    values = Moment(run.final, shown, recipe, run.state[-1], run.steps).values
    cell = next(name for name, value in values.items() if not math.isfinite(value))
    what = "not a number" if math.isnan(values[cell]) else "infinite"
    largest = max(abs(run.final.parameters))
    reason = (
        f"{cell} is {what} at step {run.steps} (the largest parameter is {largest:.3g}); "
        f"try a learning rate below {run.recipe.learning_rate:g}"
    )
    return StopReason(run.steps, cell, reason)
