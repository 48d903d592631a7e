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


def said_and_happened(seed, count=400, networks=None):
    """Probabilities, too sure of themselves, and what happened."""
    draw = np.random.default_rng(seed)
    truth = draw.beta(0.7, 0.7, size=count)
    shape = (count,) if networks is None else (networks, count)
    said = np.clip(truth + 0.2 * draw.standard_normal(shape), 0.001, 0.999)
    return said, (draw.random(count) < truth).astype(float)


def test_what_two_outputs_mean():
    """Both outputs dark is undecided where one number is wanted, and a confident "neither" where both are scored."""
    assert calibration.probability([[1.0, 0.0], [0.0, 0.0], [0.25, 0.5]]).tolist() == [1.0, 0.5, 0.375]
    assert calibration.probability([[2.0, -1.0]]).tolist() == [1.0]
    assert calibration.probability([[0.3]]).tolist() == [0.3]
    assert calibration.confidence([[0.3]]).tolist() == [0.7]
    assert calibration.confidence([[0.1, 0.3, 0.6]]).tolist() == [0.6]
    neither, either = [[0.0, 0.0]], [[0.5, 0.5]]
    assert calibration.over_outputs(calibration.brier, neither, either) == 0.5
    assert calibration.over_outputs(calibration.brier, either, either) == 0.25
    with pytest.raises(TinyNetError, match="there are 3 outputs"):
        calibration.probability([[0.1, 0.3, 0.6]])


@given(seed=SEEDS)
def test_scores_are_scikit_learns(seed):
    said, happened = said_and_happened(seed)
    assert calibration.brier(said, happened) == pytest.approx(
        sklearn.metrics.brier_score_loss(happened, said)
    )
    assert calibration.cross_entropy(said, happened) == pytest.approx(
        sklearn.metrics.log_loss(happened, said)
    )
    coarse = said.round(1)  # with ties
    for scores in (said, coarse):
        assert calibration.auroc(scores, happened == 1) == pytest.approx(
            sklearn.metrics.roc_auc_score(happened, scores)
        )


@pytest.mark.torch
@given(seed=SEEDS, bins=st.integers(1, 20))
def test_bins_are_scikit_learns_and_torchmetrics(seed, bins):
    import torch
    from torchmetrics.functional.classification import binary_calibration_error

    said, happened = said_and_happened(seed)
    found = calibration.reliability(said, happened, bins=bins)
    share, mean = sklearn.calibration.calibration_curve(happened, said, n_bins=bins)
    full = found.count > 0
    assert found.observed[full] == pytest.approx(share)
    assert found.predicted[full] == pytest.approx(mean)
    assert np.isnan(found.observed[~full]).all()
    expected = binary_calibration_error(torch.tensor(said), torch.tensor(happened).long(), n_bins=bins)
    assert found.ece == pytest.approx(float(expected), abs=1e-6)


def test_a_bin_holds_its_lower_edge_and_the_last_holds_one():
    found = calibration.reliability([0.0, 0.5, 1.0], [0, 1, 1], bins=2)
    assert found.count.tolist() == [1, 2]
    assert found.edges.tolist() == [0, 0.5, 1]
    assert found.intervals[1] == pytest.approx([0.342, 1.0], abs=1e-3)
    empty = calibration.reliability([0.1], [0], bins=2)
    assert empty.intervals[1].tolist() == [0, 1]
    assert empty.ece == pytest.approx(0.1)


@given(seed=SEEDS)
def test_many_networks_are_judged_as_one_by_one(seed):
    said, happened = said_and_happened(seed, networks=6)
    said = said.reshape(2, 3, -1)

    def ece(p, t):
        return calibration.reliability(p, t).ece

    for score in (calibration.brier, calibration.cross_entropy, ece, calibration.temperature):
        found = score(said, happened)
        assert found.shape == (2, 3)
        assert found[1, 2] == pytest.approx(score(said[1, 2], happened))
    assert calibration.auroc(said, happened == 1)[1, 2] == calibration.auroc(said[1, 2], happened == 1)


@given(seed=SEEDS)
def test_a_chance_is_judged_on_average_over_the_coin(seed):
    draw = np.random.default_rng(seed)
    said, chance = draw.random(20), draw.random(20)
    for score in (calibration.brier, calibration.cross_entropy):
        each = [[score(said[k : k + 1], [y]) for y in (0.0, 1.0)] for k in range(20)]
        expected = np.mean([(1 - t) * no + t * yes for t, (no, yes) in zip(chance, each, strict=True)])
        assert score(said, chance) == pytest.approx(expected)


def test_certainty_that_is_wrong_costs_what_epsilon_says():
    assert calibration.cross_entropy([0.0], [1.0]) == pytest.approx(-math.log(1e-7))
    assert calibration.cross_entropy([0.0], [1.0], epsilon=0.01) == pytest.approx(-math.log(0.01))


