import numpy as np
import pytest

import tinynet as tn
from tinynet import plots

LINES = tn.pictures.lines()
NETWORK = tn.Network.initial((4, 3, 2), seed=0)


def words(ax):
    return [text.get_text() for text in ax.texts]


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
