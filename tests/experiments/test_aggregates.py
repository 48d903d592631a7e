from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinynet as tn
from tinynet.errors import TinyNetError
from tinynet.evaluation import predictions
from tinynet.experiments.aggregates import (
    COUNTS,
    LOSS_EDGES,
    MARGIN_BINS,
    Tally,
    logarithmic_checkpoints,
    prediction_labels,
)

PROBES = tn.pictures.stress()


@pytest.fixture(scope="module")
def trained():
    return tn.population(tn.Recipe(learning_rate=5.0, epochs=150), networks=1000)


@pytest.fixture(scope="module")
def tally(trained):
    return Tally.of(trained, np.zeros(1000, np.int64), PROBES)


def test_checkpoints_are_every_early_epoch_then_32_per_decade():
    checkpoints = logarithmic_checkpoints(30_000)
    assert checkpoints[:14].tolist() == list(range(1, 15))
    late = checkpoints[checkpoints >= 100]
    assert (np.diff(late[:-1]) / late[:-2]).max() < 0.08
    assert checkpoints[-1] == 30_000
    assert logarithmic_checkpoints(1).tolist() == [1]


def test_a_shorter_training_has_the_checkpoints_of_a_longer_training():
    for epochs in (7, 100, 101, 9_999, 10_000_000):
        assert logarithmic_checkpoints(epochs)[:-1].tolist() == [
            e for e in logarithmic_checkpoints(10_000_000).tolist() if e < epochs
        ]


def test_the_counts_of_a_tally_equal_those_of_the_population(trained, tally):
    assert (tally.networks, tally.finite) == (1000, 1000)
    assert tally.learned == trained.all_right.sum() > 100
    margins = trained.margins(PROBES)
    for k in range(len(PROBES)):
        counts = tally.probe(k, prediction_labels(("h", "v")))
        assert counts["predicted"] == {
            "h": (margins[:, k] > 0).sum(),
            "v": (margins[:, k] < 0).sum(),
            "undecided": 0,
        }
        assert counts["unsure"] == (np.abs(margins[:, k]) < predictions.UNSURE).sum()
        assert counts["mean_margin"] == pytest.approx(np.abs(margins[:, k]).mean(), abs=2**-21)
        edges = np.arange(-MARGIN_BINS, MARGIN_BINS + 1) / MARGIN_BINS
        assert tally.margin_histogram(k).tolist() == np.histogram(margins[:, k], edges)[0].tolist()


@pytest.mark.parametrize("percent", [1, 10, 50, 90, 99])
def test_quantiles_of_the_loss_are_within_their_resolution(trained, tally, percent):
    exact = np.quantile(trained.losses, percent / 100, method="inverted_cdf")
    assert tally.loss_quantile(percent) == pytest.approx(exact, rel=0.01825)


@pytest.mark.parametrize("percent", [10, 50, 90])
def test_quantiles_of_the_epochs_to_learn_are_exact(trained, percent):
    checkpoints = logarithmic_checkpoints(150)
    first = checkpoints[np.random.default_rng(0).integers(len(checkpoints), size=1000)]
    found = Tally.of(trained, first, PROBES).epochs_to_learn_quantile(percent)
    assert found == np.quantile(first[trained.all_right], percent / 100, method="inverted_cdf")


def test_networks_without_a_first_correct_epoch_count_at_the_last_epoch(trained, tally):
    assert tally.epochs_to_learn[-1] == trained.all_right.sum()
    assert tally.epochs_to_learn_quantile(50) == 150


