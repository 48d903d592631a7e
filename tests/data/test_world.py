import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinynet as tn
from tinynet import rng
from tinynet.data import pictures
from tinynet.data.world import STREAMS, Patterns, World
from tinynet.errors import TinyNetError

SEEDS = st.integers(0, 2**32 - 1)
LEVELS = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted).map(tuple)
FIRST_PICTURES = {
    "rows": [13, 1],
    "targets": [[0.5, 0.5], [1.0, 0.0]],
    "inputs": [
        [0.2871980531089709, 1.0, 1.0, 0.2898189379758343],
        [0.44059749219278677, 0.620429647139156, 0.9324266218598829, 0.23187968833826683],
    ],
}


def draw_by_specification(world, number, seed, stream):
    """Draw one picture by the specification in the docstring of the module."""

    def word(j):
        return rng.word(stream, seed, number, j)

    def level(ends, j):
        return ends[0] + (ends[1] - ends[0]) * rng.uniform(word(j))

    table = world.patterns
    doubtful = word(0) < math.floor(world.doubt * 2**32)
    first, last = (table.lines, len(table.masks)) if doubtful else (0, table.lines)
    row = first + ((word(1) * (last - first)) >> 32)
    bright = level(world.bright, 2)
    dark = level(world.flat if table.is_flat[row] else world.dark, 3)
    pixels = []
    for i, lit in enumerate(table.masks[row]):
        seen = (bright if lit else dark) + world.noise * rng.normal(word(8 + i))
        pixels.append(min(max(seen, 0.0), 1.0))
    target = list(table.targets[row])
    if doubtful and world.labels == "coin":
        target = [1.0, 0.0] if word(4) >> 31 == 0 else [0.0, 1.0]
    return pixels, target, row


@given(
    seed=SEEDS,
    number=SEEDS,
    stream=st.sampled_from(STREAMS),
    labels=st.sampled_from(["soft", "coin"]),
    doubt=st.sampled_from([0.0, 0.3, 1.0]),
    n=st.sampled_from([2, 3]),
)
def test_a_picture_follows_the_specification(seed, number, stream, labels, doubt, n):
    world = World(noise=0.3, doubt=doubt, dark=(0.1, 0.3), labels=labels, n=n)
    inputs, targets, rows = world.draw([0, number], seed=seed, stream=stream)
    assert (inputs[1].tolist(), targets[1].tolist(), rows[1]) == draw_by_specification(
        world, number, seed, stream
    )


def test_the_first_two_pictures_have_fixed_numbers():
    inputs, targets, rows = World().draw([0, 1], seed=0, stream=rng.TEST)
    assert (rows.tolist(), targets.tolist()) == (FIRST_PICTURES["rows"], FIRST_PICTURES["targets"])
    assert inputs.tolist() == FIRST_PICTURES["inputs"]


@pytest.mark.parametrize("n", range(2, 9))
def test_lines_come_first_and_kinds_are_equally_likely(n):
    table = Patterns.of(n)
    lit = table.masks.sum(axis=1)
    doubt = np.arange(len(lit)) >= table.lines
    assert (table.masks[: table.lines] == pictures.lines(n).inputs).all()
    kinds = [lit == 1, lit == n * n - 1, [name.startswith("diagonal") for name in table.names], table.is_flat]
    counts = [int((kind & doubt).sum()) for kind in map(np.array, kinds)]
    assert len(set(counts)) == 1
    assert sum(counts) == doubt.sum()
    _, weights = np.unique(table.masks[doubt & (lit == 1)], axis=0, return_counts=True)
    assert len(weights) == n * n
    assert len(set(weights)) == 1
    assert (table.targets[doubt] == 0.5).all()


def test_two_by_two_pictures_have_sixteen_ambiguous_patterns():
    table = Patterns.of(2)
    assert table.names[4:] == (
        *pictures.PIXELS,
        *(f"all but {name}" for name in pictures.PIXELS),
        *(["diagonal /"] * 2),
        *(["diagonal \\"] * 2),
        *(["flat"] * 4),
    )
    assert table.masks[12].tolist() == pictures.stress()["diagonal /"].inputs[0].tolist()


def test_the_fractions_match_the_parameters():
    _, targets, rows = World(doubt=0.3, labels="coin").draw(np.arange(40_000), seed=5)
    doubtful = rows >= 4
    assert doubtful.mean() == pytest.approx(0.3, abs=4 * math.sqrt(0.21 / 40_000))
    assert targets[doubtful, 0].mean() == pytest.approx(0.5, abs=4 * math.sqrt(0.25 / 12_000))
    for some, count in ((rows[~doubtful], 4), (rows[doubtful] - 4, 16)):
        seen, expected = np.bincount(some, minlength=count), len(some) / count
        assert ((seen - expected) ** 2 / expected).sum() < {4: 16.3, 16: 37.7}[
            count
        ]  # chi-squared, p = 0.001


def uniform_on(values, low, high):
    """Apply the Kolmogorov-Smirnov test at p = 0.001."""
    place = (np.sort(values) - low) / (high - low)
    return np.abs(place - np.arange(len(values)) / len(values)).max() < 1.95 / math.sqrt(len(values))


def test_levels_are_uniform_between_their_ends():
    world = World(noise=0.0, bright=(0.7, 0.9), dark=(0.1, 0.2), flat=(0.3, 0.6))
    inputs, _, rows = world.draw(np.arange(20_000), seed=6)
    masks, flat = world.patterns.masks[rows] == 1, world.patterns.is_flat[rows]
    bright, dark = np.where(masks, inputs, 0).max(axis=1), np.where(masks, 1, inputs).min(axis=1)
    assert uniform_on(bright[~flat], 0.7, 0.9)
    assert uniform_on(dark[~flat], 0.1, 0.2)
    assert uniform_on(inputs[flat, 0], 0.3, 0.6)
    assert (inputs[flat] == inputs[flat, :1]).all()
    assert abs(np.corrcoef(bright[~flat], dark[~flat])[0, 1]) < 0.04


