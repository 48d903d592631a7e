"""Test predictions for new rows of a table at the command line."""

import csv
import json

import numpy as np
import pytest
from typer.testing import CliRunner

import tinynet as tn

ROWS = [(1.0, 10.0, "small"), (2.0, 20.0, "small"), (8.0, 80.0, "large"), (9.0, 95.0, "large")]


def write(path, rows, header=("width", "length", "kind")):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def tinynet(*words):
    from tinynet.cli import app

    return CliRunner().invoke(app, list(map(str, words)))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    examples = tn.Examples.from_table(write(folder / "t.csv", ROWS), label="kind")
    found = tn.train(tn.Network.initial((2, 3, 2), seed=0), examples, tn.Recipe(5.0, 400))
    found.save(folder / "run.safetensors")
    return folder / "run.safetensors", found


def test_predictions_equal_the_outputs_of_the_network(run, tmp_path):
    path, recording = run
    new = write(
        tmp_path / "new.csv", [("south", 90.0, 8.5), ("north", 12.0, 1.5)], ("garden", "length", "width")
    )
    found = json.loads(tinynet("predict", path, new, "--json").stdout)["predictions"]
    outputs = recording.best(recording.examples.scaled([[8.5, 90.0], [1.5, 12.0]]))
    answers = recording.examples.target_names
    assert [[row[answer] for answer in answers] for row in found] == outputs.tolist()
    assert [row["prediction"] for row in found] == ["large", "small"]
    shown = tinynet("predict", path, new).output
    assert "large" in shown
    assert f"{100 * outputs[0].max():.1f} %" in shown


def test_many_rows_are_written_to_a_file(run, tmp_path):
    path, _ = run
    new = write(
        tmp_path / "new.csv", [(float(k % 10), 10.0 * (k % 10)) for k in range(50)], ("width", "length")
    )
    out = tmp_path / "predictions.csv"
    output = tinynet("predict", path, new, "--out", out).output
    assert "… and 30 more rows" in output
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 50
    assert {row["prediction"] for row in rows} >= {"small", "large"}


def test_predicted_numbers_are_in_the_units_of_the_table(tmp_path):
    table = write(tmp_path / "t.csv", [(k, 100.0 + 50 * k) for k in range(6)], ("rooms", "price"))
    made = tinynet(
        "train", table, "--target", "price", "--output", "identity", "--rate", "0.5", "--epochs", "400",
        "--out", tmp_path / "run.safetensors",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    new = write(tmp_path / "new.csv", [(2.5,)], ("rooms",))
    [row] = json.loads(tinynet("predict", tmp_path / "run.safetensors", new, "--json").stdout)["predictions"]
    run = tn.load(tmp_path / "run.safetensors")
    assert row["price"] == run.examples.unscaled(run.best(run.examples.scaled([[2.5]])))[0, 0]
    assert abs(row["price"] - 225) < 25


def test_rows_of_an_unscaled_table_can_be_predicted():
    some = tn.Examples.from_table({"a": [1, 0], "label": ["x", "y"]}, scale=False)
    assert some.read_like({"a": [0.25]}).inputs.tolist() == [[0.25]]


def test_incompatible_rows_are_refused(run, tmp_path):
    path, recording = run
    with pytest.raises(tn.TinyNetError, match="has no column 'length'. Did you mean 'lenght'?"):
        recording.examples.read_like(write(tmp_path / "a.csv", [(1.0, 2.0)], ("width", "lenght")))
    with pytest.raises(tn.TinyNetError, match="line 2, column 'width': the cell is empty"):
        recording.examples.read_like(write(tmp_path / "b.csv", [("", 2.0)], ("width", "length")))
    with pytest.raises(tn.TinyNetError, match="these examples are not from a table. New rows need"):
        tn.Examples([[0.0], [1.0]], [[0.0], [1.0]], ("a", "b"), None, ("y",)).read_like({"a": [1.0]})
    with pytest.raises(
        tn.TinyNetError, match="these examples are pictures. New rows need the examples of a table"
    ):
        tn.pictures.lines().read_like({"a": [1.0]})
    new = write(tmp_path / "new.csv", [(1.0, 2.0)], ("width", "length"))
    before = new.read_bytes()
    for out in (new, tmp_path / "answers.txt"):
        found = tinynet("predict", path, new, "--out", out)
        assert "--out is" in str(found.exception)
        assert "It must be a file that ends in .csv and is not the table itself." in str(found.exception)
    assert new.read_bytes() == before
    assert not (tmp_path / "answers.txt").exists()


def test_a_recording_never_overwrites_its_table(tmp_path):
    table = write(tmp_path / "t.csv", ROWS)
    before = table.read_bytes()
    found = tinynet("train", table, "--label", "kind", "--out", table)
    assert f"--out is {table}. Its extension must be '.safetensors'" in str(found.exception)
    assert table.read_bytes() == before
    with pytest.raises(tn.TinyNetError, match="run.bin. Its extension must be '.safetensors'"):
        tn.train(tn.Network.initial(seed=0), tn.pictures.lines()).save(tmp_path / "run.bin")


def test_columns_keep_the_order_of_the_training(run):
    _, recording = run
    more = recording.examples.read_like({"length": np.array([95.0]), "width": np.array([1.0])})
    assert more.inputs.tolist() == [[0.0, 1.0]]
    assert more.targets is None


def test_rows_outside_the_range_of_the_training_rows_are_counted(run, tmp_path):
    path, recording = run
    cells = [(12.0, 50.0), (20.0, -5.0), (5.0, 50.0), (9.0, 95.1)]
    new = write(tmp_path / "new.csv", cells, ("width", "length"))
    printed = tinynet("predict", path, new, "--out", tmp_path / "out.csv")
    assert printed.stderr == "3 of 4 rows have values outside the range of the training rows.\n"
    found = json.loads(tinynet("predict", path, new, "--json").stdout)
    assert found["rows_outside_range"] == 3
    outputs = recording.best(
        np.array([[11 / 8, 40 / 85], [19 / 8, -15 / 85], [0.5, 40 / 85], [1.0, 85.1 / 85]])
    )
    assert [[row[name] for name in recording.examples.target_names] for row in found["predictions"]] == [
        pytest.approx(row) for row in outputs.tolist()
    ]
    assert "outside" not in (tmp_path / "out.csv").read_text()
    inside = write(tmp_path / "inside.csv", [(1.0, 10.0), (9.0, 95.0)], ("width", "length"))
    assert tinynet("predict", path, inside).stderr == ""
    assert json.loads(tinynet("predict", path, inside, "--json").stdout)["rows_outside_range"] == 0


def test_a_line_is_extrapolated(tmp_path):
    table = write(tmp_path / "line.csv", [(float(x), 2.0 * x) for x in range(11)], ("x", "y"))
    train = [
        "train",
        table,
        "--target",
        "y",
        "--hidden",
        "0",
        "--epochs",
        "2000",
        "--out",
        tmp_path / "run.safetensors",
    ]
    assert tinynet(*train).exit_code == 0
    new = write(tmp_path / "new.csv", [(12.0,), (20.0,), (-5.0,)], ("x",))
    printed = tinynet("predict", tmp_path / "run.safetensors", new, "--json")
    found = [row["y"] for row in json.loads(printed.stdout)["predictions"]]
    assert found == pytest.approx([24.0, 40.0, -10.0], abs=0.05)


def test_no_cell_of_the_file_is_a_formula_and_numbers_stay_numbers(tmp_path):
    label, column = "=cmd|' /C calc'!A0", "@kind"
    rows = [(k, "-x" if k < 3 else label) for k in range(6)]
    table = write(tmp_path / "t.csv", rows, ("width", column))
    examples = tn.Examples.from_table(table, label=column)
    network = tn.Network.initial((1, 2, 2), output="softmax", seed=0)
    path = tmp_path / "run.safetensors"
    tn.train(network, examples, tn.Recipe(5.0, 300, loss="cross_entropy")).save(path)
    out = tmp_path / "predictions.csv"
    tinynet("predict", path, write(tmp_path / "new.csv", [(0,), (5,)], ("width",)), "--out", out)
    with out.open() as file:
        header, *found = csv.reader(file)
    cells = {cell for row in [header, *found] for cell in row}
    assert {"'-x", f"'{label}"} <= cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]


