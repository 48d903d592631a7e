import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinynet.data import pictures
from tinynet.data.world import World
from tinynet.errors import TinyNetError
from tinynet.evaluation import bayes
from tinynet.evaluation.symmetry import SWAPS, views

NOISES = st.floats(0.03, 2.0)
ENDS = st.lists(st.floats(0, 1), min_size=4, max_size=4).map(sorted)
PICTURES = st.lists(st.floats(0, 1), min_size=4, max_size=4)
CANONICAL = pictures.binary().inputs[
    [k for k in range(16) if k not in (3, 5, 10, 12)]
]  # without the four lines


def worlds(ends, noise, doubt=0.5):
    return World(noise=noise, doubt=doubt, dark=(ends[0], ends[1]), bright=(ends[2], ends[3]))


def likelihood(x, level, noise):
    """Return the likelihood of one pixel, in plain Python."""
    if x in (0.0, 1.0):
        far = level if x == 0.0 else 1 - level
        return math.erfc(far / noise / math.sqrt(2)) / 2
    return math.exp(-(((x - level) / noise) ** 2) / 2)  # without the factor common to all hypotheses


def group(pixels, ends, noise, steps=400):
    """Return the mean likelihood over all levels, by the midpoint rule."""
    levels = [ends[0] + (ends[1] - ends[0]) * (k + 0.5) / steps for k in range(steps)]
    return sum(math.prod(likelihood(x, level, noise) for x in pixels) for level in levels) / steps


def posterior_by_loop(world, picture):
    """Return P(horizontal) and P(ambiguous) by a loop over the patterns."""
    table, mass = world.patterns, {(1.0, 0.0): 0.0, (0.0, 1.0): 0.0, (0.5, 0.5): 0.0}
    for row, (mask, target) in enumerate(zip(table.masks, table.targets, strict=True)):
        if row < table.lines:
            prior = (1 - world.doubt) / table.lines
        else:
            prior = world.doubt / (len(table.masks) - table.lines)
        lit = [x for x, bright in zip(picture, mask, strict=True) if bright]
        unlit = [x for x, bright in zip(picture, mask, strict=True) if not bright]
        if table.is_flat[row]:
            found = group(picture, world.flat, world.noise)
        else:
            found = group(lit, world.bright, world.noise) * group(unlit, world.dark, world.noise)
        mass[tuple(target)] += prior * found
    h, v, doubt = mass.values()
    return (h + doubt / 2) / (h + v + doubt), doubt / (h + v + doubt)


@pytest.mark.parametrize("world", [World(), World(noise=0.5, doubt=0.2), World(n=3)])
def test_the_posterior_agrees_with_a_loop_over_the_patterns(world):
    inputs, _, _ = world.draw(np.arange(6 if world.n == 2 else 2), seed=1)
    best, doubt = bayes.posterior(world, inputs), bayes.ambiguous(world, inputs)
    for k, picture in enumerate(inputs.tolist()):
        assert (best[k, 0], doubt[k]) == pytest.approx(posterior_by_loop(world, picture), abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    "world", [World(), World(noise=0.4, doubt=0.3, labels="coin"), World(noise=0.3, n=3)]
)
def test_the_posterior_is_calibrated(world):
    """Compare predicted and observed frequencies in each bin of the probability."""
    count = 40_000 if world.n == 2 else 10_000
    inputs, _, rows = world.draw(np.arange(count), seed=2)
    targets = world.patterns.targets[rows]
    cases = [
        (bayes.posterior(world, inputs)[:, 0], targets[:, 0]),
        (bayes.ambiguous(world, inputs), (targets[:, 0] == 0.5).astype(float)),
    ]
    for predicted, observed in cases:
        bins = (predicted * 10).astype(int)
        for k in np.unique(bins):
            some = bins == k
            errors = (predicted - observed)[some]
            if some.sum() > 100:
                assert abs(errors.mean()) < 4.5 * errors.std() / math.sqrt(some.sum()) + 1e-3


@given(
    inputs=st.lists(st.lists(st.floats(0.3, 0.7), min_size=4, max_size=4), min_size=1, max_size=5),
    levels=st.lists(st.floats(0.3, 0.7), min_size=2, max_size=2).map(sorted),
    noise=st.floats(0.1, 0.3),
)
def test_known_levels_have_a_closed_form(inputs, levels, noise):
    dark, bright = levels
    best = bayes.posterior(World(noise, 0.0, (bright, bright), (dark, dark)), inputs)
    expected = bayes.closed_form(inputs, bright=bright, dark=dark, noise=noise)
    assert np.log(best[:, 0] / best[:, 1]) == pytest.approx(expected, abs=1e-9)


@given(picture=PICTURES, ends=ENDS, noise=NOISES)
def test_all_eight_views_have_equal_posteriors(picture, ends, noise):
    best = bayes.posterior(worlds(ends, noise), views([picture])[:, 0])  # (8, 2)
    assert np.where(SWAPS, best[:, 1], best[:, 0]) == pytest.approx(best[0, 0], abs=1e-12)


def test_all_eight_views_of_a_larger_picture_have_equal_posteriors():
    world = World(n=4)
    every = views(world.draw(np.arange(50), seed=3)[0])  # (8, 50, 16)
    best = np.stack([bayes.posterior(world, view) for view in every])[..., 0]
    assert np.where(SWAPS[:, None], 1 - best, best) == pytest.approx(np.tile(best[0], (8, 1)), abs=1e-12)


