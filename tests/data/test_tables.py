import io
import json
import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.datasets import load_diabetes, load_iris

import tinynet as tn
from tinynet.data import probes, readers, tables
from tinynet.errors import TinyNetError


@pytest.fixture
def table(tmp_path):
    def write(text):
        path = tmp_path / "table.csv"
        path.write_text(text)
        return path

    return write


read = tn.Examples.from_table


def test_labels_become_one_hot_targets(table):
    path = table("name,width,height,label\nfirst,10,1,cat\nsecond,20,3,dog\nthird,15,2,cat\n")
    some = read(path)
    assert some.inputs.tolist() == [[0, 0], [1, 1], [0.5, 0.5]]
    assert some.target_names == ("cat", "dog")
    assert some.targets.tolist() == [[1, 0], [0, 1], [1, 0]]
    assert some.names == ("first", "second", "third")


def test_the_label_may_have_any_name(table):
    some = read(table("species, x \nb,0.5\na,1\n b ,0\n"), label="species")
    assert some.target_names == ("a", "b")
    assert some.targets.tolist() == [[0, 1], [1, 0], [0, 1]]
    assert read(table("x,target\n0,2\n1,10\n"), label="target").target_names == (
        "2",
        "10",
    )  # in numeric order
    assert read(table("x,name\n0,Ann\n1,Bob\n0.5,Ann\n"), label="name").names[2] == "row 3"


def test_an_unscaled_table_keeps_its_numbers(table):
    path = table("x,label\n0.25,a\n0.5,b\n")
    some = read(path, scale=False)
    assert (some.inputs.tolist(), some.scaling.is_identity) == ([[0.25], [0.5]], True)
    assert read(path).inputs.tolist() == [[0], [1]]


def test_target_columns_become_targets_and_are_optional(table):
    some = read(table("x,target_on,target_off\n0.5,0.25,0.75\n"))
    assert some.target_names == ("on", "off")
    assert some.targets.tolist() == [[0.25, 0.75]]
    assert not some.regression
    assert read(table("x\n0.5\n")).targets is None


def test_columns_can_be_ignored(table):
    path = table("id,x,note,label,target\n7,0,red,a,1\n8,1,blue,b,2\n")
    some = read(path, ignore=["id", "note", "target"])
    assert (some.scaling.columns, some.target_names) == (("x",), ("a", "b"))
    assert read(path, targets="target", ignore=["note", "label"]).scaling.columns == ("x",)
    numbered = read(path, targets="target", ignore=["note", "label"])
    assert numbered.notes[1:] == ("'id' is different in every row and is left out.",)


def test_the_scaling_applies_to_new_rows_and_is_saved(table, tmp_path):
    some = read(table("width,label\n10,a\n20,b\n"))
    assert some.scaled([[12.5], [99.0]]).tolist() == [[0.25], [8.9]]
    assert some[1:].scaling == some.scaling
    assert tn.Examples.from_json(json.loads(json.dumps(some.to_json()))) == some
    run = tn.train(tn.Network.initial((1, 2, 2), seed=0), some, tn.Recipe(epochs=2))
    run.save(tmp_path / "run.safetensors")
    again = tn.load(tmp_path / "run.safetensors")
    assert again.examples.scaled([15.0]).tolist() == [0.5]
    assert again[1].batch.scaling == some.scaling
    assert "scaling" not in tn.pictures.lines().to_json()
    with pytest.raises(TinyNetError, match="these examples were not scaled"):
        tn.pictures.lines().scaled([1, 1, 0, 0])


# --- every source ------------------------------------------------------------------------------------


def test_iris_has_equal_examples_from_every_source(tmp_path):
    iris = load_iris(as_frame=True)
    kinds = iris.target_names[iris.target]
    frame = iris.data.assign(species=kinds)
    frame.to_csv(tmp_path / "iris.csv", index=False)
    some = read(tmp_path / "iris.csv", label="species")
    assert (some.inputs.shape, some.target_names) == ((150, 4), ("setosa", "versicolor", "virginica"))
    assert (
        np.abs(some.inputs * np.ptp(iris.data.values, axis=0) + iris.data.values.min(axis=0) - iris.data)
        .max()
        .max()
        < 1e-12
    )
    categories = frame.astype({"species": "category"})
    for source in (
        str(tmp_path / "iris.csv"),
        frame,
        categories,
        pl.from_pandas(frame),
        dict(frame),
        io.StringIO(frame.to_csv(index=False)),
    ):
        assert read(source, label="species") == some
    assert read((iris.data, kinds)) == some
    arrays = read((iris.data.values, iris.target.values))
    assert arrays.inputs.tolist() == some.inputs.tolist()
    assert (arrays.target_names, arrays.scaling.columns) == (("0", "1", "2"), ("x0", "x1", "x2", "x3"))
    assert read(iris.data.values).targets is None


