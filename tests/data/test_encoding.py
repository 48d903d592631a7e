import io
import json

import numpy as np
import pandas as pd
import pytest

import tinynet as tn
from tinynet.data.encoding import Encoding, InputColumn
from tinynet.errors import TinyNetError

read = tn.Examples.from_table
PEOPLE = "sex,age,when,label\nm,30,2020-01-31,yes\nf,,2020-03-01,no\nm,50,2021-02-01,no\n,40,2022-02-01,no\n"


def people(missing="mean", **choices):
    return read(io.StringIO(PEOPLE), missing=missing, **choices)


def test_words_become_one_input_for_each_category():
    some = read({"color": ["red", "blue", "red"], "x": [1, 2, 3], "label": ["a", "b", "a"]})
    assert some.columns == ("color = blue", "color = red", "x")
    assert some.inputs.tolist() == [[0, 1, 0], [1, 0, 0.5], [0, 1, 1]]


def test_numbers_are_categories_if_they_are_named():
    table = {"grade": [10, 2, 10], "label": ["a", "b", "a"]}
    assert read(table).columns == ("grade",)
    some = read(table, categories=["grade"])
    assert some.columns == ("grade = 2", "grade = 10")  # in numeric order
    assert some.read_like({"grade": [2]}).inputs.tolist() == [[1, 0]]
    with pytest.raises(TinyNetError, match="categories is 'size'. the table has no column 'size'"):
        read(table, categories=["size"])


def test_a_column_of_words_and_numbers_holds_categories():
    drive = ["4", "f", "r", "4", "f"] * 6
    some = read({"drive": drive, "x": range(30), "label": ["a", "b"] * 15})
    assert some.columns == ("drive = 4", "drive = f", "drive = r", "x")
    assert some.read_like({"drive": [4, "f"], "x": [0, 1]}).inputs[:, :3].tolist() == [[1, 0, 0], [0, 1, 0]]
    typo = [*map(str, range(29)), "red"]
    with pytest.raises(TinyNetError, match="row 30, column 'y': 'red' is not a number"):
        read({"y": typo, "label": ["a", "b"] * 15})


def test_true_and_false_are_numbers_unless_there_are_other_words():
    assert read({"x": ["True", "false", "TRUE"], "label": ["a", "b", "a"]}).columns == ("x",)
    some = read({"x": ["true", "false", "maybe", "true"] * 9, "label": ["a", "b"] * 18})
    assert some.columns == ("x = false", "x = maybe", "x = true")


def test_a_category_does_not_depend_on_the_other_rows():
    some = read({"x": ["true", "maybe", "$5", "$5"] * 9, "label": ["a", "b"] * 18})
    assert some.columns == ("x = $5", "x = maybe", "x = true")
    for word, inputs in (("$5", [1, 0, 0]), ("maybe", [0, 1, 0]), ("true", [0, 0, 1])):
        assert some.read_like({"x": [word]}).inputs.tolist() == [inputs]


def test_dates_become_their_parts():
    some = people(ignore=["sex", "age"])
    assert some.columns == ("when year", "when month", "when day", "when weekday")
    units = some.scaling.inverse(some.inputs).round(9)
    assert units.tolist() == [[2020, 1, 31, 4], [2020, 3, 1, 6], [2021, 2, 1, 0], [2022, 2, 1, 1]]
    times = read({"t": ["2020-01-01T10:30", "2020-01-01 11:45:10"], "label": ["a", "b"]})
    assert times.columns == ("t hour", "t minute")
    frame = pd.DataFrame({"t": pd.to_datetime(["2020-01-01", "2021-01-01"]), "label": ["a", "b"]})
    assert read(frame).columns == ("t year", "t weekday")


def test_dates_in_another_form_are_refused():
    with pytest.raises(TinyNetError) as caught:
        read({"t": ["3.4.2020", "5.6.2021"], "label": ["a", "b"]})
    assert str(caught.value) == (
        "the table has 2 problems:\n- row 1, column 't': '3.4.2020' is not a date in the form 2021-04-03.\n"
        "- row 2, column 't': '5.6.2021' is not a date in the form 2021-04-03.\n"
        "Correct the cell. To leave the column out, add 't' to ignore."
    )


