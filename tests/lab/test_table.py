import numpy as np
import pytest
from sklearn.datasets import load_iris

import tinynet as tn
from tinynet.data import splits, tables
from tinynet.errors import TinyNetError
from tinynet.lab.api import table as table_api
from tinynet.lab.api.table import TableRequest, TableText


@pytest.fixture(scope="module")
def iris():
    flowers = load_iris(as_frame=True)
    return flowers.data.assign(species=flowers.target_names[flowers.target]).to_csv(index=False)


def head(text):
    return table_api.columns(TableText("own.csv", text))


def test_the_columns_are_summarized(iris):
    found = head("\ufeff" + iris)
    assert (found["rows"], found["label"]) == (150, "species")
    first, *_, last = found["columns"]
    assert (first["name"], first["low"], first["high"], first["kind"]) == (
        "sepal length (cm)",
        4.3,
        7.9,
        "number",
    )
    assert (first["label"], last["label"]) == (False, True)  # the lengths have decimals
    assert (found["header"], found["delimiter"], found["decimal"]) == (True, ",", ".")
    assert found["note"] == ("own.csv: 150 rows (commas, decimal point, column names in the first row).")
    assert (last["kind"], last["examples"], last["different"]) == (
        "category",
        ["setosa", "versicolor", "virginica"],
        3,
    )


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("a,Class,b\n1,2,x\n3,4,y\n", "Class"),
        ("target,a\n1,2\n0,3\n", "target"),
        ("species,label\nx,1\ny,2\n", "label"),
        ("u,a,v\nx,1,y\nz,2,w\n", "v"),
        ("u,a,v\nx,1,y\nz,2,y\n", "u"),
        ("a,b\n1,2\n3,4\n", None),
        ("label,b\n1,2\n1,4\n", None),
        ("label,b\n1,2\n,4\n2,3\n", None),
    ],
    ids=[
        "name",
        "name of a numeric column",
        "first name",
        "last text column",
        "one text column",
        "numbers",
        "one label",
        "empty cell",
    ],
)
def test_a_label_is_proposed_by_its_name_or_by_its_text(text, label):
    assert head(text)["label"] == label


def test_text_cells_and_empty_cells_are_reported():
    (x, *_) = head("x,y\n1,a\nred,b\n3,c\n,d\n")["columns"]
    assert (x["kind"], x["odd"], x["missing"], x["low"], x["high"]) == ("number", "red", 1, 1, 3)
    (empty, *_) = head("x,y\n,a\n,b\n")["columns"]
    assert (empty["missing"], empty["different"], empty["examples"]) == (2, 0, [])
    assert empty["left_out"] == "empty"


def test_columns_that_are_no_inputs_have_a_reason():
    rows = "".join(f"{k},1,{'ab'[k % 2]},2020-01-0{k}\n" for k in range(1, 5))
    id_, one, kind, when = head("id,one,kind,when\n" + rows)["columns"]
    assert id_["left_out"] == "different in every row"
    assert one["left_out"] == "1 in every row"
    assert (kind["left_out"], when["left_out"], when["kind"]) == (None, None, "date")


@pytest.mark.parametrize(
    ("names", "naming"),
    [
        (["name", "Name"], "name"),
        (["NAME", "name"], "name"),
        (["NaMe", "x"], "NaMe"),
        (["Name", "NAME"], None),
        (["names", "x"], None),
    ],
)
def test_one_column_names_the_rows_as_in_training(names, naming):
    rows = "".join(f"{k % 7},{k % 5},{'ab'[k % 2]}\n" for k in range(20))
    text = f"{','.join(names)},kind\n{rows}"
    found = head(text)
    assert [c["name"] for c in found["columns"]] == [*names, "kind"]
    assert [c["name"] for c in found["columns"] if c["names_rows"]] == ([] if naming is None else [naming])
    answer = table_api.table(TableRequest("own.csv", text, label="kind", held_out=0))
    inputs = answer["examples"]["scaling"]["columns"]
    assert inputs == [name for name in names if name != naming]


def test_the_column_that_names_the_rows_is_not_proposed_as_the_label():
    text = "u,name\nx,a\ny,b\nx,a\n"
    assert head(text)["label"] == "u"
    assert head(text.replace("name", "label2"))["label"] == "label2"


