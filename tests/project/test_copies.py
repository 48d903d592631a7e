"""Every public object can be pickled, copied and copied deeply, and the copy is equal."""

import copy
import dataclasses
import pickle

import numpy as np
import pytest

import tinynet as tn

LINES = tn.pictures.lines()
RECIPE = tn.Recipe(epochs=3, learning_rate=5.0)
TABLE = {"width": [1.0, 3.0, 2.0, 4.0], "kind": ["a", "b", "a", "b"]}


def trained(**options):
    return tn.train(tn.Network.initial(seed=0), LINES, RECIPE, **options)


def watched():
    import base64

    import golden

    return tn.Recording.from_bytes(base64.b64decode(golden.read("watched")[0]["bytes"]))


def classifier():
    fitted = tn.TinyNetClassifier(epochs=5)
    return fitted.fit(np.arange(8.0).reshape(4, 2), ["a", "b", "a", "b"])


def table():
    return tn.Examples.from_table(TABLE, label="kind")


def numbers():
    return tn.Examples.from_table({"width": [1.0, 3.0, 2.0], "height": [2.0, 5.0, 3.0]}, targets="height")


def regression_score():
    examples = numbers()
    run = tn.train(tn.Network.initial((1, 3, 1), output="identity"), examples, tn.Recipe(epochs=2))
    return tn.score(run.final, examples)


PUBLIC = {  # objects of each public class, and results of each public function
    "Architecture": lambda: tn.Architecture((4, 5, 2)),
    "Exam": tn.Exam,
    "ExamResult": lambda: tn.population(RECIPE, 5).take_exam(tn.Exam(count=100)),
    "Examples": lambda: [LINES, table(), numbers(), LINES[:0]],
    "Explanation": lambda: trained()[3].explain("layer1.weight[0,0]"),
    "Moment": lambda: [trained()[3], watched()[1]],
    "Network": lambda: tn.Network.initial(seed=1),
    "Population": lambda: tn.population(RECIPE, 5, validation=LINES),
    "Recipe": lambda: RECIPE,
    "Recording": lambda: [trained(), trained(validation=LINES, kept=5), watched()],
    "Sheet": lambda: [tn.Sheet.of(tn.Architecture(), RECIPE), tn.Sheet.of(tn.Architecture())],
    "Sweep": lambda: tn.sweep(tn.grid(learning_rate=[1.0, 5.0]), 8),
    "TinyNetClassifier": classifier,
    "TinyNetError": lambda: tn.TinyNetError("is 3. It must be 4.", parameter="epochs"),
    "Trial": lambda: tn.Trial(recipe=RECIPE),
    "Verdict": lambda: tn.population(RECIPE, 5).verdicts(),
    "World": lambda: tn.World(noise=0.1),
    "compare": lambda: tn.compare(trained(), trained()),
    "diagnose": lambda: tn.diagnose(trained()),
    "export": None,  # writes a file
    "grid": lambda: tn.grid(learning_rate=[1.0, 5.0]),
    "journey": lambda: next(tn.journey("look")),
    "learner": tn.learner,
    "load": None,  # the result is a Recording
    "nudge": lambda: tn.nudge(tn.Network.initial(), LINES),
    "pictures": lambda: [tn.pictures.stress(), tn.pictures.canonical()],
    "plots": None,  # matplotlib's figures
    "population": lambda: tn.population(RECIPE, 5, examples=tn.World()),
    "posterior": lambda: tn.posterior(tn.World(), LINES.inputs),
    "predictions": lambda: tn.predictions(trained().final, LINES),
    "score": lambda: [tn.score(trained().final, LINES), regression_score()],
    "defaults": lambda: tn.defaults(LINES),
    "split": lambda: tn.split(tn.World().examples(20, seed=0), held_out=0.3),
    "sweep": None,  # the result is a Sweep
    "symmetrize": lambda: tn.symmetrize(tn.Network.initial()),
    "train": lambda: trained().final,
    "watch": None,  # a context manager around a training loop; its result is a Recording
    "worksheet": lambda: tn.worksheet([1, 2]),
}
WAYS = {
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


def content(value):
    """Return an object as plain values, with the bytes of each array."""
    if isinstance(value, np.ndarray):
        return str(value.dtype), value.shape, value.tobytes()
    if isinstance(value, dict):
        return {name: content(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value).__name__, [content(each) for each in value]
    if isinstance(value, BaseException):
        return type(value), value.args, vars(value)
    if dataclasses.is_dataclass(value):
        return type(value), {f.name: content(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if hasattr(value, "func"):  # a partial function
        return value.func, content(value.args)
    if hasattr(value, "__dict__") and not callable(value):
        names = [name for name in vars(value) if name not in vars(type(value))]  # no cached properties
        return type(value), {name: content(vars(value)[name]) for name in names}
    return repr(value)


def test_every_public_name_is_tried():
    assert set(PUBLIC) == {*tn.__all__, "TinyNetClassifier"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", [name for name, make in PUBLIC.items() if make is not None])
def test_a_copy_is_equal(name, way):
    value = PUBLIC[name]()
    if (name, way) == ("journey", "pickle"):
        with pytest.raises(tn.TinyNetError, match="its figures are drawn by functions. Pickle the result of"):
            WAYS[way](value)
        return
    before = content(value)
    again = WAYS[way](value)
    assert content(again) == before
    assert content(value) == before
    for one, other in zip(as_list(value), as_list(again), strict=True):
        use(other)
        use(one)  # fills cached properties
        assert content(WAYS[way](one)) == content(other)


def as_list(value):
    return value if isinstance(value, list) else [value]


def use(value):
    """Compute with an object, so that its cached properties are filled."""
    if isinstance(value, tn.Recording):
        assert value[1].loss == pytest.approx(value.losses[1 // value.stride], abs=1)
    if isinstance(value, tn.Moment):
        assert value.after.parameters.shape == value.network.parameters.shape
    if isinstance(value, tn.Sheet):
        inputs = {cell.name: 0.5 for cell in value.cells.values() if cell.formula is None}
        assert len(value.evaluate(inputs)) == len(value.cells)
    if isinstance(value, tn.Population):
        assert len(value.losses) == len(value)
    if isinstance(value, tn.Network):
        assert not value.parameters.flags.writeable
        assert len(value.layers) == len(value.sizes) - 1
    str(value)
