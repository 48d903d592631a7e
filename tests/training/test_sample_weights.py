"""Test weighted trainings against PyTorch, the sheet and repeated examples."""

from dataclasses import replace

import numpy as np
import openpyxl
import pytest

import tinynet as tn
import torch_twin
from tinynet.core.sheet import Sheet
from tinynet.errors import TinyNetError
from tinynet.training import train as training

pytestmark = pytest.mark.usefixtures("kernels")

LINES = tn.pictures.lines()
WEIGHTS = np.array([0.25, 2.0, 0.0, 1.75])
SOFTMAX = tn.Architecture((4, 3, 2), output="softmax")
IDENTITY = tn.Architecture((4, 3, 2), hidden="relu", output="identity")
TRAININGS = {
    "mse": (tn.Architecture(), tn.Recipe(epochs=20)),
    "mse of two examples": (tn.Architecture(), tn.Recipe(epochs=20, batch_size=2)),
    "a short batch": (IDENTITY, tn.Recipe(epochs=20, batch_size=3, order="shuffled", seed=4)),
    "mse after softmax": (SOFTMAX, tn.Recipe(epochs=20, batch_size=2)),
    "bce": (tn.Architecture(), tn.Recipe(epochs=20, loss="bce", batch_size=3)),
    "cross-entropy": (
        SOFTMAX,
        tn.Recipe(epochs=20, loss="cross_entropy", batch_size=3, optimizer="adam", weight_decay=0.01),
    ),
    "noise and views": (
        SOFTMAX,
        tn.Recipe(epochs=20, loss="cross_entropy", batch_size=3, order="shuffled", noise=0.1, augment=True),
    ),
}


@pytest.mark.parametrize(("architecture", "recipe"), TRAININGS.values(), ids=TRAININGS)
def test_every_weighted_step_agrees_with_pytorch(architecture, recipe):
    network = tn.Network.initial(architecture, seed=3)
    run = tn.train(network, LINES, recipe, sample_weights=WEIGHTS)
    theirs = torch_twin.train(network, LINES, recipe, weights=WEIGHTS)
    np.testing.assert_allclose(run.parameters, theirs.parameters, rtol=0, atol=1e-12)
    np.testing.assert_allclose(run.gradients, theirs.gradients, rtol=0, atol=1e-12)
    np.testing.assert_allclose(run.losses, theirs.losses, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("architecture", "recipe"), TRAININGS.values(), ids=TRAININGS)
def test_sheet_and_kernel_agree_to_the_last_bit(architecture, recipe):
    network = tn.Network.initial(architecture, seed=3)
    run = tn.train(network, LINES, replace(recipe, epochs=3), sample_weights=WEIGHTS)
    for moment in run:
        ledger = moment.ledger()
        assert [row.gradient for row in ledger] == run.gradients[moment.step].tolist()
        assert [row.after for row in ledger] == run.parameters[moment.step + 1].tolist()
        assert moment.loss == run.losses[moment.step]
        assert moment.sample_weights.tolist() == [WEIGHTS[LINES.names.index(name)] for name in moment.names]


def test_integer_weights_equal_repeated_examples_in_a_full_batch():
    repeats = [2, 1, 0, 3]
    rows = np.repeat(np.arange(4), repeats)
    names = tuple(f"example {k}" for k in range(len(rows)))
    repeated = replace(LINES, inputs=LINES.inputs[rows], targets=LINES.targets[rows], names=names)
    network = tn.Network.initial(seed=3)
    recipe = tn.Recipe(epochs=30, optimizer="adam", weight_decay=0.01)
    often = tn.train(network, repeated, replace(recipe, batch_size=6))
    weights = np.array(repeats) * 4 / 6  # the mean is 1
    weighted = tn.train(network, LINES, replace(recipe, batch_size=4), sample_weights=weights)
    np.testing.assert_allclose(weighted.parameters, often.parameters, rtol=0, atol=1e-12)
    np.testing.assert_allclose(weighted.loss_per_epoch, often.loss_per_epoch, rtol=0, atol=1e-12)


def test_equal_weights_scale_the_loss_and_the_gradient():
    network, recipe = tn.Network.initial(seed=3), tn.Recipe(epochs=1, batch_size=4)
    plain = tn.train(network, LINES, recipe)
    doubled = tn.train(network, LINES, recipe, sample_weights=np.full(4, 2.0))
    assert doubled.losses.tolist() == (2 * plain.losses).tolist()
    assert doubled.gradients.tolist() == (2 * plain.gradients).tolist()


def test_the_weight_is_an_input_cell_of_a_weighted_sheet_only():
    plain, weighted = (Sheet.of(SOFTMAX, tn.Recipe(batch_size=2), 2, weighted=w) for w in (False, True))
    assert set(weighted.cells) - set(plain.cells) == {"example0.sample_weight", "example1.sample_weight"}
    assert weighted.cells["example1.sample_weight"].formula is None
    assert Sheet.from_json(weighted.to_json()).cells == weighted.cells


def test_an_explanation_contains_the_weight():
    run = tn.train(
        tn.Network.initial(seed=3), LINES, tn.Recipe(epochs=1, batch_size=2), sample_weights=WEIGHTS
    )
    text = str(run[0].explain("example1.layer2.slope[0]"))
    assert text.splitlines()[0].startswith("∂L/∂a²₀⟨1⟩ = ω⟨1⟩ · 2 · e₀⟨1⟩ / 4")
    assert "ω⟨1⟩ = 2   sample weight (example 1 of the batch)" in text


