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


def test_a_word_in_a_column_of_numbers_may_be_a_category():
    with pytest.raises(TinyNetError) as caught:
        read({"x": [1, 2, 3, "red"], "label": list("abab")})
    assert str(caught.value) == (
        "the table, row 4, column 'x': 'red' is not a number. Correct the cell. To leave the column out, add 'x' to "
        "ignore. If the column holds categories, add 'x' to categories."
    )
    some = read({"x": [1, 2, 2, "red"], "label": list("abab")}, categories="x")
    assert some.columns == ("x = 1", "x = 2", "x = red")
    with pytest.raises(TinyNetError) as caught:
        some = read({"x": [1, 2, 3], "label": list("aba")}).read_like({"x": [1, "red"]})
    assert str(caught.value) == "the table, row 2, column 'x': 'red' is not a number. Correct the cell."
    with pytest.raises(TinyNetError, match="Correct the cell. If the column is a label, set label to 'y'.$"):
        read({"x": [1, 2], "y": [1, "red"]}, targets="y")


def test_categories_keep_every_digit_and_leading_zeros(tmp_path):
    codes = ["1234567890123456", "1234567890123457", "007", "7", "7.0", "1.5"]
    path = tmp_path / "t.csv"
    path.write_text("c,x,label\n" + "".join(f"{c},{k % 4},{'ab'[k % 2]}\n" for k, c in enumerate(codes)))
    some = read(path, categories=["c"])
    words = ("1.5", "007", "7", "1234567890123456", "1234567890123457")
    assert some.encoding.columns[0].values == words
    for cell, word in ((1234567890123457, words[4]), (1234567890123456.0, words[3]), (7.0, "7"), ("+7", "7")):
        new = some.read_like({"c": [cell], "x": [0]})
        assert (new.notes, words[int(new.inputs[0, :5].argmax())]) == ((), word)
    (tmp_path / "new.csv").write_text("c,x\n007,0\n1234567890123458,0\n")
    new = some.read_like(tmp_path / "new.csv")
    assert new.inputs[:, :5].tolist() == [[0, 1, 0, 0, 0], [0, 0, 0, 0, 0]]
    assert new.notes[1].startswith(
        "'c': 1 cell with '1234567890123458', which the training rows do not have."
    )


def test_numbers_beside_words_keep_leading_zeros():
    some = read({"c": ["007", "7", "a"] * 9, "x": range(27), "label": ["a", "b", "b"] * 9})
    assert some.columns == ("c = 007", "c = 7", "c = a", "x")
    assert some.read_like({"c": ["7", "007"], "x": [0, 0]}).inputs[:, :3].tolist() == [[0, 1, 0], [1, 0, 0]]


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
        "Correct the cell. To leave the column out, add 't' to ignore. "
        "If the column holds categories, add 't' to categories."
    )


def test_versions_are_categories_on_request():
    table = read({"v": ["1.2.0", "1.10.0"] * 2, "label": list("abab")}, categories=["v"])
    assert table.scaling.columns == ("v = 1.10.0", "v = 1.2.0")


def test_another_word_in_a_column_of_dates_is_an_error():
    days = [f"2020-01-{k:02}" for k in range(1, 9)]
    for other in ("soon", "2020-02-30", "2020"):
        with pytest.raises(TinyNetError) as caught:
            read({"t": [*days, other], "x": range(9), "label": list("ababababa")})
        assert str(caught.value) == (
            f"the table, row 9, column 't': {other!r} is not a date in the form 2021-04-03. Correct the cell. To leave the "
            "column out, add 't' to ignore. If the column holds categories, add 't' to categories."
        )
    with pytest.raises(
        TinyNetError, match="row 1, column 'when': '2020' is not a date in the form 2021-04-03"
    ):
        people().read_like({"sex": ["m"], "age": [3], "when": [2020]})
    with pytest.raises(TinyNetError, match="row 3, column 'x': '2020-01-01' is not a number"):
        read({"x": [1, 2, "2020-01-01"], "label": list("aba")})


