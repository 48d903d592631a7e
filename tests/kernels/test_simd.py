"""Compare SIMD trainings, in straight-line code and in loops, with recordings."""

import numpy as np
import pytest

import tinynet as tn
from tinynet.errors import TinyNetError
from tinynet.experiments.cohort import Cohort, TrainingJob
from tinynet.kernels import simd
from tinynet.model.losses import mean_losses

LINES = tn.pictures.lines()
SOFT = tn.pictures.Examples(
    LINES.inputs, np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.5, 0.5]]), LINES.names, (2, 2)
)
CASES = {
    "default": (tn.Architecture(), tn.Recipe(), LINES),
    "4-8-2": (tn.Architecture((4, 8, 2)), tn.Recipe(), LINES),
    "9-5-2": (tn.Architecture((9, 5, 2)), tn.Recipe(epochs=50), tn.pictures.lines(3)),
    "4-4-4-2": (tn.Architecture((4, 4, 4, 2)), tn.Recipe(), LINES),
    "no hidden layer": (tn.Architecture((4, 2)), tn.Recipe(), LINES),
    "tanh": (tn.Architecture(hidden="tanh", output="tanh"), tn.Recipe(), LINES),
    "relu": (
        tn.Architecture((4, 6, 2), hidden="relu", output="identity"),
        tn.Recipe(learning_rate=0.02),
        LINES,
    ),
    "softplus": (
        tn.Architecture((4, 6, 2), hidden="softplus", output="identity"),
        tn.Recipe(learning_rate=0.02),
        LINES,
    ),
    "softmax": (tn.Architecture(output="softmax"), tn.Recipe(loss="cross_entropy"), LINES),
    "softmax by mse": (tn.Architecture(output="softmax"), tn.Recipe(), LINES),
    "bce": (tn.Architecture(), tn.Recipe(loss="bce"), LINES),
    "a batch": (tn.Architecture(), tn.Recipe(batch_size=4), LINES),
    "a batch larger than the data set": (tn.Architecture(), tn.Recipe(batch_size=7), LINES),
    "a short last batch": (tn.Architecture(), tn.Recipe(batch_size=3), LINES),
    "shuffled": (tn.Architecture(), tn.Recipe(order="shuffled"), LINES),
    "shuffled batches": (tn.Architecture(), tn.Recipe(order="shuffled", batch_size=3), LINES),
    "noise": (tn.Architecture(), tn.Recipe(noise=0.2), LINES),
    "noise, shuffled batches": (
        tn.Architecture(),
        tn.Recipe(noise=0.2, order="shuffled", batch_size=3),
        LINES,
    ),
    "views": (tn.Architecture(), tn.Recipe(augment=True), LINES),
    "views, shuffled, noise, 3x3": (
        tn.Architecture((9, 5, 2)),
        tn.Recipe(augment=True, order="shuffled", noise=0.1, batch_size=4, epochs=30),
        tn.pictures.lines(3),
    ),
    "hold, then decay": (
        tn.Architecture(),
        tn.Recipe(schedule="hold_then_decay", learning_rate=1.0),
        LINES,
    ),
    "cosine, short batch": (tn.Architecture(), tn.Recipe(schedule="cosine", batch_size=3), LINES),
    "label smoothing": (tn.Architecture(), tn.Recipe(label_smoothing=0.2), LINES),
    "a world": (tn.Architecture((4, 6, 2)), tn.Recipe(epochs=3, schedule="hold_then_decay"), tn.World()),
    "a world of coins": (
        tn.Architecture(),
        tn.Recipe(epochs=3, batch_size=3, loss="bce", label_smoothing=0.1),
        tn.World(labels="coin"),
    ),
    "a world of clean lines": (
        tn.Architecture(),
        tn.Recipe(epochs=3),
        tn.World(doubt=0.0, noise=0.0, bright=(1, 1), dark=(0, 0)),
    ),
    "a world of ambiguous pictures": (tn.Architecture(), tn.Recipe(epochs=3), tn.World(doubt=1.0)),
    "a world of 3x3": (tn.Architecture((9, 5, 2)), tn.Recipe(epochs=3), tn.World(n=3)),
    "momentum": (tn.Architecture(), tn.Recipe(momentum=0.9, learning_rate=0.02, weight_decay=0.01), LINES),
    "nesterov": (tn.Architecture(), tn.Recipe(momentum=0.5, nesterov=True), LINES),
    "adam": (tn.Architecture(), tn.Recipe(optimizer="adam", learning_rate=0.001), LINES),
    "adam, batches": (
        tn.Architecture(),
        tn.Recipe(optimizer="adam", learning_rate=0.001, batch_size=3, weight_decay=0.01),
        LINES,
    ),
    "soft targets": (tn.Architecture(), tn.Recipe(), SOFT),
}


@pytest.mark.slow
@pytest.mark.parametrize("code", ["straight-line", "loops"])
@pytest.mark.parametrize(("architecture", "recipe", "examples"), CASES.values(), ids=CASES)
def test_simd_training_agrees_with_a_recording(architecture, recipe, examples, code, monkeypatch):
    for limit in ("MAX_STRAIGHT", "MAX_UNROLLED"):
        monkeypatch.setattr(simd, limit, 0 if code == "loops" else 10_000)
    simd.compile_training.cache_clear()
    trained = tn.population(recipe, 130, first_seed=7, examples=examples, architecture=architecture)
    simd.compile_training.cache_clear()
    for seed in (7, 70, 71, 136):
        replayed = trained.replay(seed).final.parameters
        assert trained.parameters[seed - 7] == pytest.approx(replayed, abs=1e-5)


