from dataclasses import replace

import numpy as np
import pytest

import tinynet as tn
import torch_twin
from tinynet import rng
from tinynet.errors import TinyNetError
from tinynet.training import train as training

LINES = tn.pictures.lines()
RECIPES = {
    "default": tn.Recipe(),
    "mini-batches of 3": tn.Recipe(batch_size=3),
    "full batch": tn.Recipe(batch_size=4, learning_rate=0.5),
    "shuffled": tn.Recipe(order="shuffled", seed=7),
    "bce": tn.Recipe(loss="bce"),
    "momentum": tn.Recipe(momentum=0.9),
    "nesterov": tn.Recipe(momentum=0.9, nesterov=True, batch_size=2),
    "adam": tn.Recipe(optimizer="adam", learning_rate=0.01),
    "weight decay": tn.Recipe(weight_decay=0.01, momentum=0.5),
    "noise": tn.Recipe(noise=0.2, seed=5),
    "noise on shuffled batches": tn.Recipe(noise=0.3, order="shuffled", batch_size=3, seed=8),
    "hold, then geometric": tn.Recipe(schedule="hold_then_decay", learning_rate=1.0),
    "cosine": tn.Recipe(schedule="cosine", learning_rate=1.0, final_fraction=0.1, batch_size=3),
    "label smoothing": tn.Recipe(label_smoothing=0.1),
    "views": tn.Recipe(augment=True, noise=0.1, seed=9),
    "views of shuffled batches": tn.Recipe(augment=True, order="shuffled", batch_size=3, seed=1),
    "adam with decay": tn.Recipe(optimizer="adam", learning_rate=0.01, weight_decay=0.1, batch_size=2),
}
NETWORKS = {
    "4-3-2": tn.Architecture(),
    "tanh, two hidden layers": tn.Architecture((4, 4, 4, 2), hidden="tanh"),
    "relu": tn.Architecture((4, 8, 2), hidden="relu"),
    "softplus": tn.Architecture((4, 8, 2), hidden="softplus"),
    "identity output": tn.Architecture((4, 3, 2), output="identity"),
    "no hidden layer": tn.Architecture((4, 2)),
    "softmax": tn.Architecture((4, 3, 2), output="softmax"),
}