def test_many_other_dates_are_counted():
    days = [f"{k}.4.2020" for k in (1, 2, 3, 4, 5, 5)]
    with pytest.raises(TinyNetError) as caught:
        read({"t": days, "label": list("ababab")})
    assert str(caught.value).splitlines()[4] == (
        "- column 't': 2 other words in 3 of 6 cells are not a date in the form 2021-04-03."
    )


def test_several_missing_cells_are_counted():
    with pytest.raises(TinyNetError) as caught:
        read({"x": [1, None, None, 2], "label": list("abab")})
    assert str(caught.value).startswith(
        "the table, row 2, column 'x': the cell is empty. 2 of the 4 cells of the column are missing. Fill in"
    )


def test_a_number_beyond_the_largest_is_named():
    for some in (["1e400", 1, 2], [10**400, 1, 2]):
        with pytest.raises(
            TinyNetError, match="row 1, column 'x': .* is (too large|not a number). Correct the cell"
        ):
            read({"x": some, "label": list("aba")})
    with pytest.raises(TinyNetError, match="line 3, column 'x': '-1e400' is too large. Correct the cell"):
        read(io.StringIO("x,label\n1,a\n-1e400,b\n"))
    with pytest.raises(TinyNetError, match="row 1, column 'x': '1e400' is too large. Correct the cell.$"):
        read({"x": [1, 2], "label": list("ab")}).read_like({"x": ["1e400"]})


def test_words_of_data_frames_may_have_a_decimal_comma():
    table = pd.DataFrame({"x": ["1.000,5", "2,5", "3"], "label": list("aba")})
    for decimal, notes in ((None, ("The numbers have a decimal comma.",)), (",", ())):
        some = read(table, decimal=decimal)
        assert (some.scaling.low, some.scaling.high, some.notes) == ((2.5,), (1000.5,), notes)
        assert some.read_like({"x": ["1.000"]}).inputs.tolist() == [[997.5 / 998]]
    numbers = read({"x": [1.5, 2.5], "label": list("ab")}, decimal=",")
    assert numbers.scaling.high == (2.5,)


def test_a_percentage_and_a_number_are_not_mixed_in_new_rows():
    some = read({"p": ["50 %", "20 %"], "q": [0.5, 0.25], "label": list("ab")})
    assert some.read_like({"p": ["35%"], "q": ["0.5"]}).inputs.tolist() == [[0.5, 1.0]]
    for row, cell, found, rule, column in (
        ({"p": [0.5], "q": [0.5]}, "0.5", "no %", "%", "p"),
        ({"p": ["50 %", "0.5"], "q": [0.5, 0.5]}, "0.5", "no %", "%", "p"),
        ({"p": ["50 %"], "q": ["50 %"]}, "'50 %'", "%", "no %", "q"),
    ):
        with pytest.raises(TinyNetError) as caught:
            some.read_like(row)
        assert str(caught.value) == (
            f"the table, row {len(row['p'])}, column {column!r}: {cell} has {found}. The numbers of the training rows have "
            f"{rule}. Write the cell like the training rows."
        )
    assert tn.Examples.from_json(json.loads(json.dumps(some.to_json()))).encoding.columns[0].sign == "%"


def test_currencies_are_not_mixed_in_new_rows():
    some = read({"p": ["$50", "$20"], "label": list("ab")})
    assert some.read_like({"p": ["$35", "35"]}).inputs.tolist() == [[0.5], [0.5]]
    with pytest.raises(
        TinyNetError, match="row 2, column 'p': '€35' has €. The numbers of the training rows have \\$."
    ):
        some.read_like({"p": ["35", "€35"]})


