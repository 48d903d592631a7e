"""A valid call of every public function and method, for tests that change the arguments.

A call is a target, positional arguments, and keyword arguments. The target is a function or a bound method.
`python tests/support/library_calls.py 10000` makes 10,000 calls, each with one hostile argument.
"""

import inspect
import os
import resource
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np

import tinynet as tn
from hostile_values import hostile_values
from tinynet import plots
from tinynet.evaluation import calibration

NOT_CALLED = {  # they need PyTorch or a notebook, have tests of their own, or are for the surfaces of TinyNet
    "watch", "Network.from_torch", "Network.to_torch", "Network.state_dict", "Network.widget", "Recording.widget",
    "TinyNetClassifier", "TinyNetError", "TinyNetError.add_note", "TinyNetError.renamed", "TinyNetError.with_traceback",
    "plots.check_path", "plots.diverging_colormap", "plots.figure_of", "plots.ladder", "plots.render",
}  # fmt: skip


@cache
def objects():
    """Return one object of each public class."""
    lines, network = tn.pictures.lines(), tn.Network.initial(seed=0)
    rows = {"width": [1, 3, 2, 5], "height": [4.0, 2.0, 1.0, 3.0], "kind": ["a", "b", "a", "b"]}
    flowers = tn.Examples.from_table(rows, label="kind")
    heights = tn.Examples.from_table({"width": [1, 3, 2], "height": [4, 2, 1]}, targets="height")
    run = tn.train(network, lines, tn.Recipe(epochs=3))
    moment, population = run[1], tn.population(tn.Recipe(epochs=2), 8)
    exam = tn.Exam(count=100)
    trials = tn.grid(learning_rate=[0.1, 0.2], epochs=[1, 2])
    return SimpleNamespace(
        lines=lines, network=network, flowers=flowers, heights=heights, run=run, moment=moment, exam=exam,
        population=population, architecture=network.architecture, recipe=run.recipe, sheet=moment.sheet,
        result=population.take_exam(exam), trials=trials, sweep=tn.sweep(trials, 8), world=tn.World(),
        explanation=moment.explain("loss"), verdict=population.verdicts()[0], rows=rows,
        regression=tn.Network.initial((1, 3, 1), seed=0), wide=tn.Network.initial((2, 3, 2), seed=0),
    )  # fmt: skip