def test_a_large_network_agrees_with_a_recording():
    """Train a 64-16-10 network with the default limits of the kernels."""
    rng = np.random.default_rng(0)
    answers = tuple(map(str, range(10)))
    digits = tn.Examples(
        rng.random((12, 64)), np.eye(10)[np.arange(12) % 10], tuple(map(str, range(12))), None, answers
    )
    architecture = tn.Architecture((64, 16, 10), output="softmax", hidden="relu")
    recipe = tn.Recipe(loss="cross_entropy", batch_size=5, order="shuffled", noise=0.1, epochs=30)
    trained = tn.population(recipe, 65, examples=digits, architecture=architecture)
    for seed in (0, 63, 64):
        assert trained.parameters[seed] == pytest.approx(trained.replay(seed).final.parameters, abs=1e-5)


def test_shuffled_orders_of_many_examples_agree_with_a_recording():
    """Use orders of 10 MB for 64 networks, which exceed the stack of a thread."""
    rng = np.random.default_rng(0)
    names = tuple(map(str, range(40_000)))
    many = tn.Examples(rng.random((len(names), 2)), np.eye(2)[rng.integers(2, size=len(names))], names)
    recipe = tn.Recipe(order="shuffled", epochs=1, learning_rate=0.01)
    trained = tn.population(recipe, 2, examples=many, architecture=tn.Architecture((2, 2)))
    assert trained.parameters[1] == pytest.approx(trained.replay(1).final.parameters, abs=1e-4)


def test_advancing_in_parts_gives_equal_parameters():
    training = TrainingJob.of(tn.Architecture(), tn.Recipe(momentum=0.9, order="shuffled", noise=0.1), LINES)
    one, two = Cohort(training, np.arange(64)), Cohort(training, np.arange(64))
    assert one.advance(30)
    for epoch in (1, 7, 8, 30):
        two.advance(epoch)
    assert (one.parameters() == two.parameters()).all()


def test_the_outputs_of_a_cohort_agree_with_its_networks():
    training = TrainingJob.of(tn.Architecture((4, 4, 3, 2), hidden="tanh"), tn.Recipe(), LINES)
    cohort = Cohort(training, np.arange(100))
    cohort.advance(20)
    outputs = cohort.outputs(tn.pictures.binary().inputs)  # (100, 16, 2)
    for k in (0, 63, 99):
        network = tn.Network.initial(training.architecture, seed=k).with_parameters(
            cohort.parameters()[k].astype(float)
        )
        assert outputs[k] == pytest.approx(network(tn.pictures.binary()), abs=2e-6)


@pytest.mark.parametrize(("output", "loss"), [("softmax", "cross_entropy"), ("sigmoid", "bce")])
def test_saturated_outputs_are_probabilities(output, loss):
    """Check the ends of the approximation, whose error is 1e-7; a loss takes logarithms."""
    architecture, recipe = tn.Architecture((4, 2), output=output), tn.Recipe(loss=loss)
    z = np.linspace(-30, 30, 64 * 40, dtype=np.float32)
    parameters = np.zeros((len(z), 10), np.float32)
    parameters[:, 8], parameters[:, 9] = z, -z  # the biases
    outputs = simd.network_outputs(architecture, simd.to_blocks(parameters), LINES.inputs)
    assert outputs.min() >= 0
    assert outputs.max() <= 1
    assert np.isfinite(mean_losses(recipe, outputs.astype(float), LINES)).all()


def test_nan_propagates_to_the_outputs():
    architecture = tn.Architecture(hidden="relu", output="identity")
    trained = tn.population(tn.Recipe(learning_rate=30.0, epochs=400), 64, architecture=architecture)
    assert not trained.finite.all()
    assert np.isnan(trained.outputs(LINES)[~trained.finite]).any(axis=(1, 2)).all()


def test_loaded_parameters_continue_the_training_of_a_cohort():
    training = TrainingJob.of(tn.Architecture(), tn.Recipe(), LINES)
    whole, first, second = (Cohort(training, np.arange(100)) for _ in range(3))
    whole.advance(30)
    first.advance(10)
    second.load_parameters(first.parameters())
    second.advance(20)  # without schedule, optimizer state and shuffling the trainings are equal
    assert (second.parameters() == whole.parameters()).all()


def test_parameters_of_a_wrong_shape_or_after_an_epoch_are_refused():
    cohort = Cohort(TrainingJob.of(tn.Architecture(), tn.Recipe(), LINES), np.arange(3))
    with pytest.raises(
        TinyNetError, match=r"parameters has shape \(2, 23\)\. It must be \(3, 23\) for these networks"
    ):
        cohort.load_parameters(np.zeros((2, 23)))
    cohort.advance(1)
    with pytest.raises(
        TinyNetError, match=r"the training has reached epoch 1\. Load parameters before the first epoch"
    ):
        cohort.load_parameters(cohort.parameters())
