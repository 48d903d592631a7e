import math

import numpy as np
import pytest
import sklearn.calibration
import sklearn.linear_model
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from tinynet.errors import TinyNetError
from tinynet.evaluation import calibration

SEEDS = st.integers(0, 2**32 - 1)


def predicted_and_outcomes(seed, count=400, networks=None):
    """Return overconfident probabilities and their outcomes."""
    draw = np.random.default_rng(seed)
    truth = draw.beta(0.7, 0.7, size=count)
    shape = (count,) if networks is None else (networks, count)
    probabilities = np.clip(truth + 0.2 * draw.standard_normal(shape), 0.001, 0.999)
    return probabilities, (draw.random(count) < truth).astype(float)


def test_outputs_have_a_probability_and_a_confidence():
    """Check two outputs of 0: undecided as a probability, and a confident "neither" in the scores."""
    assert calibration.probability([[1.0, 0.0], [0.0, 0.0], [0.25, 0.5]]).tolist() == [1.0, 0.5, 0.375]
    assert calibration.probability([[2.0, -1.0]]).tolist() == [1.0]
    assert calibration.probability([[0.3]]).tolist() == [0.3]
    assert calibration.confidence([[0.3]]).tolist() == [0.7]
    assert calibration.confidence([[0.1, 0.3, 0.6]]).tolist() == [0.6]
    neither, either = [[0.0, 0.0]], [[0.5, 0.5]]
    assert calibration.over_outputs(calibration.brier, neither, either) == 0.5
    assert calibration.over_outputs(calibration.brier, either, either) == 0.25
    with pytest.raises(TinyNetError, match="the number of outputs is 3. It must be 1 or 2"):
        calibration.probability([[0.1, 0.3, 0.6]])


@given(seed=SEEDS)
def test_scores_agree_with_scikit_learn(seed):
    probabilities, outcomes = predicted_and_outcomes(seed)
    assert calibration.brier(probabilities, outcomes) == pytest.approx(
        sklearn.metrics.brier_score_loss(outcomes, probabilities)
    )
    assert calibration.cross_entropy(probabilities, outcomes) == pytest.approx(
        sklearn.metrics.log_loss(outcomes, probabilities)
    )
    coarse = probabilities.round(1)  # with equal values
    for scores in (probabilities, coarse):
        assert calibration.auroc(scores, outcomes == 1) == pytest.approx(
            sklearn.metrics.roc_auc_score(outcomes, scores)
        )


@pytest.mark.torch
@given(seed=SEEDS, bins=st.integers(1, 20))
def test_bins_agree_with_scikit_learn_and_torchmetrics(seed, bins):
    import torch
    from torchmetrics.functional.classification import binary_calibration_error

    probabilities, outcomes = predicted_and_outcomes(seed)
    found = calibration.reliability(probabilities, outcomes, bins=bins)
    share, mean = sklearn.calibration.calibration_curve(outcomes, probabilities, n_bins=bins)
    full = found.count > 0
    assert found.observed[full] == pytest.approx(share)
    assert found.predicted[full] == pytest.approx(mean)
    assert np.isnan(found.observed[~full]).all()
    expected = binary_calibration_error(
        torch.tensor(probabilities), torch.tensor(outcomes).long(), n_bins=bins
    )
    assert found.ece == pytest.approx(float(expected), abs=1e-6)


def test_a_bin_contains_its_lower_edge_and_the_last_contains_1():
    found = calibration.reliability([0.0, 0.5, 1.0], [0, 1, 1], bins=2)
    assert found.count.tolist() == [1, 2]
    assert found.edges.tolist() == [0, 0.5, 1]
    assert found.intervals[1] == pytest.approx([0.342, 1.0], abs=1e-3)
    empty = calibration.reliability([0.1], [0], bins=2)
    assert empty.intervals[1].tolist() == [0, 1]
    assert empty.ece == pytest.approx(0.1)


@given(seed=SEEDS)
def test_many_networks_have_the_scores_of_single_networks(seed):
    probabilities, outcomes = predicted_and_outcomes(seed, networks=6)
    probabilities = probabilities.reshape(2, 3, -1)

    def ece(p, t):
        return calibration.reliability(p, t).ece

    for score in (calibration.brier, calibration.cross_entropy, ece, calibration.temperature):
        found = score(probabilities, outcomes)
        assert found.shape == (2, 3)
        assert found[1, 2] == pytest.approx(score(probabilities[1, 2], outcomes))
    assert calibration.auroc(probabilities, outcomes == 1)[1, 2] == calibration.auroc(
        probabilities[1, 2], outcomes == 1
    )


@given(seed=SEEDS)
def test_a_probability_as_outcome_has_the_expected_score(seed):
    draw = np.random.default_rng(seed)
    probabilities, chances = draw.random(20), draw.random(20)
    for score in (calibration.brier, calibration.cross_entropy):
        each = [[score(probabilities[k : k + 1], [y]) for y in (0.0, 1.0)] for k in range(20)]
        expected = np.mean([(1 - t) * no + t * yes for t, (no, yes) in zip(chances, each, strict=True)])
        assert score(probabilities, chances) == pytest.approx(expected)


