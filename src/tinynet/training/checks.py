"""Checks that network, examples and recipe fit each other."""

from dataclasses import replace

import numpy as np

from tinynet.core import optimizers
from tinynet.core.architecture import Architecture
from tinynet.data.batches import Source
from tinynet.data.examples import Examples
from tinynet.data.world import World
from tinynet.errors import TinyNetError, advice, counted, named
from tinynet.numerics import arrays
from tinynet.recipe import Recipe
from tinynet.validation import check_type, shown

SUM_TOLERANCE = 1e-9  # tolerance of targets that must sum to 1


def check(
    architecture: Architecture, source: Source, recipe: Recipe, validation: Examples | None = None
) -> None:
    """Raise TinyNetError if network, examples and recipe do not fit each other."""
    check_type("examples", source, Examples | World, "Examples or a World")
    check_recipe(recipe)
    _check_trainable(recipe)
    if validation is not None:
        check(architecture, validation, replace(recipe, patience=0, augment=False))
    else:
        _check_patience(recipe)
    if isinstance(source, World):
        _check_world(recipe)
    examples = source.lines if isinstance(source, World) else source
    targets = _checked_targets(examples)
    _check_sizes(architecture, examples, targets)
    if recipe.augment:
        _check_augmentation(examples, targets)
    _check_output(architecture, recipe)
    if recipe.loss == "cross_entropy":
        _check_sums(examples, targets)


def checked_weights(name: str, values: object, examples: Source | None) -> np.ndarray | None:
    """Return sample weights as a new array (examples,), or None.

    name : the parameter, for errors.

    Raises TinyNetError unless the examples can have these weights.
    """
    if values is None:
        return None
    if not isinstance(examples, Examples):
        why = (
            "there are no validation examples" if examples is None else "the examples are drawn from a world"
        )
        raise TinyNetError(f"has values and {why}. Leave the weights out.", parameter=name)
    weights = _numbers(name, values)
    check_weights(name, weights, len(examples))
    return weights


def check_weights(name: str, weights: np.ndarray, count: int) -> None:
    """Raise TinyNetError unless `count` examples have finite weights of at least 0.

    At least one weight must be above 0.
    """
    if weights.shape != (count,):
        raise TinyNetError(
            f"has shape {weights.shape}. It must have one weight for each of the {counted(count, 'example')}.",
            parameter=name,
        )
    wrong = weights[~(np.isfinite(weights) & (weights >= 0))]
    if len(wrong):
        raise TinyNetError(
            f"has the number {shown(float(wrong[0]))}. Every weight must be finite and at least 0.",
            parameter=name,
        )
    if not weights.any():
        raise TinyNetError("has only zeros. At least one weight must be above 0.", parameter=name)


def checked_state(architecture: Architecture, recipe: Recipe, state: object) -> np.ndarray:
    """Return the optimizer state before the first step. -> (S,)

    Raises TinyNetError for a state of another optimizer or another network.
    """
    if state is None:
        return optimizers.initial_state(architecture, recipe)
    numbers, size = _numbers("state", state), optimizers.state_size(architecture, recipe)
    if numbers.shape != (size,) or not np.isfinite(numbers).all():
        raise TinyNetError(
            f"has shape {numbers.shape}. It must be {size:,} finite numbers, the state of {recipe.optimizer!r} for this "
            "network.",
            parameter="state",
        )
    return numbers


def _numbers(name: str, values: object) -> np.ndarray:
    try:
        return np.array(values, float)
    except (ValueError, TypeError) as error:
        raise TinyNetError(f"must be numbers ({error}).", parameter=name) from error


def check_recipe(recipe: object) -> None:
    """Raise TinyNetError for an object of another type, such as a dictionary."""
    check_type("recipe", recipe, Recipe, "a Recipe")


def _check_trainable(recipe: Recipe) -> None:
    if recipe.external:
        raise TinyNetError(
            "is 'external': this recipe comes from a PyTorch loop, and TinyNet has no formula for "
            f"the {recipe.external[0]} of the loop. Choose another value to train.",
            parameter=recipe.external[0],
        )


def _check_patience(recipe: Recipe) -> None:
    if recipe.patience:
        raise TinyNetError(
            f"is {recipe.patience:,} and there are no validation examples. Give {named('validation')} examples, or set "
            f"{named('patience')} to 0.",
            parameter="patience",
        )


def _check_world(recipe: Recipe) -> None:
    """Check that the world decides order and noise.

    The recipe must leave augmentation to the world, too.
    """
    for name, value, default in (
        ("order", recipe.order, "fixed"),
        ("noise", recipe.noise, 0.0),
        ("augment", recipe.augment, False),
    ):
        if value != default:
            raise TinyNetError(
                f"is {value!r}. It must be {default!r} if the examples are drawn from a world: each example is drawn "
                "anew, with the world's own noise.",
                parameter=name,
            )


def _checked_targets(examples: Examples) -> np.ndarray:
    if examples.targets is None:
        raise TinyNetError("the examples have no targets. Training needs Examples with targets.")
    if not len(examples):
        raise TinyNetError("the number of examples is 0. It must be 1 or more to train.")
    return examples.targets


def _check_sizes(architecture: Architecture, examples: Examples, targets: np.ndarray) -> None:
    found = examples.inputs.shape[1], targets.shape[1]
    expected = architecture.sizes[0], architecture.sizes[-1]
    if found != expected:
        sizes = (found[0], *architecture.sizes[1:-1], found[1])
        raise TinyNetError(
            f"the examples have {found[0]:,} inputs and {found[1]:,} targets each, and the network has {expected[0]:,} inputs "
            f"and {expected[1]:,} outputs. Create a network with Network.initial({sizes}, seed=0)."
        )


def _check_augmentation(examples: Examples, targets: np.ndarray) -> None:
    shape = examples.shape
    if shape is None or shape[0] != shape[1] or targets.shape[1] != 2:
        kind = "rows of a table" if shape is None else f"pictures of shape {'x'.join(map(str, shape))}"
        raise TinyNetError(
            f"is on and the examples are {kind} with {targets.shape[1]:,} classes. Augmentation needs square "
            f"pictures with the two classes horizontal and vertical. {advice('augment', False)}",
            parameter="augment",
        )


def _check_output(architecture: Architecture, recipe: Recipe) -> None:
    for loss, output, outputs in (
        ("bce", "sigmoid", "between 0 and 1"),
        ("cross_entropy", "softmax", "that sum to 1"),
    ):
        if recipe.loss == loss and architecture.output != output:
            raise TinyNetError(
                f"is {loss!r} and {named('output')} is {architecture.output!r}. The loss {loss!r} needs outputs {outputs}. "
                f"{advice('output', output, otherwise='Choose another loss.')}",
                parameter="loss",
            )


def _check_sums(examples: Examples, targets: np.ndarray) -> None:
    sums = arrays.total(targets)  # (m,)
    errors = np.abs(sums - 1)
    if errors.max() > SUM_TOLERANCE:
        worst = int(errors.argmax())
        raise TinyNetError(
            f"the targets of {examples.names[worst]!r} sum to {sums[worst]:g}. They must sum to 1 for the loss "
            "'cross_entropy'. Choose the loss 'mse' or 'bce', or other targets."
        )
