import numpy as np
import pytest

import tinynet as tn
from tinynet import plots

LINES = tn.pictures.lines()


def words(ax):
    return [text.get_text() for text in ax.texts]


GRID = tn.grid(learning_rate=[5.0, 0.5, 1.0], epochs=[10, 300])


@pytest.fixture(scope="module")
def sweep():
    return tn.sweep(GRID, 128)


def test_a_map_has_a_cell_for_each_trial(sweep):
    ax = plots.sweep_map(sweep)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("learning rate", "epochs")
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0.5", "1", "5"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["10", "300"]
    fractions = {(row["epochs"], row["learning_rate"]): row["learned_fraction"] for row in sweep.rows()}
    expected = [fractions[epochs, rate] for epochs in (10, 300) for rate in (0.5, 1.0, 5.0)]
    assert ax.collections[0].get_array().ravel().tolist() == expected
    assert words(ax)[-1] == f"{100 * expected[-1]:.0f}"
    assert "of 128 networks per cell" in ax.get_title(loc="left")


@pytest.mark.parametrize("value", ["loss", "epochs_to_learn", "unsure", "first_class"])
def test_a_map_of_another_value(sweep, value):
    cells = plots.sweep_map(sweep, value=value, x="epochs", y="learning_rate").collections[0].get_array()
    rows = sweep.rows()
    gray = [row["probes"]["gray"] for row in rows]
    expected = {
        "loss": [row["loss_q50"] for row in rows],
        "epochs_to_learn": [row["epochs_to_learn_q50"] for row in rows],
        "unsure": [probe["unsure"] / 128 for probe in gray],
        "first_class": [probe["predicted"]["horizontal"] / 128 for probe in gray],
    }[value]
    found = dict(zip(((t.recipe.learning_rate, t.recipe.epochs) for t in GRID), expected, strict=True))
    for (line, column), number in np.ndenumerate(cells):
        wanted = found[(0.5, 1.0, 5.0)[line], (10, 300)[column]]
        assert np.ma.is_masked(number) or np.isnan(number) if wanted is None else number == wanted


def test_more_than_two_axes_make_several_maps():
    sweep = tn.sweep(tn.grid(learning_rate=[1.0, 5.0], epochs=[5, 9], loss=["mse", "bce"]), 64)
    figure = plots.sweep_map(sweep)
    assert [ax.get_title(loc="left") for ax in figure.axes if ax.get_xlabel()] == ["loss mse", "loss bce"]
    with pytest.raises(tn.TinyNetError, match="ax is one pair of axes and there are 2 maps"):
        plots.sweep_map(sweep, ax=plots.pictures(LINES))


def test_a_missing_trial_is_drawn_as_a_dash():
    sweep = tn.sweep([GRID[0], GRID[3]], 64)
    assert words(plots.sweep_map(sweep)).count("–") == 2


def test_one_trial_makes_one_cell():
    ax = plots.sweep_map(tn.sweep([tn.Trial()], 64))
    assert words(ax) == ["0"]
    assert ax.get_xlabel() == "learning rate"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": "speed"}, "x is 'speed'. It must be one of 'learning_rate'"),
        ({"x": "epochs", "y": "epochs"}, "x and y are both 'epochs'"),
        ({"value": "joy"}, "value is 'joy'. It must be one of"),
        ({"value": "first_class", "probe": "cat"}, "probe is 'cat'. It must be one of 'single pixel'"),
        (
            {"x": "loss", "y": "hidden"},
            "the values of learning_rate, epochs need 6 maps. At most 5 can be drawn",
        ),
    ],
)
def test_invalid_maps_are_refused(sweep, arguments, message, monkeypatch):
    from tinynet.plots import map_layout

    monkeypatch.setattr(map_layout, "MAX_PANELS", 5)
    with pytest.raises(tn.TinyNetError, match=message):
        plots.sweep_map(sweep, **arguments)