# Long because it lists every public function.
def calls(folder):
    """Return the valid calls by name; `folder` receives the files that they write."""
    o = objects()
    path = Path(folder)
    data = {
        "exported": path / "run.html",
        "saved": path / "run.safetensors",
        "network": path / "network.json",
    }
    o.run.save(data["saved"])
    o.network.save(data["network"])
    arrays = [getattr(o.run, name) for name in ("parameters", "state", "gradients", "activations", "losses", "batches",
                                                "loss_per_epoch", "movement_per_epoch")]  # fmt: skip
    result = o.result
    scores = [getattr(result, name) for name in vars(result) if isinstance(getattr(result, name), np.ndarray)]
    curve = {"epoch": [0, 1], "training": [0.5, 0.4], "validation": [0.6, 0.5]}
    covered = calibration.abstention([0.9, 0.6], [1, 0])
    score = tn.score(o.network, o.lines)
    listed = {
        "Architecture": (tn.Architecture, (4, 3, 2), "tanh", "sigmoid", "he"),
        "Architecture.check": (o.architecture.check, o.lines.inputs),
        "Architecture.from_json": (tn.Architecture.from_json, o.architecture.to_json()),
        "Architecture.to_json": (o.architecture.to_json,),
        "Exam": (tn.Exam, o.world, 100, 0, 1 << 30),
        "Exam.evaluate": (o.exam.evaluate, o.network),
        "ExamResult": (tn.ExamResult, *scores[:7]),
        "ExamResult.__len__": (result.__len__,),
        "ExamResult.joined": (tn.ExamResult.joined, [result, result]),
        "ExamResult.medians": (result.medians,),
        "ExamResult.of": (result.of, 3),
        "ExamResult.verdicts": (result.verdicts,),
        "Examples": (tn.Examples, [[0.0, 1.0]], [[1.0]], ("a",), (1, 2), ("left",), None, None, False),
        "Examples.__getitem__": (o.lines.__getitem__, [1, 2]),
        "Examples.__len__": (o.lines.__len__,),
        "Examples.from_images": (tn.Examples.from_images, path, 8),
        "Examples.from_json": (tn.Examples.from_json, o.flowers.to_json()),
        "Examples.from_table": (tn.Examples.from_table, o.rows, {"label": "kind", "targets": None, "scale": True, "ignore": ["width"]}),
        "Examples.noun": (o.lines.noun, 2),
        "Examples.of_table": (tn.Examples.of_table, o.flowers.unscaled_rows(), o.flowers.unscaled_rows()),
        "Examples.read_like": (o.flowers.read_like, {"width": [1], "height": [2]}),
        "Examples.reordered": (o.lines.reordered, ["top", 2]),
        "Examples.reversed": (o.lines.reversed,),
        "Examples.scaled": (o.flowers.scaled, [1.0, 2.0]),
        "Examples.outside_range": (o.flowers.outside_range,),
        "Examples.to_json": (o.flowers.to_json,),
        "Examples.unscaled": (o.heights.unscaled, [0.5]),
        "Examples.unscaled_rows": (o.flowers.unscaled_rows,),
        "Explanation": (tn.Explanation, "loss", "the loss", ("+", "a", "b"), 3.0, {"a": 1.0, "b": 2.0}, ()),
        "Explanation.html": (o.explanation.html,),
        "Explanation.latex": (o.explanation.latex,),
        "Explanation.latex_document": (o.explanation.latex_document,),
        "Explanation.text": (o.explanation.text,),
        "Explanation.to_json": (o.explanation.to_json,),
        "Moment": (tn.Moment, o.network, o.lines[0], o.recipe, np.zeros(0), 0, 0),
        "Moment.explain": (o.moment.explain, "layer1.weight[0,2]", {"depth": 2}),
        "Moment.ledger": (o.moment.ledger,),
        "Network": (tn.Network, o.architecture, o.network.parameters, "seed 0"),
        "Network.__call__": (o.network.__call__, [1.0, 0.0, 0.0, 1.0]),
        "Network.activations": (o.network.activations, [1.0, 0.0, 0.0, 1.0]),
        "Network.code": (o.network.code, "c", {"name": "network", "dtype": "float32"}),
        "Network.from_json": (tn.Network.from_json, o.network.to_json()),
        "Network.from_onnx": (tn.Network.from_onnx, o.network.to_onnx()),
        "Network.from_state_dict": (
            tn.Network.from_state_dict, {"0.weight": np.ones((2, 2)), "0.bias": np.ones(2)}, {"hidden": "tanh", "output": "tanh"},
        ),
        "Network.initial": (tn.Network.initial, (4, 3, 2), {"seed": 0, "hidden": "tanh", "output": "tanh", "init": "he"}),
        "Network.load": (tn.Network.load, data["network"], {"hidden": None, "output": None}),
        "Network.named": (o.network.named,),
        "Network.of": (tn.Network.of, o.network),
        "Network.save": (o.network.save, path / "saved.json"),
        "Network.to_json": (o.network.to_json,),
        "Network.to_onnx": (o.network.to_onnx, {"dtype": "float32", "target_names": ("a", "b")}),
        "Network.with_parameter": (o.network.with_parameter, "layer1.bias[0]", 0.5),
        "Network.with_parameters": (o.network.with_parameters, o.network.parameters, {"origin": "here"}),
        "Population": (tn.Population, o.architecture, o.recipe, o.lines, o.population.seeds, o.population.parameters, False),
        "Population.__len__": (o.population.__len__,),
        "Population.fraction": (o.population.fraction, o.population.finite, "are finite", "More."),
        "Population.margins": (o.population.margins, o.lines),
        "Population.network": (o.population.network, 3),
        "Population.outputs": (o.population.outputs, o.lines.inputs),
        "Population.replay": (o.population.replay, 3),
        "Population.take_exam": (o.population.take_exam, o.exam),
        "Population.verdicts": (o.population.verdicts,),
        "Recipe": (tn.Recipe, dict(o.recipe.to_json())),
        "Recipe.from_json": (tn.Recipe.from_json, o.recipe.to_json()),
        "Recipe.rates": (o.recipe.rates, 0, 4, 12),
        "Recipe.to_json": (o.recipe.to_json,),
        "Recording": (tn.Recording, o.network, o.lines, o.recipe, o.run.steps, o.run.stride, *arrays),
        "Recording.__getitem__": (o.run.__getitem__, 3),
        "Recording.__iter__": (o.run.__iter__,),
        "Recording.__len__": (o.run.__len__,),
        "Recording.batch": (o.run.batch, 3),
        "Recording.batch_indices": (o.run.batch_indices, 3),
        "Recording.batch_weights": (o.run.batch_weights, 3),
        "Recording.export": (o.run.export, path / "run.json"),
        "Recording.from_bytes": (tn.Recording.from_bytes, o.run.to_bytes(), "here"),
        "Recording.learning_rate": (o.run.learning_rate, 3),
        "Recording.save": (o.run.save, path / "again.safetensors"),
        "Recording.state_before": (o.run.state_before, 3),
        "Recording.to_bytes": (o.run.to_bytes,),
        "Recording.to_html": (o.run.to_html, path / "page.html", o.run, {"names": ["a", "b"], "title": "Two"}),
        "Sheet": (tn.Sheet, o.sheet.cells.values(), o.architecture, o.recipe, 1),
        "Sheet.dependents": (o.sheet.dependents, "layer1.z[0]"),
        "Sheet.evaluate": (o.sheet.evaluate, o.moment.values),
        "Sheet.from_json": (tn.Sheet.from_json, o.sheet.to_json()),
        "Sheet.input_values": (o.sheet.input_values, o.network, o.lines.inputs[0], o.lines.targets[0], np.zeros(0)),
        "Sheet.of": (tn.Sheet.of, o.architecture, o.recipe, 1),
        "Sheet.to_json": (o.sheet.to_json,),
        "Sweep": (tn.Sweep, o.sweep.plan, o.sweep.tallies, False),
        "Sweep.rows": (o.sweep.rows,),
        "Sweep.to_parquet": (o.sweep.to_parquet, path / "tables"),
        "Sweep.verdict": (o.sweep.verdict, 1),
        "Trial": (tn.Trial, o.architecture, o.recipe),
        "Trial.from_axes": (tn.Trial.from_axes, {"learning_rate": 0.1}, o.lines),
        "Trial.from_json": (tn.Trial.from_json, o.trials[0].to_json()),
        "Trial.to_json": (o.trials[0].to_json,),
        "Verdict": (tn.Verdict, "3 of 4.", 3, 4, (0.2, 0.9), {"a": 1.0}),
        "Verdict.labelled": (o.verdict.labelled, "H"),
        "Verdict.to_json": (o.verdict.to_json,),
        "World": (tn.World, dict(o.world.to_json())),
        "World.draw": (o.world.draw, range(3), {"seed": 0, "stream": 1 << 30}),
        "World.examples": (o.world.examples, 5, {"seed": 0, "stream": 1 << 30}),
        "World.from_json": (tn.World.from_json, o.world.to_json()),
        "World.to_json": (o.world.to_json,),
        "Recording.training_loss": (o.run.training_loss, 3),
        "compare": (tn.compare, o.run, o.run),
        "defaults": (
            tn.defaults, o.lines, {"hidden": 3, "activation": "tanh", "output": "sigmoid", "init": "he", "epochs": 5},
        ),
        "diagnose": (tn.diagnose, o.run),
        "export": (tn.export, [o.run], data["exported"], {"title": "T", "names": ["a"]}),
        "grid": (tn.grid, o.lines, {"learning_rate": [0.1], "hidden": [(3,)], "loss": "mse"}),
        "journey": (tn.journey, "look", {"seed": 0, "networks": 8, "recipe": o.recipe, "architecture": o.architecture}),
        "learner": (tn.learner,),
        "load": (tn.load, data["saved"]),
        "nudge": (tn.nudge, o.network, o.lines, o.recipe),
        "population": (
            tn.population, o.recipe, 8, {"first_seed": 0, "examples": o.lines, "architecture": o.architecture, "validation": None},
        ),
        "posterior": (tn.posterior, o.world, o.lines.inputs, {"finer": 1}),
        "predictions": (tn.predictions, o.network, o.lines, {"unsure": 0.2}),
        "score": (tn.score, o.network, o.lines, o.recipe, {"part": "all"}),
        "split": (tn.split, o.lines, 0.5, {"seed": 0}),
        "sweep": (tn.sweep, o.trials, 8, {"first_seed": 0, "examples": o.lines, "probes": o.lines, "out": None, "workers": 1, "limit": 8, "seconds": 5}),
        "symmetrize": (lambda predictor: tn.symmetrize(predictor)(np.zeros((1, 4))), o.network),
        "train": (tn.train, o.network, o.lines, o.recipe, {"validation": o.lines, "kept": 5, "progress": lambda done, total: None}),
        "worksheet": (tn.worksheet, [0, 1], o.lines[0], {"architecture": o.architecture, "recipe": o.recipe, "decimals": 3}),
        "pictures.lines": (tn.pictures.lines, 3),
        "pictures.fuzzy_lines": (tn.pictures.fuzzy_lines, 3, {"brightness": 0.9, "darkness": 0.1, "noise": 0.05, "seed": 0}),
        "pictures.lattice": (tn.pictures.lattice, 2),
        "pictures.views": (tn.pictures.views, 2),
        "plots.abstention": (plots.abstention, {"a": covered}),
        "plots.architecture": (plots.architecture, o.network, {"example": [1, 0, 0, 1], "scale": 2.0}),
        "plots.comparison": (plots.comparison, {"a": o.run}, {"constant": 0.5, "constant_label": "c"}),
        "plots.confidence_bars": (
            plots.confidence_bars, tn.predictions(o.network, o.lines), {"labels": ("a", "b"), "title": "T", "words": None},
        ),
        "plots.convergence": (plots.convergence, o.run),
        "plots.hidden_nodes": (plots.hidden_nodes, o.network, {"shape": (2, 2)}),
        "plots.learning_curves": (plots.learning_curves, curve, 1),
        "plots.loss_curve": (plots.loss_curve, o.run, {"constant": 0.5, "constant_label": "c"}),
        "plots.pictures": (plots.pictures, o.lines, {"columns": 2}),
        "plots.population_histogram": (
            plots.population_histogram, np.linspace(-1, 1, 9), {"label": "L", "mark": 0.5, "mark_label": "m", "sides": ("a", "b")},
        ),
        "plots.prediction_map": (plots.prediction_map, o.network, {"title": "T", "scale": True}),
        "plots.reliability": (plots.reliability, score.reliability, {"title": "T"}),
        "plots.save": (plots.save, plots.pictures(o.lines), path / "figure.svg"),
        "plots.sweep_map": (plots.sweep_map, o.sweep, {"x": "epochs", "y": "learning_rate", "value": "learned", "probe": None}),
    }  # fmt: skip
    return {name: _with_keywords(*call) for name, call in listed.items()}


