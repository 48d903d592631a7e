import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinynet import rng
from tinynet.data import pictures
from tinynet.data.pictures import Examples
from tinynet.errors import TinyNetError


def test_the_four_lines_equal_the_notebook():
    lines = pictures.lines()
    assert lines.inputs.tolist() == [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]]
    assert lines.targets.tolist() == [[1, 0], [1, 0], [0, 1], [0, 1]]


@pytest.mark.parametrize("n", range(2, 9))
def test_every_row_and_column_of_a_grid_is_a_line(n):
    lines = pictures.lines(n)
    grids = lines.inputs.reshape(-1, n, n)
    assert len(lines) == 2 * n
    assert (grids.sum(axis=(1, 2)) == n).all()
    assert (lines.inputs.sum(axis=0) == 2).all()  # each pixel lies in one row and one column
    assert (grids[:n].max(axis=2) == grids[:n].min(axis=2)).all()


def test_all_sixteen_binary_pictures_have_names():
    binary = pictures.binary()
    assert len(np.unique(binary.inputs, axis=0)) == 16
    assert binary["all but top-left"].inputs.tolist() == [[0, 1, 1, 1]]
    assert binary["top"].inputs.tolist() == pictures.lines()["top"].inputs.tolist()


def test_a_lattice_has_every_combination_of_levels():
    assert len(np.unique(pictures.lattice(3).inputs, axis=0)) == 81


@given(seed=st.integers(0, 10**6), noise=st.floats(0, 1))
def test_fuzzy_lines_depend_only_on_the_seed(seed, noise):
    some = pictures.fuzzy_lines(9, noise=noise, seed=seed)
    assert some == pictures.fuzzy_lines(9, noise=noise, seed=seed)
    assert ((some.inputs >= 0) & (some.inputs <= 1)).all()
    assert some.targets[8].tolist() == [1, 0]


def test_without_noise_a_fuzzy_line_has_its_two_levels():
    some = pictures.fuzzy_lines(1, brightness=0.75, darkness=0.25, noise=0)
    assert some.inputs.tolist() == [[0.75, 0.75, 0.25, 0.25]]


@given(values=st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_a_json_round_trip_keeps_the_examples(values):
    one = Examples(np.array([values]), None, ("some",), (2, 2))
    assert Examples.from_json(json.loads(json.dumps(one.to_json()))) == one


def test_examples_are_selected_and_reversed():
    lines = pictures.lines()
    assert lines[1:3].names == ("bottom", "left")
    assert lines[-1].names == ("right",)
    assert lines.reversed().targets.tolist() == lines.targets[::-1].tolist()
    with pytest.raises(TinyNetError, match="example is 'middle'. It must be one of 'top', 'bottom'"):
        lines["middle"]


@pytest.mark.parametrize(
    ("inputs", "targets", "names", "message"),
    [
        (
            [[0.0, 1.5]],
            None,
            ("a",),
            "inputs of 'a' has 1.5 in column 1. Every number must be from 0 to 1. Scale",
        ),
        ([[0.0, np.nan]], None, ("a",), "has nan in column 1"),
        ([[0.0, 1.0]], [[2.0, 0.0]], ("a",), "targets of 'a' has 2"),
        ([[0.0, 1.0]], [[1.0]], ("a",), "targets have 1 column and target_names has 2 names. Give one name"),
        ([[0.0], [1.0]], None, ("a", "a"), "two examples have the name 'a'. Names must differ"),
        ([[0.0], [1.0]], None, ("a",), r"inputs has shape \(2, 1\). With 1 name it must be \(1, width\)"),
        ([[0.0], [1.0, 0.0]], None, ("a", "b"), "all rows of the same width"),
    ],
)
def test_invalid_examples_are_refused(inputs, targets, names, message):
    with pytest.raises(TinyNetError, match=message):
        Examples(inputs, targets, names)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: pictures.lines(9), "n is 9"),
        (lambda: pictures.lattice(1), "levels is 1"),
        (lambda: pictures.fuzzy_lines(0), "count is 0"),
        (lambda: pictures.fuzzy_lines(4, noise=-1), "noise is -1"),
    ],
)
def test_arguments_out_of_range_are_refused(make, message):
    with pytest.raises(TinyNetError, match=message):
        make()


def test_fuzzy_lines_have_normal_noise_from_their_own_stream():
    some = pictures.fuzzy_lines(4000, brightness=0.5, darkness=0.5, noise=0.1, seed=1)
    noise = (some.inputs - 0.5) / 0.1
    assert abs(noise.mean()) < 0.03
    assert noise.std() == pytest.approx(1, abs=0.03)
    shown = rng.noisy(np.full((4000, 4), 0.5), 0.1, seed=1, presentations=np.arange(4000))
    assert (
        abs(np.corrcoef(shown.ravel(), some.inputs.ravel())[0, 1]) < 0.03
    )  # different from the noise of a training
