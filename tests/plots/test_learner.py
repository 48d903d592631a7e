import numpy as np
import pytest

import tinynet as tn
from tinynet import plots
from tinynet.evaluation import calibration, symmetry
from tinynet.plots import learner

NETWORK = tn.Network.initial((4, 3, 2), seed=0)


def words(ax):
    return [text.get_text() for text in ax.texts]


def shown(ax):
    """Return a function from column and row contrast to the value on the map."""
    cells, half = ax.collections[0].get_array(), (learner.CELLS - 1) // 4
    return lambda column, row: cells[round((row + 1) * 2) * half, round((column + 1) * 2) * half]


# the map


def test_the_map_shows_the_margins_between_the_lines():
    at = shown(plots.prediction_map(NETWORK))
    margins = {name: NETWORK(picture) @ [1, -1] for name, picture in (
        ("top", [1, 1, 0, 0]), ("bottom", [0, 0, 1, 1]), ("left", [1, 0, 1, 0]), ("right", [0, 1, 0, 1]),
    )}  # fmt: skip
    found = {name: at(*corner) for name, corner in learner.CORNERS.items()}
    assert found == pytest.approx(margins)
    assert at(0, 0) == pytest.approx(NETWORK([0.5] * 4) @ [1, -1])
    assert at(0.5, 0.5) == pytest.approx(NETWORK([1, 0.5, 0.5, 0]) @ [1, -1])


def test_the_map_ends_where_a_pixel_would_leave_its_range():
    cells = plots.prediction_map(NETWORK).collections[0].get_array()
    assert np.ma.is_masked(cells[0, 0])
    assert cells.count() == (learner.CELLS**2 + 1) // 2  # a diamond


def test_each_line_is_on_its_side_of_the_map():
    ax = plots.prediction_map(NETWORK)
    places = {text.get_text(): ax.transData.transform(text.xy) for text in ax.texts}
    assert places["left"][0] < places["gray"][0] < places["right"][0]
    assert places["bottom"][1] < places["gray"][1] < places["top"][1]


def test_the_best_prediction_changes_on_both_diagonals():
    world = tn.World()
    ax = plots.prediction_map(lambda inputs: tn.posterior(world, inputs), title="The best")
    at = shown(ax)
    sides = [at(0, 0.5), at(0, -0.5), -at(0.5, 0), -at(-0.5, 0)]
    assert sides == pytest.approx([sides[0]] * 4, abs=1e-12)
    assert sides[0] > 0.5
    assert at(0.5, 0.5) == pytest.approx(0)
    assert len(ax.collections) == 4  # cells, and three levels
    assert ax.get_title(loc="left") == "The best"


def test_a_map_without_margins_has_no_boundary():
    ax = plots.prediction_map(lambda inputs: np.full((len(inputs), 2), 0.5), scale=False)
    assert len(ax.collections) == 1
    assert len(ax.figure.axes) == 1
    assert len(plots.prediction_map(NETWORK).figure.axes) == 2


def test_a_map_of_several_networks_is_refused():
    trained = tn.population(tn.Recipe(epochs=1), networks=64)
    with pytest.raises(
        tn.TinyNetError,
        match=r"the outputs have the shape \(64, \d+, 2\)\. A map needs the two outputs of one network",
    ):
        plots.prediction_map(trained.outputs)


def test_a_symmetric_map_turned_by_90_degrees_has_opposite_signs():
    cells = plots.prediction_map(symmetry.symmetrize(NETWORK)).collections[0].get_array()
    assert np.ma.allclose(cells, -cells.T)


# calibration


def test_reliability_draws_every_bin_with_examples():
    found = calibration.reliability([0.1, 0.1, 0.9, 0.8], [0, 1, 1, 1], bins=4)
    ax = plots.reliability(found, title="Half of it")
    diagonal, points = ax.lines
    assert np.array_equal(diagonal.get_xdata(), diagonal.get_ydata())
    assert points.get_xdata() == pytest.approx([0.1, 0.85])
    assert points.get_ydata() == pytest.approx([0.5, 1.0])
    assert [bar.get_height() for bar in ax.patches] == [0.5, 0, 0, 0.5]
    intervals = [path.vertices[:, 1] for path in ax.collections[0].get_paths()]
    assert np.array_equal(intervals, found.intervals[[0, 3]])
    assert ax.get_title(loc="left") == "Half of it"
    assert ax.get_title(loc="right") == f"expected calibration error {found.ece:.3f}"


def test_reliability_of_several_networks_is_refused():
    both = calibration.reliability(np.full((2, 3), 0.5), [0, 1, 1])
    with pytest.raises(
        tn.TinyNetError, match=r"the bins have the shape \(2, 15\)\. A diagram shows the bins of one network"
    ):
        plots.reliability(both)


# abstention


def test_abstention_draws_every_curve_with_its_label():
    curves = {
        "careful": calibration.abstention([0.9, 0.6, 0.55], [1, 1, 0]),
        "confident": calibration.abstention([0.9, 0.8], [0, 1]),
    }
    ax = plots.abstention(curves)
    for line, curve in zip(ax.lines, curves.values(), strict=True):
        assert np.array_equal(line.get_xdata(), curve.coverage)
        assert np.array_equal(line.get_ydata(), curve.error)
    assert [text.get_text() for text in ax.get_legend().texts] == list(curves)
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()


def test_abstention_without_curves_is_refused():
    with pytest.raises(tn.TinyNetError, match="curves is empty"):
        plots.abstention({})


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plots.prediction_map(NETWORK, ax=ax),
        lambda ax: plots.reliability(calibration.reliability([0.2, 0.7], [0, 1]), ax=ax),
        lambda ax: plots.abstention({"a": calibration.abstention([0.9], [1])}, ax=ax),
    ],
    ids=["map", "reliability", "abstention"],
)
def test_plots_of_the_learner_draw_on_given_axes_and_return_the_axes(draw):
    ax = plots.pictures(tn.pictures.lines()[0])
    assert draw(ax) is ax
