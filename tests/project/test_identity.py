import hashlib
import json

import numpy as np
import pytest

import tinynet as tn
from tinynet import files
from tinynet.data.readers import CHUNK_ROWS
from tinynet.errors import TinyNetError
from tinynet.training import identity


def table(count, seed=0):
    """Return `count` rows with two inputs, a label and a name."""
    inputs = np.random.default_rng(seed).random((count, 2))
    names = tuple(f"„{k}“" for k in range(count))
    return tn.Examples(inputs, np.eye(2)[(inputs[:, 0] > inputs[:, 1]).astype(int)], names, None, ("<", ">"))


def trained(examples, validation=None):
    return tn.train(
        tn.Network.initial((2, 2, 2), seed=0), examples, tn.Recipe(epochs=2), validation=validation
    )


def plain_identity(run):
    """Return the identity by its first definition: a hash of the description with earlier names."""
    recipe = {k: v for k, v in run.recipe.to_json().items() if k not in identity.ADDED_FIELDS}
    shape, examples = run.network.architecture.to_json(), run.examples.to_json()
    shape["start"], examples["answers"] = shape.pop("init"), examples.pop("target_names")
    about = {"architecture": shape, "origin": run.network.origin, "examples": examples, "recipe": recipe}
    if run.validation is not None:
        about["validation"] = run.validation.to_json()
        about["validation"]["answers"] = about["validation"].pop("target_names")
    text = json.dumps(about, sort_keys=True)
    return hashlib.sha256(text.encode() + run.network.parameters.tobytes()).hexdigest()


@pytest.mark.parametrize(
    "run",
    [trained(tn.Examples([[0.0, 1.0]], [[1.0, 0.0]], ("one",))), trained(table(2 * CHUNK_ROWS + 3), table(7, 1)),
     trained(tn.Examples.from_table({"x": [1, 2], "z": [3, 5], "y": [1, 0], "t": [3, 2]}, targets=["y", "t"]))],
    ids=["one", "many", "scaled"],
)  # fmt: skip
def test_the_identity_is_the_hash_of_the_whole_description(run):
    assert run.identity == plain_identity(run)


def test_many_examples_are_arrays_of_the_file(monkeypatch, tmp_path):
    run = trained(table(50), table(20, 1))
    monkeypatch.setattr(identity, "MAX_DESCRIBED", 100)  # the validation examples have 80 numbers
    run.save(tmp_path / "run.safetensors")
    arrays, about = files.decode("recording", (tmp_path / "run.safetensors").read_bytes(), "it")
    assert (about["format"], about["examples"]["inputs"], len(about["validation"]["inputs"])) == (3, [], 20)
    assert (arrays["examples.inputs"] == run.examples.inputs).all()
    again = tn.load(tmp_path / "run.safetensors")
    assert (again.examples, again.validation, again.identity) == (run.examples, run.validation, run.identity)
    assert again.to_bytes() == run.to_bytes()
    assert again[60].values == run[60].values


def test_few_examples_are_part_of_the_description():
    _, about = files.decode("recording", trained(table(50)).to_bytes(), "it")
    assert (about["format"], len(about["examples"]["inputs"])) == (3, 50)


@pytest.mark.slow
def test_examples_larger_than_a_description_are_stored():
    """Use examples whose names exceed the maximum of 100 MB for a description."""
    count = 1000
    some = tn.Examples(
        np.zeros((count, 201)),
        np.eye(2)[np.arange(count) % 2],
        tuple(f"{'x' * 110_000}{k}" for k in range(count)),
    )
    run = tn.train(tn.Network.initial((201, 1, 2), seed=0), some, tn.Recipe(epochs=1, batch_size=1000))
    assert tn.Recording.from_bytes(run.to_bytes()).examples.names[-1].endswith("999")


def test_examples_that_do_not_fit_their_file_are_refused(monkeypatch):
    monkeypatch.setattr(identity, "MAX_DESCRIBED", 0)
    arrays, about = files.decode("recording", trained(table(50)).to_bytes(), "it")
    for change in ({"examples.inputs": arrays["examples.inputs"][1:]}, {"examples.names": np.zeros(3, np.uint8)},
                   {"examples.inputs": 1 - arrays["examples.inputs"]}):  # fmt: skip
        with pytest.raises(TinyNetError, match="it is damaged|inputs has shape"):
            tn.Recording.from_bytes(files.encode("recording", arrays | change, about), "it")
