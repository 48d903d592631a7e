"""Test the checks and the tables of the benchmarks."""

import doctest
import json
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import classifier
import forms
import growth
import harness
import limit
import populations
import recipes
import tinynet as tn

BENCH = Path(harness.__file__).with_name("bench.py")


def test_a_wrong_implementation_is_detected():
    right = populations.ours(quick=True)[0]
    harness.check([right, right])
    wrong = right._replace(
        name="a wrong implementation", parameters=lambda done: done.parameters() + 2 * harness.TOLERANCE
    )
    with pytest.raises(SystemExit, match="a wrong implementation differs from TinyNet.* Nothing was timed"):
        harness.check([right, wrong])


def test_an_implementation_with_nan_is_detected():
    right = populations.ours(quick=True)[0]
    wrong = right._replace(name="NaN", parameters=lambda done: np.full((16, 23), np.nan))
    with pytest.raises(SystemExit, match="NaN differs from"):
        harness.check([right, wrong])


def test_a_missing_implementation_has_a_reason():
    def prepare(networks):
        raise harness.MissingError("the abacus is not installed")

    right = populations.ours(quick=True)[0]
    seconds, missing = harness.check([right, right._replace(name="an abacus", prepare=prepare)])
    assert missing == {"an abacus": "the abacus is not installed"}
    assert list(seconds) == [right.name]


def test_initial_parameters_equal_those_of_the_network():
    for seed, start in enumerate(harness.initial_parameters(3)):
        assert start == pytest.approx(tn.Network.initial(seed=seed).parameters, abs=1e-7)


NARROWER = [("-mno-avx512f",), ("-mno-avx",)] if platform.machine() in ("x86_64", "AMD64") else []


@pytest.mark.parametrize("extra", [(), *NARROWER], ids=" ".join)
def test_the_c_implementation_agrees_with_tinynet(tmp_path, extra):
    try:
        kernel = limit.compiled(3, extra, tmp_path)
    except harness.MissingError as reason:
        if "there is no C compiler" not in str(reason):
            raise
        pytest.skip(str(reason))
    trained = limit.parameters(limit.train(kernel, limit.blocks(kernel, 100)))[:100]
    assert trained == pytest.approx(tn.population(networks=100).parameters, abs=1e-5)


def test_operation_counts_of_the_default_form_equal_a_count_by_hand():
    forward = 3 * (4 + 4 + 22) + 2 * (3 + 3 + 22)  # products, sums, sigmoid
    outputs = 2 * (1 + 2 + 3)  # a - t; twice it, over 2; times a (1 - a)
    hidden = 3 * (2 + 1) + 3 * 3  # two products and their sum; times a (1 - a)
    gradients = 3 * 4 + 2 * 3  # those of the biases are the deltas
    update = 23 * 3  # rate * gradient, its negative, the sum
    notebook = forms.forms()[forms.DEFAULT]
    assert forms.operations(notebook) == forward + outputs + hidden + gradients + update


def test_batches_and_shuffling_add_operations():
    found = {name: forms.operations(form) for name, form in forms.forms().items()}
    alone = found[forms.DEFAULT]
    assert found["shuffled"] == alone + forms.SHUFFLE * 3 / 4
    assert alone < found["batches of 3, the last short"] < found["batches of 4"] < 4 * alone
    assert found["soft targets"] == alone


def test_the_growth_figure_is_written(tmp_path):
    points = {"1": 0.001, "10": 0.002}
    growth.draw(
        harness.Result("", (), numbers={"seconds_by_networks": points, "seconds_by_epochs": points}),
        tmp_path / "drawn" / "growth.png",
    )
    assert (tmp_path / "drawn" / "growth.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("module", [classifier, harness, forms, growth])
def test_the_docstring_examples_of_the_benchmarks_pass(module):
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.slow
def test_a_single_section_can_be_run(tmp_path):
    arguments = ["--quick", "--only", "recording", "--json", str(tmp_path / "found.json")]
    done = subprocess.run([sys.executable, str(BENCH), *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "found.json").read_text())
    assert set(found) == {"machine", "quick", "recording", "seconds_in_all"}
    ratio = found["recording"]["pytorch_milliseconds"] / found["recording"]["tinynet_milliseconds"]
    assert found["recording"]["tinynet_is_times_faster"] == pytest.approx(ratio)


def test_an_unknown_section_is_refused():
    done = subprocess.run([sys.executable, str(BENCH), "--only", "speed"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "section is 'speed'. It must be one of 'population', 'recording'" in done.stderr


def test_the_best_of_each_group_is_selected():
    scores = np.array([3.0, 1.0, 2.0, np.nan, 4.0, 5.0, 0.0])
    assert recipes.best_of_groups(scores, 1).tolist() == list(range(7))
    assert recipes.best_of_groups(scores, 2).tolist() == [1, 2, 4]  # the seventh has no partner
    assert recipes.best_of_groups(scores, 3).tolist() == [1, 4]


def test_each_number_of_restarts_has_a_row():
    stage = recipes.Stage(tn.Recipe(epochs=1), tn.World(0.3))
    case = recipes.Case("two trainings", recipes.shape(4), (stage, stage), (1, 2))
    exam = tn.Exam(count=200)
    one, best = recipes.confirm(case, 70, exam, exam)
    assert one.startswith("| two trainings | 0 of 70 | 0 % | 0 %-5.2 % | ")
    assert best.startswith("| … best of 2 | 0 of 35 | 0 % | ")
