"""Test both estimators with the checks of scikit-learn, and the classifier with its tools and MLPClassifier."""

import copy
import re
import subprocess
import sys
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import classifier as benchmark
import tinynet as tn
from tinynet.data.scaling import Scaling
from tinynet.integrations.sklearn import estimator as bridge

FLOWERS = load_iris(as_frame=True)
X, Y = FLOWERS.data.to_numpy(), FLOWERS.target.to_numpy()
SMALL = tn.TinyNetClassifier(hidden=(5,), epochs=40, random_state=0)
DOCUMENT = (Path(__file__).parents[2] / "docs" / "scikit_learn.md").read_text()


@pytest.fixture(scope="module")
def fitted():
    return clone(SMALL).fit(FLOWERS.data, FLOWERS.target_names[Y])


# --- the interface of scikit-learn ---------------------------------------------------------------------------------


@parametrize_with_checks([tn.TinyNetClassifier(), tn.TinyNetRegressor()])
def test_the_estimator_checks_of_scikit_learn_pass(estimator, check, monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # otherwise one check is skipped
    check(estimator)


def test_the_estimator_has_the_tags_of_a_classifier():
    tags = tn.TinyNetClassifier().__sklearn_tags__()
    assert (tags.estimator_type, tags.target_tags.required, tags.requires_fit) == ("classifier", True, True)
    assert (tags.classifier_tags.multi_class, tags.classifier_tags.multi_label) == (True, False)
    assert (tags.input_tags.sparse, tags.input_tags.allow_nan, tags.non_deterministic) == (
        False,
        False,
        False,
    )


def test_a_fitted_classifier_has_the_attributes_of_scikit_learn(fitted):
    assert fitted.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert (fitted.n_features_in_, fitted.n_iter_, fitted.loss_curve_.shape) == (4, 40, (40,))
    assert fitted.feature_names_in_.tolist() == list(FLOWERS.data.columns)
    assert fitted.score(FLOWERS.data, FLOWERS.target_names[Y]) > 0.9
    chances = fitted.predict_proba(FLOWERS.data)
    assert chances.shape == (150, 3)
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=0, atol=1e-12)
    assert (fitted.predict(FLOWERS.data) == fitted.classes_[chances.argmax(axis=1)]).all()


@pytest.mark.parametrize("labels", [Y == 0, Y * 10 - 5, FLOWERS.target_names[Y].astype(object)])
def test_predicted_labels_have_the_dtype_of_the_given_labels(labels):
    model = clone(SMALL).fit(X, labels)
    assert model.predict(X).dtype == labels.dtype
    assert model.score(X, labels) > 0.9


def test_thirty_classes_are_learned():
    rows, labels = np.repeat(np.eye(30), 2, axis=0), np.repeat(np.arange(30), 2)
    model = tn.TinyNetClassifier(hidden=(), epochs=60, random_state=0).fit(rows, labels)
    assert model.predict(np.eye(30)).tolist() == list(range(30))


# --- the tools of scikit-learn ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_grid_search_accepts_numpy_numbers_in_two_processes():
    grid = {
        "tinynetclassifier__hidden": [(), 4, np.array([4, 4])],
        "tinynetclassifier__learning_rate": np.logspace(-2, -1, 2),
        "tinynetclassifier__batch_size": np.arange(8, 9),
    }
    pipeline = make_pipeline(StandardScaler(), clone(SMALL).set_params(epochs=np.int64(10)))
    search = GridSearchCV(pipeline, grid, cv=3, n_jobs=2, error_score="raise").fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_score_ > 0.9
    assert search.best_estimator_[-1].recording_.epochs == 10


@pytest.mark.slow
def test_the_classifier_can_be_calibrated_and_vote_in_an_ensemble():
    calibrated = CalibratedClassifierCV(SMALL, cv=3).fit(X, Y)
    np.testing.assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1)
    assert calibrated.score(X, Y) > 0.9
    members = [("network", SMALL), ("line", LogisticRegression(max_iter=1000))]
    assert VotingClassifier(members, voting="soft").fit(X, Y).score(X, Y) > 0.9


@pytest.mark.slow
def test_the_classifier_can_be_cross_validated():
    chances = cross_val_predict(SMALL, X, Y, cv=3, method="predict_proba")
    assert (chances.argmax(axis=1) == Y).mean() > 0.9
    found = cross_validate(SMALL, X, Y, cv=3, return_estimator=True, n_jobs=2)
    assert [len(model.recording_.examples) for model in found["estimator"]] == [100, 100, 100]


def test_copies_and_pickles_are_complete(fitted, tmp_path):
    joblib.dump(fitted, tmp_path / "fitted.joblib")
    for twin in (copy.deepcopy(fitted), joblib.load(tmp_path / "fitted.joblib")):
        assert twin.recording_.to_bytes() == fitted.recording_.to_bytes()
        assert (twin.predict_proba(FLOWERS.data) == fitted.predict_proba(FLOWERS.data)).all()
        assert twin.recording_[7].ledger() == fitted.recording_[7].ledger()


