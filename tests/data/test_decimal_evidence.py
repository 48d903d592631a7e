"""The decimal character of a table, when cells such as 1,200 can be read in two ways."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_diabetes, load_iris

import tinynet as tn
from tinynet.data.written_numbers import needs_comma, written_number

LABELS = ["ab"[k % 2] for k in range(60)]


def read(tmp_path, text, **options):
    path = tmp_path / "table.csv"
    path.write_text(text)
    return tn.Examples.from_table(path, **options)


def column(table, k=0):
    """Return an input column in its own units."""
    low, high = np.array(table.scaling.low), np.array(table.scaling.high)
    return (low + np.array(table.inputs) * (high - low))[:, k]


def read_or_asked(path, may_ask, **role):
    """Read a table; say that it has a decimal comma if that is asked."""
    try:
        return tn.Examples.from_table(path, **role)
    except tn.TinyNetError as error:
        if not may_ask or "If decimals follow a comma, set decimal to ','." not in str(error):
            raise
        return tn.Examples.from_table(path, decimal=",", **role)


def salaries(odd):
    """Return a table of 200 salaries such as 20,100; row 150 has another cell."""
    cells = [950 if k % 40 == 7 else f"{20 + k % 60},{100 + k * 3 % 900}" for k in range(200)]
    rows = (f'{20 + k % 40},"{odd if k == 150 else cells[k]}"\n' for k in range(200))
    return "age,salary\n" + "".join(rows)


@pytest.mark.parametrize("odd", ["5,2000", "4,5"])
def test_one_mistaken_cell_does_not_divide_a_column_of_thousands(tmp_path, odd):
    with pytest.raises(tn.TinyNetError, match=f"line 152, column 'salary': '{odd}' is not a number."):
        read(tmp_path, salaries(odd), targets="salary")


def test_words_with_a_comma_do_not_decide(tmp_path):
    comments = ['"4,5"' if k == 30 else ("good", "bad")[k % 2] for k in range(60)]
    rows = "".join(f'{comments[k]},"{20 + k},500",{LABELS[k]}\n' for k in range(60))
    table = read(tmp_path, "comment,income,label\n" + rows, label="label")
    incomes = column(table, table.scaling.columns.index("income"))
    assert (incomes.min(), incomes.max()) == pytest.approx((20_500, 79_500))


def test_two_answers_are_asked_for_if_columns_disagree(tmp_path):
    answers = ['"1,2"', "3", '"2,3"']
    rows = "".join(f'{answers[k % 3]},"{20 + k},500",{LABELS[k]}\n' for k in range(60))
    text = "choices,income,label\n" + rows
    with pytest.raises(
        tn.TinyNetError,
        match="may have a decimal comma or a decimal point. Column 'choices' has '1,2', and column 'income' has '20,500', "
        "which is 20500 or 20.5. If decimals follow a comma, set decimal to ','. If they follow a point, set decimal to '.'.",
    ):
        read(tmp_path, text, label="label")
    assert column(read(tmp_path, text, label="label", decimal=","), 1).max() == pytest.approx(79.5)
    as_points = read(tmp_path, text, label="label", decimal=".")
    assert "choices = 1,2" in as_points.scaling.columns
    assert column(as_points, as_points.scaling.columns.index("income")).max() == pytest.approx(79_500)


@pytest.mark.parametrize("delimiter", ["\t", ",", "|", ";"])
@pytest.mark.parametrize("load", [load_iris, load_diabetes])
def test_real_tables_with_three_decimals_and_a_comma_are_read_right_or_asked_about(tmp_path, delimiter, load):
    frame, role = load(as_frame=True).frame, {"label" if load is load_iris else "targets": "target"}
    path = tmp_path / "table.csv"
    frame.to_csv(path, sep=delimiter, decimal=",", float_format="%.3f", index=False)
    table = read_or_asked(path, delimiter != ";", **role)
    expected = frame.drop(columns="target").round(3)
    for k, name in enumerate(table.scaling.columns):
        assert column(table, k) == pytest.approx(expected[name].to_numpy(), abs=1e-9)


def test_fractions_below_one_have_a_decimal_comma(tmp_path):
    rows = "".join(f"{k}\t{'1' if k % 5 == 0 else '0,' + str(100 + k * 7)}\n" for k in range(60))
    table = read(tmp_path, "x\ty\n" + rows, targets="y")
    assert table.notes[0].endswith("(tabs, decimal comma, UTF-8, column names in the first row).")
    assert (table.target_scaling.low[0], table.target_scaling.high[0]) == pytest.approx((0.107, 1.0))


def test_a_data_frame_with_fractions_in_text_has_a_decimal_comma():
    frame = pd.DataFrame({"x": ["0,500", "0,250"] * 6, "label": list("ab") * 6})
    table = tn.Examples.from_table(frame, label="label")
    assert (table.scaling.low, table.scaling.high) == ((0.25,), (0.5,))


def test_a_point_after_a_zero_is_a_decimal_point_beside_semicolons(tmp_path):
    table = read(tmp_path, "x;y;label\n1;0.100;a\n2;0.250;b\n3;1;a\n", label="label")
    assert column(table, 1) == pytest.approx([0.1, 0.25, 1.0])


def test_a_number_of_a_table_with_a_decimal_comma_is_not_called_too_large(tmp_path):
    table = read(tmp_path, "x;label\n1,5;a\n2,5;b\n3,5;a\n", label="label")
    (tmp_path / "new.csv").write_text("x\n1.11\n2\n")
    with pytest.raises(tn.TinyNetError, match="line 2, column 'x': '1.11' is not a number."):
        table.read_like(tmp_path / "new.csv")


@given(st.integers(0, 999), st.integers(100, 999))
def test_a_number_with_one_comma_and_three_digits_is_thousands_unless_it_begins_with_zero(whole, rest):
    text = f"{whole},{rest}"
    assert needs_comma(text) == (whole == 0)
    assert written_number(text, ",").value == pytest.approx(float(f"{whole}.{rest}"))
    if whole:
        assert written_number(text, ".").value == 1000 * whole + rest