def test_a_weighted_recording_with_a_stride_replays_every_step(monkeypatch):
    network, recipe = tn.Network.initial(seed=3), tn.Recipe(epochs=50, order="shuffled", batch_size=3)
    whole = tn.train(network, LINES, recipe, sample_weights=WEIGHTS)
    monkeypatch.setattr(training, "MAX_KEPT", 20)
    run = tn.train(network, LINES, recipe, sample_weights=WEIGHTS)
    assert run.stride == 5
    assert all(run[step].ledger() == whole[step].ledger() for step in (0, 3, 51, -1))


def test_a_weighted_recording_opens_from_a_file_with_its_own_identity():
    network, recipe = tn.Network.initial(seed=3), tn.Recipe(epochs=3, batch_size=2)
    runs = [
        tn.train(network, LINES, recipe, sample_weights=w, validation=LINES, validation_weights=v)
        for w, v in ((None, None), (WEIGHTS, None), (None, WEIGHTS), (WEIGHTS, WEIGHTS))
    ]
    assert len({run.identity for run in runs}) == 4
    for run in runs:
        again = tn.Recording.from_bytes(run.to_bytes())
        assert again.identity == run.identity
        assert again.to_bytes() == run.to_bytes()
        assert again[4].values == run[4].values


def test_the_validation_loss_is_weighted():
    network, recipe = tn.Network.initial(seed=3), tn.Recipe(epochs=2)
    run = tn.train(network, LINES, recipe, validation=LINES, validation_weights=WEIGHTS)
    errors = ((run.final(LINES) - LINES.targets) ** 2).mean(axis=1)
    assert run.validation_per_epoch[-1] == pytest.approx((WEIGHTS * errors).mean(), abs=1e-15)


def test_a_training_continues_from_an_optimizer_state():
    network, recipe = tn.Network.initial(seed=3), tn.Recipe(epochs=20, optimizer="adam", learning_rate=0.01)
    whole = tn.train(network, LINES, recipe)
    first = tn.train(network, LINES, replace(recipe, epochs=8))
    second = tn.train(first.final, LINES, replace(recipe, epochs=12), state=first.state[-1])
    assert second.parameters.tolist() == whole.parameters[32:].tolist()
    assert second[3].ledger() == whole[35].ledger()
    assert tn.Recording.from_bytes(second.to_bytes()).identity == second.identity
    assert second.identity != tn.train(first.final, LINES, replace(recipe, epochs=12)).identity


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"sample_weights": np.ones(3)},
            r"sample_weights has shape \(3,\)\. It must have one weight for each of the 4 examples",
        ),
        (
            {"sample_weights": np.array([1, 1, 1, -1.0])},
            r"sample_weights has the number -1\. Every weight must be",
        ),
        (
            {"sample_weights": np.array([1, 1, 1, np.nan])},
            r"sample_weights has the number nan\. Every weight must be",
        ),
        (
            {"sample_weights": np.zeros(4)},
            r"sample_weights has only zeros\. At least one weight must be above 0",
        ),
        ({"sample_weights": [1, 1, 1, "much"]}, r"sample_weights must be numbers"),
        (
            {"state": np.zeros(3)},
            r"state has shape \(3,\)\. It must be 48 finite numbers, the state of 'adam'",
        ),
        (
            {"validation": LINES, "validation_weights": np.ones(5)},
            r"validation_weights has shape \(5,\)",
        ),
        (
            {"validation_weights": np.ones(4)},
            r"validation_weights has values and there are no validation examples",
        ),
    ],
)
def test_weights_that_do_not_fit_are_refused(options, message):
    with pytest.raises(TinyNetError, match=message):
        tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(optimizer="adam"), **options)


def test_a_world_has_no_weights():
    with pytest.raises(
        TinyNetError, match="sample_weights has values and the examples are drawn from a world"
    ):
        tn.train(tn.Network.initial(seed=0), tn.World(), tn.Recipe(epochs=1), sample_weights=np.ones(100))


def test_the_page_refuses_a_training_that_it_cannot_compute():
    network, recipe = tn.Network.initial(seed=3), tn.Recipe(epochs=2, optimizer="adam")
    first = tn.train(network, LINES, recipe)
    weighted = tn.train(network, LINES, recipe, sample_weights=WEIGHTS)
    continued = tn.train(first.final, LINES, recipe, state=first.state[-1])
    for run, match in (
        (weighted, "this training has sample weights"),
        (continued, "this training continues the optimizer of an earlier training"),
    ):
        for call in (run.to_html, run.widget, lambda run=run: first.to_html(None, run)):
            with pytest.raises(TinyNetError, match=match):
                call()


def test_a_weighted_step_can_be_exported_to_excel(tmp_path):
    run = tn.train(
        tn.Network.initial(seed=3), LINES, tn.Recipe(epochs=1, batch_size=2), sample_weights=WEIGHTS
    )
    run.export(tmp_path / "step.xlsx", step=1)
    book = openpyxl.load_workbook(tmp_path / "step.xlsx", data_only=True)
    cells = {
        row[0].value: row[1].value for sheet in book for row in sheet.iter_rows(max_col=2) if row[0].value
    }
    assert cells["ω⟨0⟩"] == 0.0
    assert cells["ω⟨1⟩"] == 1.75
