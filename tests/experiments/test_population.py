from dataclasses import replace

import numpy as np
import pytest
import torch

import tinynet as tn
import torch_twin
from tinynet.errors import TinyNetError

LINES = tn.pictures.lines()
SEEDS = (0, 1, 63, 64, 99)
CASES = {
    "default": (tn.Architecture(), tn.Recipe()),
    "shuffled": (tn.Architecture(), tn.Recipe(order="shuffled")),
    "mini-batches": (tn.Architecture(), tn.Recipe(batch_size=3, momentum=0.9)),
    "nesterov": (tn.Architecture(), tn.Recipe(momentum=0.5, nesterov=True, weight_decay=0.001)),
    "adam": (tn.Architecture(), tn.Recipe(optimizer="adam", learning_rate=0.01)),
    "bce": (tn.Architecture(), tn.Recipe(loss="bce")),
    "tanh": (tn.Architecture((4, 4, 4, 2), hidden="tanh"), tn.Recipe()),
    "relu": (tn.Architecture((4, 8, 2), hidden="relu", output="identity"), tn.Recipe(learning_rate=0.02)),
    "softmax": (tn.Architecture(output="softmax"), tn.Recipe(loss="cross_entropy")),
    "softmax by mse": (tn.Architecture(output="softmax", init="xavier"), tn.Recipe()),
}


@pytest.mark.slow
@pytest.mark.parametrize(("architecture", "recipe"), CASES.values(), ids=CASES)
def test_networks_agree_with_pytorch_in_float32(architecture, recipe):
    trained = tn.population(recipe, networks=100, architecture=architecture)
    for seed in SEEDS:
        own = replace(recipe, seed=seed)
        theirs = torch_twin.train(tn.Network.initial(architecture, seed=seed), LINES, own, torch.float32)
        np.testing.assert_allclose(trained.parameters[seed], theirs.parameters[-1], rtol=0, atol=1e-5)


def test_a_seed_replays_as_a_recording():
    recipe = tn.Recipe(epochs=4, order="shuffled")
    trained = tn.population(recipe, networks=3, first_seed=10)
    run = trained.replay(11)
    assert run.recipe.seed == 11
    assert run.initial == tn.Network.initial(seed=11)
    np.testing.assert_allclose(trained.network(11).parameters, run.final.parameters, rtol=0, atol=1e-5)


def test_first_seed_selects_the_seeds():
    whole, part = tn.population(networks=200), tn.population(networks=70, first_seed=130)
    assert (whole.parameters[130:] == part.parameters).all()
    assert part.seeds.tolist() == list(range(130, 200))


def test_outputs_of_a_population_agree_with_each_network():
    trained = tn.population(networks=5)
    for index, seed in enumerate(trained.seeds):
        mine = trained.network(int(seed))(tn.pictures.binary())
        np.testing.assert_allclose(trained.outputs(tn.pictures.binary())[index], mine, rtol=0, atol=1e-15)


@pytest.mark.parametrize("loss", ["mse", "bce", "cross_entropy"])
def test_losses_of_a_population_equal_the_losses_of_a_step(loss):
    architecture = tn.Architecture(output="softmax" if loss == "cross_entropy" else "sigmoid")
    trained = tn.population(tn.Recipe(loss=loss), networks=3, architecture=architecture)
    for index in range(3):
        network = trained.network(index)
        expected = tn.nudge(network, LINES, tn.Recipe(loss=loss, batch_size=4)).loss
        assert trained.losses[index] == pytest.approx(expected, abs=1e-12)


# known results: learning rate, epochs, the share of 2,048 networks that learned, the median final loss
TABLE = [
    (0.1, 100, (0.0, 0.0), "0.250"),
    (0.1, 1_000, (0.001, 0.012), "0.250"),
    (0.1, 10_000, (0.98, 1.0), "0.002"),
    (5.0, 100, (0.12, 0.18), "0.157"),
    (5.0, 1_000, (0.96, 0.99), "0.0003"),
]


@pytest.mark.parametrize(("rate", "epochs", "share", "loss"), TABLE)
def test_the_notebooks_recipes_have_the_known_success_rates(rate, epochs, share, loss):
    trained = tn.population(tn.Recipe(learning_rate=rate, epochs=epochs), networks=2048)
    assert share[0] <= trained.all_right.mean() <= share[1]
    digits = len(loss) - 2
    assert abs(np.median(trained.losses) - float(loss)) <= (3 if loss == "0.157" else 1) * 10.0**-digits