def test_missing_cells_are_refused_without_a_choice():
    with pytest.raises(TinyNetError) as caught:
        read(io.StringIO(PEOPLE))
    assert str(caught.value) == (
        "the table has 2 problems:\n- line 5, column 'sex': the cell is empty.\n- line 3, column 'age': the cell is empty.\n"
        "Fill in the missing cells. To fill in the mean of the column, set missing to 'mean'. "
        "To leave such rows out, set missing to 'drop'."
    )


def test_rows_with_missing_cells_can_be_left_out():
    some = people("drop")
    assert (some.names, some.columns) == (
        ("row 1", "row 3"),
        ("age", "when year", "when month", "when day", "when weekday"),
    )
    assert some.notes[1:] == (
        "2 of 4 rows have missing cells and are left out.",
        "'sex' is 'm' in every row and is left out.",
    )
    new = some.read_like(io.StringIO("age,when\n,2020-02-02\n40,2020-02-02\n"))
    assert new.names == ("row 2",)
    assert new.notes[1:] == ("1 of 2 rows has missing cells and is left out.",)


def test_missing_cells_become_the_mean_of_the_training_rows():
    some = people("mean")
    assert some.columns[:3] == ("sex = f", "sex = m", "age")
    assert some.inputs[:, 2].tolist() == [0, 0.5, 1, 0.5]  # the mean of 30, 40 and 50
    np.testing.assert_allclose(some.inputs[3, :2], [1 / 3, 2 / 3])
    training, held_out = some.unscaled_rows()[[0, 3]], some.unscaled_rows()[[1, 2]]
    assert tn.Examples.of_table(held_out, training).inputs[:, 2].tolist() == [0.5, 2.0]  # of 30 and 40


def test_missing_cells_can_have_an_input():
    some = people("flag")
    assert some.columns[:5] == ("sex = f", "sex = m", "sex missing", "age", "age missing")
    assert some.inputs[1, 3:5].tolist() == [0.5, 1]
    assert some.inputs[3, :3].tolist() == [0, 0, 1]
    new = some.read_like(io.StringIO("sex,age,when\nNA,?,2020-02-02\n"))
    assert new.inputs[0, :5].tolist() == [0, 0, 1, 0.5, 1]


def test_unknown_categories_count_as_none_of_the_categories():
    new = people().read_like({"sex": ["x", "f"], "age": [40, 40], "when": ["2020-01-31", "2020-01-31"]})
    assert new.inputs[:, :2].tolist() == [[0, 0], [1, 0]]
    assert new.notes == (
        "'sex': 1 cell with 'x', which the training rows do not have. Such a cell counts as none of the categories.",
    )


def test_new_rows_must_have_the_kind_of_each_column():
    with pytest.raises(TinyNetError) as caught:
        people().read_like({"sex": ["m", "f"], "age": ["red", 4], "when": ["2020-01-31", "soon"]})
    text = str(caught.value)
    assert "the table has 2 problems:\n- row 1, column 'age': 'red' is not a number." in text
    assert "- row 2, column 'when': 'soon' is not a date in the form 2021-04-03." in text


def test_a_recording_keeps_the_encoding(tmp_path):
    some = people("flag")
    assert tn.Examples.from_json(json.loads(json.dumps(some.to_json()))) == some
    run = tn.train(tn.Network.initial((len(some.columns), 2, 2), seed=0), some, tn.Recipe(epochs=2))
    run.save(tmp_path / "run.safetensors")
    again = tn.load(tmp_path / "run.safetensors").examples
    rows = io.StringIO("sex,age,when\nf,35,2020-05-05\n")
    assert again.encoding == some.encoding
    assert (
        again.read_like(rows).inputs.tolist() == some.read_like(io.StringIO(rows.getvalue())).inputs.tolist()
    )


