"""Test sample weights, class weights and logarithms of probabilities."""

import warnings
from functools import partial

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import AdaBoostRegressor, BaggingClassifier
from sklearn.model_selection import cross_val_predict
from sklearn.neural_network import MLPClassifier, MLPRegressor

import tinynet as tn
import torch_twin

X, Y = load_iris(return_X_y=True)
PATIENTS, PROGRESS = load_diabetes(return_X_y=True)
SMALL = tn.TinyNetClassifier(hidden=(5,), epochs=20, random_state=0)
LINE = tn.TinyNetRegressor(hidden=(5,), epochs=20, random_state=0)
BOTH = [(SMALL, X, Y), (LINE, PATIENTS, PROGRESS)]
random = partial(np.random.default_rng, 0)  # each test draws its own numbers


def parameters(model):
    return model.network_.parameters.tolist()


# --- sample weights --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "rows", "targets"), BOTH)
def test_every_weighted_step_agrees_with_pytorch(model, rows, targets):
    weights = random().uniform(0.1, 3, len(rows))
    run = clone(model).set_params(epochs=2).fit(rows, targets, sample_weight=weights).recording_
    np.testing.assert_allclose(run.sample_weights, weights / weights.mean(), rtol=1e-14)
    theirs = torch_twin.train(run.network, run.examples, run.recipe, weights=run.sample_weights)
    np.testing.assert_allclose(run.final.parameters, theirs.parameters[-1], rtol=0, atol=1e-10)
    stored = theirs.losses[:: run.stride]
    np.testing.assert_allclose(run.losses, stored, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("model", "rows", "targets"), BOTH)
def test_the_size_of_the_weights_does_not_matter(model, rows, targets):
    plain = clone(model).fit(rows, targets)
    for weights in (np.ones(len(rows)), np.full(len(rows), 1e-300), [7] * len(rows)):
        again = clone(model).fit(rows, targets, sample_weight=weights)
        assert again.recording_.to_bytes() == plain.recording_.to_bytes()
    weights = random().uniform(0.1, 3, len(rows))
    one, thousand = (clone(model).fit(rows, targets, sample_weight=w) for w in (weights, 1024 * weights))
    assert parameters(one) == parameters(thousand) != parameters(plain)


@pytest.mark.parametrize(("model", "rows", "targets"), BOTH)
def test_rows_of_weight_0_are_left_out(model, rows, targets):
    kept = random().permutation(len(rows))[: len(rows) // 2]
    weights = np.zeros(len(rows))
    weights[kept] = 1.0
    weighted = clone(model).fit(rows, targets, sample_weight=weights)
    bare = clone(model).fit(rows[np.sort(kept)], targets[np.sort(kept)])
    assert parameters(weighted) == parameters(bare)
    assert weighted.recording_.examples.scaling == bare.recording_.examples.scaling
    assert weighted.recording_.examples.names[0] == f"row {kept.min()}"


@pytest.mark.parametrize(("model", "rows", "targets"), BOTH)
def test_whole_weights_equal_repeated_rows_in_one_batch(model, rows, targets):
    rows, targets = rows[::3], targets[::3]
    weights = random().integers(0, 5, len(rows))
    whole = clone(model).set_params(batch_size=100_000, epochs=50)
    weighted = clone(whole).fit(rows, targets, sample_weight=weights)
    repeated = clone(whole).fit(np.repeat(rows, weights, axis=0), np.repeat(targets, weights))
    np.testing.assert_allclose(weighted.network_.parameters, repeated.network_.parameters, rtol=0, atol=1e-9)
    np.testing.assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=0, atol=1e-9)


def test_one_weighted_step_equals_mlp_classifier():
    """Compare the gradient of one batch with that of MLPClassifier, which divides by the sum of the weights."""
    weights = random().uniform(0.1, 3, len(X))
    scaled = (X - X.min(axis=0)) / np.ptp(X, axis=0)
    theirs = MLPClassifier(
        5, activation="tanh", solver="sgd", learning_rate_init=0.5, momentum=0, alpha=0, max_iter=1, batch_size=150
    )  # fmt: skip
    options = {
        "activation": "tanh",
        "optimizer": "sgd",
        "learning_rate": 0.5,
        "weight_decay": 0.0,
        "epochs": 1,
    }
    ours = clone(SMALL).set_params(batch_size=150, schedule="constant", **options)
    ours.fit(X, Y, sample_weight=weights)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.fit(scaled, Y)  # creates the arrays
        layers = ours.recording_.initial.layers
        theirs.coefs_[:] = [layer.weight.T.copy() for layer in layers]
        theirs.intercepts_[:] = [layer.bias.copy() for layer in layers]
        theirs.set_params(warm_start=True).fit(scaled, Y, sample_weight=weights)
    for layer, weight, bias in zip(ours.network_.layers, theirs.coefs_, theirs.intercepts_, strict=True):
        np.testing.assert_allclose(layer.weight, weight.T, rtol=0, atol=1e-12)
        np.testing.assert_allclose(layer.bias, bias, rtol=0, atol=1e-12)


