"""Compare the rewritten formulas of the kernels with the sheet."""

import numpy as np
import pytest

import tinynet as tn
from tinynet.core import optimizers, sheet
from tinynet.kernels import rewriting
from tinynet.numerics import elementary

RECIPES = {
    "mse": tn.Recipe(),
    "a batch": tn.Recipe(batch_size=3),
    "bce": tn.Recipe(loss="bce", batch_size=2),
    "cross-entropy": tn.Recipe(loss="cross_entropy"),
    "weight decay": tn.Recipe(weight_decay=0.1, batch_size=2),
    "momentum": tn.Recipe(momentum=0.5, weight_decay=0.1),
    "nesterov": tn.Recipe(momentum=0.5, nesterov=True),
    "adam": tn.Recipe(optimizer="adam", weight_decay=0.1),
}


@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_rewritten_step_has_the_same_numbers(recipe, hidden, monkeypatch):
    monkeypatch.setitem(sheet.OPERATIONS, "centered_sigmoid", lambda z: elementary.sigmoid(z) - 0.5)
    output = "softmax" if recipe.loss == "cross_entropy" else "sigmoid"
    architecture, rng = tn.Architecture((4, 3, 3, 2), hidden, output), np.random.default_rng(0)
    written = tn.Sheet.of(architecture, recipe, recipe.batch_size)
    memory = rng.random(optimizers.state_size(architecture, recipe))
    shown = rng.random((recipe.batch_size, 4)), rng.random((recipe.batch_size, 2))
    expected = written.evaluate(
        written.input_values(tn.Network.initial(architecture, seed=0), *shown, memory)
    )
    found = {name: expected[name] for name, cell in written.cells.items() if cell.formula is None}
    cells = [(name, cell.formula) for name, cell in written.cells.items()]
    cells = dict(rewriting.with_rate(cells, architecture, recipe))
    for name, formula in cells.items():
        if formula is not None:
            found[name] = sheet.compiled(rewriting.ordered(formula, cells))(found)
    for name in (name for name in cells if name.endswith(".after")):
        assert found[name] == pytest.approx(expected[name], rel=1e-12, abs=1e-15)


def test_the_rate_is_multiplied_once_per_output():
    written = tn.Sheet.of(tn.Architecture(), tn.Recipe())
    cells = [(name, cell.formula) for name, cell in written.cells.items()]
    uses = [name for name, formula in rewriting.with_rate(cells, tn.Architecture(), tn.Recipe())
            if formula is not None and "rate" in sheet.parts(formula)]  # fmt: skip
    assert uses == ["layer2.slope[0]", "layer2.slope[1]"]