@pytest.mark.parametrize("kind", ["constant", "identifier", "words", "empty"])
def test_columns_without_information_are_left_out(kind):
    n = 120
    column, reason = {
        "constant": ([7] * n, "is 7 in every row"),
        "identifier": (list(range(100, 100 + n)), "is different in every row"),
        "words": (
            [f"w{k % 110}" for k in range(n)],
            "is text with 110 different words (at most 100 are categories)",
        ),
        "empty": ([None] * n, "is empty"),
    }[kind]
    some = read({"user_id": column, "x": np.arange(n) / 2, "label": ["a", "b"] * (n // 2)})
    assert (some.columns, some.notes) == (("x",), (f"'user_id' {reason} and is left out.",))


def test_whole_numbers_that_count_are_inputs_unless_their_name_is_an_identifier():
    some = read({"x": range(11), "y": [2 * k for k in range(11)]}, targets="y")
    assert some.columns == ("x",)


def test_arrays_keep_every_column():
    assert read((np.array([[0.0, 3.0], [1.0, 3.0]]), ["a", "b"])).columns == ("x0", "x1")


def test_rows_without_a_label_are_left_out_by_choice():
    table = {"x": [1, 2, 3], "label": ["a", None, "b"]}
    with pytest.raises(
        TinyNetError, match="row 2, column 'label': the label is missing. .*set missing to 'drop'"
    ):
        read(table)
    for missing in ("drop", "mean", "flag"):
        some = read(table, missing=missing)
        assert (len(some), some.notes) == (2, ("1 of 3 rows has no label and is left out.",))
    numbers = read({"x": [1, 2, 3], "y": [1, None, 3]}, targets="y", missing="mean")
    assert numbers.notes == ("1 of 3 rows has no target and is left out.",)


def test_equal_labels_are_one_class():
    some = read({"x": [1, 2, 3, 4, 5], "label": ["1", "1.0", "True", "0", "TRUE"]})
    assert (some.target_names, some.targets[:, 1].tolist()) == (("0", "1"), [1, 1, 1, 0, 1])
    words = read({"x": [1, 2, 3], "label": ["yes", "1", "true"]})
    assert words.target_names == ("1", "true", "yes")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"columns": [{"name": "a", "kind": "color"}], "missing": None}, "kind is 'color'"),
        ({"columns": [{"name": "a", "size": 3}], "missing": None}, "the encoding of the columns is"),
        ({"columns": [], "missing": "guess"}, "missing is 'guess'"),
        ({}, "the encoding of the columns is"),
    ],
)
def test_a_damaged_encoding_is_refused(data, message):
    with pytest.raises(TinyNetError, match=message):
        Encoding.from_json(data)


def test_the_parts_of_a_date_are_checked():
    with pytest.raises(TinyNetError, match="column 'a' has the parts"):
        InputColumn("a", "date", ("century",))


def test_all_problems_are_reported_at_once():
    text = "x,y,label\n1,2,a\nred,,b\n3,4\n5,blue,\n"
    with pytest.raises(TinyNetError) as caught:
        read(io.StringIO(text))
    lines = str(caught.value).splitlines()
    assert lines[0] == "the table has 4 problems:"
    assert lines[1:-1] == [
        "- line 4: the row has 2 cells and the header has 3.",
        "- line 5, column 'label': the label is missing.",
        "- line 3, column 'x': 'red' is not a number.",
        "- line 5, column 'y': 'blue' is not a number.",
    ]


def test_labels_are_compared_without_rounding():
    codes = [str(12345678901234560 + k) for k in range(4)]
    assert read({"x": [1, 2, 3, 4], "label": codes}).target_names == tuple(codes)
    assert set(read({"x": [1, 2, 3], "label": ["01", "1", "001"]}).target_names) == {"001", "01", "1"}


def test_missing_words_are_no_labels():
    table = {"x": [1, 2, 3, 4], "label": ["A", "NA", "B", "NA"]}
    with pytest.raises(TinyNetError, match="row 2, column 'label': 2 of 4 labels are missing"):
        read(table)
    some = read(table, missing="drop")
    assert (some.target_names, len(some)) == (("A", "B"), 2)


def test_dates_of_any_year_are_read():
    days = np.array(["1500-01-01", "2021-01-01", "2500-01-01", "3021-01-01"], dtype="datetime64[s]")
    some = read(pd.DataFrame({"x": days, "label": list("abab")}))
    assert some.scaling.inverse(some.inputs)[:, 0].round(9).tolist() == [1500, 2021, 2500, 3021]
