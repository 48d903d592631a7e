"""Run experiments of every kind, and hash the numbers of each. The hashes are equal on every machine.

`python tests/support/experiments.py` prints the hashes as JSON; `python tests/support/experiments.py --write` makes the golden file.
"""

import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import tinynet as tn
from tinynet import rng
from tinynet.evaluation.verdicts import Verdict
from tinynet.experiments.cohort import Cohort, TrainingJob
from tinynet.numerics import arrays

GOLDEN = Path(__file__).parents[1] / "golden" / "experiments.json"
LINES, WORLD = tn.pictures.lines(), tn.World()
DRAW = np.random.default_rng(7)
TABLE = {
    "width": (DRAW.random(90) * 7).round(2), "height": (DRAW.random(90) * 1e3).round(1),
    "kind": np.array(["a", "b", "c"])[DRAW.integers(3, size=90)],
}  # fmt: skip


def digest(*parts: Any) -> str:
    """Return a hash of arrays, texts and the numbers in JSON values. All NaNs are equal.

    Names and sentences inside a JSON part do not change the hash.
    """
    found = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            numbers = np.where(np.isnan(part), np.nan, part) if part.dtype.kind == "f" else part
            found.update(f"{part.dtype.str}{part.shape}".encode() + np.ascontiguousarray(numbers).tobytes())
        else:
            found.update((part if isinstance(part, str) else json.dumps(numbers_of(part))).encode())
    return found.hexdigest()[:16]


def numbers_of(part: Any) -> list[Any]:
    """Return the numbers, truth values and Nones of a JSON value, in order."""
    if isinstance(part, dict):
        return [number for value in part.values() for number in numbers_of(value)]
    if isinstance(part, list | tuple):
        return [number for value in part for number in numbers_of(value)]
    return [] if isinstance(part, str) else [part]


# --- one network: recordings in float64 ------------------------------------------------------------------------------

DIGITS = tn.Examples(
    np.arange(12 * 64).reshape(12, 64) * 37 % 101 / 100, np.eye(10)[np.arange(12) % 10],
    tuple(map(str, range(12))), None, tuple(map(str, range(10))),
)  # fmt: skip
SOFT = tn.Examples(LINES.inputs, np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.5, 0.5]]), LINES.names)
SHAPE, CROSS = tn.Architecture(), tn.Recipe(loss="cross_entropy")
FORMS: dict[str, tuple[tn.Architecture, tn.Recipe, Any]] = {
    "notebook": (SHAPE, tn.Recipe(), LINES),
    "rate 5": (SHAPE, tn.Recipe(learning_rate=5.0, epochs=300), LINES),
    "4-8-2": (tn.Architecture((4, 8, 2)), tn.Recipe(), LINES),
    "9-5-2": (tn.Architecture((9, 5, 2)), tn.Recipe(), tn.pictures.lines(3)),
    "deep": (tn.Architecture((4, 4, 4, 2), hidden="tanh"), tn.Recipe(batch_size=3), LINES),
    "no hidden layer": (tn.Architecture((4, 2)), tn.Recipe(), LINES),
    "large": (
        tn.Architecture((64, 16, 10), hidden="relu", output="softmax"),
        replace(CROSS, epochs=25),
        DIGITS,
    ),
    "tanh": (tn.Architecture(hidden="tanh", output="tanh"), tn.Recipe(), LINES),
    "relu": (tn.Architecture(hidden="relu", output="identity"), tn.Recipe(learning_rate=0.02), LINES),
    "relu, lost": (tn.Architecture(hidden="relu", output="identity"), tn.Recipe(learning_rate=30.0), LINES),
    "softmax": (tn.Architecture(output="softmax"), CROSS, LINES),
    "softmax and mse": (tn.Architecture(output="softmax", init="xavier"), tn.Recipe(), LINES),
    "bce": (tn.Architecture(init="he"), tn.Recipe(loss="bce", label_smoothing=0.1), LINES),
    "normal start": (tn.Architecture((4, 5, 2), init="normal"), tn.Recipe(), LINES),
    "batches of 4": (SHAPE, tn.Recipe(batch_size=4), LINES),
    "batches of 3": (SHAPE, tn.Recipe(batch_size=3), LINES),
    "shuffled": (SHAPE, tn.Recipe(order="shuffled"), LINES),
    "12 shuffled": (
        tn.Architecture((64, 3, 10)),
        tn.Recipe(order="shuffled", batch_size=5, epochs=25),
        DIGITS,
    ),
    "momentum": (SHAPE, tn.Recipe(momentum=0.9, learning_rate=0.02), LINES),
    "nesterov": (SHAPE, tn.Recipe(momentum=0.9, nesterov=True, weight_decay=0.001), LINES),
    "adam": (SHAPE, tn.Recipe(optimizer="adam", batch_size=4, schedule="cosine"), LINES),
    "weight decay": (SHAPE, tn.Recipe(weight_decay=0.01), LINES),
    "soft targets": (SHAPE, tn.Recipe(), SOFT),
    "hold": (SHAPE, tn.Recipe(learning_rate=2.0, schedule="hold_then_decay", order="shuffled"), LINES),
    "noise": (SHAPE, tn.Recipe(noise=0.1), LINES),
    "noise and views": (SHAPE, tn.Recipe(noise=0.2, augment=True, order="shuffled"), LINES),
    "world": (tn.Architecture((4, 6, 2)), tn.Recipe(epochs=30, schedule="hold_then_decay"), WORLD),
    "coins": (SHAPE, tn.Recipe(epochs=5, loss="bce", batch_size=3), replace(WORLD, labels="coin", noise=0.3)),
}


