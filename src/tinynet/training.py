"""Train one network, and record everything."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from tinynet import arrays, formulas
from tinynet.errors import TinyNetError
from tinynet.examples import Examples
from tinynet.moment import Moment
from tinynet.network import Architecture, Network
from tinynet.recipe import Recipe
from tinynet.recorder import Recorder, Tape
from tinynet.recording import Recording, Stop
from tinynet.showing import Source, smoothed, steps_an_epoch
from tinynet.stopping import Watch
from tinynet.world import World

Progress = Callable[[int, int], None]

MOST_KEPT = 200_000  # steps
MOST_TIMES = 1_000  # of one nudge
MOST_BYTES = 512 * 2**20  # of the kept steps' numbers
SECONDS_A_CALL = 0.05  # the kernel hears Ctrl-C only between calls


def check(
    architecture: Architecture, source: Source, recipe: Recipe, validation: Examples | None = None
) -> None:
    """Raise a `TinyNetError` where network, pictures and recipe do not fit each other."""
    if recipe.given:
        raise TinyNetError(
            f"{recipe.given[0]} is 'given': it was read from a watched PyTorch loop and no formula here gives it; "
            "choose one to train by"
        )
    if validation is not None:
        check(architecture, validation, replace(recipe, patience=0, augment=False))
    elif recipe.patience:
        raise TinyNetError(
            f"patience is {recipe.patience} and there are no examples to validate on; give validation=, or patience 0"
        )
    if isinstance(source, World):
        _check_world(recipe)
    examples = source.lines if isinstance(source, World) else source
    pixels, outputs = architecture.sizes[0], architecture.sizes[-1]
    if examples.targets is None:
        raise TinyNetError(
            "these examples have no targets, so there is nothing to learn; give Examples targets"
        )
    if not len(examples):
        raise TinyNetError("there are no examples to train on; give at least one")
    found_pixels, found_outputs = examples.inputs.shape[1], examples.targets.shape[1]
    if (found_pixels, found_outputs) != (pixels, outputs):
        sizes = (found_pixels, *architecture.sizes[1:-1], found_outputs)
        raise TinyNetError(
            f"these examples have {found_pixels} inputs and {found_outputs} targets each, and the network takes "
            f"{pixels} and gives {outputs}; make it with Network.initial({sizes}, seed=0)"
        )
    if recipe.augment and (
        examples.shape is None or examples.shape[0] != examples.shape[1] or found_outputs != 2
    ):
        raise TinyNetError(
            "augment is True: it turns square pictures with two answers, horizontal and vertical, and these examples are "
            f"{'a table' if examples.shape is None else 'pictures of shape ' + 'x'.join(map(str, examples.shape))} with "
            f"{found_outputs} answers"
        )
    if recipe.loss == "bce" and architecture.output != "sigmoid":
        raise TinyNetError(
            f"loss 'bce' needs outputs between 0 and 1 and the network's output is {architecture.output!r}; "
            "make it with output='sigmoid' (--output sigmoid)"
        )
    if recipe.loss == "cross_entropy" and architecture.output != "softmax":
        raise TinyNetError(
            f"loss 'cross_entropy' needs outputs that sum to 1 and the network's output is "
            f"{architecture.output!r}; make it with output='softmax'"
        )
    totals = arrays.total(examples.targets)  # (pictures,)
    if recipe.loss == "cross_entropy" and np.abs(totals - 1).max() > 1e-9:
        worst = int(np.abs(totals - 1).argmax())
        raise TinyNetError(
            f"loss 'cross_entropy' needs targets that sum to 1 and those of {examples.names[worst]!r} "
            f"sum to {totals[worst]:g}; use 'mse' or 'bce', or other targets"
        )


def _check_world(recipe: Recipe) -> None:
    """A world draws each picture anew, with its own noise: it has no order and needs no further views."""
    for name, value, wanted in (
        ("order", recipe.order, "fixed"),
        ("noise", recipe.noise, 0.0),
        ("augment", recipe.augment, False),
    ):
        if value != wanted:
            raise TinyNetError(
                f"{name} is {value!r} and the pictures are drawn from a world, which has its own; leave it at {wanted!r}"
            )


def train(
    network: Network,
    examples: Source,
    recipe: Recipe | None = None,
    *,
    validation: Examples | None = None,
    kept: int = MOST_KEPT,
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
    per_epoch = steps_an_epoch(recipe, examples)
    total = recipe.epochs * per_epoch
    stride = _stride(network.architecture, recipe, total, kept)
    tape = Tape.blank(network.architecture, recipe, recipe.epochs, -(-total // stride), stride)
    state = formulas.memory(network.architecture, recipe)
    recorder = Recorder(network.architecture, recipe, examples, network.parameters, state)
    mark = Mark(0, network.parameters, state)
    watch = None if validation is None else Watch(recipe, validation, 1)
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
    return replace(run, stopped=Stop(mark.steps, "", reason) if interrupted else _divergence(run))


def _validated(run: Recording, watch: Watch) -> Recording:
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
    return Moment(network, shown, recipe, formulas.memory(network.architecture, recipe))


def nudges(network: Network, examples: Examples, recipe: Recipe | None = None, *, times: int) -> list[Moment]:
    """Repeat one nudge, each from where the last one ended.

    times : a whole number from 1 to 1,000. The optimizer's memory is empty before each nudge.

    Raises TinyNetError for another number of times, and as `nudge`.

    >>> import tinynet as tn
    >>> moments = nudges(tn.Network.initial(seed=0), tn.pictures.lines()["top"], times=3)
    >>> [round(moment.loss, 4) for moment in moments]
    [0.1428, 0.1402, 0.1377]
    """
    check_times("times", times)
    found = [nudge(network, examples, recipe)]
    while len(found) < times:
        found.append(nudge(found[-1].after, examples, recipe))
    return found


def check_times(name: str, times: object) -> None:
    """Raise a TinyNetError that names the parameter for a wrong number of nudges."""
    if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= MOST_TIMES:
        raise TinyNetError(
            f"{name} is {times!r}. It must be a whole number from 1 to {MOST_TIMES:,}. Choose another number."
        )


class Mark(NamedTuple):
    """How far a training is: steps done, and the numbers then."""

    steps: int
    parameters: np.ndarray  # (P,)
    state: np.ndarray  # (S,)


def _stride(architecture: Architecture, recipe: Recipe, total: int, kept: int) -> int:
    numbers = 2 * architecture.parameter_count + formulas.memory_size(architecture, recipe)
    row_bytes = 8 * (numbers + recipe.batch_size * (1 + sum(architecture.sizes[1:])))
    return max(1, -(-total // max(1, min(kept, MOST_KEPT))), -(-total * row_bytes // MOST_BYTES))


def _spans(architecture: Architecture, recipe: Recipe, total: int, size: int | None) -> list[tuple[int, int]]:
    seconds_a_step = (
        2e-7 + 4e-9 * architecture.parameter_count * recipe.batch_size
    )  # roughly, on the machines of 2026
    size = size or max(1, int(SECONDS_A_CALL / seconds_a_step))
    return [(first, min(first + size, total)) for first in range(0, total, size)]


def _recording(network: Network, source: Source, recipe: Recipe, tape: Tape, mark: Mark) -> Recording:
    kept = -(-mark.steps // tape.stride)
    epochs = mark.steps // steps_an_epoch(recipe, source)
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
        pictures=tape.pictures[:kept],
        loss_per_epoch=tape.epoch_loss[:epochs],
        movement_per_epoch=tape.epoch_movement[:epochs],
    )


def _divergence(run: Recording) -> Stop:
    """Find the first cell of the step not taken that is no finite number."""
    shown = run.shown(run.steps)
    recipe = replace(run.recipe, learning_rate=run.rate_of(run.steps))
    values = Moment(run.final, shown, recipe, run.state[-1], run.steps).values
    cell = next(name for name, value in values.items() if not math.isfinite(value))
    what = "not a number" if math.isnan(values[cell]) else "infinite"
    largest = max(abs(run.final.parameters))
    reason = (
        f"{cell} is {what} at step {run.steps} (the largest parameter is {largest:.3g}); "
        f"try a learning rate below {run.recipe.learning_rate:g}"
    )
    return Stop(run.steps, cell, reason)