def test_pandas_booleans_integers_and_categories_are_read(table):
    frame = pd.DataFrame({
        "yes": [True, False, True],
        "maybe": pd.array([True, False, False], dtype="boolean"),
        "count": pd.array([1, 3, 2], dtype="Int64"),
        "kind": pd.Categorical([3, 1, 3]),
    })  # fmt: skip
    some = read(frame, label="kind")
    assert some.inputs.tolist() == [[1, 1, 0], [0, 0, 1], [1, 0, 0.5]]
    assert some.target_names == ("1", "3")
    assert read(table(frame.to_csv(index=False)), label="kind") == some
    assert read(frame, label="yes", ignore=["maybe"]).target_names == ("False", "True")


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (
            None,
            "the cell is empty. Fill in the missing cells. .* set missing to 'mean'. .* set missing to 'drop'.",
        ),
        (float("nan"), "the cell is empty"),
        (pd.NA, "the cell is empty"),
        (pd.NaT, "the cell is empty"),
        ("red", "'red' is not a number"),
        (float("inf"), "'inf' is not finite"),
        (np.datetime64("2020-01-01"), "'2020-01-01' is not a number"),
        (1j, "'1j' is not a number"),
        ("1_2", "'1_2' is not a number"),
        ("٣", "'٣' is not a number"),
    ],
)
def test_a_cell_that_is_not_a_number_is_refused(cell, message):
    columns = {"x": pd.Series([0.5, cell, 1], dtype=object), "label": ["a", "b", "a"]}
    for source in (pd.DataFrame(columns), columns):
        with pytest.raises(TinyNetError, match=f"the table, row 2, column 'x': {message}"):
            read(source)


def test_column_names_may_be_numbers():
    frame = pd.DataFrame([[1, 2, 5], [3, 4, 6]])
    assert read(frame, label=1).target_names == ("2", "4")
    assert read(frame, targets=2, ignore=1).inputs.tolist() == [[0.0], [1.0]]
    named = frame.rename(columns={0: "width", 1: "more", 2: "label"})
    assert read(named, ignore="more").scaling.columns == ("width",)
    with pytest.raises(TinyNetError, match="label is \\['more'\\]. It must be the name of one column"):
        read(named, label=["more"])


def test_missing_values_of_data_frames_are_refused():
    holes = {"x": pd.array([1, None], dtype="Int64"), "label": pd.Categorical(["a", None])}
    with pytest.raises(TinyNetError, match="row 2, column 'x': the cell is empty"):
        read(pd.DataFrame(holes))
    with pytest.raises(TinyNetError, match="row 2, column 'label': the label is missing"):
        read(pd.DataFrame(holes | {"x": [1, 2]}))
    with pytest.raises(TinyNetError, match="row 2, column 'label': the label is missing"):
        read(pl.DataFrame({"x": [1, 2], "label": ["a", None]}))
    with pytest.raises(TinyNetError, match="row 2, column 'x': the cell is empty"):
        read(pl.DataFrame({"x": [1, None], "label": ["a", "b"]}))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (pd.DataFrame([[1, 2, "a"]], columns=["x", "x", "label"]), "the table: two columns are named 'x'"),
        (pd.DataFrame({"x": [], "label": []}), "the table has no rows"),
        (
            {"x": [1, 2], "label": ["a"]},
            r"column 'label': the column has shape \(1,\) and the first column has shape \(2,\)",
        ),
        (
            {"x": 1, "label": "a"},
            r"column 'x': the column has shape \(\) .*. Each column must be a sequence of cells",
        ),
        (
            {"x": np.array([1j, 2j]), "label": ["a", "b"]},
            "the table, column 'x': complex numbers are not supported. Use real numbers",
        ),
        ({"x": [[1, 2]] * 2, "label": ["a", "b"]}, r"column 'x': the column has shape \(2, 2\)"),
        ((np.zeros((2, 2)), [0, 1, 1]), r"column 'y': the column has shape \(3,\)"),
        (
            np.zeros(3),
            r"x has shape \(3,\). It must have shape \(rows, columns\), or the table must be a CSV file, a pandas",
        ),
        ([[1, 2], [3]], "the table is not an array .*. It must be a CSV file"),
        (3, r"x has shape \(\). It must have shape \(rows, columns\)"),
        (
            (np.zeros((20, 1)), np.arange(20) / 7),
            "column 'y': numbers such as 0.142.* are numbers to predict, or labels. .*set targets to 'y'. .*set label to 'y'",
        ),
    ],
)
def test_invalid_tables_in_memory_are_refused(source, message):
    with pytest.raises(TinyNetError, match=message):
        read(source)