@given(picture=PICTURES, ends=ENDS, noise=NOISES, doubt=st.floats(0, 0.9))
def test_the_optimal_class_is_the_sign_of_one_product(picture, ends, noise, doubt):
    """Check every noise, every level and every fraction of ambiguous pictures."""
    best = bayes.posterior(worlds(ends, noise, doubt), [picture])[0]
    margin, sign = best[0] - best[1], bayes.optimal_class([picture])[0]
    assert margin * sign >= -1e-12
    if sign == 0:
        assert abs(margin) < 1e-12


def test_the_optimal_class_agrees_with_the_posterior():
    inputs, _, _ = World().draw(np.arange(5000), seed=4)
    best = bayes.posterior(World(), inputs)
    margins = best[:, 0] - best[:, 1]
    assert (np.sign(margins) == bayes.optimal_class(inputs)).mean() > 0.999  # except for ties after rounding
    assert (margins * bayes.optimal_class(inputs) >= -1e-15).all()


@given(ends=ENDS, noise=NOISES, doubt=st.floats(0, 1), level=st.floats(0, 1))
def test_the_posterior_of_ambiguous_pictures_is_exactly_one_half(ends, noise, doubt, level):
    shown = np.concatenate([CANONICAL, np.full((1, 4), level)])
    assert (bayes.posterior(worlds(ends, noise, doubt), shown) == 0.5).all()
    assert (bayes.optimal_class(shown) == 0).all()


def test_the_posterior_of_larger_ambiguous_pictures_is_one_half():
    world = World(n=5)
    shown = world.patterns.masks[world.patterns.lines :]
    assert bayes.posterior(world, shown) == pytest.approx(np.full((len(shown), 2), 0.5), abs=1e-12)


@pytest.mark.parametrize("n", [2, 3, 8])
@pytest.mark.parametrize("noise", [0.05, 0.1, 0.2, 0.3, 1.0])
def test_more_quadrature_nodes_do_not_change_the_posterior(n, noise):
    world = World(noise=noise, n=n)
    inputs, _, _ = world.draw(np.arange(20 if n == 8 else 300), seed=5)
    assert bayes.posterior(world, inputs) == pytest.approx(bayes.posterior(world, inputs, finer=2), abs=1e-12)


@given(picture=PICTURES, ends=ENDS, noise=NOISES)
def test_the_posterior_is_a_probability(picture, ends, noise):
    world = worlds(ends, noise)
    best, doubt = bayes.posterior(world, [picture]), bayes.ambiguous(world, [picture])
    assert best.sum() == pytest.approx(1)
    assert 0 <= best.min() <= best.max() <= 1
    assert 0 <= doubt[0] <= 1


def test_faint_noise_does_not_underflow():
    """Check a tail at 50 standard deviations: its mass underflows, its logarithm does not."""
    best = bayes.posterior(World(noise=0.012), [[1.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 1.0]])
    assert best[0, 0] > 0.999999
    assert best[1, 0] == 0.5


def test_the_chunk_size_does_not_change_the_posterior(monkeypatch):
    inputs, _, _ = World().draw(np.arange(20), seed=6)
    whole = bayes.posterior(World(), inputs)
    monkeypatch.setattr(bayes, "MAX_TERMS", 1)
    assert bayes.posterior(World(), inputs) == pytest.approx(whole, abs=1e-15)


def test_unsupported_worlds_and_pictures_are_refused():
    with pytest.raises(
        TinyNetError, match="noise is 0. It must be above 0 to compute the Bayes-optimal prediction"
    ):
        bayes.posterior(World(noise=0), np.zeros((1, 4)))
    with pytest.raises(TinyNetError, match=r"shape \(1, 9\). It must be \(pictures, 4\) for this world"):
        bayes.posterior(World(), np.zeros((1, 9)))
    with pytest.raises(TinyNetError, match="pixels outside 0 to 1"):
        bayes.optimal_class([[0.0, 0.0, 0.0, 1.5]])
    with pytest.raises(TinyNetError, match="noise is 0"):
        bayes.closed_form(np.zeros((1, 4)), bright=0.8, dark=0.2, noise=0)


def test_the_logarithm_of_a_tail_agrees_with_mpmath():
    z = np.concatenate([np.linspace(0, 6, 601), np.geomspace(1e-9, 1e4, 200), [np.nextafter(2, 0), 2.0]])
    z = np.append(
        z, np.random.default_rng(0).uniform(1.4, 2, 10_000)
    )  # the series loses most digits at this point
    found = bayes._log_tail(z)
    with mpmath.workdps(40):
        exact = [mpmath.log(mpmath.erfc(mpmath.mpf(x) / mpmath.sqrt(2)) / 2) for x in z.tolist()]
        errors = [abs(mpmath.mpf(a) / b - 1) for a, b in zip(found.tolist(), exact, strict=True)]
    assert max(errors) < 6e-15


def legendre(count, x):
    """Return the polynomial and its derivative at x, in mpmath."""
    before, here = mpmath.mpf(1), x
    for j in range(2, count + 1):
        before, here = here, ((2 * j - 1) * x * here - (j - 1) * before) / j
    return here, count * (before - x * here) / (1 - x * x)


@pytest.mark.parametrize("count", [1, 2, 3, 16, 31, 64, 150])
def test_nodes_and_weights_agree_with_mpmath(count):
    nodes, weights = bayes._quadrature(count)
    with mpmath.workdps(40):
        for node, weight in zip(nodes.tolist(), weights.tolist(), strict=True):
            exact = mpmath.mpf(node)
            for _ in range(3):  # Newton's method, starting at the node
                value, slope = legendre(count, exact)
                exact -= value / slope
            assert abs(node - exact) < 1e-15
            assert abs(weight - 2 / ((1 - exact**2) * legendre(count, exact)[1] ** 2)) < 1e-15
    assert (np.diff(nodes) > 0).all()
    assert nodes.tolist() == (-nodes[::-1]).tolist()