def test_the_validation_loss_is_weighted():
    weights = random().uniform(0.1, 3, len(X))
    model = clone(SMALL).set_params(patience=3).fit(X, Y, sample_weight=weights)
    run = model.recording_
    chosen = [int(name.removeprefix("row ")) for name in run.validation.names]
    losses = -np.log((run.final(run.validation) * run.validation.targets).sum(axis=1))
    expected = np.average(losses, weights=weights[chosen])
    assert run.validation_per_epoch[-1] == pytest.approx(expected, rel=1e-12)


def test_a_weighted_score_is_that_of_scikit_learn():
    weights = random().uniform(0, 3, len(X))
    model = clone(SMALL).fit(X, Y)
    expected = np.average(model.predict(X) == Y, weights=weights)
    assert model.score(X, Y, sample_weight=weights) == pytest.approx(expected)


@pytest.mark.parametrize(("model", "rows", "targets"), BOTH)
@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (
            lambda n: np.r_[np.ones(n - 1), -1],
            "sample_weight has the number -1. Every weight must be finite and at least 0",
        ),
        (lambda n: np.zeros(n), "weight"),
        (lambda n: np.ones(n - 1), "sample_weight"),
        (lambda n: np.r_[np.ones(n - 1), np.nan], "sample_weight contains NaN"),
    ],
)
def test_wrong_weights_are_refused(model, rows, targets, weights, message):
    with pytest.raises(ValueError, match=message):
        clone(model).fit(rows, targets, sample_weight=weights(len(rows)))


@pytest.mark.slow
def test_weights_pass_through_the_tools_of_scikit_learn():
    weights, trained = random().uniform(0.5, 2, len(X)), clone(SMALL).set_params(epochs=60)
    bagging = BaggingClassifier(trained, n_estimators=3, random_state=0).fit(X, Y, sample_weight=weights)
    assert bagging.score(X, Y) > 0.8
    calibrated = CalibratedClassifierCV(trained, cv=3).fit(X, Y, sample_weight=weights)
    assert calibrated.score(X, Y) > 0.8
    boosted = AdaBoostRegressor(LINE, n_estimators=3, random_state=0).fit(PATIENTS, PROGRESS)
    assert boosted.score(PATIENTS, PROGRESS) > 0.4


# --- class weights ---------------------------------------------------------------------------------------------------


def test_balanced_classes_have_equal_weight():
    rare = np.r_[:50, 50:60, 100:103]
    model = clone(SMALL).set_params(class_weight="balanced").fit(X[rare], Y[rare])
    weights = model.recording_.sample_weights
    sums = np.bincount(Y[rare], weights)
    np.testing.assert_allclose(sums, 21, rtol=1e-12)
    same = clone(SMALL).fit(X[rare], Y[rare], sample_weight=(1 / np.bincount(Y[rare]))[Y[rare]])
    np.testing.assert_allclose(weights, same.recording_.sample_weights, rtol=1e-12)


def test_balanced_weights_count_a_row_of_weight_2_twice():
    weights = random().integers(1, 4, len(X))
    model = clone(SMALL).set_params(class_weight="balanced")
    fitted = clone(model).fit(X, Y, sample_weight=weights)
    np.testing.assert_allclose(np.bincount(Y, fitted.recording_.sample_weights), 50, rtol=1e-12)


def test_a_dictionary_gives_the_weights_of_classes_by_label():
    labels = np.array(["a", "b", "c"])[Y]
    by_class = clone(SMALL).set_params(class_weight={"a": 1, "c": 4.0}).fit(X, labels)
    by_row = clone(SMALL).fit(X, labels, sample_weight=np.where(labels == "c", 4.0, 1.0))
    assert parameters(by_class) == parameters(by_row)
    product = clone(by_class).fit(X, labels, sample_weight=np.where(labels == "a", 3.0, 1.0))
    assert parameters(product) == parameters(
        clone(SMALL).fit(X, labels, sample_weight=np.array([3.0, 1.0, 4.0])[Y])
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("even", "class_weight is 'even'. It must be 'balanced', a dictionary from class to weight, or None"),
        ({0: -1.0}, "class_weight is {0: -1.0}. Every weight must be a finite number above 0"),
        ({"rose": 2.0}, "are not in class_weight"),
    ],
)
def test_wrong_class_weights_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        clone(SMALL).set_params(class_weight=wrong).fit(X, Y)


