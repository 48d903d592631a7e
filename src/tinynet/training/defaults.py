"""The default network and recipe for examples.

The library, the command line and the page use these defaults. The scikit-learn estimators have the same output, loss,
order and schedule, and a larger network with Adam.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tinynet.core.architecture import Architecture
from tinynet.data.batches import Source
from tinynet.data.examples import Examples
from tinynet.data.world import World
from tinynet.errors import TinyNetError
from tinynet.numerics import arrays
from tinynet.numerics.integers import ceil_div
from tinynet.recipe import Loss, Recipe
from tinynet.signatures import check_arguments
from tinynet.training.checks import SUM_TOLERANCE
from tinynet.validation import check_type

LINE_CLASSES, MAX_LINES = ("horizontal", "vertical"), 4
LINE_HIDDEN, HIDDEN = (3,), (5,)  # nodes of the hidden layers: for the four lines, and for other examples
STEPS = 20_000  # steps of a default training
MIN_EPOCHS, MAX_EPOCHS = 5, 100
# The cosine schedule ends with a small rate, so that the last rows do not decide the outcome.
ORDER_AND_SCHEDULE: dict[str, Any] = {"order": "shuffled", "schedule": "cosine"}
LOSS_OF_OUTPUT: dict[str, Loss] = {"sigmoid": "bce", "softmax": "cross_entropy"}  # of a classifier
OUTPUT_OF_LOSS = {"bce": "sigmoid", "cross_entropy": "softmax"}


class Defaults(NamedTuple):
    """A network's architecture and the recipe that trains it."""

    architecture: Architecture
    recipe: Recipe


@check_arguments
def defaults(
    examples: Source,
    *,
    hidden: int | tuple[int, ...] | None = None,
    activation: str = "sigmoid",
    output: str | None = None,
    init: str = "pytorch",
    **fields: Any,
) -> Defaults:
    """Return the default architecture and recipe for examples.

    examples : Examples or World. The kind of their targets decides output and loss: 'softmax' and 'cross_entropy' for
        classes, 'identity' and 'mse' for numbers, 'sigmoid' and 'bce' for other targets from 0 to 1. The order is
        'shuffled' and the schedule 'cosine'. The number of epochs, 5 to 100, gives about 20,000 steps. The four 2x2 lines
        and a world keep the settings of the notebook: 'sigmoid', 'mse', the order 'fixed', a constant rate, 100 epochs.
    hidden : int or tuple of int. Nodes of each hidden layer; 0 or () for no hidden layer. Default: 3 for the four lines,
        5 for other examples.
    activation, output, init : the activation of the hidden layers, of the outputs, and the initialization.
    fields : fields of the recipe. A given loss decides the output, and a given output decides the loss.

    Raises TinyNetError for examples without targets and for values that are not allowed.

    >>> flowers = Examples.from_table({"width": [1, 3, 2], "kind": ["a", "b", "c"]}, label="kind")
    >>> architecture, recipe = defaults(flowers)
    >>> architecture.sizes, architecture.output, recipe.loss, recipe.order
    ((1, 5, 3), 'softmax', 'cross_entropy', 'shuffled')
    """
    check_type("examples", examples, Examples | World, "Examples or a World")
    rows = examples.lines if isinstance(examples, World) else examples
    if rows.targets is None:
        raise TinyNetError("the examples have no targets. Training needs Examples with targets.")
    if hidden is None:
        hidden = LINE_HIDDEN if follows_notebook(examples) else HIDDEN
    layers = tuple(hidden) if isinstance(hidden, Sequence) else (hidden,)
    sizes = (rows.inputs.shape[1], *(() if layers == (0,) else layers), rows.targets.shape[1])
    output = output or _default_output(examples, fields.get("loss"))
    return Defaults(Architecture(sizes, activation, output, init), _recipe(examples, output, fields))


def default_recipe(examples: Source, architecture: Architecture) -> Recipe:
    """Return the default recipe for examples and a network."""
    return _recipe(examples, architecture.output, {})


def follows_notebook(examples: Source) -> bool:
    """Return whether the defaults are those of the notebook.

    They are for a world, and for at most four 2x2 pictures of lines.
    """
    if isinstance(examples, World):
        return True
    return examples.shape == (2, 2) and examples.target_names == LINE_CLASSES and len(examples) <= MAX_LINES


def _recipe(examples: Source, output: str, fields: dict[str, Any]) -> Recipe:
    if isinstance(examples, World) or follows_notebook(examples) or examples.targets is None:
        return Recipe(**fields)
    recipe = Recipe(**{"loss": _default_loss(examples, output)} | ORDER_AND_SCHEDULE | fields)
    if "epochs" in fields:
        return recipe
    epochs = STEPS // max(1, ceil_div(len(examples), recipe.batch_size))
    return Recipe(**recipe.to_json() | {"epochs": min(MAX_EPOCHS, max(MIN_EPOCHS, epochs))})


def _default_output(examples: Source, loss: str | None) -> str:
    if isinstance(examples, World) or follows_notebook(examples):
        return "sigmoid"
    if loss in OUTPUT_OF_LOSS:
        return OUTPUT_OF_LOSS[loss]
    if examples.regression:
        return "identity"
    return "softmax" if _sums_to_one(examples) else "sigmoid"


def _default_loss(examples: Examples, output: str) -> Loss:
    if examples.regression or (output == "softmax" and not _sums_to_one(examples)):
        return "mse"
    return LOSS_OF_OUTPUT.get(output, "mse")


def _sums_to_one(examples: Examples) -> bool:
    """Return whether the targets of each example sum to 1, as classes do."""
    targets = examples.targets
    if targets is None or targets.shape[1] < 2:
        return False
    return bool((np.abs(arrays.total(targets) - 1) <= SUM_TOLERANCE).all())
