import subprocess
import sys

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

import tinynet as tn
from tinynet import plots
from tinynet.evaluation.predictions import Prediction
from tinynet.plots.canvas import MARK

LINES = tn.pictures.lines()
NETWORK = tn.Network.initial((4, 3, 2), seed=0)


@pytest.fixture(scope="module")
def run():
    return tn.train(NETWORK, LINES, tn.Recipe(learning_rate=0.5, epochs=30))


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_importing_plots_does_not_import_matplotlib():
    code = "import sys, tinynet.plots; print(*(m for m in ('matplotlib', 'seaborn') if m in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


@pytest.mark.parametrize(
    "draw", [lambda ax: plots.architecture(NETWORK, ax=ax), lambda ax: plots.pictures(LINES, ax=ax)]
)
def test_functions_draw_on_given_axes_and_return_them(draw):
    ax = plots.pictures(LINES[0])
    assert draw(ax) is ax


def test_figures_are_not_registered_with_pyplot(run):
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    plots.loss_curve(run)
    plots.hidden_nodes(NETWORK)
    assert plt.get_fignums() == before


def test_diverging_map_is_light_in_the_middle_and_has_the_answers_colors_at_its_ends():
    colors = plots.diverging_colormap()
    assert to_hex(colors(0.0)) == plots.VERTICAL
    assert to_hex(colors(1.0)) == plots.HORIZONTAL
    assert min(to_rgb(colors(0.5))) > 0.85


@pytest.mark.parametrize(
    "matrix",  # colors as seen without red, green or blue receptors: Machado et al. 2009, severity 1
    [
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    ],
)
def test_the_two_colors_differ_for_color_blind_readers(matrix):
    one, other = (
        np.array(matrix) @ np.array(to_rgb(color)) ** 2.2 for color in (plots.HORIZONTAL, plots.VERTICAL)
    )
    assert np.linalg.norm(one - other) > 0.2


# architecture


def test_architecture_writes_every_weight_and_bias_once():
    found = words(plots.architecture(NETWORK))
    for name, value in NETWORK.named().items():
        text = f"{value:+.2f}".replace("-", "−")
        assert (f"b {text}" if ".bias" in name else text) in found
    assert sum(text[0] in "+−" for text in found) == 18
    assert {"top-left", "top-right", "bottom-left", "bottom-right", "horizontal", "vertical"} <= set(found)


def test_architecture_colors_edges_around_zero_and_widens_them_with_size():
    first = plots.architecture(NETWORK).collections[0]
    low, high = first.get_clim()
    largest = max(np.abs(layer.weight).max() for layer in NETWORK.layers)
    assert (low, high) == (-largest, largest)
    assert np.array_equal(first.get_array(), NETWORK.layers[0].weight.T.ravel())
    assert np.array_equal(np.argsort(first.get_linewidth()), np.argsort(np.abs(first.get_array())))


@pytest.mark.parametrize("sizes", [(4, 3, 2), (2, 3, 1), (9, 2), (1, 4, 4, 1), (9, 8, 4, 2)])
def test_no_number_of_the_architecture_covers_another(sizes):
    ax = plots.architecture(tn.Network.initial(sizes, seed=0))
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    boxes = [box.expanded(0.99, 0.99) for box in boxes]
    assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])


def test_architecture_shows_the_activations_for_a_picture():
    found = words(plots.architecture(NETWORK, picture=LINES["left"]))
    assert found.count("1.00") == found.count("0.00") == 2
    assert {f"{value:.2f}" for layer in NETWORK.activations(LINES["left"]) for value in layer[0]} <= set(
        found
    )
    assert words(plots.architecture(NETWORK, picture=[1.0, 0.0, 1.0, 0.0])) == found


def test_architecture_of_a_large_network_counts_the_other_nodes():
    found = words(plots.architecture(tn.Network.initial((64, 16, 10), seed=0)))
    assert {"⋮ 52 more", "⋮ 4 more", "1,024 weights", "160 weights"} <= set(found)


def test_architecture_names_the_columns_of_a_table():
    table = tn.Examples.from_table({"width": [1.0, 3.0], "label": ["a", "b"]})
    texts = [
        text.get_text()
        for text in plots.architecture(tn.Network.initial((1, 2), seed=0), picture=table[0]).texts
    ]
    assert {"width", "a", "b"} <= set(texts)


def test_a_number_too_long_for_a_node_is_shortened():
    network = tn.Network.initial((1, 1), seed=0, output="identity").with_parameters(np.array([-5.2e155, 0.0]))
    (node,) = [t for t in plots.architecture(network, picture=[1.0]).texts if t.get_text() == "−5e+155"]
    assert node.get_fontsize() < 10


