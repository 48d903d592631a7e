from importlib.resources import files as resources

import numpy as np
import pytest

import prose
import tinynet as tn
from tinynet import rng
from tinynet.errors import TinyNetError
from tinynet.evaluation.exam import Exam
from tinynet.story import learner
from tinynet.story.learner import card


def test_the_shipped_learner_passes_an_exam_on_new_pictures():
    result = Exam(count=20_000, seed=99).evaluate(tn.learner())
    assert result.met.all()


def test_choosing_a_learner_reproduces_the_shipped_learner():
    made = learner.choose()
    kept = learner.shipped()
    assert made.recipe == kept.recipe
    assert made.final.parameters == pytest.approx(kept.final.parameters, abs=1e-6)
    assert card(made).split("identity")[0] == card(kept).split("identity")[0]
    assert (resources("tinynet.story") / "shipped" / "learner.md").read_text() == card(kept)


def test_training_validation_and_test_pictures_differ():
    assert len({rng.TRAINING, rng.VALIDATION, rng.TEST}) == 3
    world, numbers = tn.World(), np.arange(2000)
    seed = learner.shipped().recipe.seed
    seen = [
        world.draw(numbers, seed=seed, stream=stream)[0]
        for stream in (rng.TRAINING, rng.VALIDATION, rng.TEST)
    ]
    every = np.concatenate(seen)
    inside = ((every > 0) & (every < 1)).any(axis=1)  # a picture that is clipped everywhere may occur twice
    assert inside.mean() > 0.9
    assert len(np.unique(every[inside], axis=0)) == inside.sum()


def test_saving_a_learner_writes_its_card(tmp_path):
    beside = learner.save(learner.shipped(), tmp_path / "mine.safetensors")
    assert tn.load(tmp_path / "mine.safetensors").final == tn.learner()
    text = beside.read_text()
    assert "(mine.svg)" in text
    assert (tmp_path / "mine.svg").read_text().startswith("<?xml")
    assert "| clean lines | line margin ≥ 0.8 | 0.882 | yes |" in text


def test_every_sentence_of_the_card_is_easy_to_read():
    lines = card(learner.shipped()).splitlines()
    assert not [found for line in lines if not line.startswith("|") for found in prose.hard(line)]
    assert len([line for line in lines if line.startswith("|")]) > 20


def test_a_card_needs_a_world():
    run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=1))
    with pytest.raises(TinyNetError, match="not trained in a world"):
        card(run)
