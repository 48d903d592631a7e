"""Test sample weights, class weights, continued trainings and logarithms of probabilities."""

import copy
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


# --- continued trainings ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "rows", "targets"), BOTH)
def test_warm_start_continues_the_network(model, rows, targets):
    warm = clone(model).set_params(warm_start=True).fit(rows, targets)
    first, scaling = warm.network_, warm.recording_.examples.scaling
    assert parameters(warm) == parameters(clone(model).fit(rows, targets))
    warm.set_params(epochs=7).fit(rows[: len(rows) - 5], targets[: len(rows) - 5])
    assert warm.recording_.initial == first
    assert (warm.n_iter_, len(warm.loss_curve_)) == (7, 27)
    assert warm.recording_.examples.scaling == scaling
    assert warm.loss_curve_[-1] < warm.loss_curve_[0]
    assert warm.set_params(warm_start=False).fit(rows, targets).n_iter_ == len(warm.loss_curve_) == 7


def test_warm_start_refuses_other_classes_and_other_layers():
    warm = clone(SMALL).set_params(warm_start=True).fit(X, Y)
    with pytest.raises(tn.TinyNetError, match=r"y has the classes \[0, 1\] and the network has \[0, 1, 2\]"):
        warm.fit(X[:100], Y[:100])
    with pytest.raises(
        tn.TinyNetError,
        match=r"hidden is \(6,\), activation is 'relu', and the network to continue has the sizes 4-5-3",
    ):
        warm.set_params(hidden=(6,)).fit(X, Y)
    assert warm.score(X, Y) > 0.5
    with pytest.raises(tn.TinyNetError, match="warm_start is 'yes'"):
        clone(SMALL).set_params(warm_start="yes").fit(X, Y)


@pytest.mark.parametrize(("model", "rows", "targets"), BOTH)
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_partial_fit_continues_the_optimizer(model, rows, targets, optimizer):
    """Compare 6 calls with one training of 6 epochs in one batch, which has no order."""
    options = {"batch_size": 1000, "optimizer": optimizer, "schedule": "constant"}
    whole = clone(model).set_params(epochs=6, **options).fit(rows, targets)
    step = clone(model).set_params(**options)
    for _ in range(6):
        step.partial_fit(rows, targets, **({"classes": [0, 1, 2]} if model is SMALL else {}))
    np.testing.assert_allclose(step.network_.parameters, whole.network_.parameters, rtol=0, atol=1e-9)
    np.testing.assert_allclose(step.loss_curve_, whole.loss_curve_, rtol=0, atol=1e-12)
    assert (step.n_iter_, step.recording_.epochs) == (1, 1)
    assert tn.Recording.from_bytes(step.recording_.to_bytes())[0].ledger() == step.recording_[0].ledger()


def test_each_call_of_partial_fit_has_another_order():
    model = clone(SMALL)
    orders = [model.partial_fit(X, Y, classes=[0, 1, 2]).recording_[0].names for _ in range(4)]
    assert len(set(orders)) == 4
    again = clone(SMALL)
    assert [again.partial_fit(X, Y, classes=[0, 1, 2]).recording_[0].names for _ in range(4)] == orders
    assert parameters(again) == parameters(model)


def test_partial_fit_continues_a_fit_and_a_copy():
    fitted = clone(SMALL).fit(X, Y)
    copied = copy.deepcopy(fitted).partial_fit(X, Y)
    assert copied.recording_.initial == fitted.network_
    assert copied.recording_.state[0].tolist() == fitted.recording_.state[-1].tolist()
    assert parameters(copied) == parameters(fitted.partial_fit(X, Y))
    other = fitted.set_params(optimizer="sgd").partial_fit(X, Y)
    assert other.recording_.state.shape[1] == 0  # the state of Adam does not fit


def test_a_part_may_lack_classes_and_leave_the_range_of_the_first_part():
    model = clone(SMALL)
    model.partial_fit(X[:20], Y[:20], classes=[0, 1, 2])
    assert model.predict_proba(X).shape == (150, 3)
    for _ in range(40):
        for part in (X[:50], X[50:100], X[100:]):
            model.partial_fit(part, model.predict(part))
    model.partial_fit(X[100:], Y[100:])
    assert model.recording_.examples.inputs.max() > 1.0  # the range is that of the first part
    line = clone(LINE).partial_fit(PATIENTS[:50], PROGRESS[:50]).partial_fit(10 * PATIENTS, 10 * PROGRESS)
    assert line.recording_.examples.inputs.max() > 1.0


def test_partial_fit_refuses_unknown_classes_balance_and_patience():
    with pytest.raises(ValueError, match="classes must be passed on the first call to partial_fit"):
        clone(SMALL).partial_fit(X, Y)
    model = clone(SMALL).partial_fit(X[:100], Y[:100], classes=[0, 1])
    with pytest.raises(
        tn.TinyNetError, match=r"y has the class 2\. It must have classes of the first call: \[0, 1\]"
    ):
        model.partial_fit(X, Y)
    with pytest.raises(
        tn.TinyNetError, match="class_weight is 'balanced' and one call of partial_fit has only some"
    ):
        clone(SMALL).set_params(class_weight="balanced").partial_fit(X, Y, classes=[0, 1, 2])
    for one, rows, targets in BOTH:
        with pytest.raises(
            tn.TinyNetError, match="patience is 3 and partial_fit does not support early stopping"
        ):
            clone(one).set_params(patience=3).fit(rows, targets).partial_fit(rows, targets)


def test_a_diverged_continuation_keeps_the_network_before_it():
    model = clone(LINE).set_params(activation="identity", optimizer="sgd").fit(PATIENTS, PROGRESS)
    before = parameters(model)
    model.set_params(learning_rate=1e6)
    with pytest.raises(tn.TinyNetError, match="the training diverged"):
        model.partial_fit(PATIENTS, PROGRESS)
    assert parameters(model) == before
    assert model.recording_.stopped.cell


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


def test_a_thousand_classes_can_be_continued():
    labels = np.arange(200)
    model = tn.TinyNetClassifier(hidden=(), epochs=1, random_state=0)
    model.partial_fit(np.eye(200)[:10], labels[:10], classes=labels)
    assert model.partial_fit(np.eye(200)[10:20], labels[10:20]).predict_log_proba(np.eye(200)).shape == (
        200,
        200,
    )


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
