"""Test the defaults of both estimators, and what their docstrings say about them."""

import inspect
import re

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris, load_linnerud

import tinynet as tn

ESTIMATORS = (tn.TinyNetClassifier, tn.TinyNetRegressor)
PARAMETER = re.compile(r"^    (\w+) : (.*)\n((?:(?: {8}.*)?\n)+)", re.M)
# Parameters and attributes whose descriptions differ, because classes and numbers differ.
DIFFERENT = {
    "hidden",
    "learning_rate",
    "weight_decay",
    "validation_fraction",
    "recording_",
    "network_",
    "loss_curve_",
}


def described(estimator):
    """Return the type and the description of each parameter and attribute."""
    return {name: (kind, text) for name, kind, text in PARAMETER.findall(estimator.__doc__)}


@pytest.mark.parametrize(
    ("estimator", "table"),
    [
        (tn.TinyNetClassifier, load_iris),
        (tn.TinyNetRegressor, load_diabetes),
        (tn.TinyNetRegressor, load_linnerud),
    ],
)
def test_an_estimator_has_the_output_loss_order_and_schedule_of_the_library(estimator, table):
    rows, targets = table(return_X_y=True)
    run = estimator(epochs=1, random_state=0).fit(rows, targets).recording_
    architecture, recipe = tn.defaults(run.examples)
    assert run.network.architecture.output == architecture.output
    assert (run.recipe.loss, run.recipe.order, run.recipe.schedule) == (
        recipe.loss,
        recipe.order,
        recipe.schedule,
    )


def test_two_classes_have_the_output_and_loss_of_the_library():
    run = tn.TinyNetClassifier(epochs=1, random_state=0).fit(np.eye(4), list("abab")).recording_
    architecture, recipe = tn.defaults(run.examples)
    assert (architecture.output, recipe.loss) == ("softmax", "cross_entropy")
    assert (run.network.architecture.output, run.recipe.loss) == ("softmax", "cross_entropy")


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_docstring_has_every_parameter_with_its_default(estimator):
    parameters = inspect.signature(estimator).parameters
    found = described(estimator)
    assert [name for name in found if not name.endswith("_")] == list(parameters)
    for name, parameter in parameters.items():
        default = repr(parameter.default).replace("'", '"')
        assert found[name][0].endswith(f"default={default}")


def test_both_docstrings_describe_what_they_share_alike():
    classifier, regressor = map(described, ESTIMATORS)
    shared = (classifier.keys() & regressor.keys()) - DIFFERENT
    assert len(shared) == 13
    for name in shared:
        assert classifier[name] == regressor[name]
