import numpy as np
import pytest
from matplotlib.colors import to_hex

import tinynet as tn
from tinynet import plots
from tinynet.evaluation.predictions import Prediction
from tinynet.plots.canvas import MARK

LINES = tn.pictures.lines()
NETWORK = tn.Network.initial((4, 3, 2), seed=0)


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_confidence_bars_are_the_outputs_in_percent():
    found = tn.predictions(NETWORK, LINES)
    ax = plots.confidence_bars(found)
    widths = [[bar.get_width() for bar in bars] for bars in ax.containers]
    assert np.array_equal(np.transpose(widths), [answer.outputs for answer in found])
    assert f"{100 * found[0].outputs[0]:.1f} %" in words(ax)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list(LINES.names)
    assert to_hex(ax.containers[0][0].get_facecolor()) == plots.HORIZONTAL


def test_an_unsure_prediction_is_pale_and_named():
    sure = Prediction("a", (0.9, 0.1), "horizontal", 0.8, False, True)
    unsure = Prediction("b", (0.5, 0.6), "vertical", 0.1, True, False)
    ax = plots.confidence_bars([sure, unsure])
    assert [bar.get_alpha() < 1 for bar in ax.containers[0]] == [False, True]
    assert {"horizontal, right", "vertical (unsure), wrong"} <= set(words(ax))


def test_outputs_outside_0_to_1_are_written_as_numbers():
    ax = plots.confidence_bars([Prediction("a", (1.5, -0.5), "horizontal", 2.0, False, None)])
    assert {"+1.50", "−0.50"} <= set(words(ax))


def test_confidence_bars_need_a_label_for_each_output():
    with pytest.raises(tn.TinyNetError, match="labels has the length 1 and"):
        plots.confidence_bars(tn.predictions(NETWORK, LINES), labels=["horizontal"])


def test_population_histogram_counts_each_side_of_zero_and_marks_one():
    ax = plots.population_histogram(np.array([-0.3, -0.2, 0.1, 0.0, np.nan]), mark=0.1, label="H − V on gray")
    blue, orange = (sum(bar.get_height() for bar in bars) for bars in ax.containers)
    assert (blue, orange) == (2, 2)
    assert [set(line.get_xdata()) for line in ax.lines] == [{0}, {0.1}]
    assert ax.lines[1].get_color() == MARK
    assert ax.get_title(loc="left") == "5 networks, 1 of them not finite and not drawn"
    assert ax.get_title(loc="right") == "this network: +0.10"
    assert -ax.get_xlim()[0] == ax.get_xlim()[1]


def test_population_histogram_needs_a_finite_value():
    with pytest.raises(tn.TinyNetError, match="none of the values is finite"):
        plots.population_histogram(np.array([np.nan]))


# files
