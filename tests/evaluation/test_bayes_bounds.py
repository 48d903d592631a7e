import math

import numpy as np
import pytest

from tinynet import rng
from tinynet.data.world import World
from tinynet.evaluation import bayes, bayes_bounds


@pytest.mark.slow
@pytest.mark.parametrize(
    ("noise", "accuracy", "brier", "cross_entropy", "auroc"),
    [
        (0.1, 0.9967, 0.1307, 0.368, 0.997),
        (0.2, 0.9404, 0.1631, 0.476, 0.914),
        (0.3, 0.8371, 0.1977, 0.572, 0.780),
    ],
)
def test_bayes_scores_have_known_values(noise, accuracy, brier, cross_entropy, auroc):
    found = bayes_bounds.bayes_scores(World(noise=noise), count=60_000, seed=1)
    for name, known in (
        ("accuracy", accuracy),
        ("brier", brier),
        ("cross_entropy", cross_entropy),
        ("auroc", auroc),
    ):
        value, error = getattr(found, name)
        assert 0 < error < 0.003
        assert abs(value - known) < 4 * error + 0.0005, name  # the known values are rounded


def test_predicting_one_half_has_known_scores():
    targets = np.array([1.0, 0.0, 0.5, 0.5])
    found = bayes_bounds.scores_of(np.full(4, 0.5), targets)
    values = (found.accuracy.value, found.brier.value, found.cross_entropy.value, found.auroc.value)
    assert values == pytest.approx((0.5, 0.25, math.log(2), 0.5))


def test_coin_labels_and_soft_labels_have_equal_scores():
    soft, coin = (bayes_bounds.bayes_scores(World(labels=labels), count=500) for labels in ("soft", "coin"))
    assert soft == coin


@pytest.mark.slow
def test_drawn_coin_labels_agree_within_the_standard_error():
    world = World(labels="coin")
    inputs, targets, _ = world.draw(np.arange(40_000), seed=3)
    best = bayes.posterior(world, inputs)
    value, error = bayes_bounds.bayes_scores(world, count=40_000, seed=3).brier
    assert abs(((best - targets) ** 2).mean() - value) < 4 * error


def test_predictions_other_than_the_posterior_have_worse_scores():
    world = World()
    inputs, _, rows = world.draw(np.arange(20_000), seed=4, stream=rng.VALIDATION)
    targets, best = world.patterns.targets[rows, 0], bayes.posterior(world, inputs)[:, 0]
    bound = bayes_bounds.bayes_scores(world, count=20_000, seed=4, stream=rng.VALIDATION)
    assert bound == bayes_bounds.scores_of(best, targets)
    for other in (0.9 * best + 0.05, np.clip(1.1 * best - 0.05, 0, 1), 0.8 * best + 0.1 * (inputs[:, 0] + 1)):
        scores = bayes_bounds.scores_of(np.clip(other, 0, 1), targets)
        assert scores.brier.value > bound.brier.value
        assert scores.cross_entropy.value > bound.cross_entropy.value


def test_the_standard_errors_agree_with_repeated_estimates():
    found = [bayes_bounds.bayes_scores(World(), count=1000, seed=seed) for seed in range(40)]
    for name in ("accuracy", "brier", "cross_entropy", "auroc"):
        values, errors = np.array([getattr(f, name) for f in found]).T
        assert 0.7 < values.std() / errors.mean() < 1.4, name


def test_a_world_without_lines_or_ambiguous_pictures_has_nan_scores():
    lines, doubt = (bayes_bounds.bayes_scores(World(doubt=share), count=200) for share in (0.0, 1.0))
    assert math.isnan(lines.auroc.value)
    assert lines.accuracy.value > 0.8
    assert math.isnan(doubt.accuracy.value)
    assert doubt.brier.value == 0.25
    assert "accuracy nan ± nan, brier 0.2500 ± 0.0000" in str(doubt)


def test_an_estimate_is_the_mean_and_its_standard_error():
    horizontal, targets = np.random.default_rng(0).random(999), np.tile([1.0, 0.0, 0.5], 333)
    found = bayes_bounds.scores_of(horizontal, targets).brier
    squares = (horizontal - targets) ** 2 + targets * (1 - targets)
    assert found == pytest.approx((squares.mean(), squares.std() / math.sqrt(999)), rel=1e-12)
