import json
from dataclasses import asdict

import numpy as np
import pytest

import tinynet as tn
from tinynet import rng
from tinynet.errors import TinyNetError
from tinynet.evaluation.exam import Exam, ExamResult
from tinynet.experiments.ladder import RUNG, RUNGS, Ladder, Standing, bought, sentence

EXAM = Exam(count=1000)


def marks(**columns):
    plain = {"margin": 0.9, "accuracy": 0.95, "gray": 0.05, "worst_doubt": 0.1}
    plain |= {"brier_ratio": 1.0, "auroc": 0.9, "agreement": 0.97}
    return ExamResult(*(np.asarray(columns.get(name, [value] * 4), float) for name, value in plain.items()))


def test_the_canonical_pictures_are_the_lines_and_the_doubts():
    shown = tn.pictures.canonical()
    assert len(shown) == 17
    assert shown.names[:5] == ("top", "bottom", "left", "right", "gray")
    assert (shown.targets[4:] == 0.5).all()
    assert len(np.unique(shown.inputs, axis=0)) == 17


def test_every_rung_is_compared_with_one_before_it():
    seen = set()
    for rung in RUNGS:
        assert rung.after is None or rung.after in seen
        seen.add(rung.key)


def test_a_standing_counts_what_the_marks_say():
    found = Standing.of("x", marks(margin=[0.9, 0.5, -0.1, np.nan], accuracy=[0.9, 1.0, 0.8, np.nan]))
    assert (found.networks, found.finite, found.passed, found.unsound) == (4, 3, 0, 2)
    assert found.parts[0] == 1
    assert found.means["accuracy"] == pytest.approx(0.9)
    assert found.errors["accuracy"] == pytest.approx(np.std([0.9, 1.0, 0.8]) / 3**0.5)
    assert Standing.from_json(json.loads(json.dumps(asdict(found)))) == found


def test_only_changes_beyond_their_errors_are_spoken_of():
    before = Standing.of("a", marks(accuracy=[0.80] * 4, gray=[0.5, 0.1, 0.9, 0.5]))
    after = Standing.of("b", marks(accuracy=[0.90] * 4, gray=[0.6, 0.2, 0.9, 0.5], auroc=[0.5] * 4))
    found = bought(before, after)
    assert found["better"] == ["accuracy on noisy lines (0.800 → 0.900)"]
    assert found["worse"] == ["AUROC of telling lines from doubt (0.900 → 0.500)"]
    assert "|H − V| on gray" in found["same"]


def test_results_are_kept_and_found_again(tmp_path):
    first = Ladder(16, exam=EXAM, folder=tmp_path)
    assert not first.known("bold")
    found = first.standing("bold")
    (path,) = tmp_path.glob("bold-*.json")
    kept = path.stat().st_mtime_ns
    again = Ladder(16, exam=EXAM, folder=tmp_path)
    assert again.known("bold")
    assert again.standing("bold") == found
    assert path.stat().st_mtime_ns == kept
    assert not Ladder(17, exam=EXAM, folder=tmp_path).known("bold")
    for other in ({"seed": 1}, {"stream": rng.VALIDATION}, {"world": tn.World(noise=0.1)}):
        assert not Ladder(16, exam=Exam(count=1000, **other), folder=tmp_path).known("bold")
    path.write_text(path.read_text()[:50])
    assert not Ladder(16, exam=EXAM, folder=tmp_path).known("bold")


def test_a_standing_is_the_populations():
    one = Ladder(16, exam=EXAM)
    trained = one.train("bold")
    expected = tn.population(RUNG["bold"].recipe, 16)
    assert (trained.parameters == expected.parameters).all()
    assert one.standing("bold").passed == int(trained.take_exam(EXAM).passed.sum())
    assert sentence(one, "bold").startswith("A rate of 5: beside “the notebook's”, ")


def test_an_unknown_rung_is_named():
    with pytest.raises(TinyNetError, match="there is no rung 'top'; the rungs are notebook, bold"):
        Ladder(16, exam=EXAM).standing("top")