def recording(architecture: tn.Architecture, recipe: tn.Recipe, source: Any) -> str:
    """Train from seed 1; hash the recording and the outputs of the trained network."""
    run = tn.train(tn.Network.initial(architecture, seed=1), source, recipe)
    kept = (run.parameters, run.state, run.gradients, run.activations, run.losses, run.loss_per_epoch)
    return digest(*kept, run.movement_per_epoch, run.final(run.examples), run.identity)


def early_stopping() -> str:
    """Stop early on a table; hash the validation losses and the best network."""
    table = tn.Examples.from_table(TABLE, label="kind")
    training, validation = (table.reordered(part.names) for part in tn.split(table, 0.3, seed=0))
    recipe = tn.Recipe(epochs=60, patience=9, order="shuffled")
    run = tn.train(tn.Network.initial((2, 5, 3), seed=0), training, recipe, validation=validation)
    return digest(
        table.to_json(), validation.names, run.validation_per_epoch, run.best_epoch, run.best.parameters
    )


# --- many networks: float32 ----------------------------------------------------------------------------------------


def population(architecture: tn.Architecture, recipe: tn.Recipe, source: Any) -> str:
    """Train 70 seeds; hash their parameters, the kernel's outputs and the verdicts."""
    cohort = Cohort(TrainingJob.of(architecture, recipe, source), np.arange(7, 77))
    snapshots = []
    for epoch in (0, recipe.epochs // 5, recipe.epochs):
        cohort.advance(epoch)
        pictures = np.linspace(0, 1, 3 * architecture.sizes[0]).reshape(3, -1)
        snapshots += [cohort.parameters(), cohort.outputs(pictures)]
    trained = tn.population(recipe, 70, first_seed=7, examples=source, architecture=architecture)
    verdicts = [verdict.to_json() for verdict in trained.verdicts()]
    return digest(*snapshots, trained.parameters, trained.outputs(trained.examples), trained.losses, verdicts)


def sweep() -> str:
    """Train a small grid with 300 seeds each; hash the tables."""
    import pyarrow.parquet as pq

    found = tn.sweep(tn.grid(learning_rate=[0.5, 5.0], epochs=[50, 200]), networks=300)
    with tempfile.TemporaryDirectory() as folder:
        found.to_parquet(folder)
        tables = [
            pq.read_table(Path(folder) / f"{name}.parquet").to_pydict() for name in ("trials", "probes")
        ]
        return digest(tables, json.loads((Path(folder) / "sweep.json").read_text()))


def learner() -> str:
    """Select the shipped learner again; hash its recording."""
    from tinynet.story import learner

    run = learner.choose()
    assert run.final == tn.learner()
    return digest(run.parameters, run.losses)


def world() -> str:
    """Draw pictures of a world; hash them and their posteriors."""
    from tinynet.evaluation import bayes

    inputs, targets, rows = WORLD.draw(np.arange(2000), seed=5, stream=rng.TEST)
    return digest(inputs, targets, rows, bayes.posterior(WORLD, inputs))


# --- evaluation ------------------------------------------------------------------------------------------------------


def drawn_inputs() -> Any:
    """Draw 300 pictures of the world. -> inputs"""
    return WORLD.draw(np.arange(300), seed=5, stream=rng.TEST)[0]


def bayes_optimal() -> Iterator[tuple[str, Any]]:
    """Yield the scores and the posteriors of the Bayes-optimal answer."""
    from tinynet.evaluation import bayes, bayes_bounds

    bounds = vars(bayes_bounds.bayes_scores(WORLD, count=3000))
    yield "bayes bounds", {name: tuple(bound) for name, bound in bounds.items()}
    sharp = replace(WORLD, noise=0.05, n=3)
    yield "posterior", bayes.posterior(sharp, sharp.draw(np.arange(60), seed=5, stream=rng.TEST)[0])
    yield "doubt", bayes.ambiguous(WORLD, drawn_inputs())


def trained_networks() -> Iterator[tuple[str, Any]]:
    """Yield exam results, scores, a diagnosis, a path and symmetrized outputs."""
    from tinynet.evaluation import classification, diagnosis, symmetry

    trained = tn.population(tn.Recipe(learning_rate=5.0), networks=200)
    yield (
        "exam results",
        [result.tolist() for result in vars(trained.take_exam(tn.Exam(count=1500))).values()],
    )
    table = tn.Examples.from_table(TABLE, label="kind")
    network = tn.Network.initial((2, 5, 3), seed=1, output="softmax")
    run = tn.train(network, table, tn.Recipe(loss="cross_entropy", learning_rate=0.5, epochs=30))
    yield "scores", classification.score(run.final, table).to_json()
    yield "diagnosis", [finding.evidence for finding in diagnosis.diagnose(run)]
    yield "path", diagnosis.path_of_epoch(run)
    yield "symmetrized outputs", symmetry.symmetrize(tn.Network.initial(seed=3))(drawn_inputs())


def generated_inputs() -> Iterator[tuple[str, Any]]:
    """Yield midpoints of classes, values of a grid, fuzzy lines and checkpoints."""
    from tinynet.data import probes
    from tinynet.experiments import aggregates, trials

    yield "class midpoints", probes.class_midpoints(tn.Examples.from_table(TABLE, label="kind")).to_json()
    rates, epochs = (
        trials.parse_values("learning_rate", "0.05..20/17"),
        trials.parse_values("epochs", "100..30000/7"),
    )
    yield "grid", [rates, epochs]
    yield "fuzzy", tn.pictures.fuzzy_lines(50, noise=0.1, seed=3).to_json()
    yield "checkpoints", [aggregates.logarithmic_checkpoints(stop).tolist() for stop in (1, 100, 31623)]


def verdicts() -> Iterator[tuple[str, Any]]:
    """Yield the numbers in the verdicts of the first chapters."""
    from tinynet.story import journey

    chapters = journey.journey("stress", networks=100, epochs_factor=10)
    parts = [part for chapter in chapters for part in chapter.parts]
    yield "story", [part.to_json() for part in parts if isinstance(part, Verdict)]


def regression_scores() -> Iterator[tuple[str, Any]]:
    """Yield the scores of a network that predicts numbers."""
    from tinynet.evaluation import regression

    numbers = tn.Examples.from_table({"x": TABLE["width"], "y": TABLE["height"]}, targets="y")
    initial = tn.Network.initial((1, 3, 1), seed=0, output="identity")
    trained = tn.train(initial, numbers, tn.Recipe(epochs=5)).final
    yield "regression scores", regression.score_regression(trained, numbers).to_json()


def calibration_scores() -> Iterator[tuple[str, Any]]:
    """Yield temperature, cross-entropy and calibration error of random predictions."""
    from tinynet.evaluation import calibration

    predicted, outcomes = DRAW.random((3, 700)), (DRAW.random(700) < 0.6) * 1.0
    yield "temperature", calibration.temperature(predicted, outcomes)
    losses = calibration.cross_entropy(predicted, outcomes).tolist()
    yield "calibration", [losses, calibration.reliability(predicted, outcomes).ece.tolist()]


def evaluation() -> Iterator[tuple[str, Any]]:
    """Yield the results of every evaluation by name."""
    yield from bayes_optimal()
    yield from trained_networks()
    yield from generated_inputs()
    yield from verdicts()
    yield from regression_scores()
    yield from calibration_scores()


# --- all experiments ------------------------------------------------------------------------------------------------


def functions() -> str:
    """Hash the elementary functions on 50,000 numbers."""
    x = np.random.default_rng(0).random(50_000) * 80 - 40
    of_all = [arrays.exp(x), arrays.log(np.abs(x)), arrays.tanh(x), arrays.sigmoid(x)]
    return digest(*of_all, arrays.cos_pi(np.abs(x) % 1), arrays.total(x), arrays.mean(x.reshape(100, -1), 0))


def experiments() -> dict[str, Callable[[], str]]:
    """Return all experiments by name."""
    found: dict[str, Callable[[], str]] = {
        "functions": functions,
        "early stopping": early_stopping,
        "world": world,
    }
    found |= {"sweep": sweep}
    for name, (architecture, recipe, source) in FORMS.items():
        found[f"recording: {name}"] = lambda a=architecture, r=recipe, s=source: recording(a, r, s)
        found[f"population: {name}"] = lambda a=architecture, r=recipe, s=source: population(a, r, s)
    return found | {"learner": learner}


def hashes() -> dict[str, str]:
    """Run all experiments; return their hashes."""
    found = {name: experiment() for name, experiment in experiments().items()}
    return found | {name: digest(value) for name, value in evaluation()}


if __name__ == "__main__":
    text = json.dumps(hashes(), indent=0)
    if "--write" in sys.argv:
        GOLDEN.write_text(text + "\n")
    else:
        print(text)
