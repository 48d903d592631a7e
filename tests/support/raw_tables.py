"""A table with numbers, words and dates, and rows whose cells a network has not seen."""

import numpy as np

import tinynet as tn
from tinynet.data.encoding import PARTS, date_parts

OLD_PORT = 'port, "old" \\ */'
MIXED = {
    "age": [1, 40, None, 30.5, 22, 60, 44, 18],
    "sex": ["male", "female", "female", "male", None, "male", "female", "male"],
    "weight": [70.0, 55.5, 81.0, 64.0, 90.5, 77.0, 59.0, 83.0],
    OLD_PORT: ["a", "it's", "\u00e9\nx", "a", "it's", "a", "\u00e9\nx", "it's"],
    "when": ["2021-04-03", "2020-01-05 10:30", "2019-12-31", None, "2020-02-02", "2022-03-03", "2018-05-09", "2020-01-06 08:15"],
    "outputs": [3.0, 1.0, 4.0, 1.5, 9.0, 2.6, 5.0, 3.5],
    "price": [1.8e6, 1.9e6, 1.85e6, 1.81e6, 1.82e6, 1.86e6, 1.87e6, 1.83e6],
    "kind": ["x", "y", "y", "x", "x", "y", "y", "x"],
}  # fmt: skip
NEW_ROWS = {
    "age": [95, None, 5, 30.5],
    "sex": ["male", "other", "NA", None],
    "weight": [20.0, 64.25, None, 120.0],
    OLD_PORT: ["a", "\u00e9\nx", "none of them", "it's"],
    "when": ["2055-01-05 10:30", None, "1969-07-20T20:17:40Z", "2020-02-29"],
    "outputs": [-3.0, 5.5, 12.0, 2.0],
}  # fmt: skip


def mixed(missing, target="price"):
    """Return the examples of the mixed table; without `missing`, of its rows without missing cells."""
    other = {"price": "kind", "kind": "price"}[target]
    rows = range(8) if missing is not None else (0, 1, 5, 6, 7)
    table = {name: [cells[row] for row in rows] for name, cells in MIXED.items() if name != other}
    return tn.Examples.from_table(
        table, missing=missing, **{"targets" if target == "price" else "label": target}
    )


def trained(examples, hidden="relu", output=None):
    """Return a recording of a short training."""
    output = output or ("identity" if examples.regression else "softmax")
    sizes = (examples.inputs.shape[1], 5, len(examples.target_names))
    return tn.train(
        tn.Network.initial(sizes, seed=0, hidden=hidden, output=output), examples, tn.Recipe(0.1, 20)
    )


def expected(run, rows):
    """Return the outputs for new rows, in the units of the table."""
    outputs = run.best(run.examples.read_like(rows).inputs)
    return run.examples.unscaled(outputs) if run.examples.regression else outputs


def numbers(cells):
    """Return cells as numbers; NaN for a missing number. -> (rows, 1)"""
    return np.array([np.nan if cell is None else cell for cell in cells], float)[:, None]


def words(cells):
    """Return cells as words. -> (rows, 1)"""
    return np.array([cell or "" for cell in cells], object)[:, None]


def dates(name, cells):
    """Return the parts of dates by the names of their inputs. -> (rows, 1) each"""
    parts = np.array([date_parts(cell) if cell else [np.nan] * len(PARTS) for cell in cells])
    return {f"{name} {part}": parts[:, [k]] for k, part in enumerate(PARTS)}
