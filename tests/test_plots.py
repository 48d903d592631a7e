import numpy as np
import pytest
from matplotlib.colors import to_rgba

import tinynet as tn
from tinynet import plots
from tinynet.errors import TinyNetError
from tinynet.judging import answers

LINES = tn.pictures.lines()


@pytest.fixture(scope="module")
def run():
    return tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(epochs=20))


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_the_architecture_shows_every_number(run):
    shown = texts(plots.architecture(run.initial, picture=[1, 1, 0, 0]))
    for layer in run.initial.layers:
        assert all(f"{weight:+.2f}" in shown for weight in layer.weight.ravel())
        assert all(f"b {bias:+.2f}" in shown for bias in layer.bias)
    assert {"top-left", "hidden 2", "horizontal", "vertical"} <= set(shown)
    assert f"{run.initial([1, 1, 0, 0])[0]:.2f}" in shown


def test_edges_are_colored_by_sign(run):
    lines = plots.architecture(run.initial).lines
    weights = np.concatenate([layer.weight.ravel() for layer in run.initial.layers])
    assert [line.get_color() for line in lines] == [
        plots.HORIZONTAL if w > 0 else plots.VERTICAL for w in weights
    ]


def test_large_networks_are_drawn_without_their_numbers():
    ax = plots.architecture(tn.Network.initial((9, 8, 4, 2), seed=0))
    assert not any(text.startswith(("+", "-")) for text in texts(ax))


def test_pictures_are_drawn_with_name_and_targets():
    ax = plots.pictures(LINES)
    assert texts(ax) == ["top", "1 0", "bottom", "1 0", "left", "0 1", "right", "0 1"]
    assert ax.images[2].get_array().tolist() == [[1, 0], [1, 0]]
    with pytest.raises(TinyNetError, match="no shape to draw"):
        plots.pictures(tn.Examples(np.zeros((1, 4)), None, ("row",)))


def test_the_loss_curve_is_the_runs(run):
    ax = plots.loss_curve({"one": run, "two": run}, constant=0.25)
    assert ax.lines[0].get_ydata().tolist() == run.loss_per_epoch.tolist()
    assert [line.get_label() for line in ax.lines[:2]] == ["one", "two"]
    assert ax.lines[2].get_ydata() == [0.25, 0.25]


def test_convergence_has_two_axes(run):
    ax = plots.convergence(run)
    other = next(one for one in plots.figure_of(ax).axes if one is not ax)
    assert ax.lines[0].get_ydata().tolist() == run.loss_per_epoch.tolist()
    assert other.lines[0].get_ydata().tolist() == run.movement_per_epoch.tolist()


def test_hidden_nodes_share_one_scale_centred_at_zero(run):
    axes = plots.hidden_nodes(run.final).axes
    assert len(axes) == 3
    largest = np.abs(run.final.layers[0].weight).max()
    for ax, row in zip(axes, run.final.layers[0].weight, strict=True):
        assert ax.collections[0].get_clim() == (-largest, largest)
        assert texts(ax) == [f"{weight:+.2f}" for weight in row]
    with pytest.raises(TinyNetError, match="has 9 pixels and the network takes 4"):
        plots.hidden_nodes(run.final, shape=(3, 3))


def test_bars_are_the_answers(run):
    found = answers(run.final, LINES)
    ax = plots.confidence_bars(found)
    assert [bar.get_width() for bar in ax.patches] == [x for answer in found for x in answer.outputs]
    assert found[0].words() in ax.get_yticklabels()[0].get_text()


def test_the_histogram_counts_every_network_and_marks_one():
    values = np.random.default_rng(0).normal(size=500)
    ax = plots.population_histogram(values, mark=0.5)
    assert sum(patch.get_height() for patch in ax.patches) >= 500
    colors = {patch.get_facecolor() for patch in ax.patches if patch.get_height() > 0}
    assert colors == {to_rgba(plots.HORIZONTAL), to_rgba(plots.VERTICAL)}
    assert ax.lines[1].get_xdata() == [0.5, 0.5]


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_equal_figures_give_equal_files(run, tmp_path, ending):
    for name in "ab":
        plots.save(plots.loss_curve(run), tmp_path / f"{name}.{ending}")
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()
    with pytest.raises(TinyNetError, match=r"written as .png or .svg, and 'a.gif' is neither"):
        plots.save(plots.loss_curve(run), tmp_path / "a.gif")
