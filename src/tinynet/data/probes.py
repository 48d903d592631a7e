"""Ambiguous inputs to probe a network with."""

from dataclasses import replace

import numpy as np

from tinynet.data import pictures
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.numerics import arrays


def default_probes() -> Examples:
    """Return the stress test and the fuzzy line."""
    stress, fuzzy = pictures.stress(), pictures.fuzzy()
    return Examples(
        np.concatenate([stress.inputs, fuzzy.inputs]), None, stress.names + fuzzy.names, stress.shape
    )


def halfway(examples: Examples) -> Examples:
    """Return the points halfway between the mean inputs of every two answers, as gray is of the lines; no targets."""
    if examples.targets is None or examples.regression:
        found = "no" if examples.targets is None else "numbers for"
        raise TinyNetError(f"these examples have {found} targets; halfway lies between two answers")
    said = examples.targets.argmax(axis=1)
    means = {
        a: arrays.mean(examples.inputs[said == k], 0)
        for k, a in enumerate(examples.target_names)
        if (said == k).any()
    }
    pairs = [(a, b) for k, b in enumerate(means) for a in list(means)[:k]]
    if not pairs:
        raise TinyNetError(f"these examples have targets of {len(means)} answer; halfway lies between two")
    inputs = np.array([(means[a] + means[b]) / 2 for a, b in pairs])
    return replace(
        examples, inputs=inputs, targets=None, names=tuple(f"{a} – {b}" for a, b in pairs), shape=None
    )
