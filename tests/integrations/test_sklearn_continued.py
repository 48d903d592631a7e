"""Test trainings that continue: `warm_start` and `partial_fit`."""

import copy

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris

import tinynet as tn

X, Y = load_iris(return_X_y=True)
PATIENTS, PROGRESS = load_diabetes(return_X_y=True)
SMALL = tn.TinyNetClassifier(hidden=(5,), epochs=20, random_state=0)
LINE = tn.TinyNetRegressor(hidden=(5,), epochs=20, random_state=0)
BOTH = [(SMALL, X, Y), (LINE, PATIENTS, PROGRESS)]


def parameters(model):
    return model.network_.parameters.tolist()


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


def test_a_thousand_classes_can_be_continued():
    labels = np.arange(200)
    model = tn.TinyNetClassifier(hidden=(), epochs=1, random_state=0)
    model.partial_fit(np.eye(200)[:10], labels[:10], classes=labels)
    assert model.partial_fit(np.eye(200)[10:20], labels[10:20]).predict_log_proba(np.eye(200)).shape == (
        200,
        200,
    )
