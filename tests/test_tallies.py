from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinynet as tn
from tinynet.errors import TinyNetError
from tinynet.evaluation import predictions
from tinynet.experiments.aggregates import _LOSSES, COUNTS, MARGIN_BINS, Tally, ladder, leanings

PROBES = tn.pictures.stress()


@pytest.fixture(scope="module")
def crowd():
    return tn.population(tn.Recipe(learning_rate=5.0, epochs=150), networks=1000)


@pytest.fixture(scope="module")
def tally(crowd):
    return Tally.of(crowd, np.zeros(1000, np.int64), PROBES)


def test_the_ladder_has_every_early_epoch_and_32_a_decade():
    looks = ladder(30_000)
    assert looks[:14].tolist() == list(range(1, 15))
    late = looks[looks >= 100]
    assert (np.diff(late[:-1]) / late[:-2]).max() < 0.08
    assert looks[-1] == 30_000
    assert ladder(1).tolist() == [1]


def test_ladders_of_other_lengths_look_at_the_same_epochs():
    for stop in (7, 100, 101, 9_999, 10_000_000):
        assert ladder(stop)[:-1].tolist() == [e for e in ladder(10_000_000).tolist() if e < stop]


def test_counts_are_the_populations(crowd, tally):
    assert (tally.networks, tally.finite) == (1000, 1000)
    assert tally.learned == crowd.all_right.sum() > 100
    gaps = crowd.margins(PROBES)
    for k in range(len(PROBES)):
        said = tally.probe(k, leanings(("h", "v")))
        assert said["says"] == {"h": (gaps[:, k] > 0).sum(), "v": (gaps[:, k] < 0).sum(), "undecided": 0}
        assert said["unsure"] == (np.abs(gaps[:, k]) < predictions.UNSURE).sum()
        assert said["mean_margin"] == pytest.approx(np.abs(gaps[:, k]).mean(), abs=2**-21)
        edges = np.arange(-MARGIN_BINS, MARGIN_BINS + 1) / MARGIN_BINS
        assert tally.gaps(k).tolist() == np.histogram(gaps[:, k], edges)[0].tolist()


@pytest.mark.parametrize("percent", [1, 10, 50, 90, 99])
def test_quantiles_of_the_loss_are_within_their_resolution(crowd, tally, percent):
    exact = np.quantile(crowd.losses, percent / 100, method="inverted_cdf")
    assert tally.loss_quantile(percent) == pytest.approx(exact, rel=0.01825)


@pytest.mark.parametrize("percent", [10, 50, 90])
def test_epochs_until_learned_are_the_looks(crowd, percent):
    looks = ladder(150)
    first = looks[np.random.default_rng(0).integers(len(looks), size=1000)]
    found = Tally.of(crowd, first, PROBES).until_quantile(percent)
    assert found == np.quantile(first[crowd.all_right], percent / 100, method="inverted_cdf")


def test_who_learned_without_being_seen_counts_at_the_end(crowd, tally):
    assert tally.until[-1] == crowd.all_right.sum()
    assert tally.until_quantile(50) == 150


def parts(tally):
    """Tallies with any counts, shaped like a real one."""
    numbers = st.integers(0, 2**62 // 3)
    return st.tuples(*(numbers for _ in COUNTS)).map(
        lambda ns: Tally(tally.stop, *(getattr(tally, c) * 0 + n for c, n in zip(COUNTS, ns, strict=True)))
    )


@given(data=st.data())
def test_merging_does_not_depend_on_the_order(data, tally):
    a, b, c = (data.draw(parts(tally)) for _ in range(3))
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert Tally.empty(tally.stop, len(PROBES), 2) + a == a


@given(cut=st.integers(1, 999))
def test_parts_add_up_to_the_whole(crowd, tally, cut):
    halves = [
        replace(crowd, seeds=crowd.seeds[some], parameters=crowd.parameters[some])
        for some in (slice(cut), slice(cut, None))
    ]
    first, second = (Tally.of(half, np.zeros(len(half), np.int64), PROBES) for half in halves)
    assert first + second == tally


def test_tallies_of_two_trials_do_not_add_up(tally):
    with pytest.raises(TinyNetError, match="after 150 and 7 epochs"):
        tally + Tally.empty(7, 4, 2)


def test_nothing_is_known_of_no_networks():
    found = Tally.empty(10, 1, 2).summary()
    assert found.pop("networks") == found.pop("finite") == found.pop("learned") == 0
    assert set(found.values()) == {None}


def made(outputs, probes=PROBES):
    """A population that answers as told, to every picture alike."""
    outputs = np.asarray(outputs, np.float32)
    architecture = tn.Architecture((4, outputs.shape[1]), output="identity")
    parameters = np.concatenate([np.zeros((len(outputs), 4 * outputs.shape[1]), np.float32), outputs], axis=1)
    answers = ("h", "v", "x")[: outputs.shape[1]]
    examples = tn.pictures.Examples([[1, 0, 0, 0]], [[1, 0, 0][: outputs.shape[1]]], ("a",), (2, 2), answers)
    return tn.Population(architecture, tn.Recipe(epochs=5), examples, np.arange(len(outputs)), parameters)


def test_ties_overflow_and_what_is_not_finite_are_counted_apart():
    crowd = made([[0.5, 0.5], [3, 0], [np.nan, 0], [np.inf, 0], [0, 1e30], [0, 0.25]])
    tally = Tally.of(crowd, np.zeros(6, np.int64), PROBES[0])
    said = tally.probe(0, leanings(("h", "v")))
    assert said["says"] == {"h": 1, "v": 2, "undecided": 1}
    assert (said["not_finite"], said["unsure"], tally.finite, tally.losses[-1]) == (2, 1, 4, 2)
    assert said["mean_margin"] == (0 + 3 + 1000 + 0.25) / 4
    assert tally.margins[0, :, -1].tolist() == [1, 1, 0]
    assert tally.loss_quantile(100) == 1000


def test_a_loss_of_nothing_is_zero():
    tally = Tally.of(made([[1.0, 0.0]]), np.zeros(1, np.int64), PROBES)
    assert tally.loss_quantile(50) == 0.0


@pytest.mark.parametrize(
    "outputs", [[[0.9], [0.2], [0.5]], [[0.9, 0.1, 0.3], [0, 0.1, 0.5], [0.4, 0.4, 0.1]]]
)
def test_one_output_and_three(outputs):
    crowd = made(outputs)
    says = leanings(crowd.examples.target_names)
    tally = Tally.of(crowd, np.zeros(3, np.int64), PROBES[0])
    expected = dict.fromkeys(says, 0)
    for index in range(3):
        (answer,) = predictions.predictions(
            crowd.network(index), replace(PROBES[0], target_names=crowd.examples.target_names)
        )
        expected[answer.predicted or "undecided"] += 1
    assert tally.probe(0, says)["says"] == expected


def test_a_margin_of_exactly_the_threshold_is_not_unsure():
    from tinynet.experiments.aggregates import _margins

    below = np.nextafter(predictions.UNSURE, 0)
    counts, _, _ = _margins(np.array([[[predictions.UNSURE, 0.0]], [[below, 0.0]]]))
    assert (counts[0, 0, 9], counts[0, 0, 10]) == (1, 1)


def test_edges_of_losses_are_powers_of_ten():
    assert _LOSSES[::64].tolist() == [float(f"1e{k}") for k in range(-12, 4)]
    np.testing.assert_allclose(_LOSSES, np.logspace(-12, 3, 961), rtol=1e-14)
