import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

import tinynet as tn
from tinynet.errors import TinyNetError


def table(rows=30):
    draw = np.random.default_rng(0)
    x = draw.normal(size=(rows, 2))
    return {"a": x[:, 0], "b": x[:, 1], "sum": 100 + x.sum(axis=1), "far": 1e6 * draw.normal(size=rows)}


def test_regression_scores_agree_with_scikit_learn():
    examples = tn.Examples.from_table(table(), targets=["sum", "far"])
    network = tn.Network.initial((2, 3, 2), seed=0, output="identity")
    found, predicted = tn.score_regression(network, examples), examples.unscaled(network(examples))
    targets = np.stack([table()["sum"], table()["far"]], axis=1)
    metrics_by_name = {"mae": mean_absolute_error, "rmse": root_mean_squared_error, "r2": r2_score}
    for name, metric in metrics_by_name.items():
        np.testing.assert_allclose(getattr(found, name), metric(targets, predicted, multioutput="raw_values"))
    np.testing.assert_allclose(found.baseline_mae, np.abs(targets - targets.mean(axis=0)).mean(axis=0))
    assert found.loss == pytest.approx(((network(examples) - examples.targets) ** 2).mean())


def test_the_verdict_of_a_regression_contains_the_errors():
    examples = tn.Examples.from_table({"x": [0, 1], "y": [10, 20]}, targets="y")
    network = tn.Network.initial((1, 1), seed=0, output="identity").with_parameters(np.array([0.8, 0.1]))
    (verdict,) = tn.score_regression(network, examples, part="training").verdicts()
    assert str(verdict) == (
        "The mean absolute error of y on 2 training examples is 1. The root mean square error is 1. R² is 0.96. Always "
        "predicting the mean has a mean absolute error of 5."
    )
    assert tn.score_regression(network, examples).to_json()["targets"] == {
        "y": pytest.approx(verdict.numbers)
    }


def test_r2_of_a_constant_target_is_0():
    examples = tn.Examples.from_table({"x": [0, 1, 2], "y": [10, 20, 20]}, targets="y")
    assert tn.score_regression(tn.Network.initial((1, 1, 1), seed=0), examples[1:]).r2.tolist() == [0]


def test_examples_with_classes_have_no_regression_score():
    with pytest.raises(
        TinyNetError, match="the targets are classes. They must be numbers. Use tinynet.score"
    ):
        tn.score_regression(tn.Network.initial(seed=0), tn.pictures.lines())