# --- numbers to predict ----------------------------------------------------------------------------------------


def test_numeric_targets_keep_their_units():
    diabetes = load_diabetes(as_frame=True).frame
    some = read(diabetes, targets="target")
    assert (some.target_names, some.regression, some.inputs.shape) == (("target",), True, (442, 10))
    assert some.target_scaling.low == (diabetes.target.min(),)
    np.testing.assert_allclose(some.unscaled(some.targets)[:, 0], diabetes.target, rtol=1e-12)
    assert some.unscaled([0.0]).tolist() == [25.0]
    assert tn.Examples.from_json(json.loads(json.dumps(some.to_json()))) == some
    assert (
        read((diabetes.drop(columns="target").values, diabetes.target.values), targets="y").targets.tolist()
        == some.targets.tolist()
    )
    training, held_out = tn.split(some, 0.3)
    run = tn.train(
        tn.Network.initial((10, 4, 1), seed=0, output="identity"), training,
        tn.Recipe(learning_rate=0.1, epochs=30, order="shuffled"),
    )  # fmt: skip
    off = np.abs(some.unscaled(run.final(held_out)) - some.unscaled(held_out.targets)).mean()
    always = np.abs(some.unscaled(held_out.targets) - some.unscaled(training.targets).mean()).mean()
    assert off < 0.8 * always


def test_several_targets_can_be_scaled_or_unscaled():
    both = {"x": [0, 1], "a": [0.25, 0.75], "b": [1, 0]}
    assert read(both, targets=["a", "b"]).targets.tolist() == [[0, 1], [1, 0]]
    plain = read(both, targets=["a", "b"], scale=False)
    assert plain.targets.tolist() == [[0.25, 1], [0.75, 0]]
    assert plain.unscaled(plain.targets).tolist() == plain.targets.tolist()
    assert read(([[0], [1]], [[5, 7], [6, 9]])).target_names == ("y0", "y1")
    with pytest.raises(
        TinyNetError,
        match="row 2, column 'a': 3 is outside 0 to 1. To scale each column to 0 to 1, set scale to True",
    ):
        read({"x": [0, 1], "a": [0, 3]}, targets="a", scale=False)
    with pytest.raises(
        TinyNetError, match="column 'a': every row has 3. A target must have at least two different values"
    ):
        read({"x": [0, 1], "a": [3, 3]}, targets="a")
    with pytest.raises(TinyNetError, match="row 1, column 'a': 'low' is not a number"):
        read({"x": [0, 1], "a": ["low", "high"]}, targets="a")
    with pytest.raises(TinyNetError, match="no numeric targets. Only numeric targets have units"):
        tn.pictures.lines().unscaled([0.5])


def test_a_target_outside_the_training_range_is_not_clipped():
    some = tables.read({"x": [0, 1, 2], "y": [10, 20, 40]}, targets="y")
    held_out = tn.Examples.of_table(some[[2]], some[[0, 1]])
    assert (held_out.inputs.tolist(), held_out.targets.tolist()) == ([[2.0]], [[3.0]])
    assert held_out.unscaled(held_out.targets).tolist() == [[40.0]]


# --- errors ----------------------------------------------------------------------------------


