"""Checks that the arrays of a recording are those of its experiment.

`run` is always a `Recording`. That class is defined in a module that imports this module, so that its name cannot
be imported here.
"""

from typing import Any

import numpy as np

from tinynet.core import optimizers
from tinynet.data.batches import batch_indices, examples_per_epoch
from tinynet.data.examples import Examples
from tinynet.data.world import World
from tinynet.errors import TinyNetError, counted
from tinynet.model.network import Network
from tinynet.numerics.integers import ceil_div
from tinynet.recipe import Recipe
from tinynet.training.checks import check, checked_weights
from tinynet.training.early_stopping import StopReason
from tinynet.validation import check_int, check_type

Expected = dict[str, tuple[type, tuple[int, ...]]]  # dtype and shape, by the name of an array


def check_arrays(run: Any, more: Expected) -> None:
    """Check the types and sizes of a recording.

    more : the arrays that only a part of the recordings have.

    Raises TinyNetError. A training that continues from other arrays would read other memory.
    """
    check_type("network", run.network, Network, "a Network")
    check_type("examples", run.examples, Examples, "Examples")
    check_type("recipe", run.recipe, Recipe, "a Recipe")
    check_type("world", run.world, World | None, "a World, or None")
    check_type("validation", run.validation, Examples | None, "Examples, or None")
    check_type("stopped", run.stopped, StopReason | None, "a StopReason, or None")
    if run.validation is None and run.validation_weights is not None:
        raise TinyNetError(
            "is set, and the recording has no validation examples. It must be None.",
            parameter="validation_weights",
        )
    check_int("steps", run.steps, 0)
    check_int("stride", run.stride, 1)
    for name, (dtype, shape) in (_expected(run) | more).items():
        check_array(name, getattr(run, name), dtype, shape)
    if run.validation is not None:
        check_int("best_epoch", run.best_epoch, 0, run.epochs)


def check_array(name: str, array: Any, dtype: type, shape: tuple[int, ...]) -> None:
    """Raise a TinyNetError for an array of another type or shape."""
    check_type(name, array, np.ndarray, "a NumPy array")
    if array.dtype != dtype:
        raise TinyNetError(f"{name} has dtype {array.dtype}. It must have dtype {np.dtype(dtype)}.")
    if array.shape != shape:
        raise TinyNetError(f"{name} has shape {array.shape}. It must have shape {shape}.")


def _expected(run: Any) -> Expected:
    architecture, batch = run.network.architecture, run.recipe.batch_size
    kept, epochs = ceil_div(run.steps, run.stride), run.steps // run.steps_per_epoch
    expected: Expected = {
        "parameters": (float, (kept + 1, architecture.parameter_count)),
        "state": (float, (kept + 1, optimizers.state_size(architecture, run.recipe))),
        "gradients": (float, (kept, architecture.parameter_count)),
        "activations": (float, (kept, batch, sum(architecture.sizes[1:]))),
        "losses": (float, (kept,)),
        "batches": (np.int64, (kept, batch)),
        "loss_per_epoch": (float, (epochs,)),
        "movement_per_epoch": (float, (epochs,)),
    }
    if run.validation is not None:
        expected["validation_per_epoch"] = (float, (epochs,))
        expected["best_parameters"] = (float, (architecture.parameter_count,))
    for name, examples in _weighted(run):
        expected[name] = (float, (examples_per_epoch(examples),))
    return expected


def _weighted(run: Any) -> list[tuple[str, Any]]:
    """Return the name of each array of weights, and the examples that it weights."""
    parts = (("sample_weights", run.source), ("validation_weights", run.validation))
    return [(name, examples) for name, examples in parts if getattr(run, name) is not None]


def check_contents(run: Any) -> None:
    """Check the numbers of a recording that was read from a file.

    Raises TinyNetError for numbers that no training of the experiment gives: parameters and losses that are not
    finite, and batches of other examples.
    """
    check_numbers(run)
    check(run.network.architecture, run.source, run.recipe, run.validation)
    for name, examples in _weighted(run):
        checked_weights(name, getattr(run, name), examples)
    if run.world is not None and run.examples != run.world.lines:
        raise TinyNetError("examples are not the clean lines of the world.")
    total = run.recipe.epochs * run.steps_per_epoch
    may_be_shorter = run.stopped is not None or run.recipe.patience > 0
    if run.steps > total or (run.steps < total and not may_be_shorter):
        raise TinyNetError(f"steps is {run.steps:,}. The training has {counted(total, 'step')}.")
    _check_batches(run)


def check_numbers(run: Any) -> None:
    """Raise a TinyNetError for parameters and losses that are not finite."""
    for name in ("parameters", "losses", *(("best_parameters",) if run.validation is not None else ())):
        if not np.isfinite(getattr(run, name)).all():
            raise TinyNetError(f"{name} has a number that is not finite.")
    if run.stopped is not None:
        step, cell, reason = run.stopped
        check_int("stopped.step", step, 0)
        check_type("stopped.cell", cell, str, "a text")
        check_type("stopped.reason", reason, str, "a text")


def _check_batches(run: Any) -> None:
    """Check that each kept step has the examples of the recipe's order.

    If not every step is kept, only the number of the examples and the range of their indices are checked. To draw
    the order of all steps would take as long as the training.
    """
    if run.stride == 1:
        wrong = run.batches != batch_indices(run.recipe, run.source, 0, run.steps)
    else:
        count, batch = examples_per_epoch(run.source), run.recipe.batch_size
        place = np.arange(len(run.batches)) * run.stride % run.steps_per_epoch  # (kept,)
        used = np.arange(batch) < (count - place * batch)[:, None]  # (kept, batch)
        rows = len(run.source.patterns.masks) if isinstance(run.source, World) else count
        wrong = np.where(used, (run.batches < 0) | (run.batches >= rows), run.batches != -1)
    if wrong.any():
        row = int(np.argmax(wrong.any(axis=1)))
        raise TinyNetError(f"batches has other examples at step {row * run.stride:,} than the experiment.")
