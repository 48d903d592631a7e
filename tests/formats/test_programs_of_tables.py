"""Compare programs of networks trained on tables with Python."""

import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

import tinynet as tn
from programs import FUSING, STRICT, bits
from raw_tables import NEW_ROWS, OLD_PORT, expected, mixed, trained
from tinynet.data.encoding import date_parts
from tinynet.data.missing import MISSING_NUMBERS, MISSING_WORDS

NUMBERS = {
    "mass": [3700.0, 5070.0, 4300.0, 3250.0],
    "length": [-38.8, 47.5, 41.1, 1e-3],
    "price": [190e3, 120e3, 155e3, 210e3],
}
NUMBER_ROWS = {"mass": [3900.0, 1e6, 5070.0], "length": [12.5, -1e6, 47.5]}
ONE_CELL = {"age": 9.5, "sex": "male", "weight": 64, OLD_PORT: "a", "when": "2020-02-29", "outputs": 2}


def numbers():
    return tn.Examples.from_table(NUMBERS, targets="price")


def constant():
    """Return examples with a constant column, as in the files of earlier versions."""
    scaling = tn.Examples.from_table(NUMBERS, targets="price").scaling
    scaling = type(scaling)((*scaling.columns, "constant"), (*scaling.low, 7.0), (*scaling.high, 7.0))
    inputs = scaling(np.column_stack([NUMBERS["mass"], NUMBERS["length"], [7.0] * 4]))
    names = [f"row {k}" for k in range(4)]
    return tn.Examples(inputs, np.eye(2)[[0, 1, 1, 0]], names, None, ("a", "b"), scaling)


CONSTANT_ROWS = {**NUMBER_ROWS, "constant": [7.0, 8.0, -1.0]}
TABLES = {
    "numbers": (numbers, NUMBER_ROWS),
    "a constant column": (constant, CONSTANT_ROWS),
    "mean": (lambda: mixed("mean"), NEW_ROWS),
    "flag": (lambda: mixed("flag"), NEW_ROWS),
    "flag, classes": (lambda: mixed("flag", "kind"), NEW_ROWS),
}


@pytest.fixture(scope="module", params=TABLES)
def case(request):
    """Return a recording, new rows, and their outputs."""
    make, rows = TABLES[request.param]
    run = trained(make(), hidden="tanh")
    return run, rows, expected(run, rows)


def test_rows_outside_the_range_are_not_clipped(tmp_path):
    low, high = np.array([3250.0, -38.8]), np.array([5070.0, 47.5])
    scaled = (np.column_stack(list(NUMBER_ROWS.values())) - low) / (high - low)
    assert scaled.max() > 10
    assert scaled.min() < -10
    program = in_python(trained(numbers()), tmp_path)
    assert [program["house_inputs"](row) for row in records(NUMBER_ROWS)] == scaled.tolist()


def records(rows):
    """Return the rows of a table as mappings."""
    return [dict(zip(rows, cells, strict=True)) for cells in zip(*rows.values(), strict=True)]


def in_python(run, folder):
    """Return the names of the exported program."""
    run.export(folder / "house.py", name="house")
    names = {}
    exec((folder / "house.py").read_text(), names)
    return names


