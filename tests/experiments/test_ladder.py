import json
from dataclasses import asdict

import numpy as np
import pytest

import prose
import tinynet as tn
from tinynet import rng
from tinynet.errors import TinyNetError
from tinynet.evaluation.exam import Exam, ExamResult
from tinynet.experiments.ladder import RUNG, RUNGS, Ladder, Standing
from tinynet.story.rung_effects import effects, sentence

EXAM = Exam(count=1000)


def exam_result(**columns):
    plain = {"margin": 0.9, "accuracy": 0.95, "gray": 0.05, "worst_ambiguous": 0.1}
    plain |= {"brier_ratio": 1.0, "auroc": 0.9, "agreement": 0.97}
    return ExamResult(*(np.asarray(columns.get(name, [value] * 4), float) for name, value in plain.items()))


def test_the_canonical_pictures_are_lines_and_ambiguous_pictures():
    shown = tn.pictures.canonical()
    assert len(shown) == 17
    assert shown.names[:5] == ("top", "bottom", "left", "right", "gray")
    assert (shown.targets[4:] == 0.5).all()
    assert len(np.unique(shown.inputs, axis=0)) == 17


def test_every_rung_is_compared_with_an_earlier_rung():
    seen = set()
    for rung in RUNGS:
        assert rung.baseline is None or rung.baseline in seen
        seen.add(rung.key)


def test_a_standing_sums_up_the_exam_results():
    found = Standing.of("x", exam_result(margin=[0.9, 0.5, -0.1, np.nan], accuracy=[0.9, 1.0, 0.8, np.nan]))
    assert (found.networks, found.finite, found.passed, found.n_failing_clean_lines) == (4, 3, 0, 2)
    assert found.met[0] == 1
    assert found.means["accuracy"] == pytest.approx(0.9)
    assert found.errors["accuracy"] == pytest.approx(np.std([0.9, 1.0, 0.8]) / 3**0.5)
    described = json.loads(json.dumps(asdict(found)))
    assert Standing.from_json(described) == found
    described["unsound"] = described.pop("n_failing_clean_lines")  # as files of earlier versions name them
    described["parts"] = described.pop("met")
    for values in (described["means"], described["errors"], described["medians"]):
        values["worst_doubt"] = values.pop("worst_ambiguous")
    assert Standing.from_json(described) == found


def test_only_changes_beyond_their_errors_are_reported():
    before = Standing.of("a", exam_result(accuracy=[0.80] * 4, gray=[0.5, 0.1, 0.9, 0.5]))
    after = Standing.of("b", exam_result(accuracy=[0.90] * 4, gray=[0.6, 0.2, 0.9, 0.5], auroc=[0.5] * 4))
    found = {
        effect.measure.label: (effect.kind, round(effect.change, 3)) for effect in effects(before, after)
    }
    assert found["line accuracy"] == ("better", 0.1)
    assert found["AUROC"] == ("worse", -0.4)
    assert "The AUROC gets worse by 0.400 (95 % interval 0.400 to 0.400)." in [
        effect.sentence for effect in effects(before, after)
    ]
    assert {name for name, (kind, *_) in found.items() if kind != "same"} == {"line accuracy", "AUROC"}
    assert found["gray margin"][0] == "same"


def test_measured_results_are_stored_and_reused(tmp_path):
    first = Ladder(16, exam=EXAM, folder=tmp_path)
    assert not first.known("high_rate")
    found = first.standing("high_rate")
    (path,) = tmp_path.glob("high_rate-*.json")
    kept = path.stat().st_mtime_ns
    again = Ladder(16, exam=EXAM, folder=tmp_path)
    assert again.known("high_rate")
    assert again.standing("high_rate") == found
    assert path.stat().st_mtime_ns == kept
    assert not Ladder(17, exam=EXAM, folder=tmp_path).known("high_rate")
    for other in ({"seed": 1}, {"stream": rng.VALIDATION}, {"world": tn.World(noise=0.1)}):
        assert not Ladder(16, exam=Exam(count=1000, **other), folder=tmp_path).known("high_rate")
    path.write_text(path.read_text()[:50])
    assert not Ladder(16, exam=EXAM, folder=tmp_path).known("high_rate")


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.update(passed=data["passed"] + 1),
        lambda data: data.update(networks=float(data["networks"])),
        lambda data: data["means"].update(brier=0.1),
        lambda data: data["met"].append(0),
        lambda data: data.update(content="0" * 64),
        lambda data: data.pop("content"),  # an earlier version wrote the file
        lambda data: data.update(content=None),
    ],
)
def test_stored_results_without_their_hash_are_measured_again(tmp_path, change):
    first = Ladder(16, exam=EXAM, folder=tmp_path)
    found = first.standing("high_rate")
    (path,) = tmp_path.glob("high_rate-*.json")
    kept = path.read_bytes()
    data = json.loads(kept)
    change(data)
    path.write_text(json.dumps(data))
    again = Ladder(16, exam=EXAM, folder=tmp_path)
    assert not again.known("high_rate")
    assert again.standing("high_rate") == found
    assert path.read_bytes() == kept


def test_a_standing_equals_the_exam_of_a_population():
    one = Ladder(16, exam=EXAM)
    trained = one.train("high_rate")
    expected = tn.population(RUNG["high_rate"].recipe, 16)
    assert (trained.parameters == expected.parameters).all()
    assert one.standing("high_rate").passed == int(trained.take_exam(EXAM).passed.sum())
    assert sentence(one, "high_rate").startswith(
        "Rung “rate 5” is rung “notebook” with a learning rate of 5. The "
    )


def test_an_unknown_rung_is_named():
    with pytest.raises(TinyNetError, match="rung is 'top'. It must be one of 'notebook', 'high_rate'"):
        Ladder(16, exam=EXAM).standing("top")


def test_every_sentence_about_a_rung_is_easy_to_read():
    """Check every rung; sentences are longest if no measure or every measure changes."""
    for change in (0.0, 0.1, -0.1):
        for rung in RUNGS:
            one = Ladder(4, exam=EXAM)
            changed = {name: [value[0] + change] * 4 for name, value in vars(exam_result()).items()}
            one._standings = {rung.key: Standing.of(rung.key, exam_result(**changed))}
            if rung.baseline is not None:
                one._standings[rung.baseline] = Standing.of(rung.baseline, exam_result())
            assert not prose.hard(sentence(one, rung.key))
