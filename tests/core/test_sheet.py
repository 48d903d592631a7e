import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import tinynet as tn
import torch_twin
from tinynet.core.formulas import prefixes
from tinynet.core.sheet import OPERATIONS, Sheet, parts
from tinynet.errors import TinyNetError

LINES = tn.pictures.lines()
CASES = {
    "default": (tn.Architecture(), tn.Recipe(), 1),
    "a batch": (tn.Architecture(), tn.Recipe(), 3),
    "bce": (tn.Architecture((4, 5, 3, 2)), tn.Recipe(loss="bce"), 2),
    "softmax": (tn.Architecture(output="softmax"), tn.Recipe(loss="cross_entropy"), 2),
    "softmax by mse": (tn.Architecture(hidden="tanh", output="softmax"), tn.Recipe(), 2),
    "tanh": (tn.Architecture((4, 3, 3, 2), hidden="tanh", output="tanh"), tn.Recipe(), 1),
    "relu": (tn.Architecture((4, 6, 2), hidden="relu", output="identity"), tn.Recipe(), 4),
    "softplus": (tn.Architecture((4, 6, 2), hidden="softplus", output="softplus"), tn.Recipe(), 4),
    "momentum": (tn.Architecture(), tn.Recipe(momentum=0.9, weight_decay=0.1), 1),
    "nesterov": (tn.Architecture(), tn.Recipe(momentum=0.9, nesterov=True), 2),
    "adam": (tn.Architecture(), tn.Recipe(optimizer="adam", weight_decay=0.1), 1),
}


def nudge(architecture, recipe, batch, seed=5):
    return tn.nudge(tn.Network.initial(architecture, seed=seed), LINES[:batch], recipe)


@pytest.mark.parametrize(("architecture", "recipe", "batch"), CASES.values(), ids=CASES)
def test_gradients_equal_autograd(architecture, recipe, batch):
    moment = nudge(architecture, recipe, batch)
    values, model = moment.values, torch_twin.module(moment.network)
    inputs, targets = torch.tensor(LINES.inputs[:batch]), torch.tensor(LINES.targets[:batch])
    a, layers = inputs, []
    for n in range(0, len(model), 2):
        z = model[n](a)
        a = model[n + 1](z)
        z.retain_grad()
        a.retain_grad()
        layers.append((z, a))
    if recipe.loss == "mse":
        loss = torch.nn.functional.mse_loss(a, targets)
    elif recipe.loss == "bce":
        loss = torch.nn.functional.binary_cross_entropy(a, targets)
    else:
        loss = torch.nn.functional.cross_entropy(layers[-1][0], targets)
    loss.backward()
    assert values["loss"] == pytest.approx(loss.item(), abs=1e-14)
    for k, p in enumerate(prefixes(batch)):
        for n, (z, a) in enumerate(layers, 1):
            for j in range(z.shape[1]):
                here = f"{p}layer{n}"
                assert values[f"{here}.z[{j}]"] == pytest.approx(z[k, j].item(), abs=1e-14)
                assert values[f"{here}.a[{j}]"] == pytest.approx(a[k, j].item(), abs=1e-14)
                assert values[f"{here}.delta[{j}]"] == pytest.approx(z.grad[k, j].item(), abs=1e-14)
                if f"{here}.slope[{j}]" in values:
                    assert values[f"{here}.slope[{j}]"] == pytest.approx(a.grad[k, j].item(), abs=1e-14)
    gradients = torch_twin.flat(parameter.grad for parameter in model.parameters())
    np.testing.assert_allclose([row.gradient for row in moment.ledger()], gradients, rtol=0, atol=1e-14)
    torch_twin.optimizer(model, recipe).step()
    after = torch_twin.flat(model.parameters())
    np.testing.assert_allclose([row.after for row in moment.ledger()], after, rtol=0, atol=1e-14)


@pytest.mark.parametrize(("architecture", "recipe", "batch"), CASES.values(), ids=CASES)
def test_gradients_agree_with_finite_differences(architecture, recipe, batch):
    moment, step = nudge(architecture, recipe, batch), 1e-6
    for row in moment.ledger():
        losses = [
            tn.nudge(
                moment.network.with_parameter(row.name, row.before + s * step), LINES[:batch], recipe
            ).loss
            for s in (1, -1)
        ]
        assert row.gradient == pytest.approx((losses[0] - losses[1]) / (2 * step), abs=1e-8)


