"""Change workbooks and recalculate them with LibreOffice and the package formulas."""

import io
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinynet as tn
from tinynet.core import sheet
from tinynet.core.formulas import prefixes
from tinynet.core.optimizers import state_names
from tinynet.exports.excel import formulas as notation
from tinynet.exports.excel import workbook

LINES = tn.pictures.lines()
ONE_OF_TWO = replace(LINES, targets=LINES.targets[:, :1], target_names=("horizontal",))
CASES = {  # network, examples, recipe, epoch
    "plain": (tn.Network.initial(seed=0), LINES, tn.Recipe(epochs=2), 1),
    "adam, bce, a short batch": (
        tn.Network.initial((4, 1, 2, 2), seed=1, hidden="tanh"),
        LINES,
        tn.Recipe(0.5, 3, "bce", batch_size=3, optimizer="adam", weight_decay=0.01),
        2,
    ),
    "cross-entropy, Nesterov, a schedule": (
        tn.Network.initial((4, 2, 2), seed=2, hidden="relu", output="softmax"),
        LINES,
        tn.Recipe(2.0, 3, "cross_entropy", momentum=0.9, nesterov=True, schedule="cosine", order="shuffled"),
        1,
    ),
    "softplus": (tn.Network.initial((4, 2, 2), hidden="softplus", output="softplus", seed=4), LINES, tn.Recipe(epochs=2), 1),
    "softmax, mse, noise": (
        tn.Network.initial((4, 2), seed=3, output="softmax"),
        LINES,
        tn.Recipe(1.0, 2, batch_size=2, momentum=0.5, noise=0.2),
        0,
    ),
    "one identity output": (
        tn.Network.initial((4, 2, 1), seed=4, output="identity"), ONE_OF_TWO, tn.Recipe(0.1, 1), 0,
    ),
}  # fmt: skip


def moments_of(case):
    network, examples, recipe, epoch = CASES[case]
    run = tn.train(network, examples, recipe)
    first = epoch * run.steps_per_epoch
    return workbook.to_excel(run, epoch=epoch), [run[first + k] for k in range(run.steps_per_epoch)]


def name_of(cell, moments, k):
    return notation.defined_name(cell, f"step{moments[k].step}_" if len(moments) > 1 else "")


def expected_cells(moments, changes=()):
    """Return every cell by its name in the workbook, with some inputs changed."""
    found, given, values = {}, {}, {}
    for k, moment in enumerate(moments):
        if k == 0:
            given = moment.sheet.input_values(
                moment.network, moment.batch.inputs, moment.batch.targets, moment.state
            )
        else:
            carried = [*moment.network.architecture.parameter_names]
            carried += state_names(moment.network.architecture, moment.recipe)
            given = given | {name: values[f"{name}.after"] for name in carried}
            given["rate"] *= moment.recipe.learning_rate / moments[k - 1].recipe.learning_rate
            given = {
                name: value for name, value in given.items() if "input" not in name and "target" not in name
            }
            for p, x, t in zip(
                prefixes(len(moment.batch)), moment.batch.inputs, moment.batch.targets, strict=True
            ):
                given |= {f"{p}input[{i}]": float(value) for i, value in enumerate(x)}
                given |= {f"{p}target[{i}]": float(value) for i, value in enumerate(t)}
        given |= {cell: value for at, cell, value in changes if at == k}
        values = moment.sheet.evaluate(given)
        found |= {name_of(cell, moments, k): value for cell, value in values.items()}
    return found


def cell_places(book):
    return {
        name: defined.attr_text.replace("'", "").replace("$", "").split("!")
        for name, defined in book.defined_names.items()
    }


def read_numbers(data):
    """Return the numbers in a workbook by name."""
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    return {name: book[sheet][cell].value for name, (sheet, cell) in cell_places(book).items()}


