import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinynet import rng

SEEDS = st.integers(0, 2**32 - 1)


@given(seed=SEEDS, epoch=st.integers(0, 10**6))
def test_a_shuffle_is_a_permutation(seed, epoch):
    assert sorted(rng.shuffled(9, seed=seed, epoch=epoch)) == list(range(9))


@given(seed=SEEDS, first=st.integers(0, 10**6))
def test_orders_of_many_epochs_equal_those_of_single_epochs(seed, first):
    many = rng.orders(4, seed=seed, epochs=range(first, first + 9))  # more epochs than pictures
    assert many.tolist() == [rng.shuffled(4, seed=seed, epoch=first + k) for k in range(9)]


def test_shuffling_is_fair():
    orders = [tuple(rng.shuffled(4, seed=seed, epoch=epoch)) for seed in range(60) for epoch in range(80)]
    counts = np.array([orders.count(order) for order in set(orders)])
    assert len(counts) == 24
    assert ((counts - 200) ** 2 / 200).sum() < 49.7  # chi-squared, 23 degrees of freedom, p = 0.001


@given(seed=SEEDS, presentation=st.integers(0, 2**32 - 1), pixel=st.integers(0, 63))
def test_plain_numbers_and_arrays_draw_equal_noise(seed, presentation, pixel):
    one = noise(seed, presentation, pixel)
    many = noise(seed, np.array([presentation], np.uint64), np.array([pixel], np.uint64))
    assert many.tolist() == [one]


def noise(seed, presentation, pixel):
    return rng.normal(rng.word(rng.NOISE, seed, presentation, pixel))


def test_noise_is_normally_distributed():
    seeds, showings = np.arange(500, dtype=np.uint64)[:, None], np.arange(400, dtype=np.uint64)
    drawn = np.sort(noise(seeds, showings, 1).ravel())
    n = len(drawn)
    exact = np.array([NormalDist().cdf(x) for x in drawn[::100]])
    assert abs(exact - np.arange(n)[::100] / n).max() < 1.95 / math.sqrt(n) + 2e-4  # Kolmogorov, p = 0.001
    assert drawn.var() == pytest.approx(1, abs=5 * math.sqrt(2 / n))
    assert (drawn**4).mean() == pytest.approx(3, abs=5 * math.sqrt(96 / n))


def test_noise_of_neighboring_pixels_seeds_and_presentations_is_independent():
    numbers = np.arange(20_000, dtype=np.uint64)
    one = noise(7, numbers, 0)
    for other in (noise(7, numbers, 1), noise(8, numbers, 0), noise(7, numbers + 1, 0)):
        assert abs(np.corrcoef(one, other)[0, 1]) < 5 / math.sqrt(len(numbers))


def test_noisy_inputs_stay_between_0_and_1():
    seen = rng.noisy(np.tile([[0.0, 1.0, 0.5]], (200, 1)), 0.5, seed=1, presentations=np.arange(200))
    assert seen.min() == 0
    assert seen.max() == 1
    assert 0.4 < (seen[:, 0] == 0).mean() < 0.6  # half of the noise on a dark pixel is clipped


def test_streams_do_not_overlap():
    """Check that different streams and seeds have different words at equal positions."""
    streams = (rng.ORDERS, rng.NOISE, rng.TRAINING, rng.VALIDATION, rng.TEST)
    seeds = np.arange(20_000, dtype=np.uint64)
    edges = np.array([2**28 - 1, 2**28 - 2], np.uint64)
    words = np.concatenate([rng.word(stream, np.concatenate([seeds, edges])) for stream in streams])
    assert len(np.unique(words)) == len(words)


def golden_numbers():
    """Return drawn numbers; the page must draw equal bits."""
    words = [
        (0,),
        (0, 0, 0, 3),
        (rng.NOISE, 2**32 - 1, 2**32 - 1, 63),
        (1, 7, 2**32, 0),
        (rng.VIEWS, 1, 2),
    ]
    orders = [(4, 0, 0), (4, 0, 1), (7, 12345, 3), (1, 5, 5), (9, 2**32 - 1, 99), (16, 77, 123456)]
    normals = [(0, 0, 0), (2**32 - 1, 2**32 - 1, 63), *((3, showing, 1) for showing in range(30))]
    lines = [[1.0, 1.0, 0.0, 0.0], [0.25, 1 / 3, 0.8888, 0.5]]
    pictures = [
        (line, *rest) for line in lines for rest in [(0.2, 0, 5), (3.0, 2**32 - 1, 10**6), (0.0, 1, 1)]
    ]
    return {
        "words": [{"numbers": numbers, "word": rng.word(*numbers)} for numbers in words],
        "orders": [
            {"count": count, "seed": seed, "epoch": epoch, "order": rng.shuffled(count, seed=seed, epoch=epoch)}
            for count, seed, epoch in orders
        ],
        "normals": [
            {"seed": seed, "presentation": n, "pixel": pixel, "normal": noise(seed, n, pixel)}
            for seed, n, pixel in normals
        ],
        "pictures": [
            {"input": line, "noise": noise, "seed": seed, "presentation": n,
             "seen": rng.noisy(np.array([line]), noise, seed=seed, presentations=np.array([n]))[0].tolist()}
            for line, noise, seed, n in pictures
        ],
    }  # fmt: skip


def test_the_golden_draws_are_unchanged(check_golden):
    check_golden("draws", golden_numbers())
