"""Ambiguous inputs to probe a network with."""

from dataclasses import replace

import numpy as np

from tinynet.data import pictures
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.numerics import arrays


def default_probes() -> Examples:
    """Return the stress pictures and the fuzzy line."""
    stress, fuzzy = pictures.stress(), pictures.fuzzy()
    return Examples(
        np.concatenate([stress.inputs, fuzzy.inputs]), None, stress.names + fuzzy.names, stress.shape
    )


def class_midpoints(examples: Examples) -> Examples:
    """Return the midpoint of every two classes.

    The midpoint is between the mean inputs of the classes. The midpoint of the horizontal and the vertical lines
    is gray. The midpoints have no targets.

    Raises TinyNetError for examples without classes, or of one class.
    """
    if examples.targets is None or examples.regression:
        problem = "have no targets" if examples.targets is None else "have numbers as targets"
        raise TinyNetError(
            f"these examples {problem}. Midpoints between classes need a class for each example."
        )
    names, class_of_row = examples.target_names, examples.targets.argmax(axis=1)
    if len(names) == 1:  # the targets of the class are above 0.5
        names, class_of_row = (*names, f"not {names[0]}"), (examples.targets[:, 0] <= 0.5).astype(int)
    means = {
        name: arrays.mean(examples.inputs[class_of_row == k], 0)
        for k, name in enumerate(names)
        if (class_of_row == k).any()
    }
    pairs = [(a, b) for k, b in enumerate(means) for a in list(means)[:k]]
    if not pairs:
        raise TinyNetError(
            f"these examples have {len(means):,} class. Midpoints between classes need at least two classes."
        )
    inputs = np.array([(means[a] + means[b]) / 2 for a, b in pairs])
    names = tuple(f"{a} – {b}" for a, b in pairs)
    return replace(examples, inputs=inputs, targets=None, names=names, shape=None)
