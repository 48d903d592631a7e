import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinynet as tn
from tinynet import rng
from tinynet.core import optimizers
from tinynet.data.batches import batch_arrays, batch_indices
from tinynet.kernels import scalar
from tinynet.kernels.scalar import Recorder, StepArrays
from tinynet.numerics.integers import ceil_div

LINES = tn.pictures.lines()


@given(
    examples=st.integers(1, 9),
    batch=st.integers(1, 12),
    order=st.sampled_from(["fixed", "shuffled"]),
    first=st.integers(0, 50),
    steps=st.integers(1, 20),
)
def test_batches_follow_the_order_of_each_epoch(examples, batch, order, first, steps):
    recipe = tn.Recipe(batch_size=batch, order=order, seed=3)
    pictures = tn.Examples(np.zeros((examples, 1)), None, tuple(map(str, range(examples))))
    shown = batch_indices(recipe, pictures, first, first + steps)
    assert shown.shape == (steps, batch)
    per_epoch = ceil_div(examples, batch)
    for number, row in enumerate(shown, first):
        epoch, place = divmod(number, per_epoch)
        whole = rng.shuffled(examples, seed=3, epoch=epoch) if order == "shuffled" else list(range(examples))
        expected = whole[place * batch : (place + 1) * batch]
        assert row.tolist() == expected + [-1] * (batch - len(expected))


def test_each_presentation_has_its_own_noise():
    recipe = tn.Recipe(noise=0.1, batch_size=3, order="shuffled", seed=6)
    many = batch_arrays(recipe, LINES, 0, batch_indices(recipe, LINES, 0, 8))[0].reshape(8, 3, 4)
    for step in range(8):
        alone, _ = batch_arrays(recipe, LINES, step, batch_indices(recipe, LINES, step, step + 1))
        shown = batch_indices(recipe, LINES, step, step + 1)[0] >= 0
        assert (many[step][shown] == alone[shown]).all()
    assert len(np.unique(many[:, 0, 0])) > 4


@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_a_recorder_resumes_training(noise, monkeypatch):
    """Compare the arrays of one call with those of several calls and of small parts."""
    recipe = tn.Recipe(epochs=6, momentum=0.5, order="shuffled", noise=noise)
    recordings = [recorded(recipe, [(0, 24)]), recorded(recipe, [(0, 5), (5, 6), (6, 24)])]
    monkeypatch.setattr(scalar, "MAX_DRAWN", 7 * 4)
    recordings.append(recorded(recipe, [(0, 24)]))
    for arrays in recordings[1:]:
        for one, other in zip(recordings[0][1:], arrays[1:], strict=True):
            assert one.tolist() == other.tolist()


def recorded(recipe, spans):
    network = tn.Network.initial(seed=1)
    state = optimizers.initial_state(network.architecture, recipe)
    arrays = StepArrays.blank(network.architecture, recipe, recipe.epochs, 24, 1)
    machine = Recorder(network.architecture, recipe, LINES, network.parameters, state)
    assert [machine(arrays, *span) for span in spans] == [last for _, last in spans]
    return arrays
