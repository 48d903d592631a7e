"""The printed kernels: the same networks as the general kernel's and as a recording's."""

import subprocess
import sys

import numpy as np
import pytest

import tinynet as tn
from tinynet import lockstep, printing

LINES = tn.pictures.lines()
SOFT = tn.pictures.Examples(
    LINES.inputs, np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.5, 0.5]]), LINES.names, (2, 2)
)
CASES = {
    "the notebook's": (tn.Architecture(), tn.Recipe(), LINES),
    "4-8-2": (tn.Architecture((4, 8, 2)), tn.Recipe(), LINES),
    "9-5-2": (tn.Architecture((9, 5, 2)), tn.Recipe(epochs=50), tn.pictures.lines(3)),
    "4-4-4-2": (tn.Architecture((4, 4, 4, 2)), tn.Recipe(), LINES),
    "tanh": (tn.Architecture(hidden="tanh", output="tanh"), tn.Recipe(), LINES),
    "relu": (
        tn.Architecture((4, 6, 2), hidden="relu", output="identity"),
        tn.Recipe(learning_rate=0.02),
        LINES,
    ),
    "softmax": (tn.Architecture(output="softmax"), tn.Recipe(loss="cross_entropy"), LINES),
    "softmax by mse": (tn.Architecture(output="softmax"), tn.Recipe(), LINES),
    "bce": (tn.Architecture(), tn.Recipe(loss="bce"), LINES),
    "a batch": (tn.Architecture(), tn.Recipe(batch_size=4), LINES),
    "a short last batch": (tn.Architecture(), tn.Recipe(batch_size=3), LINES),
    "shuffled": (tn.Architecture(), tn.Recipe(order="shuffled"), LINES),
    "shuffled batches": (tn.Architecture(), tn.Recipe(order="shuffled", batch_size=3), LINES),
    "momentum": (tn.Architecture(), tn.Recipe(momentum=0.9, learning_rate=0.02, weight_decay=0.01), LINES),
    "nesterov": (tn.Architecture(), tn.Recipe(momentum=0.5, nesterov=True), LINES),
    "adam": (tn.Architecture(), tn.Recipe(optimizer="adam", learning_rate=0.001), LINES),
    "soft targets": (tn.Architecture(), tn.Recipe(), SOFT),
}


@pytest.mark.parametrize(("architecture", "recipe", "examples"), CASES.values(), ids=CASES)
def test_a_printed_kernel_trains_the_recordings_networks(architecture, recipe, examples, monkeypatch):
    assert lockstep.fits(architecture, recipe, len(examples))
    crowd = tn.population(recipe, 130, first_seed=7, examples=examples, architecture=architecture)
    for seed in (7, 70, 71, 136):
        replayed = crowd.replay(seed).final.parameters
        assert crowd.parameters[seed - 7] == pytest.approx(replayed, abs=1e-5)
    monkeypatch.setattr(lockstep, "fits", lambda *_: False)
    general = tn.population(recipe, 130, first_seed=7, examples=examples, architecture=architecture)
    assert crowd.parameters == pytest.approx(general.parameters, abs=2e-5)


def test_a_large_network_is_left_to_the_general_kernel():
    assert not lockstep.fits(tn.Architecture((64, 16, 10)), tn.Recipe(), 100)
    assert not lockstep.fits(tn.Architecture((4, 8, 2)), tn.Recipe(batch_size=64), 64)


def test_nan_stays_nan():
    architecture = tn.Architecture(hidden="identity", output="identity")
    crowd = tn.population(tn.Recipe(learning_rate=30.0, epochs=400), 64, architecture=architecture)
    assert not crowd.finite.any()


@pytest.mark.parametrize("place", ["fresh", "damaged", "read-only"])
def test_the_cache_only_costs_time(tmp_path, place):
    text = printing.lanes_source(tn.Architecture(), tn.Recipe(), 4)
    if place == "damaged":
        code = "import sys; from tinynet import lockstep; import tinynet as tn; lockstep.compiled(tn.Architecture(), tn.Recipe(), 4)"
        run(code, tmp_path)
        (written,) = (tmp_path / "tinynet").glob("kernel_*.py")
        written.write_text("raise SystemExit('this is not the kernel')")
    elif place == "read-only":
        (tmp_path / "tinynet").write_text("a file where the folder should be")
    said = run("import tinynet as tn; print(tn.population(networks=100).verdicts()[0])", tmp_path)
    assert said.startswith("0 of 100 networks get all 4 pictures right")
    if place != "read-only":
        (written,) = (tmp_path / "tinynet").glob("kernel_*.py")
        assert written.read_text() == text


def run(code, cache):
    import os

    environment = os.environ | {"TINYNET_CACHE": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
