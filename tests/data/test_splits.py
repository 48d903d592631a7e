import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import tinynet as tn
from tinynet.data import splits, tables
from tinynet.errors import TinyNetError


def examples_of(sizes, seed=0):
    """Return examples with `sizes` examples of each class, in random order."""
    kinds = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    inputs = np.linspace(0, 1, len(kinds))[:, None]
    names = tuple(f"row {k}" for k in range(len(kinds)))
    return tn.Examples(inputs, np.eye(len(sizes))[kinds], names, None, tuple("abcde"[: len(sizes)]))


def held_of(examples, part):
    """Return the number of examples of each class in a part."""
    return np.bincount(part.targets.argmax(axis=1), minlength=len(examples.target_names))


@given(
    sizes=st.lists(st.integers(2, 40), min_size=2, max_size=5),
    share=st.floats(0.05, 0.95),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_split_is_stratified_and_keeps_the_order(sizes, share, seed):
    some = examples_of(sizes)
    try:
        training, held_out = splits.split(some, share, seed=seed)
    except TinyNetError:
        assert min(share, 1 - share) * min(sizes) < 1  # only if a class is too small
        return
    assert set(training.names).isdisjoint(held_out.names)
    for part in (training, held_out):
        assert part == some.reordered(
            [name for name in some.names if name in part.names]
        )  # in the order of the table
        assert (held_of(some, part) > 0).all()
    assert len(training) + len(held_out) == len(some)
    assert len(held_out) == int(share * len(some) + 0.5)
    assert (abs(held_of(some, held_out) - share * np.array(sizes)) < 1).all()
    assert splits.split(some, share, seed=seed) == (training, held_out)


@given(seed=st.integers(0, 2**32 - 2))
def test_another_seed_holds_out_other_examples(seed):
    some = examples_of([40, 40])
    assert splits.split(some, 0.5, seed=seed)[1] != splits.split(some, 0.5, seed=seed + 1)[1]


def test_a_split_does_not_use_the_global_generator():
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    splits.split(examples_of([4, 4]), 0.5)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_every_example_is_held_out_equally_often():
    some = examples_of([10, 20])
    counts = dict.fromkeys(some.names, 0)
    for seed in range(400):
        for name in splits.split(some, 0.3, seed=seed)[1].names:
            counts[name] += 1
    assert sum(counts.values()) == 400 * 9
    assert all(abs(count - 120) < 5 * np.sqrt(400 * 0.3 * 0.7) for count in counts.values())


def test_a_single_output_is_stratified_by_two_classes():
    some = tn.Examples(np.zeros((6, 1)), np.array([[1, 0, 0, 1, 0, 0]]).T, tuple("abcdef"), None, ("yes",))
    training, held_out = splits.split(some, 0.5)
    assert (training.targets.sum(), held_out.targets.sum()) == (1, 1)
    with pytest.raises(
        TinyNetError,
        match="held_out is 0.5 and would hold out 1 of 1 examples of the class that is not 'yes'",
    ):
        splits.split(some[[0, 1, 3]], 0.5)


@pytest.mark.parametrize("share", [0, 1, -0.5, 1.5, float("nan"), "0.3", True])
def test_an_invalid_fraction_is_refused(share):
    with pytest.raises(TinyNetError, match="It must be a number above 0 and below 1"):
        splits.split(examples_of([5, 5]), share)


def test_impossible_splits_are_refused():
    with pytest.raises(TinyNetError, match="held_out is 0.1 and would hold out 0 of 2 examples of class 'b'"):
        splits.split(examples_of([10, 2]), 0.1)
    with pytest.raises(TinyNetError, match="held_out is 0.9 and would hold out 1 of 1 examples of class 'b'"):
        splits.split(examples_of([10, 1]), 0.9)
    with pytest.raises(TinyNetError, match="no targets. Only examples with targets can be split"):
        splits.split(tn.pictures.stress(), 0.5)
    with pytest.raises(TinyNetError, match="seed is -1"):
        splits.split(examples_of([5, 5]), 0.5, seed=-1)


@given(seed=st.integers(0, 1000))
def test_only_the_training_part_determines_the_scaling(seed, tmp_path_factory):
    values = np.random.default_rng(seed).normal(size=(40, 2)).round(4)
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    rows = [f"{x},{y},{'ab'[k % 2]}" for k, (x, y) in enumerate(values.tolist())]
    path.write_text("\n".join(["x,y,label", *rows]))
    table = tables.read(path)
    parts = splits.split_dataset(table, held_out=0.25, validate=True, scale=True, seed=seed)
    assert [len(part) for part in parts.named.values()] == [22, 8, 10]
    whole = tn.Examples.from_table(path)
    assume(whole.scaling != parts.training.scaling)
    rows = [int(name.split()[1]) - 1 for name in parts.training.names]
    low, high = values[rows].min(axis=0), values[rows].max(axis=0)
    for part in parts.named.values():
        own = values[[int(name.split()[1]) - 1 for name in part.names]]
        np.testing.assert_allclose(part.inputs, (own - low) / (high - low), rtol=0, atol=1e-15)
    outside = (values < low) | (values > high)
    assert parts.n_outside == outside.sum() > 0
    verb = "is" if parts.n_outside == 1 else "are"
    assert f"{parts.n_outside} of the 36 other inputs {verb} outside its range" in str(parts)
    assert "40 examples: 22 for training (55.0 %), 8 for validation (20.0 %), 10 held out (25.0 %)" in str(
        parts
    )


@given(
    seed=st.integers(0, 1000),
    share=st.sampled_from([0.2, 0.25, 0.5]),
    regression=st.booleans(),
    validate=st.booleans(),
)
def test_scaled_examples_are_split_like_their_table(seed, share, regression, validate):
    """Compare the library and the command line, to the last bit."""
    values = np.random.default_rng(seed).normal(size=(40, 3))
    rows = {"x": values[:, 0], "y": values[:, 1], "z": values[:, 2] if regression else ["a", "b"] * 20}
    roles = {"targets": "z"} if regression else {"label": "z"}
    examples = tn.Examples.from_table(rows, **roles)
    table = tables.read(rows, **roles)
    two = splits.split_dataset(table, held_out=share, scale=True, seed=seed)
    assert tn.split(examples, share, seed=seed) == (two.training, two.held_out)
    three = splits.split_dataset(table, held_out=share, validate=validate, scale=True, seed=seed)
    assert splits.split_dataset(examples, held_out=share, validate=validate, seed=seed) == three
    assert tn.split(examples.reversed().reversed(), share, seed=seed) == (two.training, two.held_out)


def test_indexing_keeps_the_unscaled_rows():
    rows = {"x": [1.0, 5.0, 2.0, 4.0], "label": ["a", "b", "a", "b"]}
    examples = tn.Examples.from_table(rows)
    assert examples[1:3].unscaled_rows().values.tolist() == [[5.0], [2.0]]
    assert examples.reordered([3, "row 1"]).unscaled_rows().values.tolist() == [[4.0], [1.0]]
    assert examples["row 2"].unscaled_rows().names == ("row 2",)
    assert "table" not in str(examples.to_json())
    assert tn.Examples.from_json(examples.to_json()) == examples  # rows are not compared


def test_a_split_needs_the_unscaled_rows():
    rows = {"x": range(8), "label": ["a", "b"] * 4}
    examples = tn.Examples.from_table(rows)
    for part in (tn.Examples.from_json(examples.to_json()), *tn.split(examples, 0.5)):
        for split in (tn.split, lambda part, share: splits.split_dataset(part, held_out=share)):
            with pytest.raises(TinyNetError, match="already scaled.*Read the table again .*validate=True"):
                split(part, 0.5)
        assert splits.split_dataset(part).training == part
    plain = tn.Examples.from_table({"x": [0.0, 1.0] * 4, "label": ["a", "b"] * 4}, scale=False)
    assert plain.unscaled_rows() is None
    assert sum(map(len, tn.split(tn.split(plain, 0.5)[0], 0.5))) == 4


def test_by_default_all_examples_are_for_training():
    parts = splits.split_dataset(tn.pictures.lines())
    assert (parts.training, list(parts.named)) == (tn.pictures.lines(), ["training"])


def test_parts_of_numbers_to_predict_are_numbers_to_predict():
    targets = np.array([-1.5, 0.2, 0.4, 2.0, 0.9, 0.1])[:, None]
    some = tn.Examples(np.arange(6.0)[:, None], targets, tuple("abcdef"), None, ("y",), unbounded=True)
    part = some[[1, 2, 4]]  # their targets lie in [0, 1]
    assert (some.regression, part.regression, part["b"].regression) == (True, True, True)
    assert some[:0].target_scaling is None  # the experiment of a file
    assert (part.targets.tolist(), part.unscaled([0.5]).tolist()) == ([[0.2], [0.4], [0.9]], [0.5])
    network = tn.Network.initial((1, 1), seed=0, output="identity")
    assert isinstance(tn.score(network, part), type(tn.score(network, some)))
    classes = tn.Examples([[5.0], [-7.0]], [[1.0], [0.0]], ("a", "b"), None, ("y",), unbounded=True)
    assert not classes[:1].regression
