"""Hostile arrays never reach compiled code: every call with such an array raises an error, and no process dies."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import hostile_arrays
import tinynet as tn
from tinynet.errors import TinyNetError

LINES = tn.pictures.lines()


@pytest.mark.slow
def test_every_compiled_function_refuses_hostile_arrays():
    ended = subprocess.run([sys.executable, hostile_arrays.__file__], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    assert {each["name"] for each in found} == {"record", "train", "draw", "forward", "each", "sums"}
    for each in found:
        tried, refused = each["arrays"]
        assert tried == refused > 50
        tried, refused = each["numbers"]
        assert refused > tried / 2


@pytest.fixture(scope="module")
def run():
    return tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(epochs=10, optimizer="adam"), kept=5)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("parameters", lambda a: a.astype(np.float32), "parameters has dtype float32. It must have dtype float64."),
        ("parameters", lambda a: a.astype(np.int8), "parameters has dtype int8. It must have dtype float64."),
        ("parameters", lambda a: a[:-1], r"parameters has shape \(5, 23\). It must have shape \(6, 23\)."),
        ("state", lambda a: a[:, :0], r"state has shape \(6, 0\). It must have shape \(6, 48\)."),
        ("state", lambda a: np.float64(1.0), "state is 1. It must be a NumPy array."),
        ("state", lambda a: None, "state is None. It must be a NumPy array."),
        ("batches", lambda a: a.astype(np.int32), "batches has dtype int32. It must have dtype int64."),
        ("steps", lambda a: 10**29, r"parameters has shape \(6, 23\). It must have shape"),
        ("steps", lambda a: -1, "steps is -1. It must be a whole number of at least 0."),
        ("stride", lambda a: 0, "stride is 0. It must be a whole number of at least 1."),
        ("stride", lambda a: 2.0, "stride is 2. It must be a whole number of at least 1."),
        ("recipe", lambda a: tn.Recipe(epochs=10), r"state has shape \(6, 48\). It must have shape \(6, 0\)."),
        ("network", lambda a: tn.Network.initial((4, 5, 2)), r"parameters has shape \(6, 23\). It must have shape \(6, 37\)."),
        ("world", lambda a: 3, "world is 3. It must be a World, or None."),
        ("sample_weights", lambda a: np.ones(3), r"sample_weights has shape \(3,\). It must have shape \(4,\)."),
        ("validation_weights", lambda a: np.ones(4), "validation_weights is set, and the recording has no validation"),
        ("stopped", lambda a: "why", "stopped is 'why'. It must be a StopReason, or None."),
    ],
)  # fmt: skip
def test_a_recording_has_the_arrays_of_its_experiment(run, name, change, message):
    with pytest.raises(TinyNetError, match=f"^{message}"):
        replace(run, **{name: change(getattr(run, name))})


def test_layouts_of_memory_do_not_matter(run):
    """Replay a recording whose arrays are not contiguous, not aligned, or read-only."""
    room = np.zeros(run.parameters.nbytes + 1, np.uint8)
    unaligned = room[1:].view(float).reshape(run.parameters.shape)
    unaligned[...] = run.parameters
    read_only = run.parameters.copy()
    read_only.setflags(write=False)
    for parameters in (np.asfortranarray(run.parameters), unaligned, read_only):
        other = replace(run, parameters=parameters, state=np.asfortranarray(run.state))
        assert [other[k].loss for k in range(len(run))] == [run[k].loss for k in range(len(run))]


def test_a_population_has_the_arrays_of_its_architecture():
    population = tn.population(tn.Recipe(epochs=2), 8)
    for changes, message in (
        ({"parameters": population.parameters[:, 1:]}, r"parameters has shape \(8, 22\). It must have shape \(8, 23\)"),
        ({"parameters": population.parameters.astype(float)}, "parameters has dtype float64. It must have dtype float32"),
        ({"architecture": tn.Architecture((9, 3, 2))}, r"parameters has shape \(8, 23\). It must have shape \(8, 38\)"),
        ({"seeds": population.seeds[1:]}, r"parameters has shape \(8, 23\). It must have shape \(7, 23\)"),
        ({"seeds": list(range(8))}, "seeds is .* It must be a NumPy array"),
    ):  # fmt: skip
        with pytest.raises(TinyNetError, match=f"^{message}"):
            replace(population, **changes)


def test_an_exam_of_pictures_of_another_size_is_refused():
    examples = tn.World(n=3).examples(10, seed=0)
    wide = tn.population(tn.Recipe(epochs=2), 8, examples=examples, architecture=tn.Architecture((9, 3, 2)))
    with pytest.raises(TinyNetError, match=r"inputs has the shape \(\d+, 4\). It must be \(examples, 9\)."):
        wide.take_exam(tn.Exam(count=100))
    with pytest.raises(TinyNetError, match=r"inputs has the shape \(4, 4\). It must be \(examples, 9\)."):
        wide.outputs(LINES)


def test_numbers_beyond_float32_are_no_population():
    large = tn.Examples(np.full((2, 4), 1e300), np.eye(2), ("a", "b"), unbounded=True)
    with pytest.raises(
        TinyNetError, match="inputs has a number above 3.4e38. A population is trained in float32."
    ):
        tn.population(tn.Recipe(epochs=1), 8, examples=large)


def test_a_slice_of_a_recording_is_a_tuple_of_moments(run):
    assert [moment.step for moment in run[3:5]] == [3, 4]
    assert [moment.step for moment in run[::-15]] == [39, 24, 9]
    assert [moment.loss for moment in run[-2:]] == [run[38].loss, run[39].loss]
    assert run[40:50] == run[5:5] == ()
    for wrong in (slice("a", 2), slice(None, None, 0), slice(0.5, 2)):
        with pytest.raises(TinyNetError, match="The parts of a slice must be whole numbers"):
            run[wrong]