def assert_same_steps(network, examples, recipe, tolerance):
    run, theirs = tn.train(network, examples, recipe), torch_twin.train(network, examples, recipe)
    np.testing.assert_allclose(run.parameters, theirs.parameters, rtol=0, atol=tolerance)
    np.testing.assert_allclose(run.gradients, theirs.gradients, rtol=0, atol=tolerance)
    np.testing.assert_allclose(run.losses, theirs.losses, rtol=0, atol=tolerance)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_every_step_agrees_with_pytorch(recipe, kernels):
    assert_same_steps(tn.Network.initial(seed=3), LINES, recipe, 1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", NETWORKS.values(), ids=NETWORKS)
def test_every_step_of_networks_of_every_form_agrees_with_pytorch(architecture, kernels):
    assert_same_steps(tn.Network.initial(architecture, seed=1), LINES, tn.Recipe(batch_size=2), 1e-12)


@pytest.mark.slow
def test_cross_entropy_agrees_with_pytorch(kernels):
    network = tn.Network.initial(NETWORKS["softmax"], seed=5)
    assert_same_steps(network, LINES, tn.Recipe(loss="cross_entropy", batch_size=3), 1e-12)
    assert_same_steps(network, LINES, tn.Recipe(loss="cross_entropy", label_smoothing=0.2), 1e-12)


WORLDS = {
    "soft": (tn.World(), tn.Recipe(epochs=2, seed=3)),
    "a coin, in batches": (tn.World(labels="coin", noise=0.1), tn.Recipe(epochs=2, batch_size=3, loss="bce")),
    "clean lines": (tn.World(doubt=0.0, noise=0.0, bright=(1, 1), dark=(0, 0)), tn.Recipe(epochs=2)),
    "smoothed": (tn.World(doubt=1.0), tn.Recipe(epochs=2, label_smoothing=0.1, schedule="hold_then_decay")),
}


@pytest.mark.parametrize(("world", "recipe"), WORLDS.values(), ids=WORLDS)
def test_every_step_in_a_world_agrees_with_pytorch(world, recipe, kernels):
    network = tn.Network.initial(seed=3)
    assert_same_steps(network, world, recipe, 1e-12)
    run = tn.train(network, world, recipe)
    for moment in (run[0], run[33], run[len(run) - 1]):
        assert moment.after.parameters.tolist() == run.state_before(moment.step + 1)[0].tolist()
    again = tn.Recording.from_bytes(run.to_bytes())
    assert again.world == world
    assert again[33].batch == run[33].batch


def test_order_noise_and_augmentation_are_refused_for_a_world():
    for fields in ({"order": "shuffled"}, {"noise": 0.1}, {"augment": True}):
        match = f"{next(iter(fields))} is .* It must be .* drawn from a world"
        with pytest.raises(TinyNetError, match=match):
            tn.train(tn.Network.initial(seed=0), tn.World(), tn.Recipe(**fields))


def test_the_first_step_equals_a_calculation_by_hand():
    """Compute a 1-1-1 identity network: 3 (2 * 0.5 + 1) - 1 = 5, target 1, error 4."""
    architecture = tn.Architecture((1, 1, 1), hidden="identity", output="identity")
    network = tn.Network.initial(architecture, seed=0).with_parameters(np.array([2.0, 1.0, 3.0, -1.0]))
    one = tn.Examples(np.array([[0.5]]), np.array([[1.0]]), ("half",), target_names=("bright",))
    run = tn.train(network, one, tn.Recipe(learning_rate=0.25, epochs=1))
    # dL/dy = 2 * 4 = 8; dw2 = 8 * 2, db2 = 8; dL/da1 = 8 * 3 = 24; dw1 = 24 * 0.5, db1 = 24
    assert run.losses.tolist() == [16.0]
    assert run.gradients.tolist() == [[12.0, 24.0, 16.0, 8.0]]
    assert run.final.parameters.tolist() == [-1.0, -5.0, -1.0, -3.0]


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_sheet_and_kernel_agree_to_the_last_bit(recipe, kernels):
    run = tn.train(tn.Network.initial(seed=2), LINES, replace(recipe, epochs=3))
    for moment in run:
        ledger = moment.ledger()
        assert [row.before for row in ledger] == run.parameters[moment.step].tolist()
        assert [row.gradient for row in ledger] == run.gradients[moment.step].tolist()
        assert [row.after for row in ledger] == run.parameters[moment.step + 1].tolist()
        assert moment.loss == run.losses[moment.step]
        assert all(row.before + row.change == row.after for row in ledger)


@pytest.mark.parametrize("architecture", NETWORKS.values(), ids=NETWORKS)
def test_sheet_and_kernel_agree_for_networks_of_every_form(architecture, kernels):
    loss = "cross_entropy" if architecture.output == "softmax" else "mse"
    run = tn.train(
        tn.Network.initial(architecture, seed=2), LINES, tn.Recipe(epochs=2, batch_size=3, loss=loss)
    )
    for moment in run:
        assert moment.after.parameters.tolist() == run.parameters[moment.step + 1].tolist()
        assert moment.loss == run.losses[moment.step]


def test_recorded_activations_are_the_activations_of_the_network():
    run = tn.train(tn.Network.initial(seed=4), LINES, tn.Recipe(epochs=5))
    moment = run[13]
    layers = moment.network.activations(moment.batch.inputs)
    np.testing.assert_allclose(
        run.activations[13, 0], np.concatenate([a[0] for a in layers]), rtol=0, atol=1e-15
    )
    assert run.batches[13].tolist() == [1]
    assert moment.names == ("bottom",)
    assert moment.epoch == 3


def test_noise_is_part_of_the_batch():
    recipe = tn.Recipe(epochs=3, noise=0.2, seed=4)
    run = tn.train(tn.Network.initial(seed=4), LINES, recipe)
    seen = np.concatenate([moment.batch.inputs for moment in run])
    clean = LINES.inputs[np.arange(12) % 4]
    expected = rng.noisy(clean, 0.2, seed=4, presentations=np.arange(12))
    np.testing.assert_array_equal(seen, expected)
    assert (seen != clean).any(axis=1).sum() >= 8
    assert run[5].values["input[2]"] == seen[5, 2]


def test_the_indices_of_a_short_batch_end_with_minus_1():
    run = tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(epochs=1, batch_size=3))
    assert run.batches.tolist() == [[0, 1, 2], [3, -1, -1]]
    np.testing.assert_allclose(run.loss_per_epoch[0], (3 * run.losses[0] + run.losses[1]) / 4)


