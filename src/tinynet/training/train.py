"""Train one network and record every step."""

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
from tinynet.kernels.scalar import Recorder, StepArrays
from tinynet.model.moment import Moment
from tinynet.model.network import Network
from tinynet.numerics.cancellation import check_cancelled
from tinynet.numerics.integers import ceil_div
from tinynet.recipe import Recipe
from tinynet.signatures import check_arguments
from tinynet.training.checks import check, check_recipe, checked_state, checked_weights
from tinynet.training.defaults import default_recipe
from tinynet.training.early_stopping import EarlyStopping, StopReason
from tinynet.training.recording import Recording
from tinynet.validation import check_int, check_type, shown

Progress = Callable[[int, int], None]

MAX_KEPT = 200_000  # steps
MAX_TIMES = 1_000  # repetitions of one step
MAX_BYTES = 512 * 2**20  # bytes of the arrays of all kept steps
LARGE_INPUT = 10.0  # larger inputs are the likely cause of a divergence
SECONDS_PER_CALL = 0.05  # Ctrl-C and cancellations take effect between calls of the kernel


class Checkpoint(NamedTuple):
    """The numbers of a training after some steps."""

    steps: int
    parameters: np.ndarray  # (P,)
    state: np.ndarray  # (S,)


# Long because of the descriptions of its parameters.
@check_arguments(apart_from=("kept", "sample_weights"))
def train(
    network: Network,
    examples: Source,
    recipe: Recipe | None = None,
    *,
    sample_weights: np.ndarray | None = None,
    validation: Examples | None = None,
    validation_weights: np.ndarray | None = None,
    state: np.ndarray | None = None,
    kept: int = MAX_KEPT,
    progress: Progress | None = None,
) -> Recording:
    """Train a network and return the recording.

    network : Network. The network before the first step. This network is not changed.
    examples : Examples or World. A world draws 100 new examples in each epoch, by the recipe's seed.
    recipe : Recipe, optional. By default the recipe of `defaults` for the examples and the network's output.
    sample_weights : (examples,), optional. A factor of the loss of each example, and so of its gradient. The loss of a batch is
        the mean of `weight * loss`, as in PyTorch. Weights with a mean of 1 keep the size of the steps.
    validation : Examples, optional. The recording then contains the validation loss after each epoch and the `best`
        network. Training stops early if the recipe has a patience.
    validation_weights : (validation examples,), optional. Factors of the validation losses.
    state : (S,), optional. The optimizer state before the first step, such as `run.state[-1]` of an earlier training. Empty by
        default.
    kept : int. The largest number of steps to store. A longer training stores every n-th step. The other steps are computed
        again when you open them.
    progress : callable, optional. Called as `progress(done, total)` with numbers of steps.

    If a number becomes infinite or not a number, training stops before that step. Ctrl-C stops training after the
    last complete call of the kernel. In both cases the recording up to there is returned, with the reason in
    `stopped`.

    Raises TinyNetError if network, examples and recipe do not fit each other.

    >>> import tinynet as tn
    >>> run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=100))
    >>> f"{run.loss_per_epoch[-1]:.4f}"
    '0.2522'
    """
    check_type("network", network, Network, "a Network")
    recipe = _recipe_or_default(recipe, examples, network)
    check(network.architecture, examples, recipe, validation)
    sample_weights = checked_weights("sample_weights", sample_weights, examples)
    validation_weights = checked_weights("validation_weights", validation_weights, validation)
    state = checked_state(network.architecture, recipe, state)
    check_int("kept", kept, 1)
    per_epoch = steps_per_epoch(recipe, examples)
    total = recipe.epochs * per_epoch
    stride = _stride(network.architecture, recipe, total, kept)
    recorded = StepArrays.blank(network.architecture, recipe, recipe.epochs, ceil_div(total, stride), stride)
    recorder = Recorder(network.architecture, recipe, examples, network.parameters, state, sample_weights)
    stopping = None if validation is None else EarlyStopping(recipe, validation, 1, validation_weights)
    spans = _spans(network.architecture, recipe, total, None if stopping is None else per_epoch)
    last, interrupted = _record(network, recorder, recorded, spans, stopping, progress)
    run = _recording(network, examples, recipe, recorded, last, sample_weights)
    if stopping is not None:
        run = _with_validation(run, stopping)
    if last.steps == total or (stopping is not None and stopping.finished):
        return run
    return replace(run, stopped=_interruption(run.steps, total) if interrupted else _divergence(run))