def test_noise_has_its_standard_deviation_and_is_independent():
    half = (0.5, 0.5)
    seen = World(noise=0.1, bright=half, dark=half, flat=half).draw(np.arange(20_000), seed=7)[0] - 0.5
    assert seen.std(axis=0) == pytest.approx([0.1] * 4, rel=0.03)
    assert np.abs(np.corrcoef(seen.T) - np.eye(4)).max() < 0.04


def test_noisy_pixels_are_clipped_to_0_to_1():
    seen = World(noise=0.5).draw(np.arange(1000), seed=0)[0]
    assert (seen.min(), seen.max()) == (0, 1)


def test_different_streams_and_seeds_share_no_picture():
    world = World(noise=0.05)
    drawn = [world.draw(np.arange(500), seed=s, stream=k)[0] for k in STREAMS for s in range(6)]
    seen = np.concatenate(drawn)
    inside = seen[((seen > 0) & (seen < 1)).all(axis=1)]
    assert len(np.unique(inside, axis=0)) == len(inside) > 3000


def test_pictures_can_be_drawn_in_any_order():
    world = World()
    forth, back = (world.draw(numbers, seed=3)[0] for numbers in (range(50), range(49, -1, -1)))
    assert (forth == back[::-1]).all()


def test_examples_have_names_and_the_drawn_numbers():
    found = World(labels="coin", n=3).examples(30, seed=2, stream=rng.VALIDATION)
    inputs, targets, _ = World(labels="coin", n=3).draw(np.arange(30), seed=2, stream=rng.VALIDATION)
    assert (found.inputs == inputs).all()
    assert (found.targets == targets).all()
    assert found.shape == (3, 3)
    assert tn.Network.initial((9, 3, 2))(found).shape == (30, 2)


@given(doubt=st.floats(0, 1), noise=st.floats(0, 10), flat=LEVELS, n=st.integers(2, 8))
def test_a_json_round_trip_keeps_the_world(doubt, noise, flat, n):
    world = World(noise=noise, doubt=doubt, flat=flat, n=n, labels="coin")
    assert World.from_json(json.loads(json.dumps(world.to_json()))) == world


def test_integers_and_floats_make_equal_worlds():
    assert World(noise=1, bright=[1, 1]) == World(noise=1.0, bright=(1.0, 1.0))
    assert hash(World(noise=1)) == hash(World(noise=1.0))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"noise": -0.1}, "noise is -0.1. It must be a number from 0 to 10."),
        ({"noise": math.nan}, "noise is nan"),
        ({"doubt": 1.5}, "doubt is 1.5. It must be a number from 0 to 1."),
        ({"doubt": "half"}, "doubt is 'half'"),
        ({"bright": 0.9}, "bright is 0.9. It must be two levels"),
        ({"bright": (0.9, 0.7)}, "The lower level must come first"),
        ({"flat": (0.0, 2.0)}, "flat is 2. It must be a number from 0 to 1."),
        ({"dark": (0.0, 0.7)}, "dark goes up to 0.7 and bright starts at 0.6"),
        ({"labels": "hard"}, "labels is 'hard'. It must be one of 'soft', 'coin'."),
        ({"n": 9}, "n is 9. It must be a whole number from 2 to 8."),
    ],
)
def test_invalid_worlds_are_refused(fields, message):
    with pytest.raises(TinyNetError, match=message):
        World(**fields)


def test_invalid_draws_are_refused():
    with pytest.raises(TinyNetError, match="a world has no field 'colour'"):
        World.from_json({"colour": 1})
    with pytest.raises(TinyNetError, match="stream is 0"):
        World().draw([0], seed=0, stream=rng.ORDERS)
    with pytest.raises(TinyNetError, match="seed is -1"):
        World().draw([0], seed=-1)
    for numbers in ([-1], [2**32], [0.5], [[1]]):
        with pytest.raises(TinyNetError, match="a sequence of whole numbers"):
            World().draw(numbers, seed=0)
    with pytest.raises(TinyNetError, match="count is 0"):
        World().examples(0, seed=0)


def golden_numbers():
    """Return patterns and pictures; the page must draw equal bits."""
    worlds = [
        World(),
        World(noise=0.3, doubt=0.7, labels="coin", flat=(0.2, 0.9)),
        World(noise=0.0, doubt=0.3, bright=(0.9, 0.9), n=3),
    ]
    places = [(0, rng.TRAINING), (2**32 - 1, rng.TRAINING), (5, rng.TEST)]
    return {
        "patterns": [pattern_fields(Patterns.of(n)) for n in (2, 3, 4)],
        "worlds": [
            {
                "world": world.to_json(),
                "seed": seed,
                "stream": stream,
                "pictures": drawn_fields(world, seed, stream),
            }
            for world in worlds
            for seed, stream in places
        ],
    }


def pattern_fields(table):
    return {
        "masks": table.masks.tolist(),
        "targets": table.targets.tolist(),
        "is_flat": table.is_flat.tolist(),
        "names": table.names,
        "lines": table.lines,
    }


def drawn_fields(world, seed, stream):
    inputs, targets, rows = world.draw([*range(20), 2**32 - 1], seed=seed, stream=stream)
    return {"inputs": inputs.tolist(), "targets": targets.tolist(), "rows": rows.tolist()}


def test_the_golden_worlds_are_unchanged(check_golden):
    check_golden("worlds", golden_numbers())
