import subprocess
import sys

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

import tinynet as tn
from tinynet import plots

LINES = tn.pictures.lines()
NETWORK = tn.Network.initial((4, 3, 2), seed=0)


@pytest.fixture(scope="module")
def run():
    return tn.train(NETWORK, LINES, tn.Recipe(learning_rate=0.5, epochs=30))


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


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_equal_figures_give_equal_bytes(tmp_path, run, ending):
    paths = [tmp_path / f"{name}.{ending}" for name in "ab"]
    for path in paths:
        plots.save(plots.loss_curve(run, constant=0.25), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_save_refuses_other_endings(tmp_path):
    with pytest.raises(
        tn.TinyNetError,
        match=r"path is .*a.bmp. Its extension must be one of '.png', '.svg', '.pdf'",
    ):
        plots.save(plots.pictures(LINES), tmp_path / "a.bmp")