def changed(data, moments, changes):
    """Return the workbook with changed numbers; its formulas have no values."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    where = cell_places(book)
    for k, cell, value in changes:
        sheet, place = where[name_of(cell, moments, k)]
        assert isinstance(book[sheet][place].value, int | float)
        book[sheet][place] = value
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def some_changes(moments):
    p = prefixes(len(moments[0].batch))[0]
    return [
        (0, f"{p}input[2]", 0.35),
        (0, "layer1.weight[0,1]", -0.75),
        (0, "rate", moments[0].recipe.learning_rate * 3),
    ]


def evaluate_with_formulas(data, folder):
    import formulas

    path = folder / "book.xlsx"
    path.write_bytes(data)
    book = openpyxl.load_workbook(path)
    keys = {
        name: (f"'[book.xlsx]{sheet.upper()}'!{cell}", book[sheet][cell].value)
        for name, (sheet, cell) in cell_places(book).items()
    }
    given = {
        key: value for key, value in keys.values() if not isinstance(value, str)
    }  # the package reads 15 decimals
    solution = formulas.ExcelModel().loads(str(path)).finish().calculate(inputs=given)
    return {name: float(solution[key].value[0, 0]) for name, (key, _) in keys.items()}


@pytest.fixture(scope="module")
def books():
    """Return the workbook of each case, before and after a change."""
    found = {}
    for case in CASES:
        data, moments = moments_of(case)
        changes = some_changes(moments)
        found[case] = (data, moments, changes, changed(data, moments, changes))
    return found


@pytest.mark.parametrize("case", CASES)
def test_values_in_a_workbook_are_exact(books, case):
    data, moments, _, _ = books[case]
    found = read_numbers(data)
    assert found == expected_cells(moments)
    assert found == {name_of(c, moments, k): v for k, m in enumerate(moments) for c, v in m.values.items()}
    assert all(type(value) is float or value in (0, 1) for value in found.values())


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_the_package_formulas_gives_the_numbers_before_and_after_a_change(books, case, tmp_path):
    data, moments, changes, after = books[case]
    if case == "one identity output":
        assert evaluate_with_formulas(data, tmp_path) == pytest.approx(
            expected_cells(moments), rel=1e-12, abs=1e-12
        )
    expected = expected_cells(moments, changes)
    assert expected[name_of("loss", moments, len(moments) - 1)] != moments[-1].loss
    assert evaluate_with_formulas(after, tmp_path) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_libreoffice_gives_the_numbers_after_a_change(books, tmp_path):
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    if soffice is None:
        pytest.skip("LibreOffice is not installed")
    stress = {f"stress {k}": stressed(*case) for k, case in enumerate(STRESS)}
    every = books | {name: (data, [m], [], changed(data, [m], [])) for name, (data, m) in stress.items()}
    files = []
    for k, (_, _, _, after) in enumerate(every.values()):
        files.append(tmp_path / f"{k}.xlsx")
        files[-1].write_bytes(after)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [soffice, profile, "--headless", "--convert-to", "xlsx", "--outdir", tmp_path / "out", *files]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    for k, (_, moments, changes, _) in enumerate(every.values()):
        found = read_numbers((tmp_path / "out" / f"{k}.xlsx").read_bytes())
        assert found == pytest.approx(expected_cells(moments, changes), rel=1e-12, abs=1e-12)


# e^z overflows for these weights, and the loss of wrong confident outputs needs ln 0
STRESS = [(1.0, "bce"), (136.0, "bce"), (150.0, "bce"), (1e5, "bce"), (1e5, "cross_entropy"), (1e5, "mse")]


def stressed(size, loss):
    output = "softmax" if loss == "cross_entropy" else "sigmoid"
    network = tn.Network.initial((4, 2), seed=0, output=output)
    numbers = np.where(np.arange(10) < 8, [0.25, 0.2, 0, 0, -0.5, -0.3, 0, 0, 0.0, 0.0], 0) * size
    moment = tn.nudge(network.with_parameters(numbers), LINES["left"], tn.Recipe(loss=loss))
    return workbook.workbook([moment]), moment


@pytest.mark.slow
@pytest.mark.parametrize(("size", "loss"), STRESS)
def test_confident_wrong_outputs_do_not_overflow(size, loss, tmp_path):
    data, moment = stressed(size, loss)
    found, expected = evaluate_with_formulas(changed(data, [moment], []), tmp_path), expected_cells([moment])
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-12 + unsure(moment))


def unsure(moment):
    """Return the change of log(1 - a) if a changes in its last place, as EXP may round."""
    rests = [1 - value for name, value in moment.values.items() if ".a[" in name and 0 < 1 - value < 0.5]
    return 2.0**-53 / min(rests) if rests and moment.recipe.loss == "bce" else 0.0


def test_cell_names_of_a_single_step_have_no_prefix(tmp_path):
    run = tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(epochs=2))
    data = workbook.to_excel(run, step=5)
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["start here", "step 5"]
    assert book["start here"]["A1"].value == "TinyNet: step 5, seed 0"
    formulas = {name: book[sheet][cell].value for name, (sheet, cell) in cell_places(book).items()}
    assert formulas["layer1_a_0"] == "=1/(1+EXP(MIN(-layer1_z_0,709)))"
    assert formulas["layer1_weight_0_2_after"] == "=layer1_weight_0_2+layer1_weight_0_2_change"
    given = {name for name, formula in formulas.items() if not isinstance(formula, str)}
    sheet = run[5].sheet
    assert given == {notation.defined_name(c.name) for c in sheet.cells.values() if c.formula is None}
    run.export(tmp_path / "nudge.xlsx", step=5)
    assert (tmp_path / "nudge.xlsx").read_bytes() == data


def test_the_overview_has_the_loss_of_each_step_and_their_mean():
    run = tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(epochs=2, batch_size=3))
    book = openpyxl.load_workbook(io.BytesIO(workbook.to_excel(run, epoch=1)), data_only=True)
    rows = [[cell.value for cell in row] for row in book["start here"]["A7:F9"]]
    losses = [run[2].loss, run[3].loss]
    assert rows[0] == ["step 2", 3, "top, bottom, left", losses[0], losses[0], 0]
    assert rows[2][2:4] == ["mean over the examples", pytest.approx(run.loss_per_epoch[1], rel=1e-15)]
    assert "recalculated, in this step and in later steps" in book["start here"]["A2"].value
    sources = {row[4].value: row[2].value for row in book["step 3"].iter_rows(min_row=3)}
    assert sources["step3_layer1_weight_0_0"] == "from the step before"
    assert sources["step3_learning_rate"] == "from the first step"


def test_cell_names_are_unique_and_not_cell_references():
    recipe = tn.Recipe(optimizer="adam", weight_decay=0.1, batch_size=12)
    sheet = tn.Sheet.of(tn.Architecture((16, 12, 3)), recipe, batch_size=12)
    names = [notation.defined_name(cell).lower() for cell in sheet.cells]
    assert len(set(names)) == len(names)
    assert not [n for n in names if not n.replace("_", "").isalnum() or ("_" not in n and n[-1].isdigit())]


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_brackets_in_cell_formulas_keep_the_value(a, b, c):
    values = {"a": a, "b": b, "c": c}
    for outer in "+-*":
        for inner in "+-*":
            for tree in (
                (outer, (inner, "a", "b"), "c"),
                (outer, "a", (inner, "b", "c")),
                (outer, ("neg", "a"), (inner, -2.0, "c")),
            ):
                expected = sheet.compiled(tree)(values)
                assert eval(notation.excel(tree), {}, dict(values)) == expected


def test_a_workbook_of_a_table_shows_the_units_and_allows_every_number():
    rows = {"size": [1.5, 20.0, 8.0], "street": ["a", "b", "a"], "price": [-3.0, 1e6, 5.0]}
    examples = tn.Examples.from_table(rows, targets="price")
    run = tn.train(tn.Network.initial((3, 1), seed=0, output="identity"), examples, tn.Recipe(0.1, 1))
    book = openpyxl.load_workbook(io.BytesIO(workbook.to_excel(run, step=1)))
    sheet = book.worksheets[-1]
    rows = {row[3]: row[2] for row in sheet.iter_rows(values_only=True) if row[3]}
    assert rows["value of size"] == "scaled: 0 is 1.5 and 1 is 20 in the table"
    assert not rows["value of street = a"]
    assert rows["target of output 0"] == "scaled: 0 is -3 and 1 is 1,000,000 in the table"
    assert not sheet.data_validations.dataValidation
    lines = tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(epochs=1))
    sheet = openpyxl.load_workbook(io.BytesIO(workbook.to_excel(lines, step=0))).worksheets[-1]
    assert len(sheet.data_validations.dataValidation) == 4
    assert "scaled" not in {str(cell) for row in sheet.iter_rows(values_only=True) for cell in row}


def test_small_and_large_numbers_have_a_power_of_ten(books):
    data, moments, _, _ = books[next(iter(books))]
    book = openpyxl.load_workbook(io.BytesIO(data))
    rules = {
        (sheet.title, str(place.sqref)): (rule.formula[0], rule.dxf.numFmt.formatCode)
        for sheet in book
        for place in sheet.conditional_formatting
        for rule in place.rules
        if rule.type == "expression"
    }
    sheet = book[f"step {moments[0].step}"]
    rule = "AND(ISNUMBER(B3),B3<>0,OR(ABS(B3)<0.0001,ABS(B3)>=100000))", "0.00000E+00"
    assert rules[sheet.title, f"B3:B{sheet.max_row}"] == rule


def test_a_workbook_names_the_columns_of_a_table():
    table = tn.Examples.from_table({"width": [1.0, 3.0], "label": ["a", "b"]})
    run = tn.train(tn.Network.initial((1, 2), seed=0), table, tn.Recipe(epochs=1))
    book = openpyxl.load_workbook(io.BytesIO(workbook.to_excel(run, step=0)))
    words = {row[4].value: row[3].value for row in book["step 0"].iter_rows(min_row=3)}
    assert words["input_0"] == "value of width"
    assert words["layer1_weight_1_0"] == "weight from width to output 1"


@pytest.mark.torch
def test_a_workbook_marks_numbers_from_pytorch_as_constants():
    import torch

    model = torch.nn.Sequential(torch.nn.Linear(2, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with tn.watch(model, optimizer) as watcher:
        torch.nn.functional.huber_loss(model(torch.ones(1, 2)), torch.zeros(1, 1)).backward()
        optimizer.step()
    book = openpyxl.load_workbook(io.BytesIO(workbook.to_excel(watcher.recording, step=0)))
    assert "except numbers recorded from PyTorch, which stay constant" in book["start here"]["A3"].value
    words = {row[4].value: row[2].value for row in book["step 0"].iter_rows(min_row=3)}
    assert words["loss"] == "recorded from PyTorch: a constant"
    assert words["input_0"] == ""
    assert words["layer1_z_0"].startswith("= ")


def test_hostile_names_are_text_and_no_formulas_or_links():
    names = ("=1+1", "http://example.org/", "+cmd|' /C calc'!A0", "@x")
    hostile = replace(LINES, names=names, target_names=('=HYPERLINK("http://example.org")', "-x"))
    run = tn.train(tn.Network.initial(seed=0), hostile, tn.Recipe(epochs=1, batch_size=4))
    book = openpyxl.load_workbook(io.BytesIO(workbook.to_excel(run, step=0)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    found = [
        cell for cell in cells if any(name in str(cell.value) for name in (*names, *hostile.target_names))
    ]
    assert found
    assert {cell.data_type for cell in found} == {"s"}
    assert not [cell for cell in cells if cell.hyperlink and cell.hyperlink.target]