def test_a_negative_prediction_is_a_number(tmp_path):
    table = write(tmp_path / "t.csv", [(k, -10.0 * k) for k in range(6)], ("width", "height"))
    examples = tn.Examples.from_table(table, targets="height")
    path = tmp_path / "run.safetensors"
    tn.train(tn.Network.initial((1, 1), output="identity", seed=0), examples, tn.Recipe(0.5, 300)).save(path)
    out = tmp_path / "predictions.csv"
    tinynet("predict", path, write(tmp_path / "new.csv", [(4,)], ("width",)), "--out", out)
    with out.open() as file:
        (row,) = csv.DictReader(file)
    assert float(row["height"]) == pytest.approx(-40, abs=1)


def test_outputs_may_be_called_name_and_prediction(tmp_path):
    table = write(
        tmp_path / "t.csv", [(k, ["name", "prediction"][k % 2]) for k in range(6)], ("width", "kind")
    )
    examples = tn.Examples.from_table(table, label="kind")
    path = tmp_path / "run.safetensors"
    tn.train(
        tn.Network.initial((1, 2, 2), output="softmax", seed=0),
        examples,
        tn.Recipe(epochs=2, loss="cross_entropy"),
    ).save(path)
    new = write(tmp_path / "new.csv", [(0,)], ("width",))
    (row,) = json.loads(tinynet("predict", path, new, "--json").stdout)["predictions"]
    assert list(row) == ["name", "output name", "output prediction", "prediction"]
    assert row["name"] == "row 1"
    assert "row 1" in tinynet("predict", path, new).stdout


def test_constant_columns_with_other_values_are_named(tmp_path):
    table = write(tmp_path / "t.csv", [(k, 5, "ab"[k % 2]) for k in range(6)], ("width", "gas", "kind"))
    path = tmp_path / "run.safetensors"
    assert tinynet("train", table, "--label", "kind", "--epochs", "2", "--out", path).exit_code == 0
    new = write(tmp_path / "new.csv", [(0, 5), (3, 6)], ("width", "gas"))
    note = "'gas' is constant in the training rows and changes no prediction. 1 of 2 new rows has another value there."
    assert note in tinynet("predict", path, new).output.splitlines()
    assert json.loads(tinynet("predict", path, new, "--json").stdout)["notes"][1:] == [note]
