import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

import tinynet as tn
from tinynet.cli.output import predictions_json
from tinynet.errors import TinyNetError
from tinynet.evaluation.regression import score_regression
from tinynet.evaluation.score import score
from tinynet.story.content import numbers_table


def table(rows=30):
    draw = np.random.default_rng(0)
    x = draw.normal(size=(rows, 2))
    return {"a": x[:, 0], "b": x[:, 1], "sum": 100 + x.sum(axis=1), "far": 1e6 * draw.normal(size=rows)}


def test_regression_scores_agree_with_scikit_learn():
    examples = tn.Examples.from_table(table(), targets=["sum", "far"])
    network = tn.Network.initial((2, 3, 2), seed=0, output="identity")
    found, predicted = score_regression(network, examples), examples.unscaled(network(examples))
    targets = np.stack([table()["sum"], table()["far"]], axis=1)
    metrics_by_name = {"mae": mean_absolute_error, "rmse": root_mean_squared_error, "r2": r2_score}
    for name, metric in metrics_by_name.items():
        np.testing.assert_allclose(getattr(found, name), metric(targets, predicted, multioutput="raw_values"))
    np.testing.assert_allclose(found.baseline_mae, np.abs(targets - targets.mean(axis=0)).mean(axis=0))
    assert found.loss == pytest.approx(((network(examples) - examples.targets) ** 2).mean())


def test_the_verdict_of_a_regression_contains_the_errors():
    examples = tn.Examples.from_table({"x": [0, 1], "y": [10, 20]}, targets="y")
    network = tn.Network.initial((1, 1), seed=0, output="identity").with_parameters(np.array([0.8, 0.1]))
    (verdict,) = score_regression(network, examples, part="training").verdicts()
    assert str(verdict) == (
        "R² of y on 2 training examples is 0.96. The mean absolute error (MAE) is 1. The root mean square error (RMSE) is 1. "
        "Always predicting the mean has an MAE of 5."
    )
    assert score_regression(network, examples).to_json()["targets"] == {"y": pytest.approx(verdict.numbers)}


def test_r2_of_a_constant_target_is_0():
    examples = tn.Examples.from_table({"x": [0, 1, 2], "y": [10, 20, 20]}, targets="y")
    assert score_regression(tn.Network.initial((1, 1, 1), seed=0), examples[1:]).r2.tolist() == [0]


def test_examples_with_classes_have_no_regression_score():
    with pytest.raises(
        TinyNetError, match="the targets are classes. They must be numbers. Use tinynet.score"
    ):
        score_regression(tn.Network.initial(seed=0), tn.pictures.lines())


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_one_name_scores_classes_and_numbers_of_any_size(scale):
    generator = np.random.default_rng(0)
    inputs, names = generator.normal(size=(40, 3)), tuple(map(str, range(40)))
    targets = scale * np.sign(inputs[:, :1])  # such as -1 and 1
    examples = tn.Examples(inputs, targets, names, target_names=("y",), unbounded=True)
    network = tn.Network.initial((3, 4, 1), seed=0, output="identity")
    if scale >= 1:
        found = score(network, examples)
        assert found.r2 == pytest.approx(r2_score(targets, network(examples)))
        assert found.mae == pytest.approx(mean_absolute_error(targets, network(examples)))
        assert "R² of y on 40 held-out examples is" in str(
            score(network, examples, part="held-out").verdicts()[0]
        )
    table = tn.Examples.from_table((inputs, targets[:, 0] + scale / 3), targets="y")
    assert score(network, table).columns == ("y",)
    assert score(network, table).mae[0] == pytest.approx(
        mean_absolute_error(targets[:, 0] + scale / 3, table.unscaled(network(table))[:, 0])
    )
    classes = score(tn.Network.initial(seed=0), tn.pictures.lines())
    assert (classes.count, len(classes), round(classes.loss, 4)) == (2, 4, 0.2678)


@pytest.mark.parametrize(
    "targets", [[[10.0], [12.0], [14.0]], [[-1.0], [1.0], [1.0]], [[1e7], [-3.0], [0.5]]]
)
def test_numbers_without_a_table_are_scored_in_every_place(targets):
    examples = tn.Examples(
        [[0.0], [1.0], [2.0]], targets, ("a", "b", "c"), target_names=("y",), unbounded=True
    )
    architecture, recipe = tn.defaults(examples, learning_rate=0.01)
    assert (architecture.output, recipe.loss) == ("identity", "mse")
    run = tn.train(tn.Network.initial(architecture, seed=0), examples, recipe)
    found, outputs = score(run.final, examples), run.final(examples)
    assert found.r2 == pytest.approx(r2_score(targets, outputs))
    assert found.rmse == pytest.approx(root_mean_squared_error(targets, outputs))
    sentences = " ".join(map(str, [*found.verdicts(), *tn.diagnose(run)]))
    assert "R² of y on 3 examples is" in sentences
    assert "classified" not in sentences
    assert [row["values"] for row in predictions_json(run.final, examples)] == outputs.tolist()
    assert numbers_table("", run.final, examples).columns == ("row", "y, predicted", "actual")
    trained = tn.population(recipe, networks=2, examples=examples)
    assert "R² of y" in str(trained.verdicts()[1])