def _with_keywords(target, *arguments):
    keywords = len(arguments) and type(arguments[-1]) is dict and _are_keywords(target, arguments[-1])
    return (target, list(arguments[:-1]), arguments[-1]) if keywords else (target, list(arguments), {})


def _are_keywords(target, names):
    known = inspect.signature(target).parameters
    return set(names) <= set(known) or (bool(names) and any(p.kind is p.VAR_KEYWORD for p in known.values()))


PICTURES = ("lines", "fuzzy_lines", "lattice", "views")


def public_names():
    """Yield the name of every public function, class, and method."""
    for name in tn.__all__:
        found = getattr(tn, name)
        if name in ("plots", "pictures"):
            yield from (f"{name}.{one}" for one in PICTURES if name == "pictures")
            yield from (
                f"plots.{one}" for one in plots.__all__ if name == "plots" and callable(getattr(plots, one))
            )
        else:
            yield name
        if inspect.isclass(found):
            yield from (f"{name}.{method}" for method in _methods(found))


def _methods(kind):
    shown = ("__call__", "__getitem__", "__len__", "__iter__")
    for name in dir(kind):
        static = inspect.getattr_static(kind, name)
        is_method = isinstance(static, classmethod | staticmethod) or inspect.isfunction(static)
        if is_method and (name in shown or not name.startswith("_")):
            yield name


