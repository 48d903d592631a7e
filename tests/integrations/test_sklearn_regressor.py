"""Test TinyNetRegressor with tables of scikit-learn and against MLPRegressor."""

import copy
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_linnerud, make_friedman1
from sklearn.exceptions import NotFittedError
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict, cross_val_score
from sklearn.multioutput import RegressorChain
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tinynet as tn
from classifier import difference
from tinynet.data.scaling import Scaling

TABLE = load_diabetes(as_frame=True)
X, Y = TABLE.data.to_numpy(), TABLE.target.to_numpy()
EXERCISES, BODIES = load_linnerud(return_X_y=True)  # three inputs, three targets
SMALL = tn.TinyNetRegressor(hidden=(5,), epochs=40, random_state=0)


@pytest.fixture(scope="module")
def fitted():
    return clone(SMALL).fit(TABLE.data, Y)


def test_the_estimator_has_the_tags_of_a_regressor():
    tags = tn.TinyNetRegressor().__sklearn_tags__()
    assert (tags.estimator_type, tags.target_tags.required, tags.requires_fit) == ("regressor", True, True)
    assert (tags.target_tags.single_output, tags.target_tags.multi_output) == (True, True)
    assert (tags.input_tags.sparse, tags.regressor_tags.poor_score) == (False, False)


def test_a_fitted_regressor_has_the_attributes_of_scikit_learn(fitted):
    assert (fitted.n_features_in_, fitted.n_outputs_, fitted.n_iter_) == (10, 1, 40)
    assert fitted.loss_curve_.shape == (40,)
    assert fitted.feature_names_in_.tolist() == list(TABLE.data.columns)
    assert fitted.predict(TABLE.data).shape == (442,)
    assert fitted.score(TABLE.data, Y) == r2_score(Y, fitted.predict(TABLE.data)) > 0.4


def test_fit_equals_a_training_in_tinynet(fitted):
    """Compare `fit` with `train` on scaled inputs and standardized targets."""
    low, high = X.min(axis=0), X.max(axis=0)
    names = tuple(f"row {k}" for k in range(len(X)))
    scaling = Scaling(tuple(TABLE.data.columns), low, high)
    units = fitted.recording_.examples.target_scaling
    targets = units(Y[:, None])
    assert abs(targets.mean()) < 1e-12
    assert targets.std() == pytest.approx(1, abs=1e-12)
    examples = tn.Examples((X - low) / (high - low), targets, names, None, ("y",), scaling, units)
    recipe = tn.Recipe(
        learning_rate=0.01, epochs=40, loss="mse", order="shuffled", batch_size=16, optimizer="adam",
        weight_decay=3e-3, schedule="cosine",
    )  # fmt: skip
    start = tn.Network.initial((10, 5, 1), seed=0, hidden="relu", output="identity")
    assert fitted.recording_.to_bytes() == tn.train(start, examples, recipe, kept=100).to_bytes()
    outputs = fitted.network_(examples.inputs)
    assert (fitted.predict(TABLE.data) == units.inverse(outputs)[:, 0]).all()


@pytest.mark.parametrize("unit", [1e-250, 1e-3, 1.0, 1e6, 1e250])
@pytest.mark.parametrize("shift", [0.0, -7.0])
def test_targets_of_any_size_are_learned(unit, shift):
    y = (Y / Y.std() + shift) * unit
    model = clone(SMALL).set_params(epochs=20).fit(X, y)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # the squares of scikit-learn
        found = r2_score(y / unit, model.predict(X) / unit)
    assert found > 0.35
    assert model.predict(X).min() > y.min() - np.ptp(y)


def test_a_constant_target_is_predicted_exactly():
    model = clone(SMALL).set_params(epochs=2).fit(X, np.full(len(X), -3.25e9))
    assert (model.predict(X) == -3.25e9).all()


def test_several_targets_are_learned_together():
    model = tn.TinyNetRegressor(epochs=300, random_state=0).fit(EXERCISES, BODIES)
    predicted = model.predict(EXERCISES)
    assert predicted.shape == BODIES.shape
    assert (model.n_outputs_, model.network_.sizes) == (3, (3, 32, 3))
    assert model.score(EXERCISES, BODIES) == r2_score(BODIES, predicted) > 0.3
    assert model.recording_.examples.target_names == ("y0", "y1", "y2")


def test_predictions_have_the_shape_of_the_targets():
    flat, column = (clone(SMALL).set_params(epochs=2).fit(X, y) for y in (Y, Y[:, None]))
    assert flat.predict(X).shape == (442,)
    assert column.predict(X).shape == (442, 1)
    assert (flat.predict(X) == column.predict(X)[:, 0]).all()


def test_rows_beyond_the_range_of_fit_are_extrapolated():
    x = np.linspace(0, 10, 41)[:, None]
    model = tn.TinyNetRegressor(hidden=(), weight_decay=0, learning_rate=0.05, epochs=300, random_state=0)
    model.fit(x, 2 * x[:, 0])
    np.testing.assert_allclose(model.predict([[12], [20], [-5]]), [24, 40, -10], atol=0.05)


def test_validation_rows_beyond_the_range_of_training_are_not_clipped():
    x = np.arange(40.0)[:, None] ** 2
    model = tn.TinyNetRegressor(epochs=5, patience=3, random_state=1).fit(x, x[:, 0])
    run = model.recording_
    assert (len(run.examples), len(run.validation)) == (30, 10)
    rows = [int(name.removeprefix("row ")) for name in run.validation.names]
    expected = run.examples.scaled(x[rows])
    assert (run.validation.inputs == expected).all()
    assert ((expected < 0) | (expected > 1)).any()