# --- the training ----------------------------------------------------------------------------------------------


def test_fit_equals_a_training_in_tinynet(fitted):
    """Compare `fit` with `train` on the scaled rows."""
    low, high = X.min(axis=0), X.max(axis=0)
    answers = ("setosa", "versicolor", "virginica")
    names = tuple(f"row {k}" for k in range(150))
    scaling = Scaling(tuple(FLOWERS.data.columns), low, high)
    examples = tn.Examples((X - low) / (high - low), np.eye(3)[Y], names, None, answers, scaling)
    recipe = tn.Recipe(
        learning_rate=0.02, epochs=40, loss="cross_entropy", order="shuffled", batch_size=16, optimizer="adam",
        weight_decay=3e-4, schedule="cosine",
    )  # fmt: skip
    start = tn.Network.initial((4, 5, 3), seed=0, hidden="relu", output="softmax")
    assert fitted.recording_.to_bytes() == tn.train(start, examples, recipe, kept=100).to_bytes()
    assert fitted.network_ == fitted.recording_.final


def test_every_step_has_an_explanation(fitted):
    run = fitted.recording_
    assert len(run.parameters) <= 101 < len(run) == 400
    every = clone(SMALL).set_params(kept=400).fit(X, FLOWERS.target_names[Y]).recording_
    assert every.stride == 1
    assert run[137].ledger() == every[137].ledger()
    row = run[137].ledger()[3]
    assert row.before + row.change == row.after
    assert "Δw¹₀₃" in str(run[137].explain("layer1.weight[0,3].change"))
    assert set(run[137].names) <= {f"row {k}" for k in range(150)}


def test_the_recording_opens_in_the_laboratory(fitted, open_page, tmp_path):
    from playwright.sync_api import expect

    from page_actions import assert_ledger_equals, go_to_end

    fitted.recording_.save(tmp_path / "flowers.safetensors")
    page = open_page()
    page.get_by_label("Open a recording").set_input_files(tmp_path / "flowers.safetensors")
    expect(page.get_by_label("learning rate")).to_have_value("0.02")
    page.keyboard.press("Home")
    assert_ledger_equals(page, fitted.recording_[0])
    go_to_end(page)
    page.keyboard.press("ArrowLeft")
    assert_ledger_equals(page, fitted.recording_[-1])


def test_patience_stops_early_and_keeps_the_best_network():
    model = tn.TinyNetClassifier(epochs=500, patience=5, validation_fraction=0.3, random_state=0).fit(X, Y)
    run = model.recording_
    assert (len(run.examples), len(run.validation)) == (105, 45)
    assert model.n_iter_ == len(model.loss_curve_) == run.best_epoch + 5 < 500
    assert model.network_ == run.best != run.final


def test_equal_random_states_give_equal_bits():
    def numbers(state):
        return clone(SMALL).set_params(random_state=state, epochs=1).fit(X, Y).network_.parameters.tolist()

    assert numbers(3) == numbers(np.int64(3)) != numbers(4)
    state = np.random.RandomState(3)
    first, second = numbers(state), numbers(state)
    assert first == numbers(np.random.RandomState(3)) != second
    assert numbers(None) != numbers(None)


def test_values_outside_the_range_are_not_clipped():
    model, ends = clone(SMALL).fit(X, Y), np.array([X.min(axis=0), X.max(axis=0)])
    beyond = ends + np.array([[-1.0], [3.0]])
    inputs = (beyond - ends[0]) / (ends[1] - ends[0])
    assert model.predict_proba(beyond).tolist() == model.network_(inputs).tolist()
    assert np.isfinite(model.predict_proba(ends + np.array([[-1e300], [1e300]]))).all()


def test_units_and_constant_columns_do_not_change_the_predictions():
    bare = clone(SMALL).fit(X, Y).predict_proba(X)
    metres = clone(SMALL).fit(X / 4096, Y).predict_proba(X / 4096)
    assert (bare == metres).all()
    assert clone(SMALL).fit(np.c_[X, np.ones(150)], Y).score(np.c_[X, np.zeros(150)], Y) > 0.9


