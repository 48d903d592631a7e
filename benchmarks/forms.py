"""The time of each form of network and recipe, compared with its number of operations."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

import tinynet as tn
from harness import LINES, TARGETS, Result, Scale, format_number, log, one_core, time_in_turns, timed
from tinynet.core.formulas import Formula
from tinynet.core.sheet import Cell, parts
from tinynet.experiments.cohort import Cohort, TrainingJob
from tinynet.numerics.integers import ceil_div

# A rough model of a vector unit: the cost of an operation relative to an addition. A sigmoid is a clamp, a ratio of
# two polynomials and a division. exp and log are about as expensive. Division by a constant is a multiplication.
COSTS = {"+": 1, "-": 1, "*": 1, "max": 1, "neg": 1, "step": 1, "/": 8, "sqrt": 8}
COSTS |= {"sigmoid": 22, "tanh": 22, "exp": 22, "log": 22}
SHUFFLE = 3 * 10 + 6  # integer operations to draw one position of an order and to swap
NOISE = 25  # integer operations to draw the noise of one input

DEFAULT, MAX_RATIO = "default", 2.0


class Form(NamedTuple):
    """A training to time."""

    architecture: tn.Architecture = tn.Architecture()
    recipe: tn.Recipe = tn.Recipe()
    examples: tn.Examples = LINES


def random_pictures(count: int, pixels: int, classes: int) -> tn.Examples:
    """Return random pictures, each with a random class."""
    draw = np.random.default_rng(0)
    names, target_names = [f"picture {k}" for k in range(count)], [f"class {k}" for k in range(classes)]
    targets = np.eye(classes)[draw.integers(classes, size=count)]
    return tn.Examples(draw.random((count, pixels)), targets, tuple(names), None, tuple(target_names))


def forms() -> dict[str, Form]:
    """Return the forms by name."""
    soft = tn.Examples(LINES.inputs, np.clip(TARGETS, 0.1, 0.9), LINES.names, LINES.shape)
    return {
        DEFAULT: Form(),
        "4-8-2": Form(tn.Architecture((4, 8, 2))),
        "9-5-2, lines of 3 pixels": Form(tn.Architecture((9, 5, 2)), examples=tn.pictures.lines(3)),
        "4-4-4-2": Form(tn.Architecture((4, 4, 4, 2))),
        "64-16-10, 16 pictures": Form(tn.Architecture((64, 16, 10)), examples=random_pictures(16, 64, 10)),
        "tanh": Form(tn.Architecture(hidden="tanh", output="tanh")),
        "relu": Form(tn.Architecture(hidden="relu", output="identity"), tn.Recipe(learning_rate=0.02)),
        "softmax, cross-entropy": Form(tn.Architecture(output="softmax"), tn.Recipe(loss="cross_entropy")),
        "bce": Form(recipe=tn.Recipe(loss="bce")),
        "batches of 4": Form(recipe=tn.Recipe(batch_size=4)),
        "batches of 3, the last short": Form(recipe=tn.Recipe(batch_size=3)),
        "shuffled": Form(recipe=tn.Recipe(order="shuffled")),
        "momentum": Form(recipe=tn.Recipe(momentum=0.9, learning_rate=0.02)),
        "nesterov": Form(recipe=tn.Recipe(momentum=0.9, nesterov=True, learning_rate=0.02)),
        "adam": Form(recipe=tn.Recipe(optimizer="adam", learning_rate=0.001)),
        "weight decay": Form(recipe=tn.Recipe(weight_decay=0.01)),
        "soft targets": Form(examples=soft),
        "noise": Form(recipe=tn.Recipe(noise=0.1)),
    }


# --- the operations ----------------------------------------------------------------------------------------------


def cost(formula: Formula | None) -> int:
    """Return the cost of a formula.

    >>> cost(("+", ("*", "w", "x"), "b", ("/", "c", 2.0)))
    4
    """
    if not isinstance(formula, tuple):
        return 0
    operation, *arguments = formula
    inner = sum(map(cost, arguments))
    if operation == "/" and isinstance(arguments[1], float):
        return inner + COSTS["*"]
    return inner + COSTS[operation] * max(1, len(arguments) - 1)


def needed(cells: dict[str, Cell]) -> Iterator[Cell]:
    """Yield the cells that an update depends on.

    The value of the loss is not among these cells.
    """
    wanted = {name for name in cells if name.endswith(".after")}
    for cell in reversed(cells.values()):
        if cell.name in wanted:
            wanted.update(parts(cell.formula) if cell.formula is not None else ())
            yield cell


def operations(form: Form) -> float:
    """Return the mean cost of a step in an epoch.

    The cost includes the random numbers of order and noise.
    """
    architecture, recipe, examples = form
    count = len(examples)
    batches = [min(recipe.batch_size, count - k) for k in range(0, count, recipe.batch_size)]
    sheets = {size: tn.Sheet.of(architecture, recipe, size).cells for size in set(batches)}
    costs = {size: sum(cost(cell.formula) for cell in needed(cells)) for size, cells in sheets.items()}
    whole = sum(costs[size] for size in batches)
    whole += SHUFFLE * (count - 1) if recipe.order == "shuffled" else 0
    whole += NOISE * examples.inputs.size if recipe.noise else 0
    return whole / len(batches)


# --- the time ------------------------------------------------------------------------------------------------


def training(form: Form, networks: int, epochs: int) -> Callable[[], object]:
    """Return a function that trains new networks."""
    cohort = Cohort(TrainingJob.of(*form), np.arange(networks))
    return partial(cohort.advance, epochs)


def epochs_for(form: Form, networks: int, seconds: float) -> int:
    """Return the number of epochs that take about this time."""
    training(form, 64, 1)()  # compiles
    few = 5
    return max(few, round(few * seconds / timed(training(form, networks, few))))


def measure(scale: Scale) -> Result:
    """Return the time of every form per operation.

    The forms are timed in turns, on one core.
    """
    networks, found = 1024 if scale.quick else 4096, forms()
    with one_core():
        epochs = {}
        for name, form in found.items():
            log(f"forms: {name}")
            epochs[name] = epochs_for(form, networks, scale.seconds)
        jobs = {name: partial(training, form, networks, epochs[name]) for name, form in found.items()}
        seconds = time_in_turns(jobs, scale.rounds)
    columns = ("form", "ns per step", "operations", "ns ÷ operations", "× the default")
    result = Result("Time of each form and its operations: one step of one network, on one core", columns)
    base = None
    for name, form in found.items():
        steps = networks * epochs[name] * ceil_div(len(form.examples), form.recipe.batch_size)
        nanoseconds, count = 1e9 * seconds[name] / steps, operations(form)
        base = base or nanoseconds / count
        times = nanoseconds / count / base
        row = (
            format_number(nanoseconds),
            format_number(count),
            f"{nanoseconds / count:.4f}",
            f"{times:.2f}{' ✗' if times > MAX_RATIO else ''}",
        )
        result.rows.append((name, *row))
        result.numbers[name] = {
            "nanoseconds_per_step": nanoseconds,
            "operations": count,
            "times_the_default": times,
        }
    over = sum(row[-1].endswith("✗") for row in result.rows)
    result.notes.append(
        f"{over} of {len(found)} forms take more than {MAX_RATIO:g} times the default's time per operation (✗)."
    )
    return result