def test_constant_columns_that_change_in_new_rows_are_noted():
    table = {"gas": ["yes"] * 4, "n": [5] * 4, "none": [None] * 4, "x": [1, 2, 3, 4], "label": list("abab")}
    some = read(table)
    assert some.encoding.constants == (("gas", "yes"), ("n", "5.0"), ("none", ""))
    assert tn.Examples.from_json(json.loads(json.dumps(some.to_json()))) == some
    for same in ({}, {"gas": ["yes", None]}, {"n": [5, "5.0"]}, {"none": ["", "NA"]}):
        assert some.read_like({"x": [1, 2]} | same).notes == ()
    assert some.read_like({"x": [1, 2], "gas": ["yes", "no"]}).notes == (
        "'gas' is constant in the training rows and changes no prediction. 1 of 2 new rows has another value there.",
    )
    assert some.read_like({"x": [1, 2], "gas": ["no", "no"], "n": [5, 6], "none": ["a", ""]}).notes == (
        "'gas', 'n' and 'none' are constant in the training rows and change no prediction. 2 of 2 new rows have another "
        "value there.",
    )


def test_columns_that_are_constant_in_the_training_part_are_noted():
    some = read({"x": [1, 2, 3, 4], "y": [5, 5, 5, 6], "label": list("abab")}).unscaled_rows()
    training = tn.Examples.of_table(some[[0, 1, 2]], some[[0, 1, 2]])
    assert training.read_like({"x": [1], "y": [5]}).notes == ()
    assert training.read_like({"x": [1], "y": [6]}).notes == (
        "'y' is constant in the training rows and changes no prediction. 1 of 1 new row has another value there.",
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
    mixed = read({"x": range(7), "label": ["True", "TRUE", "unknown", "False", "1", "1.0", "TRUE"]})
    assert (mixed.target_names, mixed.targets.argmax(axis=1).tolist()) == (
        ("1", "False", "TRUE", "unknown"),
        [2, 2, 3, 1, 0, 0, 2],
    )


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


@pytest.mark.parametrize("missing", [None, "drop", "mean", "flag"])
def test_problems_of_labels_and_cells_are_in_one_error(missing):
    with pytest.raises(TinyNetError) as caught:
        read({"x": [1, "red", 3], "label": ["a", "a", None if missing else "a"]}, missing=missing)
    assert str(caught.value).splitlines()[:3] == [
        "the table has 2 problems:",
        "- column 'label': every row has the label 'a'.",
        "- row 2, column 'x': 'red' is not a number.",
    ]
    with pytest.raises(TinyNetError, match="^the table, column 'label': every row has the label 'a'"):
        read({"x": [1, None, 3], "label": list("aba")}, missing="drop")


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


@pytest.mark.parametrize("name", ["bid", "amount_paid", "humid", "Grid", "Valid", "Android", "GRID"])
def test_a_name_that_ends_like_id_is_no_identifier(name):
    assert read({name: range(9), "label": list("ababababa")}).scaling.columns == (name,)


@pytest.mark.parametrize("name", ["id", "ID", "PassengerId", "customerID", "row_id", "Unnamed: 0", "No"])
def test_identifiers_that_differ_in_every_row_are_left_out(name):
    found = read({name: range(9), "x": [1, 2, 3] * 3, "label": list("ababababa")})
    assert found.scaling.columns == ("x",)


def test_columns_that_are_used_are_not_called_left_out():
    found = read({"t": [5, 5], "u": [7, 7], "word": ["a", "a"], "label": ["a", "b"]})
    assert (found.scaling.columns, found.notes) == (
        ("t", "u"),
        ("'word' is 'a' in every row and is left out.",),
    )


@pytest.mark.parametrize("error", ["#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"])
def test_errors_of_excel_are_missing_cells(error):
    numbers = [error if k % 4 == 0 else k for k in range(40)]
    table = {"x": numbers, "c": [error, "p", "q", "q"] * 10, "label": [error, "a", "b", "b"] * 10}
    found = read(table, label="label", missing="mean")
    assert found.scaling.columns == ("x", "c = p", "c = q")
    assert (len(found), found.target_names) == (30, ("a", "b"))
    assert len(read({"x": numbers, "y": range(40)}, targets="y", missing="drop")) == 30