def test_a_first_line_of_data_is_data_on_the_page():
    text = "5.1,3.5,a\n4.9,3.0,a\n6.2,2.9,b\n"
    found = head(text)
    assert (found["header"], [c["name"] for c in found["columns"]]) == (
        False,
        ["column 1", "column 2", "column 3"],
    )
    assert (found["rows"], found["label"]) == (3, "column 3")
    named = table_api.columns(TableText("own.csv", text, header=True))
    assert [c["name"] for c in named["columns"]] == ["5.1", "3.5", "a"]
    answer = table_api.table(TableRequest("own.csv", text, header=False, label="column 3", held_out=0))
    assert len(answer["examples"]["names"]) == 3


def test_the_dialect_can_be_chosen_on_the_page():
    text = "x;label\n1,5;a\n2,5;b\n"
    found = head(text)
    assert (found["delimiter"], found["decimal"], found["columns"][0]["high"]) == (";", ",", 2.5)
    with pytest.raises(TinyNetError, match="has one column, 'x;label'. If semicolons separate the columns"):
        table_api.columns(TableText("own.csv", text, delimiter="|"))


def test_the_examples_of_a_table_equal_the_library(iris, tmp_path):
    (tmp_path / "iris.csv").write_text(iris)
    found = table_api.table(TableRequest("iris.csv", iris, label="species", seed=7))
    parts = splits.split_dataset(
        tables.read(tmp_path / "iris.csv", label="species"), held_out=0.3, scale=True, seed=7
    )
    assert tn.Examples.from_json(found["examples"]) == parts.training
    assert tn.Examples.from_json(found["held_out"]) == parts.held_out
    assert found["sentence"] == str(parts)
    architecture = tn.Architecture.from_json(found["architecture"])
    run = tn.train(
        tn.Network.initial(architecture, seed=7),
        parts.training,
        tn.Recipe.from_json(found["recipe"] | {"seed": 7}),
    )
    assert tn.score(run.final, parts.held_out).count >= 0.9 * 45


def test_with_a_held_out_fraction_of_0_nothing_is_held_out(iris):
    found = table_api.table(
        TableRequest("iris.csv", iris, label="species", ignore=["sepal width (cm)"], held_out=0)
    )
    assert found["held_out"] is None
    assert len(found["examples"]["names"]) == 150
    assert found["architecture"]["sizes"] == [3, 5, 3]


def test_tables_that_do_not_fit_the_page_are_refused(iris):
    many = "x,label\n" + "".join(f"{k},{'ab'[k % 2]}\n" for k in range(table_api.MAX_ROWS + 1))
    wide = ",".join(f"x{k}" for k in range(401)) + ",label\n" + ("0," * 401 + "a\n") + ("1," * 401 + "b\n")
    for request, message in (
        (TableRequest("many.csv", many), "many.csv has 5,001 rows.*`tinynet train many.csv --label label`"),
        (TableRequest("wide.csv", wide, held_out=0), "The page shows networks of up to 2,000"),
        (TableRequest("iris.csv", iris, label="kind"), "iris.csv has no column 'kind'"),
        (
            TableRequest("own.csv", "x,label\n1,a\nred,b\n"),
            "own.csv, line 3, column 'x': 'red' is not a number. Correct the cell. "
            "To leave the column out, add 'x' to ignore.",
        ),
        (
            TableRequest("iris.csv", iris, label="species", hidden_nodes=0),
            "hidden_nodes is 0. It must be a whole number from 1 to 64.",
        ),
        (
            TableRequest("iris.csv", iris, label="species", held_out=1),
            "held_out is 1. It must be a .* above 0 and below 1",
        ),
    ):
        with pytest.raises(TinyNetError, match=message):
            table_api.table(request)
    for text, message in (("", "own.csv has no rows"), ("a,a\n1,2\n", "own.csv, line 1: two columns are named 'a'"),
                          ("a,b\n1\n", "own.csv, line 2: the row has 1 cell")):  # fmt: skip
        with pytest.raises(TinyNetError, match=message):
            head(text)


def test_the_ranges_of_the_columns_are_plain_floats(iris):
    assert all(isinstance(c[name], float) for c in head(iris)["columns"] for name in ("low", "high"))
    assert np.isfinite([c["low"] for c in head(iris)["columns"]]).all()
