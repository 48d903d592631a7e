"""Ask of both estimators what scikit-learn's tests ask of its MLP.

Each test names the test of `sklearn.neural_network` that it adapts. The tests left out are about features that the
estimators lack:

solver "lbfgs" and max_fun        test_lbfgs_*, test_n_iter_no_change_inf, test_mlp_warm_start_no_convergence[lbfgs]
stopping by the training loss     test_tolerance, test_n_iter_no_change, test_adaptive_learning_rate
learning rates by a power         test_learning_rate_warmstart (the part "invscaling")
several labels for one row        test_multilabel_classification, test_predict_proba_multilabel
a switch against shuffling        test_shuffle (the part shuffle=False)
sparse rows                       test_sparse_matrices: refused, see test_sparse_rows_are_refused
printed progress                  test_verbose_sgd
float32 parameters                test_mlp_param_dtypes: parameters are float64, see test_the_type_of_the_rows_does_not_matter
Poisson loss                      test_mlp_vs_poisson_glm_equivalent
parameters set before fit         test_fit: see test_one_step_equals_a_worked_example, which sets them in `tn.train`
"""

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import load_digits, load_iris, make_classification, make_regression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import scale

import tinynet as tn

DIGITS_2, LABELS_2 = (part[:200] for part in load_digits(n_class=2, return_X_y=True))
DIGITS_3, LABELS_3 = (part[:200] for part in load_digits(n_class=3, return_X_y=True))
DIGITS = [(DIGITS_3, LABELS_3), (DIGITS_2, LABELS_2)]
X_REG, Y_REG = make_regression(n_samples=200, n_features=10, bias=20.0, noise=100.0, random_state=7)
Y_REG = scale(Y_REG)
IRIS, FLOWERS = load_iris(return_X_y=True)
ACTIVATIONS = ["identity", "sigmoid", "tanh", "relu"]
BOTH = [tn.TinyNetClassifier, tn.TinyNetRegressor]


def test_more_weight_decay_gives_smaller_weights():
    """Adapt test_alpha."""
    sums = []
    for decay in (0.0, 1.0):
        model = tn.TinyNetClassifier(hidden=10, weight_decay=decay, random_state=1)
        model.fit(DIGITS_2[:100], LABELS_2[:100])
        sums.append([np.abs(layer.weight).sum() for layer in model.network_.layers])
    assert np.greater(*sums).all()


def test_one_step_equals_a_worked_example():
    """Adapt test_fit: its numbers, for one sigmoid output and the loss bce.

    h = sigmoid(0.6 w1 + 0.8 w2 + 0.7 w3 + 0.1) = 0.679179, 0.574443; o = sigmoid(0.1 h1 + 0.2 h2 + 1) = 0.765433
    """
    parameters = [0.1, 0.3, 0.5, 0.2, 0.1, 0.0, 0.1, 0.1, 0.1, 0.2, 1.0]
    network = tn.Network.initial((3, 2, 1)).with_parameters(np.array(parameters))
    row = tn.Examples([[0.6, 0.8, 0.7]], [[0.0]], ("row 0",), target_names=("1",))
    after = tn.train(network, row, tn.Recipe(epochs=1, loss="bce", learning_rate=0.1)).final
    first, second = after.layers
    # scikit-learn's example also decays the weights, but not the biases, by 0.1 * 0.1
    decayed = [
        layer.weight - 0.01 * before.weight
        for layer, before in zip(after.layers, network.layers, strict=True)
    ]
    expected = [[0.098, 0.2956664, 0.4939998], [0.195756, 0.096008, -0.002244]]
    np.testing.assert_allclose(
        decayed[0], expected, rtol=0, atol=5e-4
    )  # the example takes x3 = 0.6 in two places
    np.testing.assert_allclose(decayed[1], [[0.04706, 0.154089]], rtol=0, atol=1e-4)
    np.testing.assert_allclose(first.bias, [0.098333, 0.09626], rtol=0, atol=1e-4)
    np.testing.assert_allclose(second.bias, [0.9235], rtol=0, atol=1e-4)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gradient_equals_a_difference_quotient(classes, activation):
    """Adapt test_gradient."""
    rows = np.random.RandomState(seed=42).rand(5, 10)
    labels = 1 + np.mod(np.arange(5) + 1, classes)
    model = tn.TinyNetClassifier(10, activation, weight_decay=0.0, epochs=1, random_state=1)
    run = model.fit(rows, labels).recording_
    network, recipe, epsilon = run.initial, run.recipe, 1e-5
    quotients = []
    for k in range(len(network.parameters)):
        step = np.zeros(len(network.parameters))
        step[k] = epsilon
        up, down = (
            tn.nudge(network.with_parameters(network.parameters + way * step), run.examples, recipe).loss
            for way in (1, -1)
        )
        quotients.append((up - down) / (2 * epsilon))
    np.testing.assert_allclose(run.gradients[0], quotients, rtol=0, atol=1e-7)