@pytest.mark.parametrize(
    ("order", "share"),
    [
        (("top", "bottom", "left", "right"), 0.0),
        (("left", "right", "top", "bottom"), 1.0),
        (("top", "left", "bottom", "right"), 0.03),
        (("left", "top", "right", "bottom"), 0.97),
    ],
)
def test_the_order_decides_the_prediction_for_gray_on_the_plateau(order, share):
    trained = tn.population(networks=2048, examples=LINES.reordered(order))
    assert (trained.margins(tn.pictures.stress()["gray"]) > 0).mean() == pytest.approx(share, abs=0.02)


def test_learned_networks_are_confident_about_gray_and_half_predict_horizontal():
    trained = tn.population(tn.Recipe(epochs=10_000), networks=1024)
    gap = trained.margins(tn.pictures.stress()["gray"])[trained.all_right, 0]
    assert np.abs(gap).mean() > 0.8
    assert 0.45 < (gap > 0).mean() < 0.55


def test_verdicts_have_the_counts_of_the_population():
    trained = tn.population(tn.Recipe(learning_rate=5.0), networks=300)
    first, *rest = trained.verdicts()
    assert first.count == trained.all_right.sum()
    assert first.sentence.startswith(f"{first.count} of 300 networks get all 4 pictures right")
    assert f"The median training loss is {np.median(trained.losses):.4f}" in rest[0].sentence
    assert any("get every picture right predict horizontal for gray" in verdict.sentence for verdict in rest)


def test_networks_that_diverge_are_counted():
    architecture = tn.Architecture(hidden="identity", output="identity")
    trained = tn.population(tn.Recipe(learning_rate=3.0, epochs=1000), networks=64, architecture=architecture)
    assert not trained.finite.any()
    assert trained.accuracy.max() == 0
    assert any("No network has a finite loss." in verdict.sentence for verdict in trained.verdicts())
    assert any("not finite" in verdict.sentence for verdict in trained.verdicts())


def test_an_interruption_keeps_the_trained_networks():
    def interrupt(done, total):
        if done >= 128:
            raise KeyboardInterrupt

    recipe = tn.Recipe(epochs=20_000)
    trained = tn.population(recipe, networks=6400, progress=interrupt)
    assert trained.interrupted
    assert 128 <= len(trained) < 6400
    again = tn.population(recipe, networks=int(trained.seeds.max()) + 1)
    assert (again.parameters[trained.seeds] == trained.parameters).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"networks": 0}, r"networks is 0\. It must be a whole number from 1 to 100,000,000\."),
        ({"first_seed": -1}, "first_seed is -1"),
        (
            {"first_seed": 2**32 - 5, "networks": 10},
            r"The last seed would be 4,294,967,300\. It must be at most 4,294,967,295\.",
        ),
        ({"examples": tn.pictures.lines(3), "architecture": tn.Architecture()}, "9 inputs"),
    ],
)
def test_invalid_arguments_of_a_population_are_refused(arguments, message):
    with pytest.raises(TinyNetError, match=message):
        tn.population(**arguments)


def test_a_missing_seed_is_refused():
    with pytest.raises(TinyNetError, match=r"seed 7 is not in this population\. Its seeds are 0 to 3"):
        tn.population(networks=4).replay(7)


@pytest.mark.parametrize(("architecture", "recipe"), CASES.values(), ids=CASES)
def test_outputs_of_a_population_equal_each_network_to_the_last_bit(architecture, recipe):
    trained = tn.population(recipe, networks=5, architecture=architecture)
    pictures = tn.pictures.lattice(3)
    outputs = trained.outputs(pictures)
    for seed in range(5):
        assert outputs[seed].tolist() == trained.network(seed)(pictures).tolist()


@pytest.mark.parametrize("shape", [(2, 9), (2, 3), (4,)])
def test_inputs_of_the_wrong_shape_are_refused(shape):
    trained = tn.population(tn.Recipe(epochs=1), networks=3)
    refused = r"inputs has the shape .*It must be \(examples, 4\)"
    with pytest.raises(TinyNetError, match=refused):
        trained.outputs(np.ones(shape))
    with pytest.raises(TinyNetError, match=refused):
        trained.take_exam(tn.Exam(world=tn.World(n=3), count=100))
