"""Run the ONNX models of tables on raw rows, and read their networks back."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx.reference import ReferenceEvaluator

import tinynet as tn
from raw_tables import NEW_ROWS, OLD_PORT, dates, expected, mixed, numbers, trained, words

WITHIN = {"float32": 1e-6, "float64": 1e-12}


def model_of(run, folder, dtype):
    """Return the bytes of the exported model."""
    run.export(folder / "made.onnx", dtype=dtype)
    model = (folder / "made.onnx").read_bytes()
    onnx.checker.check_model(model, full_check=True)
    return model


def outputs_of(model, feeds):
    """Return the outputs of a model for those of the feeds that it takes."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(["outputs"], {value.name: feeds[value.name] for value in session.get_inputs()})[0]


def mixed_feeds(rows):
    """Return the cells of rows of the mixed table by the names of the inputs."""
    return {
        "age": numbers(rows["age"]),
        "sex": words(rows["sex"]),
        "weight": numbers(rows["weight"]),
        OLD_PORT: words(rows[OLD_PORT]),
        "column outputs": numbers(rows["outputs"]),
        **dates("when", rows["when"]),
    }


def scale(target_scaling):
    """Return the unit of the allowed differences."""
    return 1.0 if target_scaling is None else target_scaling.high[0] - target_scaling.low[0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "role"), [("iris", "label"), ("diabetes", "targets")])
def test_a_model_takes_the_numbers_of_a_table(tmp_path, name, role, dtype):
    datasets = pytest.importorskip("sklearn.datasets")
    frame = getattr(datasets, f"load_{name}")(
        as_frame=True, **({"scaled": False} if name == "diabetes" else {})
    ).frame
    run = trained(tn.Examples.from_table(frame, **{role: "target"}))
    rows = frame.drop(columns="target").iloc[:50] * 1.7 - 1.0  # also outside the range of the training rows
    assert run.examples.read_like(rows).outside_range().any()
    model = model_of(run, tmp_path, dtype)
    found = outputs_of(model, {"inputs": rows.to_numpy(float)})
    assert found.dtype == ("float64" if role == "targets" else dtype)
    atol = WITHIN[dtype] * scale(run.examples.target_scaling)
    np.testing.assert_allclose(found, expected(run, rows), rtol=WITHIN[dtype], atol=atol)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("target", ["price", "kind"])
@pytest.mark.parametrize("missing", ["mean", "flag"])
def test_a_model_takes_words_dates_and_missing_cells(tmp_path, missing, target, dtype):
    run = trained(mixed(missing, target))
    model, answers = model_of(run, tmp_path, dtype), expected(run, NEW_ROWS)
    assert len(np.unique(answers[:, 0])) == 4  # the rows differ
    # the first row is far outside the range, so float32 rounds large numbers
    sizes = np.abs(answers - answers.mean()) if target == "price" else 1.0
    found = outputs_of(model, mixed_feeds(NEW_ROWS))
    assert (np.abs(found - answers) <= 10 * WITHIN[dtype] * sizes).all()


def test_a_large_number_with_a_small_range_loses_no_digits(tmp_path):
    year = 1.8e9 + np.arange(8.0)
    run = trained(tn.Examples.from_table({"second": year, "price": 1.5e9 + np.sin(year)}, targets="price"))
    rows = {"second": year[:-1] + 0.5}
    found = outputs_of(model_of(run, tmp_path, "float32"), {"inputs": rows["second"][:, None]})
    np.testing.assert_allclose(found, expected(run, rows), rtol=0, atol=2e-6)


@pytest.mark.parametrize("missing", [None, "drop"])
@pytest.mark.parametrize("column", ["age", "sex", "when"])
def test_a_missing_cell_that_is_not_filled_in_gives_no_number(tmp_path, missing, column):
    run = trained(mixed(missing))
    rows = {name: [cells[0]] * 2 for name, cells in NEW_ROWS.items()}
    rows[column] = [rows[column][0], None]
    found = outputs_of(model_of(run, tmp_path, "float32"), mixed_feeds(rows))
    assert np.isnan(found).tolist() == [[False], [True]]


def test_missing_numbers_are_filled_in_one_input(tmp_path):
    table = {"a": [1.0, None, 4.0], "b": [2.0, 3.0, 5.0], "y": [1.0, 2.0, 3.0]}
    run = trained(tn.Examples.from_table(table, targets="y", missing="mean"))
    rows = {"a": [None, 9.0], "b": [2.5, None]}
    feeds = {"inputs": np.column_stack([numbers(rows["a"]), numbers(rows["b"])])}
    found = outputs_of(model_of(run, tmp_path, "float64"), feeds)
    np.testing.assert_allclose(found, expected(run, rows), rtol=1e-12)


