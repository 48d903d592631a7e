"""A population has the same bits on every processor, whatever its vectors, and with any number of lanes."""

import hashlib
import json
import os
import platform
import subprocess
import sys
from functools import cache

import numpy as np
import pytest

import tinynet as tn
from tinynet.cohorts import Cohort, Training

pytestmark = pytest.mark.slow

LINES = tn.pictures.lines()
SOFT = tn.Examples(LINES.inputs, np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.5, 0.5]]), LINES.names)
DIGITS = tn.Examples(
    np.arange(12 * 64).reshape(12, 64) * 37 % 101 / 100,
    np.eye(10)[np.arange(12) % 10],
    tuple(map(str, range(12))),
    None,
    tuple(map(str, range(10))),
)
SHAPE, CROSS = tn.Architecture(), tn.Recipe(loss="cross_entropy")
FORMS = {
    "the notebook's": (SHAPE, tn.Recipe(), LINES),
    "another rate": (SHAPE, tn.Recipe(learning_rate=5.0), LINES),
    "4-8-2": (tn.Architecture((4, 8, 2)), tn.Recipe(), LINES),
    "9-5-2": (tn.Architecture((9, 5, 2)), tn.Recipe(), tn.pictures.lines(3)),
    "4-4-4-2": (tn.Architecture((4, 4, 4, 2)), tn.Recipe(), LINES),
    "no hidden layer": (tn.Architecture((4, 2)), tn.Recipe(), LINES),
    "64-16-10": (tn.Architecture((64, 16, 10), output="softmax", hidden="relu"), CROSS, DIGITS),
    "tanh": (tn.Architecture(hidden="tanh", output="tanh"), tn.Recipe(), LINES),
    "relu": (tn.Architecture(hidden="relu", output="identity"), tn.Recipe(learning_rate=0.02), LINES),
    "relu, lost": (tn.Architecture(hidden="relu", output="identity"), tn.Recipe(learning_rate=30.0), LINES),
    "softmax, cross-entropy": (tn.Architecture(output="softmax"), CROSS, LINES),
    "softmax, mse": (tn.Architecture(output="softmax"), tn.Recipe(), LINES),
    "bce": (SHAPE, tn.Recipe(loss="bce"), LINES),
    "batches of 4": (SHAPE, tn.Recipe(batch_size=4), LINES),
    "batches of 3, the last short": (SHAPE, tn.Recipe(batch_size=3), LINES),
    "shuffled": (SHAPE, tn.Recipe(order="shuffled"), LINES),
    "shuffled, 12 pictures": (
        tn.Architecture((64, 3, 10)),
        tn.Recipe(order="shuffled", batch_size=5),
        DIGITS,
    ),
    "momentum": (SHAPE, tn.Recipe(momentum=0.9, learning_rate=0.02), LINES),
    "nesterov": (SHAPE, tn.Recipe(momentum=0.9, nesterov=True, learning_rate=0.02), LINES),
    "adam": (SHAPE, tn.Recipe(optimizer="adam", learning_rate=0.001), LINES),
    "weight decay": (SHAPE, tn.Recipe(weight_decay=0.01), LINES),
    "soft targets": (SHAPE, tn.Recipe(), SOFT),
    "noise": (SHAPE, tn.Recipe(noise=0.1), LINES),
    "augment": (SHAPE, tn.Recipe(augment=True, noise=0.1, order="shuffled"), LINES),
    "normal starts": (tn.Architecture(start="normal"), tn.Recipe(), LINES),
    "a world": (tn.Architecture((4, 6, 2)), tn.Recipe(), tn.World()),
    "a world of coins": (SHAPE, tn.Recipe(batch_size=3, loss="bce"), tn.World(labels="coin")),
}


def hashes(epochs: int = 25, networks: int = 70) -> dict[str, str]:
    """Return a hash of the parameters and answers of networks in training, for each form by name."""
    return {name: _hash(*form, epochs, networks) for name, form in FORMS.items()}


def _hash(architecture, recipe, source, epochs, networks) -> str:
    cohort = Cohort(Training.of(architecture, recipe, source), np.arange(7, 7 + networks))
    found = hashlib.sha256()
    for epoch in (0, epochs // 5, epochs):
        cohort.advance(epoch)
        pictures = np.linspace(0, 1, 3 * architecture.sizes[0]).reshape(3, -1)
        for array in (cohort.parameters(), cohort.answers(pictures)):
            found.update(np.where(np.isnan(array), np.float32(np.nan), array).astype("<f4").tobytes())
    return found.hexdigest()


@cache
def here() -> dict[str, str]:
    return hashes()


def elsewhere(**imitated: str) -> dict[str, str]:
    """Return the hashes that another process finds, which imitates another processor."""
    done = subprocess.run(
        [sys.executable, __file__], env=os.environ | imitated, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("lanes", ["8", "16", "32", "64"])
def test_the_number_of_lanes_changes_no_bit(lanes):
    assert elsewhere(TINYNET_LANES=lanes) == here()


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="these are x86 processors")
@pytest.mark.parametrize("target", ["x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v3,-fma"])
def test_the_processor_changes_no_bit(target):
    assert elsewhere(TINYNET_TARGET=target) == here()


if __name__ == "__main__":
    print(json.dumps(hashes()))