def variants(folder, random, count=None):
    """Yield calls with one hostile argument, in random order: the place of the argument, its value, and the call."""
    valid, total = calls(folder), len(hostile_values())
    places = [
        (name, key)
        for name, (_, arguments, keywords) in valid.items()
        for key in (*range(len(arguments)), *keywords)
    ]
    for pick in random.permutation(len(places) * total)[:count]:
        name, key = places[pick // total]
        value = hostile_values()[pick % total]
        target, arguments, keywords = valid[name]
        arguments, keywords = list(arguments), dict(keywords)
        (arguments if isinstance(key, int) else keywords)[key] = value
        yield f"{name}({key})", value, partial(target, *arguments, **keywords)


def outcome(call):
    """Return "result", "error" or the text of an exception that a user must not see."""
    try:
        with np.errstate(all="ignore"):
            call()
    except tn.TinyNetError:
        return "error"
    except Exception as error:
        places = [frame for frame in traceback.extract_tb(error.__traceback__) if "tinynet" in frame.filename]
        where = f"{Path(places[-1].filename).name}:{places[-1].lineno}" if places else "outside"
        return f"{type(error).__name__} in {where}: {str(error)[:100]}"
    return "result"


def main(count):
    """Make many hostile calls. Print the outcomes."""
    os.chdir(tempfile.mkdtemp())
    warnings.simplefilter("error")
    resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30,) * 2)
    counts, begun = Counter(), time.monotonic()
    for place, value, call in variants(".", np.random.default_rng(0), count):
        called = time.monotonic()
        found = outcome(call)
        plt.close("all")
        counts[found if found in ("result", "error") else "raw"] += 1
        seconds = time.monotonic() - called
        if found not in ("result", "error") or seconds > 5:
            print(f"{place} of {value!r:.40}: {found}, {seconds:.1f} s", flush=True)
    print(
        f"{sum(counts.values()):,} calls in {time.monotonic() - begun:.0f} s: {dict(counts)}; files: {sorted(map(str, Path().iterdir()))}"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