def test_a_class_weight_helps_a_rare_class():
    rows = random().normal(0, 1, (315, 2))
    rows[300:] += 1.5
    labels = np.repeat([0, 1], [300, 15])
    model = tn.TinyNetClassifier(hidden=(), epochs=60, random_state=0)
    found = [
        (model.set_params(class_weight=weight).fit(rows, labels).predict(rows[300:]) == 1).mean()
        for weight in (None, "balanced")
    ]
    assert found[0] < 0.5 < 0.7 < found[1]


# --- probabilities and validation ------------------------------------------------------------------------------------


def test_log_probabilities_are_those_of_the_sheet():
    model = clone(SMALL).fit(X, Y)
    found = model.predict_log_proba(X)
    np.testing.assert_allclose(found, np.log(model.predict_proba(X)), rtol=1e-12)
    moment = tn.nudge(model.network_, model.recording_.examples[7], model.recording_.recipe)
    assert found[7].tolist() == [moment.values[f"layer2.log_a[{j}]"] for j in range(3)]
    assert cross_val_predict(SMALL, X, Y, cv=3, method="predict_log_proba").shape == (150, 3)


@pytest.mark.parametrize("hidden", [(), (5,)])
def test_log_probabilities_are_finite_if_a_probability_is_0(hidden):
    model = clone(SMALL).set_params(hidden=hidden).fit(X, Y)
    model.network_ = model.network_.with_parameters(model.network_.parameters * 1e4)
    assert (model.predict_proba(X) == 0).any()
    found = model.predict_log_proba(X)
    assert np.isfinite(found).all()
    assert found.min() < -745  # the logarithm of the smallest number above 0
    assert (found.argmax(axis=1) == model.predict_proba(X).argmax(axis=1)).all()


def test_a_class_of_one_row_and_patience_says_what_to_do():
    rows, labels = np.r_[X[:60], X[100:101]], np.r_[Y[:60], 2]
    model = clone(SMALL).set_params(patience=3)
    with pytest.raises(
        tn.TinyNetError,
        match=r"patience is 3 and class '2' has 1 row\. Early stopping needs at least 2 rows of each class: one to train on and "
        r"one for the validation set\. Set patience to 0\. Or add rows\.",
    ):
        model.fit(rows, labels)
    with pytest.raises(tn.TinyNetError, match=r"0 of 2 examples of class '2'.*A fraction of 0\.5 works"):
        model.fit(np.r_[rows, X[101:102]], np.r_[labels, 2])
    assert (
        model.set_params(validation_fraction=0.5).fit(np.r_[rows, X[101:102]], np.r_[labels, 2]).n_iter_ > 0
    )
    assert model.set_params(patience=0).fit(rows, labels).classes_.tolist() == [0, 1, 2]


def test_weighted_regression_prefers_the_heavy_rows():
    rows = np.repeat([[0.0], [1.0]], 20, axis=0)
    targets = np.r_[np.zeros(20), np.tile([1.0, 3.0], 10)]
    heavy = np.r_[np.ones(20), np.tile([9.0, 1.0], 10)]
    options = {
        "hidden": (),
        "weight_decay": 0,
        "learning_rate": 0.1,
        "epochs": 400,
        "batch_size": 100,
        "random_state": 0,
    }
    model = tn.TinyNetRegressor(**options).fit(rows, targets, sample_weight=heavy)
    np.testing.assert_allclose(model.predict([[0.0], [1.0]]), [0, 1.2], atol=1e-3)


def test_weights_agree_with_mlp_regressor_in_one_batch():
    """Compare one step: half of the loss of MLPRegressor is its gradient, so our rate is half of its rate."""
    weights = random().uniform(0.1, 3, len(PATIENTS))
    ours = clone(LINE).set_params(
        activation="tanh", optimizer="sgd", learning_rate=0.25, schedule="constant", weight_decay=0.0, epochs=1, batch_size=442
    )  # fmt: skip
    run = ours.fit(PATIENTS, PROGRESS, sample_weight=weights).recording_
    theirs = MLPRegressor(
        hidden_layer_sizes=5, activation="tanh", solver="sgd", learning_rate_init=0.5, momentum=0, alpha=0, max_iter=1, batch_size=442
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.fit(run.examples.inputs, run.examples.targets[:, 0])
        theirs.coefs_[:] = [layer.weight.T.copy() for layer in run.initial.layers]
        theirs.intercepts_[:] = [layer.bias.copy() for layer in run.initial.layers]
        theirs.set_params(warm_start=True).fit(
            run.examples.inputs, run.examples.targets[:, 0], sample_weight=weights
        )
    for layer, weight, bias in zip(ours.network_.layers, theirs.coefs_, theirs.intercepts_, strict=True):
        np.testing.assert_allclose(layer.weight, weight.T, rtol=0, atol=1e-12)
        np.testing.assert_allclose(layer.bias, bias, rtol=0, atol=1e-12)
