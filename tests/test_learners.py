from importlib.resources import files as resources

import numpy as np
import pytest

import tinynet as tn
from tinynet import rng
from tinynet.errors import TinyNetError
from tinynet.evaluation.exam import Exam
from tinynet.story import learner
from tinynet.story.learner import card


def test_the_shipped_learner_passes_an_exam_it_was_not_chosen_by():
    marks = Exam(count=20_000, seed=99).evaluate(tn.learner())
    assert marks.parts.all()


def test_the_shipped_learner_is_what_its_command_makes():
    made = learner.choose()
    kept = learner.shipped()
    assert made.recipe == kept.recipe
    assert made.final.parameters == pytest.approx(kept.final.parameters, abs=1e-6)
    assert card(made).split("identity")[0] == card(kept).split("identity")[0]
    assert (resources("tinynet.story") / "shipped" / "learner.md").read_text() == card(kept)


def test_the_learner_was_chosen_by_pictures_that_are_neither_its_own_nor_the_exams():
    assert len({rng.TRAINING, rng.VALIDATION, rng.TEST}) == 3
    world, numbers = tn.World(), np.arange(2000)
    seed = learner.shipped().recipe.seed
    seen = [
        world.draw(numbers, seed=seed, stream=stream)[0]
        for stream in (rng.TRAINING, rng.VALIDATION, rng.TEST)
    ]
    every = np.concatenate(seen)
    inside = ((every > 0) & (every < 1)).any(
        axis=1
    )  # a picture that is clipped everywhere may well come twice
    assert inside.mean() > 0.9
    assert len(np.unique(every[inside], axis=0)) == inside.sum()


def test_saving_writes_the_card_beside(tmp_path):
    beside = learner.save(learner.shipped(), tmp_path / "mine.safetensors")
    assert tn.load(tmp_path / "mine.safetensors").final == tn.learner()
    text = beside.read_text()
    assert "(mine.svg)" in text
    assert (tmp_path / "mine.svg").read_text().startswith("<?xml")
    assert "| clean lines | yes |" in text
    assert "| margin " in text


def test_only_a_worlds_learner_has_a_card():
    run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=1))
    with pytest.raises(TinyNetError, match="not trained in a world"):
        card(run)
