"""Compare programs of networks trained on tables with Python."""

import json
import shutil
import subprocess

import numpy as np
import pytest

import tinynet as tn

TABLE = {
    "mass": [3700.0, 5070.0, 4300.0, 3250.0],
    "constant": [7.0] * 4,
    "length": [-38.8, 47.5, 41.1, 1e-3],
    "price": [190e3, 120e3, 155e3, 210e3],
}
ROWS = [[3900.0, 7.0, 12.5], [1e6, 8.0, -1e6], [5070.0, 7.0, 47.5]]


@pytest.fixture(scope="module")
def run():
    examples = tn.Examples.from_table(TABLE, targets="price")
    return tn.train(tn.Network.initial((3, 4, 1), seed=0, output="identity"), examples, tn.Recipe(0.5, 50))


@pytest.fixture(scope="module")
def scaled(run):
    """Return the rows as inputs. Values outside the range of the training rows are not clipped."""
    low, high = np.array(run.examples.scaling.low), np.array(run.examples.scaling.high)
    return np.where(high > low, (np.array(ROWS) - low) / np.where(high > low, high - low, 1.0), 0.0)


@pytest.fixture(scope="module")
def expected(run, scaled):
    assert scaled.max() > 10
    assert scaled.min() < -10
    return run.examples.unscaled(run.best(scaled))[:, 0]


def test_a_python_program_predicts_in_the_units_of_the_table(run, scaled, expected, tmp_path):
    run.export(tmp_path / "house.py", name="house")
    names = {}
    exec((tmp_path / "house.py").read_text(), names)
    inputs = [names["house_scale"](row) for row in ROWS]
    assert inputs == scaled.tolist()
    found = [names["house_unscale"](names["house_predict"](row))[0] for row in inputs]
    assert np.array_equal(found, expected)


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
def test_a_javascript_program_predicts_in_the_units_of_the_table(run, expected, tmp_path):
    run.export(tmp_path / "house.mjs.js", name="house")
    script = (tmp_path / "house.mjs.js").read_text() + (
        f"console.log(JSON.stringify({ROWS}.map((row) => house_unscale(house_predict(house_scale(row)))[0])));"
    )
    (tmp_path / "main.mjs").write_text(script)
    output = subprocess.run(["node", tmp_path / "main.mjs"], capture_output=True, text=True, check=True)
    assert np.array_equal(json.loads(output.stdout), expected)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
@pytest.mark.parametrize(("dtype", "within"), [("float32", 1e-5), ("float64", 0.0)])
@pytest.mark.parametrize(
    "options", [["-std=c99", "-pedantic"], ["-std=gnu11", "-O3", "-march=native"]], ids=" ".join
)
def test_a_c_program_predicts_in_the_units_of_the_table(run, expected, tmp_path, dtype, within, options):
    run.export(tmp_path / "house.h", name="house", dtype=dtype)
    kind = "float" if dtype == "float32" else "double"
    lines = [
        f"{{ const {kind} row[3] = {{{', '.join(map(repr, row))}}}; {kind} inputs[3], outputs[1], price[1]; "
        'house_scale(row, inputs); house_predict(inputs, outputs); house_unscale(outputs, price); printf("%.17g\\n", (double)price[0]); }'
        for row in ROWS
    ]
    source = (
        '#include <stdio.h>\n#include "house.h"\nint main(void) {\n' + "\n".join(lines) + "\nreturn 0; }\n"
    )
    (tmp_path / "main.c").write_text(source)
    strict = ["-Wall", "-Wextra", "-Werror", *options]
    subprocess.run(["gcc", *strict, tmp_path / "main.c", "-o", tmp_path / "main"], check=True)
    output = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=True).stdout.split()
    np.testing.assert_allclose([float(word) for word in output], expected, rtol=within, atol=0)


def test_the_program_of_a_picture_network_has_no_scaling():
    made = tn.Network.initial(seed=0).code("python", name="lines")
    assert "lines_scale" not in made
    assert "lines_unscale" not in made