@pytest.mark.parametrize(("rows", "labels"), DIGITS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_digits_are_classified(rows, labels, activation):
    """Adapt test_lbfgs_classification, with Adam."""
    model = tn.TinyNetClassifier(50, activation, random_state=1).fit(rows[:150], labels[:150])
    assert model.score(rows[:150], labels[:150]) > 0.95
    predicted = model.predict(rows[150:])
    assert (predicted.shape, predicted.dtype.kind) == ((50,), labels.dtype.kind)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_regression_is_learned(activation):
    """Adapt test_lbfgs_regression, with Adam. The targets are noisy, so 0.98 would need L-BFGS."""
    options = {"learning_rate": 0.02, "epochs": 1000, "weight_decay": 0.0, "schedule": "hold_then_decay"}
    model = tn.TinyNetRegressor(50, activation, random_state=1, **options).fit(X_REG, Y_REG)
    assert model.score(X_REG, Y_REG) > (0.80 if activation == "identity" else 0.85)


def test_a_regression_with_several_targets_is_learned():
    """Adapt test_multioutput_regression."""
    rows, targets = make_regression(n_samples=200, n_targets=5, random_state=11)
    assert tn.TinyNetRegressor(50, random_state=1).fit(rows, targets).score(rows, targets) > 0.9


@pytest.mark.parametrize("Estimator", BOTH)
def test_a_constant_learning_rate_stays_constant_in_a_warm_start(Estimator):
    """Adapt test_learning_rate_warmstart."""
    rows, targets = [[3, 2], [1, 6], [5, 6], [-2, -4]], [1, 1, 1, 0]
    model = Estimator(hidden=4, optimizer="sgd", schedule="constant", epochs=1, warm_start=True)
    rates = [model.fit(rows, targets).recording_.learning_rate(0) for _ in range(2)]
    assert rates == [model.learning_rate] * 2


def test_partial_fit_refuses_other_classes():
    """Adapt test_partial_fit_classes_error."""
    model = tn.TinyNetClassifier().partial_fit([[3, 2]], [0], classes=[0, 1])
    with pytest.raises(ValueError, match="not the same as on last call to partial_fit"):
        model.partial_fit([[3, 2]], [0], classes=[1, 2])


@pytest.mark.parametrize(("rows", "labels"), DIGITS)
def test_calls_of_partial_fit_equal_a_fit_of_digits(rows, labels):
    """Adapt test_partial_fit_classification."""
    options = {
        "optimizer": "sgd",
        "schedule": "constant",
        "weight_decay": 1e-5,
        "learning_rate": 0.2,
        "random_state": 1,
    }
    fitted = tn.TinyNetClassifier(epochs=100, **options).fit(rows, labels)
    model = tn.TinyNetClassifier(**options)
    for _ in range(100):
        model.partial_fit(rows, labels, classes=np.unique(labels))
    assert (model.predict(rows) == fitted.predict(rows)).all()
    assert model.score(rows, labels) > 0.95


def test_a_class_may_come_with_a_later_part():
    """Adapt test_partial_fit_unseen_classes."""
    model = tn.TinyNetClassifier(random_state=0)
    model.partial_fit([[1], [2], [3]], ["a", "b", "c"], classes=["a", "b", "c", "d"])
    model.partial_fit([[4]], ["d"])
    assert model.score([[1], [2], [3], [4]], ["a", "b", "c", "d"]) > 0


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_calls_of_partial_fit_equal_a_fit_of_a_regression(optimizer):
    """Adapt test_partial_fit_regression."""
    options = {
        "optimizer": optimizer, "schedule": "constant", "learning_rate": {"adam": 0.01, "sgd": 0.1}[optimizer],
        "batch_size": len(X_REG), "random_state": 1,
    }  # fmt: skip
    fitted = tn.TinyNetRegressor(epochs=100, **options).fit(X_REG, Y_REG)
    model = tn.TinyNetRegressor(**options)
    for _ in range(100):
        model.partial_fit(X_REG, Y_REG)
    np.testing.assert_allclose(model.predict(X_REG), fitted.predict(X_REG), rtol=1e-6, atol=1e-9)
    assert model.score(X_REG, Y_REG) > {"adam": 0.65, "sgd": 0.55}[optimizer]  # scikit-learn has a momentum


def test_partial_fit_refuses_labels_that_are_no_classes():
    """Adapt test_partial_fit_errors."""
    with pytest.raises(ValueError, match="y has the class 0"):
        tn.TinyNetClassifier().partial_fit([[3, 2], [1, 6]], [1, 0], classes=[2, 3])


def test_huge_rows_are_learned():
    """Adapt test_nonfinite_params: the scaling keeps the parameters finite, so no error is needed."""
    random = np.random.RandomState(0)
    rows = np.finfo(np.float64).max * random.uniform(size=(10, 2))
    with np.errstate(over="ignore"):  # scikit-learn adds the values
        model = tn.TinyNetRegressor(random_state=0).fit(rows, random.standard_normal(size=10))
    assert np.isfinite(model.network_.parameters).all()
    assert np.isfinite(model.loss_curve_).all()


def test_probabilities_of_two_classes():
    """Adapt test_predict_proba_binary."""
    rows, labels = DIGITS_2[:50], LABELS_2[:50]
    model = tn.TinyNetClassifier(5, "sigmoid", random_state=1).fit(rows, labels)
    found, logs = model.predict_proba(rows), model.predict_log_proba(rows)
    assert found.shape == (50, 2)
    assert (found.argmax(axis=1) == logs.argmax(axis=1)).all()
    np.testing.assert_allclose(logs, np.log(found))
    assert roc_auc_score(labels, found[:, 1]) == 1.0


def test_probabilities_of_three_classes():
    """Adapt test_predict_proba_multiclass."""
    rows, labels = DIGITS_3[:10], LABELS_3[:10]
    model = tn.TinyNetClassifier(5).fit(rows, labels)
    found, logs = model.predict_proba(rows), model.predict_log_proba(rows)
    assert found.shape == (10, 3)
    assert (found.argmax(axis=1) == logs.argmax(axis=1)).all()
    np.testing.assert_allclose(logs, np.log(found))


def test_equal_random_states_shuffle_equally():
    """Adapt test_shuffle."""
    rows, targets = make_regression(n_samples=50, n_features=5, random_state=0)
    options = {"hidden": 1, "epochs": 1, "batch_size": 1}
    first, second, other = (
        tn.TinyNetRegressor(random_state=state, **options).fit(rows, targets) for state in (0, 0, 1)
    )
    assert first.network_ == second.network_
    assert [moment.names for moment in first.recording_] == [moment.names for moment in second.recording_]
    assert [moment.names for moment in first.recording_] != [moment.names for moment in other.recording_]


@pytest.mark.parametrize("Estimator", BOTH)
def test_sparse_rows_are_refused(Estimator):
    """Adapt test_sparse_matrices."""
    with pytest.raises(TypeError, match="Sparse data was passed.*dense"):
        Estimator().fit(csr_array(DIGITS_2[:50]), LABELS_2[:50])


@pytest.mark.parametrize("Estimator", BOTH)
def test_early_stopping_keeps_the_best_epoch(Estimator):
    """Adapt test_early_stopping."""
    model = Estimator(epochs=3000, patience=5, random_state=0).fit(DIGITS_2[:100], LABELS_2[:100])
    run = model.recording_
    assert model.n_iter_ < 3000
    assert len(run.validation_per_epoch) == model.n_iter_
    assert run.validation_per_epoch.min() == run.validation_per_epoch[run.best_epoch - 1]
    assert (
        Estimator(epochs=2, random_state=0).fit(DIGITS_2[:100], LABELS_2[:100]).recording_.validation is None
    )


def test_a_warm_start_needs_the_same_classes():
    """Adapt test_warm_start."""
    model = tn.TinyNetClassifier(2, epochs=2, warm_start=True, random_state=42).fit(IRIS, FLOWERS)
    model.fit(IRIS, FLOWERS).fit(IRIS, np.repeat([0, 1, 2], [40, 40, 70]))
    for counts, labels in (
        ([75, 75], [0, 1]), ([50, 50, 50], [0, 1, 3]), ([37, 37, 38, 38], [0, 1, 2, 3]), ([30] * 5, [0, 1, 2, 3, 4]),
    ):  # fmt: skip
        model = tn.TinyNetClassifier(2, epochs=2, warm_start=True, random_state=42).fit(IRIS, FLOWERS)
        with pytest.raises(ValueError, match=r"With warm_start, y must have the classes of the first fit"):
            model.fit(IRIS, np.repeat(labels, counts))


@pytest.mark.parametrize("Estimator", BOTH)
def test_each_warm_start_has_all_epochs(Estimator):
    """Adapt test_warm_start_full_iteration and test_mlp_warm_start_no_convergence."""
    model = Estimator(hidden=2, optimizer="sgd", warm_start=True, epochs=3)
    assert model.fit(IRIS, FLOWERS).n_iter_ == 3
    assert model.fit(IRIS, FLOWERS).n_iter_ == 3
    assert model.set_params(epochs=20).fit(IRIS, FLOWERS).n_iter_ == 20
    assert len(model.loss_curve_) == 26


def test_the_validation_rows_are_stratified():
    """Adapt test_early_stopping_stratified."""
    with pytest.raises(ValueError, match="class '1' has 1 row"):
        tn.TinyNetClassifier(patience=3).fit([[1, 2], [2, 3], [3, 4], [4, 5]], [0, 0, 0, 1])


def test_early_stopping_takes_words_as_labels():
    """Adapt test_mlp_early_stopping_string_labels."""
    rows, labels = make_classification(
        n_samples=200, n_features=10, n_classes=3, n_informative=5, random_state=42
    )
    words = np.array(["class_a", "class_b", "class_c"], dtype=object)[labels]
    model = tn.TinyNetClassifier(patience=5, epochs=50, random_state=42).fit(rows, words)
    losses = model.recording_.validation_per_epoch
    assert len(losses) == model.n_iter_
    assert np.isfinite(losses).all()


@pytest.mark.parametrize("Estimator", BOTH)
def test_the_type_of_the_rows_does_not_matter(Estimator):
    """Adapt test_mlp_classifier_dtypes_casting and test_mlp_regressor_dtypes_casting."""
    fitted = [
        Estimator((5, 3), epochs=50, random_state=1).fit(DIGITS_2[:100].astype(kind), LABELS_2[:100])
        for kind in (np.float64, np.float32, np.int8)
    ]
    for model in fitted[1:]:
        assert model.network_ == fitted[0].network_
        assert (model.predict(DIGITS_2.astype(np.float32)) == fitted[0].predict(DIGITS_2)).all()


def test_a_loaded_regressor_learns_another_target(tmp_path):
    """Adapt test_mlp_loading_from_joblib_partial_fit."""
    trained = tn.TinyNetRegressor((42,), random_state=42, learning_rate=0.01, weight_decay=0, epochs=200)
    trained.fit([[2], [3]], [4, 5])
    joblib.dump(trained, tmp_path / "model.joblib")
    model = joblib.load(tmp_path / "model.joblib")
    for _ in range(200):
        model.partial_fit([[2]], [1])
    np.testing.assert_allclose(model.predict([[2]]), [1], rtol=1e-4)


@pytest.mark.parametrize("Estimator", BOTH)
def test_names_of_features_survive_early_stopping(Estimator):
    """Adapt test_preserve_feature_names."""
    table = pd.DataFrame(np.random.RandomState(0).randn(20, 2), columns=["width", "height"])
    model = Estimator(patience=3, epochs=5).fit(table, pd.Series([0, 1] * 10, name="kind"))
    assert model.feature_names_in_.tolist() == ["width", "height"]
    assert model.recording_.validation.columns == ("width", "height")


@pytest.mark.parametrize("Estimator", BOTH)
def test_a_warm_start_may_stop_early(Estimator):
    """Adapt test_mlp_warm_start_with_early_stopping."""
    model = Estimator(epochs=10, patience=5, warm_start=True, random_state=0).fit(IRIS, FLOWERS)
    rows = model.recording_.validation.names
    done = len(model.loss_curve_)
    model.set_params(epochs=20).fit(IRIS, FLOWERS)
    assert len(model.loss_curve_) > done
    assert model.recording_.validation.names == rows  # no row changes from one part to the other


@pytest.mark.parametrize("Estimator", BOTH)
def test_partial_fit_refuses_early_stopping(Estimator):
    """Adapt test_mlp_partial_fit_after_fit."""
    model = Estimator(patience=5, epochs=5, random_state=0).fit(IRIS, FLOWERS)
    with pytest.raises(ValueError, match="partial_fit does not support early stopping"):
        model.partial_fit(IRIS, FLOWERS)


def test_a_diverging_regression_with_early_stopping_says_so():
    """Adapt test_mlp_diverging_loss: TinyNet raises an error with the reason."""
    model = tn.TinyNetRegressor(
        100, "identity", optimizer="sgd", learning_rate=10, schedule="constant", patience=10
    )
    with pytest.raises(ValueError, match="the training diverged: .* Try a learning rate below 10"):
        model.set_params(epochs=2000, random_state=0).fit(IRIS, FLOWERS)


def test_equal_sample_weights_change_nothing_with_early_stopping():
    """Adapt test_mlp_sample_weight_with_early_stopping."""
    rows, targets = make_regression(n_samples=100, n_features=2, n_informative=2, random_state=42)
    model = tn.TinyNetRegressor(10, patience=3, batch_size=10, random_state=42)
    plain = model.fit(rows, targets).predict(rows)
    assert (model.fit(rows, targets, sample_weight=np.ones_like(targets)).predict(rows) == plain).all()


def test_too_few_rows_for_a_validation_set_are_refused():
    """Adapt test_minimum_input_sample_size."""
    rows, targets = make_regression(n_samples=2, n_features=5, random_state=0)
    with pytest.raises(ValueError, match="validation_fraction is 0.1 and would hold out 0 of 2"):
        tn.TinyNetRegressor(patience=3, validation_fraction=0.1, random_state=0).fit(rows, targets)
