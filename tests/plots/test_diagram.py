import numpy as np
import pytest

import tinynet as tn
from tinynet import plots

LINES = tn.pictures.lines()
NETWORK = tn.Network.initial((4, 3, 2), seed=0)


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_architecture_writes_every_weight_and_bias_once():
    found = words(plots.architecture(NETWORK, example=LINES["left"]))
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
    found = words(plots.architecture(NETWORK, example=LINES["left"]))
    assert found.count("1.00") == found.count("0.00") == 2
    assert {f"{value:.2f}" for layer in NETWORK.activations(LINES["left"]) for value in layer[0]} <= set(
        found
    )
    numbered = words(plots.architecture(NETWORK, example=[1.0, 0.0, 1.0, 0.0]))
    assert [text for text in numbered if text not in found] == [
        *(f"input {i}" for i in range(4)),
        "output 0",
        "output 1",
    ]
    assert len(numbered) == len(found)


def test_architecture_of_a_large_network_counts_the_other_nodes():
    found = words(plots.architecture(tn.Network.initial((64, 16, 10), seed=0)))
    assert {"⋮ 52 more", "⋮ 4 more", "1,024 weights", "160 weights"} <= set(found)


def test_architecture_names_the_columns_of_a_table():
    table = tn.Examples.from_table({"width": [1.0, 3.0], "label": ["a", "b"]})
    texts = [
        text.get_text()
        for text in plots.architecture(tn.Network.initial((1, 2), seed=0), example=table[0]).texts
    ]
    assert {"width", "a", "b"} <= set(texts)


def test_a_number_too_long_for_a_node_is_shortened():
    network = tn.Network.initial((1, 1), seed=0, output="identity").with_parameters(np.array([-5.2e155, 0.0]))
    (node,) = [t for t in plots.architecture(network, example=[1.0]).texts if t.get_text() == "−5e+155"]
    assert node.get_fontsize() < 10


def test_architecture_refuses_several_pictures():
    with pytest.raises(tn.TinyNetError, match="example has 4 examples. A diagram shows one"):
        plots.architecture(NETWORK, example=LINES)
    with pytest.raises(tn.TinyNetError, match="each example has 9 inputs and the network takes 4"):
        plots.architecture(NETWORK, example=tn.pictures.lines(3)[0])


# pictures and hidden nodes