def _record(
    network: Network,
    recorder: Recorder,
    recorded: StepArrays,
    spans: list[tuple[int, int]],
    stopping: EarlyStopping | None,
    progress: Progress | None,
) -> tuple[Checkpoint, bool]:
    """Train over all spans.

    Returns the last checkpoint, and whether Ctrl-C was pressed.
    """
    last = Checkpoint(0, recorder.parameters.copy(), recorder.state.copy())
    try:
        for first, end in spans:
            check_cancelled()
            reached = recorder(recorded, first, end)
            last = Checkpoint(reached, recorder.parameters.copy(), recorder.state.copy())
            if progress is not None:
                progress(reached, spans[-1][1])
            if reached < end:
                break
            if stopping is not None:
                current = network.with_parameters(last.parameters)
                stopping.update(current(stopping.validation)[None], last.parameters[None])
                if stopping.finished:
                    break
    except KeyboardInterrupt:
        return last, True
    return last, False


def _with_validation(run: Recording, stopping: EarlyStopping) -> Recording:
    """Add the validation losses and the best network.

    Without a complete epoch, the best network is the initial network.
    """
    losses = np.array([loss[0] for loss in stopping.losses])
    best = stopping.parameters[0] if len(losses) else run.network.parameters
    return replace(
        run, validation=stopping.validation, validation_weights=stopping.sample_weights, validation_per_epoch=losses,
        best_epoch=int(stopping.best_epoch[0]), best_parameters=best,
    )  # fmt: skip


@check_arguments
def nudge(network: Network, examples: Examples, recipe: Recipe | None = None) -> Moment:
    """Return one training step, with all examples as one batch.

    The network is not changed. The network after the step is `nudge(...).after`.

    Raises TinyNetError if network, examples and recipe do not fit each other.

    >>> import tinynet as tn
    >>> moment = tn.nudge(tn.Network.initial(seed=0), tn.pictures.lines()["top"])
    >>> moment.ledger()[0].name
    'layer1.weight[0,0]'
    """
    check_type("network", network, Network, "a Network")
    recipe = _recipe_or_default(recipe, examples, network)
    check_recipe(recipe)
    check(network.architecture, examples, replace(recipe, patience=0))  # patience needs a validation set
    assert examples.targets is not None
    batch = replace(examples, targets=smoothed(recipe, examples.targets))
    return Moment(network, batch, recipe, optimizers.initial_state(network.architecture, recipe))


def nudges(network: Network, examples: Examples, recipe: Recipe | None = None, *, times: int) -> list[Moment]:
    """Repeat a step on the same examples.

    -> [first step, second step, ...]

    Each step starts from the network after the step before it. The optimizer state is empty before each step.

    times : int. The number of steps, from 1 to 1,000.

    Raises TinyNetError for another number of steps, and for the same reasons as `nudge`.

    >>> import tinynet as tn
    >>> moments = nudges(tn.Network.initial(seed=0), tn.pictures.lines()["top"], times=3)
    >>> [round(moment.loss, 4) for moment in moments]
    [0.1428, 0.1402, 0.1377]
    """
    check_int("times", times, 1, MAX_TIMES)
    moments = [nudge(network, examples, recipe)]
    while len(moments) < times:
        moments.append(nudge(moments[-1].after, examples, recipe))
    return moments


def _recipe_or_default(recipe: Recipe | None, examples: Source, network: Network) -> Recipe:
    if recipe is not None:
        return recipe
    check_type("examples", examples, Examples | World, "Examples or a World")
    return default_recipe(examples, network.architecture)