def test_patience_stops_early_and_keeps_the_best_network():
    model = tn.TinyNetRegressor(epochs=500, patience=5, learning_rate=0.03, random_state=0).fit(X, Y)
    run = model.recording_
    assert (len(run.examples), len(run.validation)) == (331, 111)
    assert model.n_iter_ == len(model.loss_curve_) == run.best_epoch + 5 < 500
    assert model.network_ == run.best != run.final


def test_the_regressor_works_in_the_tools_of_scikit_learn():
    grid = {"hidden": [(), np.int64(4)], "learning_rate": np.logspace(-2, -1, 2)}
    search = GridSearchCV(clone(SMALL).set_params(epochs=10), grid, cv=3, error_score="raise").fit(X, Y)
    assert search.best_score_ > 0.3
    assert r2_score(Y, cross_val_predict(SMALL, X, Y, cv=3)) > 0.3
    chain = RegressorChain(tn.TinyNetRegressor(epochs=20, random_state=0)).fit(EXERCISES, BODIES)
    assert chain.predict(EXERCISES).shape == BODIES.shape


def test_every_step_has_an_explanation_and_copies_are_complete(fitted):
    row = fitted.recording_[137].ledger()[3]
    assert row.before + row.change == row.after
    twin = copy.deepcopy(fitted)
    assert twin.recording_.to_bytes() == fitted.recording_.to_bytes()
    assert tn.Recording.from_bytes(fitted.recording_.to_bytes())[137].ledger()[3] == row


def test_errors_name_what_is_wrong():
    with pytest.raises(
        tn.TinyNetError, match=r"hidden is \(0,\) with 10 features and 1 target: sizes\[1\] is 0"
    ):
        clone(SMALL).set_params(hidden=(0,)).fit(X, Y)
    with pytest.raises(tn.TinyNetError, match="hidden is 'wide' with 3 features and 3 targets"):
        clone(SMALL).set_params(hidden="wide").fit(EXERCISES, BODIES)
    with (
        np.errstate(invalid="ignore"),  # scikit-learn adds the targets
        pytest.raises(tn.TinyNetError, match="column 'y' goes from -1e\\+308 to 1e\\+308"),
    ):
        clone(SMALL).fit(X, np.where(Y > 100, 1e308, -1e308))
    with pytest.raises(ValueError, match="Input y contains NaN"):
        clone(SMALL).fit(X, np.where(Y > 100, np.nan, Y))
    with pytest.raises(NotFittedError, match="not fitted yet"):
        clone(SMALL).predict(X)
    with pytest.raises(
        tn.TinyNetError, match=r"patience is 3 and the table has 1 row\. Early stopping needs at least 2 rows"
    ):
        clone(SMALL).set_params(patience=3).fit(X[:1], Y[:1])
    fast = clone(SMALL).set_params(activation="identity", learning_rate=1e6, optimizer="sgd")
    with pytest.raises(tn.TinyNetError, match="the training diverged: .* Try a learning rate below 1e\\+06"):
        fast.fit(X, Y)


# --- comparison with MLPRegressor ------------------------------------------------------------------------------------

TABLES = {"diabetes": (X, Y), "friedman1": make_friedman1(n_samples=500, noise=1.0, random_state=0)}
DOCUMENT = (Path(__file__).parents[2] / "docs" / "scikit_learn.md").read_text()


def documented(regressor):
    """Return the R² of a row of the table in the document, by name of the data."""
    row = DOCUMENT[DOCUMENT.index("| R² |") :].split(f"| {regressor} |")[1].splitlines()[0]
    numbers = [float(cell.strip().replace("−", "-")) for cell in row.split("|")[:2]]
    return dict(zip(TABLES, numbers, strict=True))


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning"
)  # the default max_iter is too small
@pytest.mark.parametrize("table", TABLES)
def test_the_scores_are_those_of_the_document_and_not_lower_than_mlp_regressor(table):
    folds = KFold(5, shuffle=True, random_state=1000)
    theirs = MLPRegressor(hidden_layer_sizes=32, random_state=0)
    trained = clone(theirs).set_params(max_iter=2000)
    regressors = {
        "`TinyNetRegressor`": tn.TinyNetRegressor(random_state=0),
        "`MLPRegressor`": theirs,
        "… `max_iter=2000`": trained,
        "… after a `StandardScaler`": make_pipeline(StandardScaler(), trained),
    }
    scores = {name: cross_val_score(model, *TABLES[table], cv=folds) for name, model in regressors.items()}
    ours, as_it_comes, *to_the_end = scores.values()
    assert ours.mean() == pytest.approx(documented("`TinyNetRegressor`")[table], abs=0.005)
    for name, found in scores.items():  # the matrix products of NumPy differ between processors
        assert found.mean() == pytest.approx(documented(name)[table], abs=0.02)
    assert ours.mean() > as_it_comes.mean()
    for found in to_the_end:
        lead, margin = difference(ours, found)
        assert -margin <= lead


def test_a_regressor_too_large_for_the_page_is_refused_in_words_of_the_user(tmp_path):
    rows = np.arange(520.0).reshape(26, 20)  # the last step of each epoch has 10 rows
    recording = (
        tn.TinyNetRegressor(epochs=1, batch_size=16, random_state=0)
        .fit(np.tile(rows, (3, 2)), np.arange(78))
        .recording_
    )
    with pytest.raises(tn.TinyNetError) as found:
        recording.export(tmp_path / "lab.html")
    assert str(found.value) == (
        "the training has steps with 16 examples. With the 1,345 parameters of this network, the page shows steps with up to "
        "5 examples. Train with a batch size of at most 5, or use fewer hidden nodes."
    )
