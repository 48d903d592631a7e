import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinynet as tn
from tinynet.errors import TinyNetError
from tinynet.evaluation import diagnosis, metrics, predictions, verdicts

LINES = tn.pictures.lines()


@given(n=st.integers(1, 10**6), data=st.data())
def test_wilsons_interval_contains_the_proportion(n, data):
    count = data.draw(st.integers(0, n))
    low, high = verdicts.wilson(count, n)
    assert 0 <= low <= count / n <= high <= 1
    mirrored = verdicts.wilson(n - count, n)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_wilsons_interval_equals_a_calculation_by_hand():
    """Check Brown, Cai and DasGupta 2001: for 0 of n the upper end is z^2 / (n + z^2)."""
    assert verdicts.wilson(0, 10)[1] == pytest.approx(1.959963984540054**2 / (10 + 1.959963984540054**2))
    assert verdicts.wilson(15, 100) == pytest.approx((0.0931, 0.2328), abs=1e-4)


def test_a_proportion_needs_a_count_within_n():
    with pytest.raises(TinyNetError, match="count is 3 and n is 2"):
        verdicts.wilson(3, 2)


def fixed(outputs):
    """Return a network with equal `outputs` for every picture."""
    network = tn.Network.initial((4, len(outputs)), output="identity", init="zeros")
    return network.with_parameters(np.concatenate([np.zeros(4 * len(outputs)), outputs]))


@pytest.mark.parametrize(
    ("outputs", "winner", "words"),
    [
        ((0.9, 0.1), "horizontal", "horizontal"),
        ((0.4, 0.55), "vertical", "vertical (unsure)"),
        ((0.5, 0.5), None, "undecided"),
    ],
)
def test_a_prediction_has_a_class_words_and_a_margin(outputs, winner, words):
    answer = predictions.predictions(fixed(outputs), LINES["top"])[0]
    assert answer.predicted == winner
    assert answer.words() == words
    assert answer.margin == pytest.approx(abs(outputs[0] - outputs[1]))
    assert answer.correct == (winner == "horizontal")


def test_a_tie_is_not_correct():
    assert predictions.accuracy(fixed((0.5, 0.5)), LINES) == 0
    assert predictions.accuracy(fixed((0.6, 0.5)), LINES) == 0.5


def test_a_single_output_predicts_its_class_or_the_absence_of_its_class():
    yes = tn.Examples(np.zeros((1, 4)), np.ones((1, 1)), ("dark",), (2, 2), ("bright",))
    assert predictions.predictions(fixed((0.2,)), yes)[0].predicted == "not bright"
    assert predictions.accuracy(fixed((0.8,)), yes) == 1


def test_saturation_counts_activations_near_their_ends():
    assert predictions.saturation(tn.Network.initial(seed=0), LINES) == 0
    strong = tn.Network.initial((4, 2)).with_parameters(np.array([99.0] * 4 + [0.0] * 4 + [0.0, 0.0]))
    assert predictions.saturation(strong, LINES) == 0.5


def test_the_last_trained_class_decides_the_prediction_for_gray():
    effect = diagnosis.order_effect(tn.Network.initial(seed=0), LINES, tn.Recipe())
    assert effect.last == "vertical"
    assert effect.margin < 0 < effect.reversed_margin
    assert effect.flipped
    assert "Reversing the order changes the prediction" in str(effect)


@given(seed=st.integers(0, 10**6), classes=st.integers(1, 4))
def test_the_correct_class_and_the_predicted_class_follow_one_rule(seed, classes):
    """Use rounded outputs, which have ties, and some NaNs."""
    draw = np.random.default_rng(seed)
    outputs = draw.random((5, 20, classes)).round(1)
    outputs[draw.random(outputs.shape) < 0.05] = np.nan
    targets = draw.random((20, classes)).round(1)
    predicted, margins = metrics.predicted_classes(outputs)
    expected, _ = metrics.predicted_classes(targets)
    tied = metrics.tied(targets)
    assert (tied == (expected == metrics.TIE)).all()
    found = metrics.correct(outputs, targets)
    assert (found == (predicted == expected))[:, ~tied].all()
    assert not found[~(margins > 0)].any()


def test_the_accuracy_needs_targets():
    with pytest.raises(TinyNetError, match="The accuracy needs examples with targets"):
        predictions.accuracy(tn.Network.initial(seed=0), tn.pictures.stress())


def test_success_counts_the_correct_percentages_of_a_notebook():
    lines = tn.pictures.lines()
    found = predictions.success([[99.0, 1.0], [70.0, 50.0], [40.0, 45.0], [50.0, 50.0]], lines)
    assert (found.count, found.n, found.numbers["clear"]) == (3, 4, 2)
    text = "top +98.0, bottom +20.0, left +5.0, right 0. 3 of 4 predictions are correct. 2 of 4 have a margin of 20"
    assert text in str(found)
    run = tn.train(tn.Network.initial(seed=0), lines)
    assert str(predictions.success(100 * run.final(lines), lines)) == str(
        predictions.correct_margins(run.final(lines), lines)
    )
    assert predictions.correct_margins(run.final(lines), lines).count == 4 * predictions.accuracy(
        run.final, lines
    )


@pytest.mark.parametrize(
    ("percentages", "message"),
    [
        (
            [[0.99, 0.01]] * 4,
            "the largest percentage is 0.99. It must be more than 1. Multiply outputs from 0 to 1 by 100.",
        ),
        (
            [[99.0, np.nan], *[[99.0, 1.0]] * 3],
            "a percentage is nan. It must be a number from 0 to 100.",
        ),
        ([[101.0, 1.0]] * 4, "a percentage is 101.0. It must be a number from 0 to 100."),
        ([[99.0, 1.0], [99.0, -3.0], *[[99.0, 1.0]] * 2], "a percentage is -3.0."),
        ([["high", "low"]] * 4, "the percentages are not a table of numbers .*high.*numbers from 0 to 100"),
        ([[99.0, 1.0], [99.0]], "the percentages are not a table of numbers"),
        (
            [[99.0, 1.0]] * 3,
            r"the outputs have shape \(3, 2\). It must be \(4, 2\): one row for each example",
        ),
    ],
)
def test_success_refuses_other_values_than_percentages(percentages, message):
    with pytest.raises(tn.TinyNetError, match=message):
        predictions.success(percentages, tn.pictures.lines())


def test_success_accepts_0_and_100_percent():
    found = predictions.success([[100.0, 0.0]] * 4, tn.pictures.lines())
    assert (found.count, found.numbers["smallest"]) == (2, -100.0)
    assert predictions.success(np.zeros((4, 2)), tn.pictures.lines()).count == 0


def test_a_margin_needs_targets():
    with pytest.raises(tn.TinyNetError, match="classes with a target is 0. It must be 2 or more"):
        predictions.correct_margins(tn.Network.initial(seed=0)(tn.pictures.stress()), tn.pictures.stress())
