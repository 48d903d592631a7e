import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

import tinynet as tn
from tinynet.errors import TinyNetError


def table(rows=30):
    draw = np.random.default_rng(0)
    x = draw.normal(size=(rows, 2))
    return {"a": x[:, 0], "b": x[:, 1], "sum": 100 + x.sum(axis=1), "far": 1e6 * draw.normal(size=rows)}


def test_the_figures_are_scikit_learns():
    some = tn.Examples.from_table(table(), targets=["sum", "far"])
    network = tn.Network.initial((2, 3, 2), seed=0, output="identity")
    found, said = tn.score_regression(network, some), some.unscaled(network(some))
    wanted = np.stack([table()["sum"], table()["far"]], axis=1)
    judges = {"mae": mean_absolute_error, "rmse": root_mean_squared_error, "r2": r2_score}
    for name, judge in judges.items():
        np.testing.assert_allclose(getattr(found, name), judge(wanted, said, multioutput="raw_values"))
    np.testing.assert_allclose(found.baseline_mae, np.abs(wanted - wanted.mean(axis=0)).mean(axis=0))
    assert found.loss == pytest.approx(((network(some) - some.targets) ** 2).mean())


def test_what_is_said_of_it():
    some = tn.Examples.from_table({"x": [0, 1], "y": [10, 20]}, targets="y")
    network = tn.Network.initial((1, 1), seed=0, output="identity").with_parameters(np.array([0.8, 0.1]))
    (said,) = tn.score_regression(network, some, part="training").verdicts()
    assert str(said) == (
        "On 2 training examples y is off by 1 on average (root mean square 1, R² 0.96); always saying their mean would be "
        "off by 5."
    )
    assert tn.score_regression(network, some).to_json()["targets"] == {"y": pytest.approx(said.numbers)}


def test_rows_that_are_all_alike_have_no_variance_to_explain():
    some = tn.Examples.from_table({"x": [0, 1, 2], "y": [10, 20, 20]}, targets="y")
    assert tn.score_regression(tn.Network.initial((1, 1, 1), seed=0), some[1:]).r2.tolist() == [0]


def test_answers_are_no_numbers():
    with pytest.raises(TinyNetError, match="answers for targets; tinynet.score judges"):
        tn.score_regression(tn.Network.initial(seed=0), tn.pictures.lines())