def parts(tally):
    """Return a strategy for tallies with any counts, in the shapes of `tally`."""
    numbers = st.integers(0, 2**62 // 3)
    return st.tuples(*(numbers for _ in COUNTS)).map(
        lambda ns: Tally(tally.epochs, *(getattr(tally, c) * 0 + n for c, n in zip(COUNTS, ns, strict=True)))
    )


@given(data=st.data())
def test_merging_tallies_does_not_depend_on_the_order(data, tally):
    a, b, c = (data.draw(parts(tally)) for _ in range(3))
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert Tally.empty(tally.epochs, len(PROBES), 2) + a == a


@given(cut=st.integers(1, 999))
def test_tallies_of_parts_add_up_to_the_tally_of_all_seeds(trained, tally, cut):
    halves = [
        replace(trained, seeds=trained.seeds[some], parameters=trained.parameters[some])
        for some in (slice(cut), slice(cut, None))
    ]
    first, second = (Tally.of(half, np.zeros(len(half), np.int64), PROBES) for half in halves)
    assert first + second == tally


def test_tallies_of_two_trials_cannot_be_added(tally):
    with pytest.raises(TinyNetError, match="of 150 and 7 epochs. Only tallies of one trial can be added"):
        tally + Tally.empty(7, 4, 2)


def test_a_summary_without_networks_has_only_none_values():
    found = Tally.empty(10, 1, 2).summary()
    assert found.pop("networks") == found.pop("finite") == found.pop("learned") == 0
    assert set(found.values()) == {None}


def with_outputs(outputs, probes=PROBES):
    """Return a population with the given outputs for every input."""
    outputs = np.asarray(outputs, np.float32)
    architecture = tn.Architecture((4, outputs.shape[1]), output="identity")
    parameters = np.concatenate([np.zeros((len(outputs), 4 * outputs.shape[1]), np.float32), outputs], axis=1)
    answers = ("h", "v", "x")[: outputs.shape[1]]
    examples = tn.pictures.Examples([[1, 0, 0, 0]], [[1, 0, 0][: outputs.shape[1]]], ("a",), (2, 2), answers)
    return tn.Population(architecture, tn.Recipe(epochs=5), examples, np.arange(len(outputs)), parameters)


def test_ties_large_margins_and_values_that_are_not_finite_are_counted_separately():
    trained = with_outputs([[0.5, 0.5], [3, 0], [np.nan, 0], [np.inf, 0], [0, 1e30], [0, 0.25]])
    tally = Tally.of(trained, np.zeros(6, np.int64), PROBES[0])
    counts = tally.probe(0, prediction_labels(("h", "v")))
    assert counts["predicted"] == {"h": 1, "v": 2, "undecided": 1}
    assert (counts["not_finite"], counts["unsure"], tally.finite, tally.losses[-1]) == (2, 1, 4, 2)
    assert counts["mean_margin"] == (0 + 3 + 1000 + 0.25) / 4
    assert tally.margins[0, :, -1].tolist() == [1, 1, 0]
    assert tally.loss_quantile(100) == 1000


def test_a_tiny_loss_counts_as_zero():
    tally = Tally.of(with_outputs([[1.0, 0.0]]), np.zeros(1, np.int64), PROBES)
    assert tally.loss_quantile(50) == 0.0


@pytest.mark.parametrize(
    "outputs", [[[0.9], [0.2], [0.5]], [[0.9, 0.1, 0.3], [0, 0.1, 0.5], [0.4, 0.4, 0.1]]]
)
def test_networks_with_one_and_three_outputs_are_counted(outputs):
    trained = with_outputs(outputs)
    labels = prediction_labels(trained.examples.target_names)
    tally = Tally.of(trained, np.zeros(3, np.int64), PROBES[0])
    expected = dict.fromkeys(labels, 0)
    for index in range(3):
        (answer,) = predictions.predictions(
            trained.network(index), replace(PROBES[0], target_names=trained.examples.target_names)
        )
        expected[answer.predicted or "undecided"] += 1
    assert tally.probe(0, labels)["predicted"] == expected


def test_a_margin_of_exactly_the_threshold_is_not_unsure():
    from tinynet.experiments.aggregates import _margin_histograms

    below = np.nextafter(predictions.UNSURE, 0)
    counts, _, _ = _margin_histograms(np.array([[[predictions.UNSURE, 0.0]], [[below, 0.0]]]))
    assert (counts[0, 0, 9], counts[0, 0, 10]) == (1, 1)


def test_the_bin_edges_of_losses_are_powers_of_ten():
    assert LOSS_EDGES[::64].tolist() == [float(f"1e{k}") for k in range(-12, 4)]
    np.testing.assert_allclose(LOSS_EDGES, np.logspace(-12, 3, 961), rtol=1e-14)
