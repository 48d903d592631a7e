import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinynet as tn
from tinynet.errors import TinyNetError
from tinynet.evaluation import bayes, symmetry

LINES = tn.pictures.lines()


def fixed(outputs):
    """A network that says `outputs` to every picture."""
    network = tn.Network.initial((4, len(outputs)), output="identity", init="zeros")
    return network.with_parameters(np.concatenate([np.zeros(4 * len(outputs)), outputs]))


@pytest.mark.parametrize("n", [2, 3, 5])
def test_the_eight_sides_are_a_group(n):
    sides = {tuple(side) for side in tn.pictures.views(n).tolist()}
    assert len(sides) == 8
    assert tuple(range(n * n)) in sides
    assert {tuple(np.array(a)[list(b)]) for a in sides for b in sides} == sides


@pytest.mark.parametrize("n", [2, 3, 5])
def test_a_line_from_any_side_is_a_line(n):
    lines = tn.pictures.lines(n)
    known = {tuple(x): t for x, t in zip(lines.inputs.tolist(), lines.targets.tolist(), strict=True)}
    for view, swapped in zip(symmetry.views(lines.inputs), symmetry.SWAPS, strict=True):
        seen = [known[tuple(picture)] for picture in view.tolist()]
        assert np.array(seen).tolist() == (lines.targets[:, ::-1] if swapped else lines.targets).tolist()


@given(seed=st.integers(0, 1000))
def test_walking_round_is_fair_to_all_sides_and_to_gray(seed):
    network = tn.Network.initial(seed=seed)
    assert symmetry.asymmetry(network, LINES) > 0
    fair = symmetry.symmetrize(network)
    pictures = tn.pictures.fuzzy_lines(6, noise=0.3, seed=seed).inputs
    seen = symmetry.seen(fair, pictures)
    assert seen == pytest.approx(np.broadcast_to(seen[0], seen.shape), abs=1e-15)
    h, v = fair(np.full((1, 4), 0.5))[0]
    assert h == pytest.approx(v, abs=1e-15)


def test_a_memorizer_walked_round_gives_the_best_verdict():
    """Right on the four lines and sure of gray, it agrees with Bayes on all that is no tie once it walks round."""
    crowd = tn.population(tn.Recipe(learning_rate=1.0, epochs=4000), networks=64)
    pictures, _, _ = tn.World().draw(np.arange(2000), seed=0)
    best, learned = bayes.verdict(pictures), crowd.all_right
    outputs = symmetry.symmetrize(crowd.outputs)(pictures)[learned]  # (N, 2000, 2)
    lead = outputs[..., 0] - outputs[..., 1]
    clear = (best != 0) & (np.abs(lead).min(axis=0) > 1e-12)
    assert learned.sum() >= 60
    assert clear.mean() > 0.8
    assert (np.sign(lead)[:, clear] == best[clear]).all()
    assert np.abs(crowd.margins(np.full((1, 4), 0.5))).mean() > 0.8


def test_agreement_is_a_verdict_that_all_sides_share():
    pictures, _, _ = tn.World(doubt=0).draw(np.arange(50), seed=1)
    assert symmetry.agreement(lambda x: bayes.posterior(tn.World(), x), pictures).all()
    assert not symmetry.agreement(fixed((0.9, 0.1)), pictures).any()
    assert not symmetry.agreement(fixed((0.5, 0.5)), pictures).any()  # a tie is no verdict
    crowd = tn.population(networks=3)
    many = symmetry.agreement(crowd.outputs, pictures)
    assert many.shape == (3, 50)
    assert many[1].tolist() == symmetry.agreement(crowd.network(1), pictures).tolist()


def test_an_ensemble_says_the_mean():
    both = symmetry.ensemble(fixed((0.9, 0.1)), fixed((0.5, 0.3)))
    assert both(LINES.inputs) == pytest.approx(np.tile([0.7, 0.2], (4, 1)))
    with pytest.raises(TinyNetError, match="an ensemble has no members"):
        symmetry.ensemble()


def test_a_fair_network_has_no_asymmetry():
    assert symmetry.asymmetry(fixed((0.3, 0.3)), LINES) == 0
    assert symmetry.asymmetry(fixed((0.75, 0.5)), LINES) == 0.25


@given(seed=st.integers(0, 1000))
def test_four_turns_are_none(seed):
    pictures = tn.pictures.fuzzy_lines(8, seed=seed)
    once = symmetry.turned(pictures)
    assert once != pictures
    assert symmetry.turned(symmetry.turned(symmetry.turned(once))) == pictures


def test_only_square_pictures_have_eight_sides():
    table = tn.Examples(np.zeros((1, 4)), None, ("row",))
    with pytest.raises(TinyNetError, match="only square pictures"):
        symmetry.asymmetry(tn.Network.initial(seed=0), table)
    with pytest.raises(TinyNetError, match=r"inputs has shape \(1, 5\); views need square pictures"):
        symmetry.views(np.zeros((1, 5)))
    with pytest.raises(TinyNetError, match="there are 3 outputs; H and V can be swapped only of two"):
        symmetry.seen(fixed((0.1, 0.2, 0.3)), LINES.inputs)
