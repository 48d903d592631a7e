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
def test_the_known_floors(noise, accuracy, brier, cross_entropy, auroc):
    found = bayes_bounds.bayes_scores(World(noise=noise), count=60_000, seed=1)
    for name, known in (
        ("accuracy", accuracy),
        ("brier", brier),
        ("cross_entropy", cross_entropy),
        ("auroc", auroc),
    ):
        value, error = getattr(found, name)
        assert 0 < error < 0.003
        assert abs(value - known) < 4 * error + 0.0005, name  # the known figures are rounded


def test_one_half_to_everything():
    targets = np.array([1.0, 0.0, 0.5, 0.5])
    found = bayes_bounds.of_answers(np.full(4, 0.5), targets)
    values = (found.accuracy.value, found.brier.value, found.cross_entropy.value, found.auroc.value)
    assert values == pytest.approx((0.5, 0.25, math.log(2), 0.5))


def test_a_coins_world_has_the_floors_of_a_soft_one():
    soft, coin = (bayes_bounds.bayes_scores(World(labels=labels), count=500) for labels in ("soft", "coin"))
    assert soft == coin


@pytest.mark.slow
def test_coins_themselves_score_the_same_within_their_luck():
    world = World(labels="coin")
    inputs, targets, _ = world.draw(np.arange(40_000), seed=3)
    best = bayes.posterior(world, inputs)
    value, error = bayes_bounds.bayes_scores(world, count=40_000, seed=3).brier
    assert abs(((best - targets) ** 2).mean() - value) < 4 * error


def test_nothing_else_is_better():
    world = World()
    inputs, _, rows = world.draw(np.arange(20_000), seed=4, stream=rng.VALIDATION)
    targets, best = world.patterns.targets[rows, 0], bayes.posterior(world, inputs)[:, 0]
    floor = bayes_bounds.bayes_scores(world, count=20_000, seed=4, stream=rng.VALIDATION)
    assert floor == bayes_bounds.of_answers(best, targets)
    for other in (0.9 * best + 0.05, np.clip(1.1 * best - 0.05, 0, 1), 0.8 * best + 0.1 * (inputs[:, 0] + 1)):
        judged = bayes_bounds.of_answers(np.clip(other, 0, 1), targets)
        assert judged.brier.value > floor.brier.value
        assert judged.cross_entropy.value > floor.cross_entropy.value


def test_the_errors_are_those_of_many_drawings():
    found = [bayes_bounds.bayes_scores(World(), count=1000, seed=seed) for seed in range(40)]
    for name in ("accuracy", "brier", "cross_entropy", "auroc"):
        values, errors = np.array([getattr(f, name) for f in found]).T
        assert 0.7 < values.std() / errors.mean() < 1.4, name


def test_a_world_of_one_kind_lacks_what_needs_two():
    lines, doubt = (bayes_bounds.bayes_scores(World(doubt=share), count=200) for share in (0.0, 1.0))
    assert math.isnan(lines.auroc.value)
    assert lines.accuracy.value > 0.8
    assert math.isnan(doubt.accuracy.value)
    assert doubt.brier.value == 0.25
    assert "accuracy nan ± nan, brier 0.2500 ± 0.0000" in str(doubt)


def test_an_estimate_is_numpys_mean_and_standard_error():
    horizontal, targets = np.random.default_rng(0).random(999), np.tile([1.0, 0.0, 0.5], 333)
    found = bayes_bounds.of_answers(horizontal, targets).brier
    squares = (horizontal - targets) ** 2 + targets * (1 - targets)
    assert found == pytest.approx((squares.mean(), squares.std() / math.sqrt(999)), rel=1e-12)