def test_movement_is_the_norm_of_the_weight_change():
    run = tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(epochs=10))
    weights = run.parameters[::4, :12]
    np.testing.assert_allclose(
        run.movement_per_epoch, np.linalg.norm(np.diff(weights, axis=0), axis=1), rtol=1e-12
    )


def test_a_branch_without_changes_repeats_the_steps():
    run = tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(epochs=20))
    branch = tn.train(run[40].network, LINES, tn.Recipe(epochs=10))
    assert branch.parameters.tolist() == run.parameters[40:].tolist()


@pytest.mark.parametrize(
    "recipe",
    [
        tn.Recipe(epochs=60, order="shuffled"),
        tn.Recipe(epochs=60, optimizer="adam"),
        tn.Recipe(epochs=60, noise=0.3),
    ],
)
def test_a_recording_with_a_stride_replays_every_step_exactly(recipe, monkeypatch):
    whole = tn.train(tn.Network.initial(seed=0), LINES, recipe)
    monkeypatch.setattr(training, "MAX_KEPT", 50)
    run = tn.train(tn.Network.initial(seed=0), LINES, recipe)
    assert run.stride == 5
    assert len(run.losses) == 48
    assert len(run) == 240
    for step in (0, 1, 4, 5, 117, 239, -1):
        assert run[step].ledger() == whole[step].ledger()
    assert run.loss_per_epoch.tolist() == whole.loss_per_epoch.tolist()
    assert run.final == whole.final or run.final.parameters.tolist() == whole.final.parameters.tolist()


def test_divergence_has_step_cell_and_reason():
    network = tn.Network.initial((4, 3, 2), seed=0, hidden="identity", output="identity")
    run = tn.train(network, LINES, tn.Recipe(learning_rate=50.0, epochs=1000))
    assert run.stopped is not None
    assert run.stopped.step == len(run) < 4000
    assert run.stopped.cell in run[-1].sheet.cells
    assert "infinite" in run.stopped.reason or "not a number" in run.stopped.reason
    assert "Try a learning rate below 50" in run.stopped.reason
    assert "Scale" not in run.stopped.reason


def test_large_inputs_that_diverge_are_to_be_scaled():
    rows = np.array([[1_800_000.0, 3.0], [1_100_000.0, 2.0], [1_500_000.0, 5.0]])
    examples = tn.Examples(rows, [[0.1], [0.5], [0.9]], ("a", "b", "c"), target_names=("y",), unbounded=True)
    run = tn.train(tn.Network.initial((2, 1), seed=0, output="identity"), examples)
    assert (
        "The largest input is 1,800,000. Scale each input to 0 to 1, or try a learning rate below"
        in run.stopped.reason
    )
    assert np.isfinite(run.parameters).all()
    assert np.isfinite(run.losses).all()
    assert run[-1].after.parameters.tolist() == run.final.parameters.tolist()