def naive_nudge(w1, b1, w2, b2, x, t, rate):
    """Compute the step of the notebook with lists and loops, as in a textbook."""
    sigmoid = lambda v: 1 / (1 + math.exp(-v))  # noqa: E731
    a1 = [sigmoid(sum(w * v for w, v in zip(row, x, strict=True)) + b) for row, b in zip(w1, b1, strict=True)]
    a2 = [
        sigmoid(sum(w * v for w, v in zip(row, a1, strict=True)) + b) for row, b in zip(w2, b2, strict=True)
    ]
    d2 = [2 * (a - goal) / len(t) * a * (1 - a) for a, goal in zip(a2, t, strict=True)]
    d1 = [sum(w2[k][j] * d2[k] for k in range(2)) * a1[j] * (1 - a1[j]) for j in range(3)]
    new1 = [[w1[j][i] - rate * d1[j] * x[i] for i in range(4)] for j in range(3)]
    new2 = [[w2[k][j] - rate * d2[k] * a1[j] for j in range(3)] for k in range(2)]
    return (
        new1,
        [b - rate * d for b, d in zip(b1, d1, strict=True)],
        new2,
        [b - rate * d for b, d in zip(b2, d2, strict=True)],
    )


@given(seed=st.integers(0, 2**32 - 1), rate=st.floats(0.001, 10))
def test_a_step_agrees_with_a_naive_implementation(seed, rate):
    network = tn.Network.initial(seed=seed)
    twin = naive_nudge(
        *(array.tolist() for layer in network.layers for array in (layer.weight, layer.bias)),
        [1, 1, 0, 0],
        [1, 0],
        rate,
    )
    theirs = np.concatenate([np.ravel(part) for part in twin])
    after = tn.nudge(network, LINES[0], tn.Recipe(learning_rate=rate)).after
    np.testing.assert_allclose(after.parameters, theirs, rtol=0, atol=1e-14)


@given(seed=st.integers(0, 2**32 - 1), case=st.sampled_from(sorted(CASES)))
def test_before_plus_change_is_after_and_shares_add_up_to_the_gradient(seed, case):
    architecture, recipe, batch = CASES[case]
    moment = nudge(architecture, recipe, batch, seed)
    for row in moment.ledger():
        assert row.before + row.change == row.after
        if batch > 1:
            shares = [moment.values[f"{p}{row.name}.share"] for p in prefixes(batch)]
            assert sum(shares[1:], shares[0]) == row.gradient


@pytest.mark.parametrize(("architecture", "recipe", "batch"), CASES.values(), ids=CASES)
def test_a_json_round_trip_keeps_the_sheet_and_its_bits(architecture, recipe, batch):
    moment = nudge(architecture, recipe, batch)
    again = Sheet.from_json(json.loads(json.dumps(moment.sheet.to_json())))
    input_values = {name: moment.values[name] for name, cell in again.cells.items() if cell.formula is None}
    assert again.evaluate(input_values) == moment.values
    assert list(again.cells.values()) == list(moment.sheet.cells.values())


def test_each_cell_uses_only_cells_before_it():
    for architecture, recipe, batch in CASES.values():
        seen = set()
        for cell in Sheet.of(architecture, recipe, batch).cells.values():
            assert set(parts(cell.formula) if cell.formula is not None else []) <= seen
            seen.add(cell.name)


def test_dependents_are_the_cells_that_change():
    moment = nudge(*CASES["default"])
    sheet = moment.sheet
    input_values = {name: moment.values[name] for name, cell in sheet.cells.items() if cell.formula is None}
    changed = sheet.evaluate(input_values | {"layer2.bias[0]": 3.0})
    moved = [
        name for name in sheet.cells if changed[name] != moment.values[name] and name != "layer2.bias[0]"
    ]
    assert set(moved) <= set(sheet.dependents("layer2.bias[0]"))
    assert "layer2.z[0]" in moved
    assert "layer1.a[0]" not in sheet.dependents("layer2.bias[0]")


def test_a_sheet_without_a_recipe_is_forward_only():
    sheet = Sheet.of(tn.Architecture())
    values = sheet.evaluate(sheet.input_values(tn.Network.initial(seed=0), [0.5] * 4))
    assert values["layer2.a[1]"] == pytest.approx(tn.Network.initial(seed=0)([0.5] * 4)[1], abs=1e-15)
    assert {cell.phase for cell in sheet.cells.values()} == {"input", "forward"}


def test_large_sheets_agree_with_pytorch():
    architecture = tn.Architecture((64, 22, 22, 2), hidden="tanh")
    assert 1900 < architecture.parameter_count < 2000
    lines = tn.pictures.lines(8)
    moment = tn.nudge(tn.Network.initial(architecture, seed=0), lines[:1], tn.Recipe(epochs=1))
    theirs = torch_twin.train(tn.Network.initial(architecture, seed=0), lines[:1], tn.Recipe(epochs=1))
    np.testing.assert_allclose(moment.after.parameters, theirs.parameters[1], rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    ("operation", "arguments", "value"),
    [
        ("/", (1.0, 0.0), math.inf), ("/", (-1.0, 0.0), -math.inf), ("/", (0.0, 0.0), math.nan),
        ("exp", (1000.0,), math.inf), ("log", (0.0,), -math.inf), ("log", (-1.0,), math.nan),
        ("sqrt", (-1.0,), math.nan), ("sigmoid", (-1000.0,), 0.0), ("max", (math.nan, 1.0), math.nan),
        ("step", (0.0,), 0.0), ("step", (1e-300,), 1.0),
    ],
)  # fmt: skip
def test_operations_follow_ieee_754(operation, arguments, value):
    result = OPERATIONS[operation](*arguments)
    assert result == value or (math.isnan(result) and math.isnan(value))


