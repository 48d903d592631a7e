import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinynet as tn
from tinynet.errors import TinyNetError
from tinynet.evaluation import bayes, symmetry

LINES = tn.pictures.lines()


def fixed(outputs):
    """Return a network with equal `outputs` for every picture."""
    network = tn.Network.initial((4, len(outputs)), output="identity", init="zeros")
    return network.with_parameters(np.concatenate([np.zeros(4 * len(outputs)), outputs]))


@pytest.mark.parametrize("n", [2, 3, 5])
def test_the_eight_views_are_a_group(n):
    views = {tuple(view) for view in tn.pictures.views(n).tolist()}
    assert len(views) == 8
    assert tuple(range(n * n)) in views
    assert {tuple(np.array(a)[list(b)]) for a in views for b in views} == views


@pytest.mark.parametrize("n", [2, 3, 5])
def test_every_view_of_a_line_is_a_line(n):
    lines = tn.pictures.lines(n)
    known = {tuple(x): t for x, t in zip(lines.inputs.tolist(), lines.targets.tolist(), strict=True)}
    for view, swapped in zip(symmetry.views(lines.inputs), symmetry.SWAPS, strict=True):
        seen = [known[tuple(picture)] for picture in view.tolist()]
        assert np.array(seen).tolist() == (lines.targets[:, ::-1] if swapped else lines.targets).tolist()


@given(seed=st.integers(0, 1000))
def test_symmetrize_gives_equal_outputs_for_all_views_and_for_gray(seed):
    network = tn.Network.initial(seed=seed)
    assert symmetry.asymmetry(network, LINES) > 0
    fair = symmetry.symmetrize(network)
    pictures = tn.pictures.fuzzy_lines(6, noise=0.3, seed=seed).inputs
    seen = symmetry.outputs_of_views(fair, pictures)
    assert seen == pytest.approx(np.broadcast_to(seen[0], seen.shape), abs=1e-15)
    h, v = fair(np.full((1, 4), 0.5))[0]
    assert h == pytest.approx(v, abs=1e-15)


def test_a_symmetrized_memorizer_predicts_the_optimal_class():
    """Compare symmetrized memorizers with the Bayes-optimal class, except in ties."""
    trained = tn.population(tn.Recipe(learning_rate=1.0, epochs=4000), networks=64)
    pictures, _, _ = tn.World().draw(np.arange(2000), seed=0)
    best, learned = bayes.optimal_class(pictures), trained.all_right
    outputs = symmetry.symmetrize(trained.outputs)(pictures)[learned]  # (N, 2000, 2)
    margins = outputs[..., 0] - outputs[..., 1]
    clear = (best != 0) & (np.abs(margins).min(axis=0) > 1e-12)
    assert learned.sum() >= 60
    assert clear.mean() > 0.8
    assert (np.sign(margins)[:, clear] == best[clear]).all()
    assert np.abs(trained.margins(np.full((1, 4), 0.5))).mean() > 0.8


def test_agreement_needs_the_same_class_in_all_views():
    pictures, _, _ = tn.World(doubt=0).draw(np.arange(50), seed=1)
    assert symmetry.agreement(lambda x: bayes.posterior(tn.World(), x), pictures).all()
    assert not symmetry.agreement(fixed((0.9, 0.1)), pictures).any()
    assert not symmetry.agreement(fixed((0.5, 0.5)), pictures).any()  # a tie has no class
    trained = tn.population(networks=3)
    many = symmetry.agreement(trained.outputs, pictures)
    assert many.shape == (3, 50)
    assert many[1].tolist() == symmetry.agreement(trained.network(1), pictures).tolist()


def test_an_ensemble_averages_the_outputs():
    both = symmetry.ensemble(fixed((0.9, 0.1)), fixed((0.5, 0.3)))
    assert both(LINES.inputs) == pytest.approx(np.tile([0.7, 0.2], (4, 1)))
    with pytest.raises(TinyNetError, match="the number of members is 0"):
        symmetry.ensemble()


def test_equal_outputs_have_no_asymmetry():
    assert symmetry.asymmetry(fixed((0.3, 0.3)), LINES) == 0
    assert symmetry.asymmetry(fixed((0.75, 0.5)), LINES) == 0.25


@given(seed=st.integers(0, 1000))
def test_four_turns_give_the_original_picture(seed):
    pictures = tn.pictures.fuzzy_lines(8, seed=seed)
    once = symmetry.turned(pictures)
    assert once != pictures
    assert symmetry.turned(symmetry.turned(symmetry.turned(once))) == pictures


def test_only_square_pictures_have_eight_views():
    table = tn.Examples(np.zeros((1, 4)), None, ("row",))
    with pytest.raises(TinyNetError, match="the shape of the examples is None .* must be square pictures"):
        symmetry.asymmetry(tn.Network.initial(seed=0), table)
    with pytest.raises(TinyNetError, match=r"inputs has shape \(1, 5\). It must be \(pictures, n\*n\)"):
        symmetry.views(np.zeros((1, 5)))
    with pytest.raises(TinyNetError, match="the number of outputs is 3. It must be 2"):
        symmetry.outputs_of_views(fixed((0.1, 0.2, 0.3)), LINES.inputs)