def _stride(architecture: Architecture, recipe: Recipe, total: int, kept: int) -> int:
    """Return n if every n-th step is kept.

    The stride limits the number of steps and the number of bytes.
    """
    row_bytes = bytes_per_step(architecture, recipe)
    return max(1, ceil_div(total, max(1, min(kept, MAX_KEPT))), ceil_div(total * row_bytes, MAX_BYTES))


def bytes_per_step(architecture: Architecture, recipe: Recipe) -> int:
    """Return the bytes of one step of a recording."""
    numbers = 2 * architecture.parameter_count + optimizers.state_size(architecture, recipe)
    return 8 * (numbers + recipe.batch_size * (1 + sum(architecture.sizes[1:])))


def bytes_of_steps(architecture: Architecture, recipe: Recipe, source: Source, kept: int = MAX_KEPT) -> int:
    """Return the bytes of all steps of a recording, for `kept` as for `train`. A training may stop earlier."""
    total = recipe.epochs * steps_per_epoch(recipe, source)
    steps = ceil_div(total, _stride(architecture, recipe, total, kept))
    return steps * bytes_per_step(architecture, recipe)


def _spans(architecture: Architecture, recipe: Recipe, total: int, size: int | None) -> list[tuple[int, int]]:
    """Return the first step and end of each kernel call.

    size : int. Steps per call.
    """
    seconds_per_step = (
        2e-7 + 4e-9 * architecture.parameter_count * recipe.batch_size
    )  # a rough estimate for the machines of 2026
    size = size or max(1, int(SECONDS_PER_CALL / seconds_per_step))
    return [(first, min(first + size, total)) for first in range(0, total, size)]


def _recording(
    network: Network,
    source: Source,
    recipe: Recipe,
    recorded: StepArrays,
    last: Checkpoint,
    sample_weights: np.ndarray | None,
) -> Recording:
    kept = ceil_div(last.steps, recorded.stride)
    epochs = last.steps // steps_per_epoch(recipe, source)
    recorded.parameters[kept], recorded.state[kept] = last.parameters, last.state
    return Recording(
        network=network,
        examples=source.lines if isinstance(source, World) else source,
        world=source if isinstance(source, World) else None,
        recipe=recipe,
        steps=last.steps,
        stride=recorded.stride,
        parameters=recorded.parameters[: kept + 1],
        state=recorded.state[: kept + 1],
        gradients=recorded.gradients[:kept],
        activations=recorded.activations[:kept],
        losses=recorded.losses[:kept],
        batches=recorded.batches[:kept],
        loss_per_epoch=recorded.epoch_loss[:epochs],
        movement_per_epoch=recorded.epoch_movement[:epochs],
        sample_weights=sample_weights,
    )


def _interruption(steps: int, total: int) -> StopReason:
    return StopReason(steps, "", f"interrupted after {steps:,} of {total:,} steps")


def _divergence(run: Recording) -> StopReason:
    """Find the first cell that is not finite.

    The cell belongs to the step that was not taken.
    """
    recipe = replace(run.recipe, learning_rate=run.learning_rate(run.steps))
    weights = run.batch_weights(run.steps)
    values = Moment(
        run.final, run.batch(run.steps), recipe, run.state[-1], run.steps, sample_weights=weights
    ).values
    cell = next(name for name, value in values.items() if not math.isfinite(value))
    largest = max(abs(run.final.parameters))
    detail = f"The largest parameter is {largest:.3g}. {remedy(run.examples, run.recipe.learning_rate)}"
    return StopReason.not_finite(run.steps, cell, values[cell], detail)


def remedy(examples: Examples, learning_rate: float) -> str:
    """Return what to do about a training that diverged, as a sentence without a full stop.

    >>> remedy(Examples([[1.8e6]], None, ("a",), unbounded=True), 0.1)
    'The largest input is 1,800,000. Scale each input to 0 to 1, or try a learning rate below 0.1'
    """
    largest = float(np.abs(examples.inputs).max(initial=0.0))
    if largest <= LARGE_INPUT:
        return f"Try a learning rate below {learning_rate:g}"
    return f"The largest input is {shown(largest)}. Scale each input to 0 to 1, or try a learning rate below {learning_rate:g}"
