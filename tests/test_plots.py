import subprocess
import sys

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
    return [text.get_text().replace("−", "-") for text in ax.texts]


def test_importing_plots_does_not_import_matplotlib():
    code = "import sys, tinynet.plots; print(*(m for m in ('matplotlib', 'seaborn') if m in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


def test_given_axes_are_drawn_on_and_returned(run):
    for draw in (plots.loss_curve, plots.convergence):
        ax = plots.pictures(LINES[0])
        assert draw(run, ax=ax) is ax


def test_nothing_reaches_pyplot(run):
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    plots.loss_curve(run)
    plots.hidden_nodes(NETWORK)
    assert plt.get_fignums() == before


def test_architecture_writes_every_weight_and_bias():
    found = words(plots.architecture(NETWORK))
    for name, value in NETWORK.named().items():
        assert (f"b {value:+.2f}" if ".bias" in name else f"{value:+.2f}") in found
    assert sum(text[0] in "+-" for text in found) == 18
    assert {"top-left", "top-right", "bottom-left", "bottom-right", "horizontal", "vertical"} <= set(found)


def test_architecture_shows_what_a_picture_does():
    found = words(plots.architecture(NETWORK, picture=LINES.inputs[2]))
    assert found.count("1.00") == found.count("0.00") == 2
    assert {f"{value:.2f}" for layer in NETWORK.activations(LINES["left"]) for value in layer[0]} <= set(
        found
    )


def test_architecture_leaves_out_numbers_that_would_not_fit():
    found = words(plots.architecture(tn.Network.initial((9, 8, 4, 2), seed=0)))
    assert sum(text[0] in "+-" for text in found) < 72


def test_pictures_have_names():
    assert set(LINES.names) <= set(words(plots.pictures(LINES)))


def test_hidden_nodes_share_one_scale_around_zero():
    largest = np.abs(NETWORK.layers[0].weight).max()
    nodes = plots.hidden_nodes(NETWORK).axes[:3]
    for ax, weights in zip(nodes, NETWORK.layers[0].weight, strict=True):
        assert ax.collections[0].get_clim() == (-largest, largest)
        assert np.array_equal(np.ravel(ax.collections[0].get_array()), weights)
        assert words(ax) == [f"{value:+.2f}" for value in weights]


def test_hidden_nodes_need_a_shape_that_fits():
    with pytest.raises(tn.TinyNetError, match="has 9 pixels and the network takes 4"):
        plots.hidden_nodes(NETWORK, shape=(3, 3))


def test_loss_curve_is_the_recording_and_starts_at_epoch_one(run):
    ax = plots.loss_curve(run, constant=0.25)
    loss, constant = ax.lines
    assert np.array_equal(loss.get_xdata(), np.arange(1, 31))
    assert np.array_equal(loss.get_ydata(), run.loss_per_epoch)
    assert set(constant.get_ydata()) == {0.25}
    assert ax.get_ylim()[0] == 0


def test_loss_curves_of_several_runs_have_their_labels(run):
    short = tn.train(NETWORK, LINES, tn.Recipe(epochs=3))
    ax = plots.loss_curve({"long": run, "short": short})
    assert [len(line.get_ydata()) for line in ax.lines] == [30, 3]
    assert [text.get_text() for text in ax.get_legend().texts] == ["long", "short"]


def test_convergence_has_loss_left_and_movement_right(run):
    ax = plots.convergence(run)
    right = ax.figure.axes[-1]
    assert np.array_equal(ax.lines[0].get_ydata(), run.loss_per_epoch)
    assert np.array_equal(right.lines[0].get_ydata(), run.movement_per_epoch)
    assert right.lines[0].get_linestyle() != ax.lines[0].get_linestyle()


def test_confidence_bars_are_the_outputs_in_percent():
    found = tn.answers(NETWORK, LINES)
    ax = plots.confidence_bars(found)
    drawn = sorted(bar.get_width() for bars in ax.containers for bar in bars)
    assert drawn == sorted(value for answer in found for value in answer.outputs)
    assert f"{100 * found[0].outputs[0]:.1f} %" in words(ax)
    labels = [tick.get_text() for tick in ax.get_yticklabels()]
    assert all(label.startswith(name) for label, name in zip(labels, LINES.names, strict=True))


def test_population_histogram_counts_what_is_finite_and_marks_zero_and_one_network():
    ax = plots.population_histogram(np.array([-0.3, -0.2, 0.1, 0.0, np.nan]), mark=0.1, label="H − V on gray")
    assert sum(bar.get_height() for bars in ax.containers for bar in bars) == 4
    assert [set(line.get_xdata()) for line in ax.lines] == [{0}, {0.1}]
    assert "H − V on gray" in ax.get_xlabel()


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_equal_figures_give_equal_bytes(tmp_path, run, ending):
    paths = [tmp_path / f"{name}.{ending}" for name in "ab"]
    for path in paths:
        plots.save(plots.loss_curve(run, constant=0.25), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_save_refuses_other_endings(tmp_path):
    with pytest.raises(tn.TinyNetError, match="bmp"):
        plots.save(plots.pictures(LINES), tmp_path / "a.bmp")