def in_javascript(run, folder, expression):
    """Return the value of an expression in the exported program, or its error."""
    run.export(folder / "house.js", name="house")
    (folder / "main.mjs").write_text(
        (folder / "house.js").read_text() + f"console.log(JSON.stringify({expression}));"
    )
    done = subprocess.run(["node", folder / "main.mjs"], capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr


def cells_in_c(run, row):
    """Return the expressions of the cells of a row."""
    cells = []
    for column in run.examples.table_encoding.columns:
        cell = row[column.name]
        if column.kind == "category":
            word = "".join(f"\\{byte:03o}" for byte in (cell or "").encode())
            cells.append(f'house_category({len(cells)}, "{word}")')
        elif column.kind == "date":
            all_parts = ("year", "month", "day", "weekday", "hour", "minute")
            parts = dict(zip(all_parts, date_parts(cell), strict=True)) if cell else {}
            cells += [repr(parts[part]) if cell else "house_missing()" for part in column.values]
        else:
            cells.append("house_missing()" if cell is None else repr(cell))
    return cells


def in_c(run, rows, folder, dtype, flags):
    """Return the outputs of the exported program for rows. -> (rows, outputs)"""
    run.export(folder / "house.h", name="house", dtype=dtype)
    outputs = len(run.examples.target_names)
    kind = "float" if dtype == "float32" and not run.examples.regression else "double"
    lines = [
        f"{{ double cells[] = {{{', '.join(cells_in_c(run, row))}}}; {kind} outputs[{outputs}]; house_predict(cells, outputs); "
        f'for (int j = 0; j < {outputs}; j++) printf("%.17g\\n", (double)outputs[j]); }}'
        for row in records(rows)
    ]
    main = ["#include <stdio.h>", '#include "house.h"', "int main(void) {", *lines, "return 0; }", ""]
    (folder / "main.c").write_text("\n".join(main))
    subprocess.run(
        ["gcc", *flags, "-Wall", "-Wextra", "-Werror", folder / "main.c", "-o", folder / "main"], check=True
    )
    output = subprocess.run([folder / "main"], capture_output=True, text=True, check=True).stdout.split()
    return np.array(list(map(float, output))).reshape(-1, outputs)


node = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


def test_a_python_program_takes_rows_of_the_table(case, tmp_path):
    run, rows, answers = case
    program = in_python(run, tmp_path)
    inputs = run.examples.read_like(rows).inputs
    assert bits([program["house_inputs"](row) for row in records(rows)]) == bits(inputs)
    assert bits([program["house_predict"](row) for row in records(rows)]) == bits(answers)


@node
def test_a_javascript_program_takes_rows_of_the_table(case, tmp_path):
    run, rows, answers = case
    found = in_javascript(run, tmp_path, f"{json.dumps(records(rows))}.map((row) => house_predict(row))")
    assert bits(found) == bits(answers)


@gcc
@pytest.mark.parametrize("flags", [STRICT, FUSING], ids=" ".join)
def test_a_c_program_takes_rows_of_the_table(case, tmp_path, flags):
    run, rows, answers = case
    assert bits(in_c(run, rows, tmp_path, "float64", flags)) == bits(answers)
    single = in_c(run, rows, tmp_path, "float32", flags)
    np.testing.assert_allclose(single, answers, rtol=1e-5, atol=1e-6)


@gcc
@pytest.mark.parametrize("hidden", ["relu", "sigmoid", "tanh", "softplus"])
@pytest.mark.parametrize(
    ("target", "output"), [("price", "identity"), ("kind", "softmax"), ("kind", "sigmoid")]
)
def test_a_missing_cell_that_is_not_filled_in_gives_no_number_in_c(tmp_path, hidden, target, output):
    run = trained(mixed(None, target), hidden, output)
    rows = {name: [cell] * 5 for name, cell in ONE_CELL.items()}
    for k, name in enumerate(("age", "sex", OLD_PORT, "when")):
        rows[name] = [None if k == row else cell for row, cell in enumerate(rows[name])]
    found = in_c(run, rows, tmp_path, "float64", STRICT)
    assert np.isnan(found).all(axis=1).tolist() == [True] * 4 + [False]
    assert np.isfinite(found[4]).all()


@pytest.mark.parametrize("missing", [None, "drop"])
@pytest.mark.parametrize("name", ["age", "sex", "when"])
def test_a_missing_cell_that_is_not_filled_in_is_an_error_in_python(tmp_path, missing, name):
    program = in_python(trained(mixed(missing)), tmp_path)
    for cell in (None, "", " ", "NA", float("nan")):
        with pytest.raises(ValueError, match=f"column '{name}': the cell is missing. Fill in the cell"):
            program["house_predict"](ONE_CELL | {name: cell})


CELLS = [
    ("age", " 30.5 ", 30.5), ("age", "3e1", 30), ("age", True, 1), ("age", "FALSE", 0), ("age", ".5", 0.5),
    ("sex", " male ", "male"), ("sex", "Male", "other"), ("when", "2020-02-29T10:15:30.123456789+02:00", "2020-02-29 10:15"),
    *[("age", word, None) for word in (" ", *MISSING_NUMBERS, "Null")],
    *[("when", word.upper(), None) for word in MISSING_NUMBERS],
    *[("sex", word, None) for word in MISSING_WORDS],
]  # fmt: skip


def test_python_reads_cells_as_a_table_does(tmp_path):
    run = trained(mixed("flag"))
    program = in_python(run, tmp_path)
    for name, cell, same in CELLS:
        row = ONE_CELL | {name: cell}
        read = run.examples.read_like({column: [value] for column, value in row.items()}).inputs[0]
        assert program["house_inputs"](row) == read.tolist(), (name, cell)
        assert program["house_inputs"](row) == program["house_inputs"](ONE_CELL | {name: same}), (name, cell)


@node
def test_javascript_reads_cells_as_a_table_does(tmp_path):
    run = trained(mixed("flag"))
    rows = [ONE_CELL | {name: cell} for name, cell, _ in CELLS]
    found = in_javascript(run, tmp_path, f"{json.dumps(rows)}.map((row) => house_inputs(row))")
    program = in_python(run, tmp_path)
    assert found == [program["house_inputs"](row) for row in rows]
    absent = in_javascript(
        run, tmp_path, f"[NaN, undefined].map((age) => house_inputs({{...{json.dumps(ONE_CELL)}, age}}))"
    )
    assert absent == [program["house_inputs"](ONE_CELL | {"age": None})] * 2


WRONG = [
    ("age", "old", "'old' is not a finite number. Correct the cell."),
    ("age", "$1,200", "'$1,200' is not a finite number. Correct the cell."),
    ("age", "1_0", "'1_0' is not a finite number. Correct the cell."),
    ("age", "0x10", "'0x10' is not a finite number. Correct the cell."),
    ("age", "-1e400", "'-1e400' is not a finite number. Correct the cell."),
    ("age", "-inf", "'-inf' is not a finite number. Correct the cell."),
    ("when", "3.4.2021", "'3.4.2021' is not a date such as 2021-04-03. Correct the cell."),
    ("when", 20210403, "'20210403' is not a date such as 2021-04-03. Correct the cell."),
]


@pytest.mark.parametrize(("name", "cell", "message"), WRONG)
def test_a_cell_that_cannot_be_read_is_an_error(tmp_path, name, cell, message):
    run = trained(mixed("flag"))
    with pytest.raises(ValueError, match=re.escape(f"column '{name}': {message}")):
        in_python(run, tmp_path)["house_predict"](ONE_CELL | {name: cell})
    if shutil.which("node") is not None:
        error = in_javascript(run, tmp_path, f"house_predict({json.dumps(ONE_CELL | {name: cell})})")
        assert f"Error: Column '{name}': {message}" in error


def test_days_that_do_not_exist_and_columns_that_are_absent_are_errors(tmp_path):
    run = trained(mixed("flag"))
    with pytest.raises(ValueError, match="day is out of range|day.*must be in range"):
        in_python(run, tmp_path)["house_predict"](ONE_CELL | {"when": "2021-02-30"})
    with pytest.raises(KeyError, match="age"):
        in_python(run, tmp_path)["house_predict"]({})
    if shutil.which("node") is not None:
        error = in_javascript(
            run, tmp_path, f"house_predict({json.dumps(ONE_CELL | {'when': '2021-02-30'})})"
        )
        assert "'2021-02-30' is not a date such as 2021-04-03" in error
        assert "The row has no column 'age'" in in_javascript(run, tmp_path, "house_predict({})")


@pytest.mark.parametrize(("ending", "mark"), [(".h", "//"), (".py", "#"), (".js", "//")])
def test_a_program_explains_its_cells(tmp_path, ending, mark):
    trained(mixed("flag")).export(tmp_path / f"house{ending}", name="house")
    text = (tmp_path / f"house{ending}").read_text()
    lines = [line.removeprefix(mark).strip() for line in text.splitlines() if line.startswith(mark)]
    assert "Numbers outside the range of the training rows are used as they are." in lines
    assert "outputs[0]: price, 1800000.0 to 1900000.0 in the training rows." in lines
    assert (
        'These inputs are 1 for a missing cell, and 0 for another cell: "age missing", "sex missing", "when missing".'
        in lines
    )
    if ending == ".h":
        assert "cells[0]: age, 1.0 to 60.0 in the training rows." in lines
        assert "cells[1]: sex, house_category(1, word) with a word in UTF-8." in lines
        assert 'The words are "female", "male". Another word counts as none of these words.' in lines
        assert "cells[7]: when weekday, 0.0 to 6.0 in the training rows. Monday is 0." in lines
        assert "double cells[11] = {...}; double outputs[1]; house_predict(cells, outputs);" in lines
    else:
        age, sex = (
            ("row['age']", "'female', 'male'") if ending == ".py" else ('row["age"]', '"female", "male"')
        )
        assert f"{age}: a number, 1.0 to 60.0 in the training rows." in lines
        assert (
            f"{age.replace('age', 'sex')}: a word, one of {sex}. Another word counts as none of these words."
            in lines
        )
        assert f"{age.replace('age', 'when')}: a date such as 2021-04-03 or 2021-04-03 10:30." in lines


@gcc
def test_options_that_hide_missing_cells_do_not_compile(tmp_path):
    trained(mixed("flag")).export(tmp_path / "house.h", name="house")
    done = subprocess.run(
        ["gcc", "-ffinite-math-only", "-fsyntax-only", tmp_path / "house.h"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "hides missing cells" in done.stderr


def test_names_of_columns_cannot_end_a_comment(tmp_path):
    bad = "x\n#error\u2028*/ \\"
    table = {bad: [1.0, 2.0, 3.0], "word": ["??/", 'a"\\', "??/"], "y": [1.0, 2.0, 4.0]}
    run = trained(tn.Examples.from_table(table, targets="y"))
    rows = {bad: [1.5, 9.0], "word": ["??/", 'a"\\']}
    answers = expected(run, rows)
    assert answers[0] != answers[1]
    program = in_python(run, tmp_path)
    assert [program["house_predict"](row) for row in records(rows)] == answers.tolist()
    if shutil.which("gcc") is not None:
        assert bits(in_c(run, rows, tmp_path, "float64", STRICT)) == bits(answers)
    if shutil.which("node") is not None:
        made = in_javascript(run, tmp_path, f"{json.dumps(records(rows))}.map((row) => house_predict(row))")
        assert made == answers.tolist()


def test_numbers_that_are_categories_are_words(tmp_path):
    zips = ["10115", "20095", "007", "7", "1234567890123456", "-0.5"] * 2
    table = {"zip": zips, "size": [1.0, 2.0, 4.0, 3.0] * 3, "y": [1.0, 2.0, 3.0, 5.0, 4.0, 2.0] * 2}
    run = trained(tn.Examples.from_table(table, targets="y", categories=["zip"]), hidden="tanh")
    known = [20095, "7.0", 7.0, " +7 ", "007", "10115.", "1234567890123456", "-.50", -0.5]
    unknown = [99999, "010115", "1.0115e4", "10115.00000000001", "0007", "1234567890123457", "-0", "."]
    rows = {"zip": known + unknown, "size": [2.0] * (len(known) + len(unknown))}
    answers = expected(run, rows).tolist()
    assert answers[1] == answers[2] == answers[3]
    assert len({answer for (answer,) in answers}) == 7  # of the six categories and of unknown ones
    assert len({answer for (answer,) in answers[len(known) :]}) == 1
    program = in_python(run, tmp_path)
    assert [program["house_predict"](row) for row in records(rows)] == answers
    if shutil.which("node") is not None:
        made = in_javascript(run, tmp_path, f"{json.dumps(records(rows))}.map((row) => house_predict(row))")
        assert made == answers


def test_a_python_program_needs_only_the_standard_library(tmp_path):
    run = trained(mixed("flag"))
    run.export(tmp_path / "house.py", name="house")
    call = f"from house import house_predict; print(house_predict({ONE_CELL!r}))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {call}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == in_python(run, tmp_path)["house_predict"](ONE_CELL)


def test_the_program_of_a_picture_network_takes_its_inputs():
    made = tn.Network.initial(seed=0).code("python", name="lines")
    assert "def lines_predict(inputs):" in made
    assert "lines_inputs" not in made
    assert "(row)" not in made
