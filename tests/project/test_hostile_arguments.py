"""A hostile argument of a public function is a TinyNetError or has a result; no other exception is raised."""

import os
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

import library_calls
import tinynet as tn

COUNT = int(os.environ.get("TINYNET_FUZZ", 1000))  # calls


def test_every_public_function_is_tried(tmp_path):
    known = set(library_calls.public_names()) - library_calls.NOT_CALLED
    assert known == set(library_calls.calls(tmp_path))


def test_the_valid_calls_have_results(tmp_path):
    found = library_calls.calls(tmp_path)
    del found["Examples.from_images"]  # the folder has no images
    for name, (target, arguments, keywords) in found.items():
        assert library_calls.outcome(lambda: target(*arguments, **keywords)) == "result", name  # noqa: B023


def test_hostile_arguments_raise_named_errors(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tried = {"result": 0, "error": 0}
    for place, value, call in library_calls.variants(tmp_path, np.random.default_rng(0), COUNT):
        found = library_calls.outcome(call)
        plt.close("all")
        assert found in tried, (place, value, found)
        tried[found] += 1
    assert tried["error"] > 0.7 * COUNT


CALLS = {  # the error: the call
    "network is 3. It must be a Network.": lambda run: tn.score(3, 4),
    "examples is 3. It must be Examples.": lambda run: tn.split(3, 0.5),
    "progress is 3. It must be a function.": lambda run: tn.train(run.initial, run.examples, progress=3),
    "batch_size is 1,000,000,000, which makes about": lambda run: tn.Sheet.of(
        run.network.architecture, None, 10**9
    ),
    "finer is 0. It must be a whole number from 1 to 1,000.": lambda run: tn.posterior(
        tn.World(), [[0.5] * 4], finer=0
    ),
    "inputs is ['a']. It must be an array of numbers": lambda run: run.final(["a"]),
    "the name of an example is '\\ud800'. It must be UTF-8 text.": lambda run: tn.Examples(
        [[0.5]], None, ("\ud800",)
    ),
    "names is '\\ud800'. It must be UTF-8 text.": lambda run: run.to_html(names=["\ud800"]),
    "step is -1. It must be a whole number from 0 to 12.": lambda run: run.batch(-1),
}


@pytest.mark.parametrize("message", CALLS)
def test_the_error_names_the_argument(message):
    run = library_calls.objects().run
    with pytest.raises(tn.TinyNetError, match="^" + re.escape(message)):
        CALLS[message](run)