MANY = "x,label\n" + "".join(f"{k % 7},{k}\n" for k in range(101))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no rows"),
        ("x,label\n", "has no rows. It must have a line of column names"),
        ("x,label\n1\n", "line 2: the row has 1 cell and the header has 2"),
        (
            "x,label\n0.1,a\nred,b\n",
            "line 3, column 'x': 'red' is not a number. Correct the cell. To leave the column out, add 'x' to ignore.",
        ),
        (
            'x,label,note\n0.1,a,"0\n"\n\n0.2,b,1\n,b,1\n',
            "line 6, column 'x': the cell is empty. Fill in the missing cells",
        ),
        ("x,label\n0,a\n0,\n", "line 3, column 'label': the label is missing"),
        (
            "x,label\n0,a\n1,a\n",
            "column 'label': every row has the label 'a'. There must be at least two different labels",
        ),
        (MANY, "column 'label': there are 101 different labels. There must be at most 100"),
        ("x,label\ninf,a\n2,b\n", "line 2, column 'x': 'inf' is not finite"),
        ("x,label\n0,a\nnan,b\n", "line 3, column 'x': 'nan' is a missing value"),
        (
            "x,label\n0,a\nN/A,b\n",
            "line 3, column 'x': 'N/A' is a missing value. Fill in the missing cells",
        ),
        ("x,label\n0,a\n inf,b\n", "line 3, column 'x': ' ?inf' is not finite"),
        ("x,x\n1,1\n", "line 1: two columns are named 'x'"),
        (",x,label\n0,1,a\n0,2,b\n", "line 1: column 1 has no name.*index=False"),
        ("x,label,target\n1,a,1\n", "a column 'label' and target columns"),
        ("name,label\nfirst,a\n", "no input columns"),
        (
            "x,label\n0,a\n7,b\n",
            "line 3, column 'x': 7 is outside 0 to 1. To scale each column to 0 to 1, set scale to True",
        ),
        (
            "x,target\n1,0\n1,2\n",
            "line 3, column 'target': 2 is outside 0 to 1.*set label to 'target'.*set targets to 'target'",
        ),
    ],
)
def test_an_error_names_the_line_and_the_column(table, text, message):
    with pytest.raises(TinyNetError, match=message):
        read(table(text), scale=False)


def test_unreadable_files_are_refused(tmp_path):
    path = tmp_path / "bytes.csv"
    path.write_bytes(b"x,label\n0,a\n1,b\n2,caf\x81\n")
    with pytest.raises(
        TinyNetError,
        match="bytes.csv is not text in UTF-8, UTF-16 or Windows-1252: line 4 has the byte 0x81. "
        "Save the table as CSV in UTF-8. If the table has another encoding, such as cp437, set encoding to 'cp437'",
    ):
        read(path)
    with pytest.raises(
        TinyNetError,
        match="bytes.csv is not text in utf-8 .line 4 has the byte 0x81: .*Give the encoding of the table",
    ):
        read(path, encoding="utf-8")
    path.write_text('x,label\n0,a\n1,"b\n')
    with pytest.raises(
        TinyNetError, match="bytes.csv, line 3: the line is not valid CSV .*. Correct the line"
    ):
        read(path)
    with pytest.raises(TinyNetError, match="cannot read .*No such file"):
        read(tmp_path / "none.csv")
    with pytest.raises(TinyNetError, match="cannot read .*: the path is a folder"):
        read(tmp_path)


def test_a_missing_column_is_named(table):
    path = table("x,species\n0,a\n1,b\n")
    with pytest.raises(TinyNetError, match="has no column 'kind'. Its columns are 'x', 'species'"):
        read(path, label="kind")
    for choice in ({"label": "specis"}, {"targets": "specis"}, {"ignore": ["specis"]}):
        with pytest.raises(TinyNetError, match="has no column 'specis'. Did you mean 'species'?"):
            read(path, **choice)


def test_names_that_occur_twice_get_the_number_of_their_row(table):
    some = read(table("name,x\nA,0\nB,0\nA,1\n ,2\n"))
    assert some.notes[1:] == ("'name' names the rows and is no input.",)
    assert some.names == ("A (line 2)", "B", "A (line 4)", "(line 5)")


def test_conflicting_roles_are_refused(table):
    path = table("x,species,target\n0,a,0\n1,b,1\n")
    for targets in ("target", "x"):
        with pytest.raises(
            TinyNetError, match=f"label is 'target' and targets is '{targets}'. A network learns either"
        ):
            read(path, label="target", targets=targets)
    with pytest.raises(TinyNetError, match="no input columns"):
        read(path, label="species", ignore=["x", "target"])