# --- errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"hidden": (5, 0)},
            r"hidden is \(5, 0\) with 4 features and 3 classes: sizes\[2\] is 0. It must be a whole number from 1 to 4,096",
        ),
        (
            {"hidden": "wide"},
            r"hidden is 'wide' with .*: sizes\[1\] is 'wide'. It must be a whole number from 1 to 4,096",
        ),
        ({"hidden": (4096, 4096)}, "16,814,083 parameters. At most 1,000,000"),
        ({"activation": "swish"}, "activation is 'swish'. It must be one of 'sigmoid', 'tanh'"),
        ({"learning_rate": -1}, "learning_rate is -1. It must be a number above 0"),
        ({"epochs": 2.5}, "epochs is 2.5. It must be a whole number from 1"),
        ({"batch_size": 0}, "batch_size is 0. It must be a whole number from 1"),
        ({"optimizer": "lbfgs"}, "optimizer is 'lbfgs'. It must be one of 'sgd', 'adam'"),
        ({"kept": 0}, "kept is 0. It must be a whole number of at least 1"),
        (
            {"patience": 3, "validation_fraction": 2.0},
            r"^validation_fraction is 2. It must be a number above 0 and below 1\.$",
        ),
        (
            {"patience": 3, "validation_fraction": 0.001},
            "validation_fraction is 0.001 and would hold out 0 of 50 examples of class 'setosa'",
        ),
        ({"random_state": -1}, "Seed must be between 0 and"),
    ],
)
def test_fit_names_a_wrong_parameter(wrong, message):
    with pytest.raises(ValueError, match=message):
        clone(SMALL).set_params(**wrong).fit(X, FLOWERS.target_names[Y])


def test_unsupported_rows_are_refused():
    with pytest.raises(
        tn.TinyNetError, match="y has one class, 'rose'. A classifier needs rows of at least two classes"
    ):
        clone(SMALL).fit(X, ["rose"] * 150)
    with pytest.raises(tn.TinyNetError, match=r"X has 5,000 features\. It must have at most 4,096\."):
        clone(SMALL).fit(np.ones((150, 5000)), Y)
    wide = np.c_[X[:, :2], np.where(Y, 1e308, -1e308)]
    with (
        np.errstate(invalid="ignore"),
        pytest.raises(tn.TinyNetError, match="column 'x2' goes from -1e\\+308"),
    ):
        clone(SMALL).fit(wide, Y)  # scikit-learn adds the losses
    with pytest.raises(NotFittedError, match="not fitted yet"):
        clone(SMALL).predict(X)


def test_a_diverged_training_is_kept_with_its_reason():
    model = clone(SMALL).fit(X, Y)
    model.set_params(hidden=(8, 8), activation="identity", learning_rate=1e6, optimizer="sgd")
    with pytest.raises(
        tn.TinyNetError, match="the training diverged: .* Try a learning rate below 1e\\+06"
    ) as caught:
        model.fit(X, Y)
    assert model.recording_.stopped.cell in str(caught.value)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        model.predict(X)


def test_ctrl_c_ends_fit_and_keeps_the_network(monkeypatch):
    def interrupt(done, total):
        if done > total / 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(bridge, "train", partial(tn.train, progress=interrupt))
    model = clone(SMALL).set_params(epochs=20_000)
    with pytest.raises(KeyboardInterrupt, match="interrupted after .* of 200,000 steps"):
        model.fit(X, Y)
    assert 0 < model.n_iter_ < 20_000
    assert model.score(X, Y) > 0.9
    with pytest.raises(KeyboardInterrupt):
        GridSearchCV(model, {"hidden": [(2,), (3,)]}).fit(X, Y)


def test_without_scikit_learn_the_error_has_the_pip_command():
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import tinynet\n"
        "from tinynet import *\n"
        "train, 'TinyNetClassifier' in dir(tinynet) or sys.exit('not listed')\n"
        "try:\n    tinynet.TinyNetClassifier\nexcept ImportError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == 'a scikit-learn estimator needs sklearn: pip install "tinynet-lab[sklearn]"\n'


# --- comparison with MLPClassifier ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("table", "splits"), [("iris", 12), ("digits", 6)])
def test_the_accuracy_is_not_lower_than_mlp_classifier(table, splits):
    """Compare with the default MLPClassifier, and with more iterations."""
    ours, as_it_comes, *to_the_end = benchmark.score(benchmark.tables()[table], splits).values()
    assert np.mean(ours.accuracy) > np.mean(as_it_comes.accuracy)
    for side in to_the_end:
        lead, margin = benchmark.difference(ours.accuracy, side.accuracy)
        assert -margin <= lead
        assert margin < 0.06


def test_the_margin_accounts_for_overlapping_splits():
    ours, theirs = [0.9, 0.8, 0.7, 0.9], [0.8, 0.8, 0.8, 0.8]
    gaps = np.subtract(ours, theirs)
    lead, margin = benchmark.difference(ours, theirs)
    assert lead == pytest.approx(0.025)
    assert margin == pytest.approx(3.18245 * np.sqrt(gaps.var(ddof=1) * (1 / 4 + 1 / 3)), rel=1e-5)


# --- the document ----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_code_in_scikit_learn_md_prints_the_shown_output():
    shown, printed = {}, StringIO()
    for code in re.findall(r"```python\n(.*?)```", DOCUMENT, re.S):
        with redirect_stdout(printed):
            exec(code, shown)
    expected = "".join(re.findall(r"prints\n\n```\n(.*?)```", DOCUMENT, re.S))
    assert printed.getvalue() == expected