def test_ctrl_c_keeps_the_recorded_steps():
    def interrupt(done, total):
        if done > total / 3:
            raise KeyboardInterrupt

    whole = tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(epochs=200_000))
    run = tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(epochs=200_000), progress=interrupt)
    assert 0 < len(run) < 800_000
    assert run.stopped is not None
    assert run.stopped.reason.startswith("interrupted after")
    assert run.final.parameters.tolist() == whole[len(run)].network.parameters.tolist()
    assert run.loss_per_epoch.tolist() == whole.loss_per_epoch[: run.epochs].tolist()


def test_a_nudge_equals_the_first_step_of_a_training():
    network = tn.Network.initial(seed=0)
    assert tn.nudge(network, LINES[0]).ledger() == tn.train(network, LINES, tn.Recipe())[0].ledger()


def test_nudges_equal_a_training_on_one_example():
    network, top = tn.Network.initial(seed=0), LINES["top"]
    run = tn.train(network, top, tn.Recipe(epochs=5))
    moments = training.nudges(network, top, times=5)
    assert [moment.ledger() for moment in moments] == [run[k].ledger() for k in range(5)]
    for times, shown in ((0, "0"), (1001, "1,001"), (1.5, "1.5"), (True, "True")):
        with pytest.raises(
            TinyNetError, match=rf"times is {shown}\. It must be a whole number from 1 to 1,000"
        ):
            training.nudges(network, top, times=times)


@pytest.mark.parametrize(
    ("sizes", "options", "recipe", "message"),
    [
        (
            (9, 3, 2),
            {},
            {},
            r"have 4 inputs and 2 targets .* has 9 inputs .* Create a network with Network.initial\(\(4, 3, 2\)",
        ),
        (
            (4, 3, 2),
            {"output": "tanh"},
            {"loss": "bce"},
            "'bce' .* output is 'tanh'. .* needs outputs between 0 and 1",
        ),
        ((4, 3, 2), {}, {"loss": "cross_entropy"}, "needs outputs that sum to 1. Set output to 'softmax'"),
    ],
)
def test_an_incompatible_network_is_refused(sizes, options, recipe, message):
    with pytest.raises(TinyNetError, match=message):
        tn.train(tn.Network.initial(sizes, seed=0, **options), LINES, tn.Recipe(**recipe))


def test_examples_without_targets_are_refused():
    with pytest.raises(TinyNetError, match="the examples have no targets"):
        tn.train(tn.Network.initial(seed=0), tn.pictures.stress())


def test_cross_entropy_refuses_targets_that_do_not_sum_to_1():
    doubt = tn.Examples(np.full((1, 4), 0.5), np.zeros((1, 2)), ("gray",))
    with pytest.raises(TinyNetError, match="'gray' sum to 0. They must sum to 1 .* 'mse' or 'bce'"):
        tn.train(tn.Network.initial(seed=0, output="softmax"), doubt, tn.Recipe(loss="cross_entropy"))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda run: tn.train(run.network, run.examples, {"epochs": 3}),
            "recipe is {'epochs': 3}. It must be a Recipe",
        ),
        (
            lambda run: tn.nudge(run.network, run.examples, {"epochs": 3}),
            "recipe is {'epochs': 3}. It must be a Recipe",
        ),
        (
            lambda run: tn.train(run.network, run.examples.inputs),
            "examples is an object of type ndarray. It must be Examples or a World",
        ),
        (
            lambda run: tn.train(run.network, run.examples, kept=0),
            "kept is 0. It must be a whole number of at least 1",
        ),
        (lambda run: tn.Recipe.from_json([1]), "recipe is of type list. It must be a JSON object"),
        (lambda run: run[1.5], "step is 1.5. It must be a whole number"),
        (lambda run: run["a"], "step is 'a'. It must be a whole number"),
        (lambda run: run.examples[1.5], "index 1.5 does not fit"),
    ],
)
def test_arguments_of_the_wrong_type_are_refused(call, message):
    run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=1))
    with pytest.raises(tn.TinyNetError, match=message):
        call(run)
