"""Checks that network, examples and recipe fit each other."""

from dataclasses import replace

import numpy as np

from tinynet.core.architecture import Architecture
from tinynet.data.batches import Source
from tinynet.data.examples import Examples
from tinynet.data.world import World
from tinynet.errors import TinyNetError
from tinynet.numerics import arrays
from tinynet.recipe import Recipe


def check(
    architecture: Architecture, source: Source, recipe: Recipe, validation: Examples | None = None
) -> None:
    """Raise a `TinyNetError` where network, pictures and recipe do not fit each other."""
    if recipe.external:
        raise TinyNetError(
            f"{recipe.external[0]} is 'external': it was read from a watched PyTorch loop and no formula here gives it; "
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