def sheet_json(**changes):
    sheet = Sheet.of(tn.Architecture()).to_json()
    return sheet | changes


def nested(depth):
    formula = 1.0
    for _ in range(depth):
        formula = ["neg", formula]
    return formula


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (sheet_json(format=3), "not a sheet of format 2"),
        (sheet_json(cells=[["a", "input", None], ["b", "forward", ["pow", "a"]]]), r"'b' uses the operation 'pow'. It must be one of '\+'"),
        (sheet_json(cells=[["b", "forward", ["+", "a"]]]), "'b' uses 'a'. A formula can use only cells before its own"),
        (sheet_json(cells=[["b", "forward", {}]]), "formula {}. It must be a number, a cell or"),
        (sheet_json(cells=[["b", "forward", [[], 1.0]]]), r"uses the operation \[\]. It must be one of"),
        (sheet_json(cells=[["b", "forward", ["-", 1.0]]]), "'b' uses '-' with 1 argument. It must have 2."),
        (sheet_json(cells=[["b", "forward", ["exp"]]]), "'b' uses 'exp' with 0 arguments. It must have 1."),
        (sheet_json(cells=[["b", "forward", ["+"]]]), r"'b' uses '\+' with 0 arguments. It must have one or more."),
        (sheet_json(cells=[["b", "forward", 10**400]]), r"a number of 'b' is 1e\+400. It must be a number from"),
        (sheet_json(cells=[["b", "forward", math.inf]]), "a number of 'b' is inf. It must be a number from"),
        (sheet_json(cells=[["b", "forward", nested(33)]]), "'b' has more than 32 operations in each other"),
        (sheet_json(cells=[["b", "forward", nested(5000)]]), "'b' has more than 32 operations in each other"),
        (sheet_json(cells=[["b", "sideways", None]]), "the phase of 'b' is 'sideways'. It must be one of 'input'"),
        (sheet_json(cells=[["b", [], None]]), r"the phase of 'b' is \[\]. It must be one of 'input'"),
        (sheet_json(cells=[["b", "input", None]] * 2), "two cells have the name 'b'"),
        (sheet_json(cells=[["b", "input"]]), r"a cell is \['b', 'input'\]. It must be \[name, phase, formula\]."),
        (sheet_json(cells=[7]), r"a cell is 7. It must be \[name, phase, formula\]."),
        (sheet_json(cells=[[None, "input", None]]), r"It must be \[name, phase, formula\]."),
        (sheet_json(cells=None), r"cells is None. It must be a list of \[name, phase, formula\]."),
        (sheet_json(batch=10**29), r"batch is 1e\+29. It must be a whole number from 1 to 1,000,000"),
        (sheet_json(batch=0), "batch is 0. It must be a whole number from 1 to 1,000,000"),
        (sheet_json(architecture=[4, 3, 2]), r"data is \[4, 3, 2\]. It must be a dict."),
        (sheet_json(recipe=3), "recipe is of type int. It must be a JSON object."),
        ({"format": 2}, "has no field 'architecture'"),
        ([], "sheet is of type list. It must be a JSON object."),
    ],
)  # fmt: skip
def test_a_damaged_sheet_is_refused(data, message):
    with pytest.raises(TinyNetError, match=message):
        Sheet.from_json(data)


def test_a_missing_input_cell_is_named():
    with pytest.raises(TinyNetError, match=r"input cell 'input\[0\]' has no value"):
        Sheet.of(tn.Architecture()).evaluate({})


def golden_numbers():
    """Return a sheet, its inputs and every value; the page must compute equal bits."""
    moment = tn.nudge(tn.Network.initial(seed=0), LINES[0])
    return {"sheet": moment.sheet.to_json(), "values": moment.values}


def test_the_golden_sheet_is_unchanged(check_golden):
    check_golden("sheet_4-3-2", golden_numbers())


def test_a_sheet_that_would_fill_the_memory_is_refused():
    architecture = tn.Architecture((50, 1000, 1))
    with pytest.raises(tn.TinyNetError) as found:
        tn.Sheet.of(architecture, tn.Recipe(), 64)
    assert str(found.value) == (
        "batch_size is 64, which makes about 3,395,328 cells. A sheet has at most 2,000,000 cells. Use smaller batches or fewer "
        "hidden nodes."
    )