def test_the_reference_evaluator_gives_the_outputs_too(tmp_path):
    run = trained(mixed("flag"))
    model = onnx.load_from_string(model_of(run, tmp_path, "float64"))
    feeds = mixed_feeds(NEW_ROWS)
    (found,) = ReferenceEvaluator(model).run(
        ["outputs"], {value.name: feeds[value.name] for value in model.graph.input}
    )
    np.testing.assert_allclose(found, expected(run, NEW_ROWS), rtol=1e-12)


def test_the_inputs_of_a_model_are_named_and_described(tmp_path):
    graph = onnx.load_from_string(model_of(trained(mixed("flag")), tmp_path, "float32")).graph
    parts = [f"when {part}" for part in ("year", "month", "day", "weekday", "hour", "minute")]
    assert [value.name for value in graph.input] == [
        "age",
        "sex",
        "weight",
        OLD_PORT,
        *parts,
        "column outputs",
    ]
    about = {value.name: value.doc_string for value in graph.input}
    assert about["sex"] == "A word of the column 'sex'. The categories are 'female', 'male'."
    assert about["when year"] == "A number of the column 'when'."
    plain = trained(tn.Examples.from_table({"a": [0.0, 2.0], "b": [3.0, 4.0], "y": [1.0, 2.0]}, targets="y"))
    (value,) = onnx.load_from_string(model_of(plain, tmp_path, "float32")).graph.input
    assert (value.name, value.doc_string) == ("inputs", "Numbers of the table. The columns are 'a', 'b'.")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("make", [lambda: mixed("flag"), lambda: mixed("mean", "kind"), lambda: mixed(None)])
def test_the_network_of_a_table_is_read_back(tmp_path, make, dtype):
    run = trained(make())
    network = tn.Network.from_onnx(model_of(run, tmp_path, dtype))
    assert network.architecture == run.best.architecture
    assert network.parameters.tolist() == run.best.parameters.astype(dtype).tolist()


def test_a_model_of_many_columns_is_read_back(tmp_path):
    words = np.random.default_rng(0).choice(["a", "b", "NA"], (30, 200))
    table = {f"c{k}": column for k, column in enumerate(words.T)} | {"y": np.arange(30.0)}
    run = trained(tn.Examples.from_table(table, targets="y", missing="flag"))
    model = model_of(run, tmp_path, "float64")
    assert len(onnx.load_from_string(model).graph.node) > 1000
    assert tn.Network.from_onnx(model) == run.best
    rows = {name: cells[:3].tolist() for name, cells in table.items()}
    found = outputs_of(model, {name: np.array(cells)[:, None] for name, cells in rows.items()})
    np.testing.assert_allclose(found, expected(run, rows), rtol=1e-11)


def test_numbers_that_are_categories_are_words(tmp_path):
    table = {"zip": [10115, 20095, 10115, 7], "size": [1.0, 2.0, 4.0, 3.0], "y": [1.0, 2.0, 3.0, 5.0]}
    run = trained(tn.Examples.from_table(table, targets="y", categories=["zip"]))
    rows = {"zip": [20095, 7, 99999], "size": [9.0, 1.0, 1.0]}
    feeds = {"zip": words(map(str, rows["zip"])), "size": numbers(rows["size"])}
    found = outputs_of(model_of(run, tmp_path, "float64"), feeds)
    np.testing.assert_allclose(found, expected(run, rows), rtol=1e-12)


def test_the_metadata_has_the_columns_of_the_table(tmp_path):
    run = trained(mixed("flag", "kind"))
    props = onnx.load_from_string(model_of(run, tmp_path, "float32")).metadata_props
    about = {prop.key: json.loads(prop.value) for prop in props}
    assert about["encoding"] == run.examples.encoding.to_json()
    assert about["scaling"] == run.examples.scaling.to_json()
    assert about["target_names"] == ["x", "y"]
    assert "target_scaling" not in about


def test_the_model_of_a_network_alone_takes_its_own_inputs():
    model = onnx.load_from_string(trained(mixed("flag")).best.to_onnx())
    assert [(one.domain, one.version) for one in model.opset_import] == [("", 17)]
    assert [node.op_type for node in model.graph.node] == ["Gemm", "Relu", "Gemm"]
