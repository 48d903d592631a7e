"""A call with a value of the wrong type raises a TinyNetError that names the parameter."""

import re

import pytest

import tinynet as tn
from tinynet import plots

LINES = tn.pictures.lines()
PATH = "It must be the path of a file, as a str or a Path."


@pytest.fixture(scope="module")
def run():
    return tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(epochs=3))


CALLS = {  # the error: the call
    f"path is None. {PATH}": lambda run: tn.load(None),
    f"path is 3. {PATH}": lambda run: tn.Network.load(3),
    f"path is 4. {PATH}": lambda run: run.final.save(4),
    f"path is 5. {PATH}": lambda run: run.save(5),
    f"path is 6. {PATH}": lambda run: run.export(6),
    f"path is 7. {PATH}": lambda run: tn.export(run, 7),
    f"path is 8. {PATH}": lambda run: plots.save(plots.pictures(LINES), 8),
    f"out is 9. {PATH}": lambda run: tn.sweep(tn.grid(), 64, out=9),
    "recordings is 'wine.safetensors'. It must be a Recording or a list of Recordings.": lambda run: (
        tn.export("wine.safetensors", "x.html")
    ),
    "names is 5. It must be a list with a name for each recording.": lambda run: tn.export(
        run, "f.html", names=5
    ),
    "cell is 5. It must be one of the 124 cells": lambda run: tn.export(run, "f.tex", cell=5),
    "results is 5. It must be a list of ExamResults.": lambda run: tn.ExamResult.joined(5),
    "trials has None. It must be recipes, or trials": lambda run: tn.sweep(None),
    "workers is 'x'. It must be a whole number of at least 1.": lambda run: tn.sweep(tn.grid(), workers="x"),
    "seconds is nan. It must be a number above 0.": lambda run: tn.sweep(tn.grid(), seconds=float("nan")),
    "patience is 5. A sweep has no validation examples. Set patience to 0.": lambda run: tn.sweep(
        tn.Recipe(patience=5)
    ),
    "network is <Recording of": lambda run: tn.predictions(run, LINES),
    "examples is 'x'. It must be Examples.": lambda run: tn.predictions(run.final, "x"),
    "other is 3. It must be a Recording.": lambda run: tn.compare(run, 3),
    "run is 3. It must be a Recording.": lambda run: tn.diagnose(3),
    "network is 3. It must be a Network.": lambda run: tn.train(3, LINES),
    "network is 4. It must be a Network.": lambda run: tn.nudge(4, LINES),
    "sizes is 5. It must be 2 to 12 layer sizes": lambda run: tn.Network.initial(5),
    "seeds is 5. It must be a list of seeds.": lambda run: tn.worksheet(5),
    "hidden[0] is None. It must be a whole number from 1 to 4,096.": lambda run: tn.grid(hidden=[None]),
    "hidden[1] is 'a'. It must be a whole number from 1 to 4,096.": lambda run: tn.grid(hidden=[(3, "a")]),
    "recipe is 5. It must be a Recipe.": lambda run: tn.population(5),
    "there is no axis 'learning_rat'. Did you mean 'learning_rate'?": lambda run: tn.grid(learning_rat=1),
    "learning_rate is 1e+400. It must be a number above 0": lambda run: tn.Recipe(learning_rate=10**400),
    "epochs is -1e+400. It must be a whole number": lambda run: tn.Recipe(epochs=-(10**400)),
}


@pytest.mark.parametrize("message", CALLS)
def test_a_wrong_type_is_a_named_mistake(message, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(tn.TinyNetError, match="^" + re.escape(message)):
        CALLS[message](run)
    assert not list(tmp_path.iterdir())