def test_the_area_counts_pairs():
    scores, positive = np.array([3, 1, 2, 2, 5, 0]), np.array([1, 0, 1, 0, 1, 0], bool)
    pairs = [(p > n) + (p == n) / 2 for p in scores[positive] for n in scores[~positive]]
    assert calibration.auroc(scores, positive) == pytest.approx(np.mean(pairs))
    assert calibration.auroc(np.ones(6), positive) == 0.5


@given(seed=SEEDS)
def test_abstention_answers_those_at_least_as_confident(seed):
    draw = np.random.default_rng(seed)
    sure, right = draw.integers(0, 6, 30) / 5, draw.integers(0, 3, 30) / 2
    curve = calibration.abstention(sure, right)
    assert curve.thresholds.tolist() == sorted(set(sure.tolist()), reverse=True)
    for threshold, coverage, error in zip(curve.thresholds, curve.coverage, curve.error, strict=True):
        assert coverage == (sure >= threshold).mean()
        assert error == pytest.approx(1 - right[sure >= threshold].mean())
    assert curve.coverage[-1] == 1


def test_a_threshold_for_a_wanted_error_answers_the_most():
    curve = calibration.abstention([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 1])
    assert curve.error.tolist() == pytest.approx([0, 1 / 2, 1 / 3, 1 / 4])
    assert curve.threshold(0.3) == 0.6
    assert curve.threshold(0.2) == 0.9
    bad = calibration.abstention([0.9, 0.8], [0, 1])
    with pytest.raises(TinyNetError, match="no threshold brings the error down to 0.1; the least is 0.5"):
        bad.threshold(0.1)


@pytest.mark.parametrize("sureness", [0.4, 1.0, 3.0])
def test_temperature_finds_how_much_too_sure(sureness):
    draw = np.random.default_rng(0)
    truth = draw.beta(2, 2, size=50_000)
    happened = (draw.random(len(truth)) < truth).astype(float)
    said = calibration.scaled(truth, 1 / sureness)
    found = calibration.temperature(said, happened)
    assert found == pytest.approx(sureness, rel=0.05)
    exact = calibration.temperature(said, truth)  # the chances themselves: nothing is left to luck
    assert exact == pytest.approx(sureness, rel=1e-4)  # but for epsilon
    inside = (said > 1e-6) & (said < 1 - 1e-6)
    assert calibration.scaled(said, exact)[inside] == pytest.approx(truth[inside], abs=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_temperature_is_scikit_learns_slope(seed):
    """A logistic regression on the log-odds, without penalty and intercept, has the slope 1 / T."""
    said, happened = said_and_happened(seed)
    odds = np.log(said / (1 - said))[:, None]
    slope = (
        sklearn.linear_model.LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10)
        .fit(odds, happened)
        .coef_
    )
    assert 1 / calibration.temperature(said, happened) == pytest.approx(slope.item(), rel=1e-5)


@given(seed=SEEDS)
def test_no_other_temperature_is_better(seed):
    said, happened = said_and_happened(seed)
    best = calibration.temperature(said, happened)

    def score(t):
        return calibration.cross_entropy(calibration.scaled(said, t), happened)

    assert score(best) <= min(score(best * factor) for factor in (0.5, 0.9, 0.99, 1.01, 1.1, 2.0)) + 1e-12


def test_a_temperature_has_an_end():
    assert calibration.temperature([0.9, 0.1], [1, 0]) == pytest.approx(
        0.01
    )  # always right: never sure enough
    assert calibration.temperature([0.9, 0.1], [0, 1]) == pytest.approx(100)


@pytest.mark.parametrize(
    ("said", "happened", "message"),
    [
        ([0.5, 0.5], [1], r"probabilities has shape \(2,\) and outcomes \(1,\)"),
        ([], [], r"shape \(0,\)"),
        ([1.5], [1], "probabilities has numbers outside 0 to 1"),
        ([math.nan], [1], "probabilities has numbers outside 0 to 1"),
        ([0.5], [2], "outcomes has numbers outside 0 to 1"),
    ],
)
def test_scores_say_what_does_not_fit(said, happened, message):
    with pytest.raises(TinyNetError, match=message):
        calibration.brier(said, happened)


def test_other_questions_that_cannot_be_answered():
    with pytest.raises(TinyNetError, match="there are 2 positives and 0 negatives"):
        calibration.auroc([0.1, 0.2], [True, True])
    with pytest.raises(TinyNetError, match="bins is 0"):
        calibration.reliability([0.1], [1], bins=0)
    with pytest.raises(TinyNetError, match="the curve is drawn of one network"):
        calibration.abstention([[0.1]], [1])
