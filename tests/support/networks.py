"""Draw networks of every form for property tests."""

import numpy as np
from hypothesis import strategies as st

import tinynet as tn

HIDDEN = ("sigmoid", "tanh", "relu", "identity", "softplus")
OUTPUT = (*HIDDEN, "softmax")


@st.composite
def networks(draw, most=8, single=None):
    """Draw a network of one to four layers; `single` makes float32 parameters."""
    sizes = tuple(draw(st.lists(st.integers(1, most), min_size=2, max_size=5)))
    hidden, output = draw(st.sampled_from(HIDDEN)), draw(st.sampled_from(OUTPUT))
    start = tn.Network.initial(sizes, seed=draw(st.integers(0, 99)), hidden=hidden, output=output)
    single = draw(st.booleans()) if single is None else single
    scale = 1.0 if single else draw(st.floats(0.1, 10))
    return start.with_parameters(start.parameters * scale, origin=draw(st.text(max_size=9)))


def pictures(network, count=50, seed=0):
    return np.random.default_rng(seed).random((count, network.sizes[0]))


def content(network):
    """Return everything a file stores: sizes, activations and parameters."""
    hidden = network.architecture.hidden if len(network.sizes) > 2 else None
    return network.sizes, hidden, network.architecture.output, network.parameters.tolist()