def test_target_like_columns_are_inputs_if_a_label_is_chosen(table):
    path = table("target_temp,species,target\n0,a,0\n1,b,1\n")
    some = read(path, label="species")
    assert some.columns == ("target_temp", "target")
    assert some.notes[1:] == ("'target_temp' and 'target' are inputs, because 'species' is the label.",)
    some = read(path, targets="target", ignore="species")
    assert some.columns == ("target_temp",)
    assert some.notes[1:] == ("'target_temp' is an input, because 'target' is the target.",)
    assert read(table("targets_hit,Target 1\n0,0\n9,1\n")).columns == ("targets_hit",)
    with pytest.raises(
        TinyNetError, match="has a column 'label' and target columns .'target'.. Use only one"
    ):
        read(table("x,label,target\n1,a,1\n2,b,0\n"))


def test_the_columns_name_and_label_may_have_capitals(table):
    some = read(table("Name,x,LABEL\nAnn,1,a\nBob,2,b\n"))
    assert (some.names, some.columns, some.target_names) == (("Ann", "Bob"), ("x",), ("a", "b"))
    assert some.read_like(table("NAME,x\nEve,1\n")).names == ("Eve",)
    both = read(table("Name,x,name,label\nAnn,1,A,a\nBob,2,B,b\nAnn,3,C,b\n"))
    assert (both.names, both.columns) == (("A", "B", "C"), ("Name = Ann", "Name = Bob", "x"))


def test_options_of_files_are_refused_for_tables_in_memory():
    for option, value in (("delimiter", ";"), ("encoding", "cp1252"), ("header", True)):
        with pytest.raises(TinyNetError) as caught:
            read({"x": [1, 2], "label": ["a", "b"]}, **{option: value})
        assert (
            str(caught.value)
            == f"{option} is {value!r}. It is for CSV files, and the table is in memory. Remove it."
        )


def test_a_long_table_is_read_in_chunks(table):
    """Check that memory stays small and that an error near the end has its line."""
    count = 3 * readers.CHUNK_ROWS + 5
    numbers = np.random.default_rng(0).random(count).round(6)
    text = "x,long,label\n" + "".join(f"{x},{x:.300f},{'ba'[k % 2]}\n" for k, x in enumerate(numbers))
    path = table(text)
    seen = []
    tracemalloc.start()
    found = tables.read(path, progress=lambda done, total: seen.append((done, total)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seen == sorted(seen)
    assert seen[-1] == (len(text), len(text))
    assert found.values[:, 0].tolist() == numbers.tolist()
    assert found.targets[:, 1].tolist() == [1.0, 0.0] * (count // 2) + [1.0] * (count % 2)
    assert peak < 1.5 * len(text)  # lists of strings need more than twice the memory
    with pytest.raises(TinyNetError, match=f"line {count + 2}, column 'x': 'x' is not a number"):
        tables.read(table(text + "x,0,a\n"))


def test_class_midpoints_lie_between_the_means():
    lines = tn.pictures.lines()
    assert probes.class_midpoints(lines).inputs.tolist() == [[0.5] * 4]  # gray
    some = tn.Examples([[0.0], [0.5], [1.0]], np.eye(3), ("a", "b", "c"), None, ("low", "middle", "high"))
    found = probes.class_midpoints(some)
    assert found.names == ("low – middle", "low – high", "middle – high")
    assert found.inputs.tolist() == [[0.25], [0.5], [0.75]]
    with pytest.raises(TinyNetError, match="have 1 class. Midpoints between classes need at least two"):
        probes.class_midpoints(some[:1])
    with pytest.raises(TinyNetError, match="have no targets. Midpoints between classes"):
        probes.class_midpoints(tn.pictures.stress())


def test_one_output_has_two_classes_with_a_midpoint():
    rows = tn.Examples([[0.0], [2.0], [5.0]], [[1.0], [0.0], [0.0]], "abc", None, ("dog",), unbounded=True)
    midpoint = probes.class_midpoints(rows)
    assert (midpoint.names, midpoint.inputs.tolist()) == (("dog – not dog",), [[1.75]])
    with pytest.raises(TinyNetError) as error:
        probes.class_midpoints(rows[1:])
    assert (
        str(error.value)
        == "these examples have 1 class. Midpoints between classes need at least two classes."
    )
