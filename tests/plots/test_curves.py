import numpy as np
import pytest

import tinynet as tn
from tinynet import plots

LINES = tn.pictures.lines()
NETWORK = tn.Network.initial((4, 3, 2), seed=0)


@pytest.fixture(scope="module")
def run():
    return tn.train(NETWORK, LINES, tn.Recipe(learning_rate=0.5, epochs=30))


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_loss_curve_is_the_recording_and_starts_at_epoch_one(run):
    ax = plots.loss_curve(run, constant=0.25)
    loss, constant = ax.lines
    assert np.array_equal(loss.get_xdata(), np.arange(1, 31))
    assert np.array_equal(loss.get_ydata(), run.loss_per_epoch)
    assert set(constant.get_ydata()) == {0.25}
    assert constant.get_label() == "the best constant output: 0.25"
    assert ax.get_ylim()[0] == 0


def test_convergence_has_loss_left_and_movement_right(run):
    ax = plots.convergence(run)
    right = ax.figure.axes[-1]
    assert np.array_equal(ax.lines[0].get_ydata(), run.loss_per_epoch)
    assert np.array_equal(right.lines[0].get_ydata(), run.movement_per_epoch)
    assert right.lines[0].get_linestyle() != ax.lines[0].get_linestyle()


def test_comparison_draws_every_recording_with_its_label(run):
    short = tn.train(NETWORK, LINES, tn.Recipe(epochs=3))
    ax = plots.comparison({"long": run, "short": short}, constant=0.25)
    assert [len(line.get_ydata()) for line in ax.lines[:2]] == [30, 3]
    assert [text.get_text() for text in ax.get_legend().texts][:2] == ["long", "short"]
    assert ax.get_xscale() == "log"
    assert [line.get_label() for line in plots.loss_curve({"long": run}).lines] == ["long"]


def test_comparison_without_recordings_is_refused():
    with pytest.raises(tn.TinyNetError, match="runs is empty"):
        plots.comparison({})


def test_the_step_of_an_early_stop_is_marked(tmp_path):
    start = tn.Network.initial(seed=0, hidden="identity", output="identity")
    ax = plots.loss_curve(wild := tn.train(start, LINES, tn.Recipe(learning_rate=3.0)))
    assert words(ax) == [f"stopped at step {wild.stopped.step:,}"]
    plots.save(ax, tmp_path / "wild.png")


# predictions