def test_architecture_refuses_several_pictures():
    with pytest.raises(tn.TinyNetError, match="picture has 4 examples. A diagram shows one"):
        plots.architecture(NETWORK, picture=LINES)
    with pytest.raises(tn.TinyNetError, match="each example has 9 inputs and the network takes 4"):
        plots.architecture(NETWORK, picture=tn.pictures.lines(3)[0])


# pictures and hidden nodes


def test_pictures_are_black_at_zero_and_white_at_one():
    ax = plots.pictures(LINES)
    assert [mesh.get_clim() for mesh in ax.collections] == [(0, 1)] * 4
    assert np.array_equal([mesh.get_array().ravel() for mesh in ax.collections], LINES.inputs)


def test_pictures_have_names_and_targets():
    found = words(plots.pictures(LINES))
    assert set(LINES.names) <= set(found)
    assert found.count("horizontal") == found.count("vertical") == 2
    assert "horizontal" not in words(plots.pictures(tn.pictures.stress()))


def test_pictures_with_a_soft_target_show_its_numbers():
    soft = tn.Examples(np.full((1, 4), 0.5), np.array([[0.5, 0.5]]), ("gray",), (2, 2))
    assert "0.5 0.5" in words(plots.pictures(soft))


def test_rows_of_a_table_are_drawn_in_one_row():
    table = tn.Examples(np.full((2, 3), 0.5), None, ("a", "b"))
    assert [mesh.get_array().shape for mesh in plots.pictures(table).collections] == [(1, 3)] * 2


def test_a_table_that_makes_a_square_is_drawn_as_one():
    rows = tn.Examples(np.linspace(0, 1, 64)[None], None, ("row",), None)
    (mesh,) = plots.pictures(rows).collections
    assert mesh.get_array().shape == (8, 8)


def test_numbers_outside_0_to_1_are_drawn():
    rows = tn.Examples(np.array([[-2.5, 0.5, 7.0]]), None, ("row",), None, unbounded=True)
    assert [text.get_text() for text in plots.pictures(rows).texts][:3] == ["−2.5", "0.5", "7"]


def test_only_the_first_64_pictures_are_drawn():
    ax = plots.pictures(tn.pictures.lattice())
    assert len(ax.collections) == 64
    assert ax.get_title() == "the first 64 of 625 pictures"


def test_hidden_nodes_share_one_scale_around_zero():
    *nodes, bar = plots.hidden_nodes(NETWORK).axes
    weight, largest = NETWORK.layers[0].weight, np.abs(NETWORK.layers[0].weight).max()
    assert [ax.collections[0].get_clim() for ax in nodes] == [(-largest, largest)] * 3
    assert bar.get_ylabel() == "weight"
    ends = {bar.get_title(loc="left"): plots.HORIZONTAL, bar.get_xlabel(): bar.xaxis.label.get_color()}
    assert ends == {"active\nwhen\nbright": plots.HORIZONTAL, "active\nwhen\ndark": plots.VERTICAL}
    for j, ax in enumerate(nodes):
        assert np.array_equal(np.ravel(ax.collections[0].get_array()), weight[j])
        assert words(ax) == [f"{value:+.2f}".replace("-", "−") for value in weight[j]]
        assert ax.get_title() == f"node {j}"


def test_hidden_nodes_of_a_network_of_zeros_have_a_scale():
    zeros = tn.Network.initial((4, 3, 2), init="zeros")
    assert plots.hidden_nodes(zeros).axes[0].collections[0].get_clim() == (-1, 1)


def test_hidden_nodes_need_a_shape_and_axes_that_fit():
    with pytest.raises(tn.TinyNetError, match="shape 3x3 has 9 pixels and the network has 4 inputs"):
        plots.hidden_nodes(NETWORK, shape=(3, 3))
    with pytest.raises(tn.TinyNetError, match="axes has the length 1 and the number of nodes is 3"):
        plots.hidden_nodes(NETWORK, axes=[plots.pictures(LINES)])


# curves


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


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_equal_figures_give_equal_bytes(tmp_path, run, ending):
    paths = [tmp_path / f"{name}.{ending}" for name in "ab"]
    for path in paths:
        plots.save(plots.loss_curve(run, constant=0.25), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_save_refuses_other_endings(tmp_path):
    with pytest.raises(
        tn.TinyNetError,
        match=r"'a.bmp' has the extension '.bmp'. A figure needs one of '.png', '.svg', '.pdf'",
    ):
        plots.save(plots.pictures(LINES), tmp_path / "a.bmp")


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