def test_epsilon_bounds_the_cross_entropy():
    assert calibration.cross_entropy([0.0], [1.0]) == pytest.approx(-math.log(1e-7))
    assert calibration.cross_entropy([0.0], [1.0], epsilon=0.01) == pytest.approx(-math.log(0.01))


def test_auroc_counts_pairs():
    scores, positive = np.array([3, 1, 2, 2, 5, 0]), np.array([1, 0, 1, 0, 1, 0], bool)
    pairs = [(p > n) + (p == n) / 2 for p in scores[positive] for n in scores[~positive]]
    assert calibration.auroc(scores, positive) == pytest.approx(np.mean(pairs))
    assert calibration.auroc(np.ones(6), positive) == 0.5


@given(seed=SEEDS)
def test_abstention_answers_examples_above_the_threshold(seed):
    draw = np.random.default_rng(seed)
    sure, right = draw.integers(0, 6, 30) / 5, draw.integers(0, 3, 30) / 2
    curve = calibration.abstention(sure, right)
    assert curve.thresholds.tolist() == sorted(set(sure.tolist()), reverse=True)
    for threshold, coverage, error in zip(curve.thresholds, curve.coverage, curve.error, strict=True):
        assert coverage == (sure >= threshold).mean()
        assert error == pytest.approx(1 - right[sure >= threshold].mean())
    assert curve.coverage[-1] == 1


def test_the_threshold_has_the_largest_coverage():
    curve = calibration.abstention([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 1])
    assert curve.error.tolist() == pytest.approx([0, 1 / 2, 1 / 3, 1 / 4])
    assert curve.threshold(0.3) == 0.6
    assert curve.threshold(0.2) == 0.9
    bad = calibration.abstention([0.9, 0.8], [0, 1])
    with pytest.raises(TinyNetError, match="error is 0.1. It must be at least 0.5, the lowest error"):
        bad.threshold(0.1)


@pytest.mark.parametrize("factor", [0.4, 1.0, 3.0])
def test_temperature_measures_overconfidence(factor):
    draw = np.random.default_rng(0)
    truth = draw.beta(2, 2, size=50_000)
    outcomes = (draw.random(len(truth)) < truth).astype(float)
    probabilities = calibration.scaled(truth, 1 / factor)
    found = calibration.temperature(probabilities, outcomes)
    assert found == pytest.approx(factor, rel=0.05)
    exact = calibration.temperature(probabilities, truth)  # probabilities as outcomes have no sampling error
    assert exact == pytest.approx(factor, rel=1e-4)  # except for the clipping by epsilon
    inside = (probabilities > 1e-6) & (probabilities < 1 - 1e-6)
    assert calibration.scaled(probabilities, exact)[inside] == pytest.approx(truth[inside], abs=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_temperature_agrees_with_logistic_regression(seed):
    """Compare 1 / T with the coefficient of a logistic regression on the log-odds."""
    probabilities, outcomes = predicted_and_outcomes(seed)
    odds = np.log(probabilities / (1 - probabilities))[:, None]
    coefficient = (
        sklearn.linear_model.LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10)
        .fit(odds, outcomes)
        .coef_
    )
    assert 1 / calibration.temperature(probabilities, outcomes) == pytest.approx(coefficient.item(), rel=1e-5)


@given(seed=SEEDS)
def test_no_other_temperature_is_better(seed):
    probabilities, outcomes = predicted_and_outcomes(seed)
    best = calibration.temperature(probabilities, outcomes)

    def score(t):
        return calibration.cross_entropy(calibration.scaled(probabilities, t), outcomes)

    assert score(best) <= min(score(best * factor) for factor in (0.5, 0.9, 0.99, 1.01, 1.1, 2.0)) + 1e-12


def test_the_temperature_has_a_minimum_and_a_maximum():
    assert calibration.temperature([0.9, 0.1], [1, 0]) == pytest.approx(
        0.01
    )  # always correct and therefore underconfident
    assert calibration.temperature([0.9, 0.1], [0, 1]) == pytest.approx(100)


@pytest.mark.parametrize(
    ("probabilities", "outcomes", "message"),
    [
        ([0.5, 0.5], [1], r"probabilities has shape \(2,\) and outcomes has shape \(1,\)"),
        ([], [], r"shape \(0,\)"),
        ([1.5], [1], "probabilities contains numbers outside 0 to 1"),
        ([math.nan], [1], "probabilities contains numbers outside 0 to 1"),
        ([0.5], [2], "outcomes contains numbers outside 0 to 1"),
    ],
)
def test_predictions_of_wrong_shape_or_value_are_refused(probabilities, outcomes, message):
    with pytest.raises(TinyNetError, match=message):
        calibration.brier(probabilities, outcomes)


def test_unsupported_arguments_are_refused():
    with pytest.raises(TinyNetError, match="the examples have 2 positives and 0 negatives"):
        calibration.auroc([0.1, 0.2], [True, True])
    with pytest.raises(TinyNetError, match="bins is 0"):
        calibration.reliability([0.1], [1], bins=0)
    with pytest.raises(TinyNetError, match="It must have one axis"):
        calibration.abstention([[0.1]], [1])
