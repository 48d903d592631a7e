"""The figures of a recording, by name."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet import plots
from tinynet.core.notation import number
from tinynet.data import pictures
from tinynet.evaluation import classification, predictions
from tinynet.evaluation.regression import in_units
from tinynet.validation import check_choice

if TYPE_CHECKING:
    from tinynet.data.examples import Examples
    from tinynet.model.network import Network
    from tinynet.training.recording import Recording


def figures(run: "Recording") -> dict[str, Callable[[], Any]]:
    """Return the figures of a recording by name.

    The value of a name is a function that draws the figure.

    Each function returns axes or a figure.

    >>> import tinynet as tn
    >>> run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=2))
    >>> list(figures(run))
    ['network', 'initial', 'loss', 'movement', 'hidden', 'outputs', 'examples', 'stress', 'map']
    """
    network, examples = run.best, run.examples
    drawings: dict[str, Callable[[], Any]] = {
        "network": lambda: plots.architecture(network, example=examples[0]),
        "initial": lambda: plots.architecture(run.initial, example=examples[0]),
        "loss": lambda: plots.loss_curve(run),
        "movement": lambda: plots.convergence(run),
        "hidden": lambda: plots.hidden_nodes(network, shape=examples.shape),
        "outputs": lambda: outputs(network, examples),
        "examples": lambda: plots.pictures(examples),
    }
    if run.validation is not None:
        drawings["validation"] = lambda: _validation(run)
    if examples.shape == (2, 2) and len(examples.target_names) == 2:
        stress, labels = pictures.stress(), examples.target_names
        drawings["stress"] = lambda: plots.confidence_bars(
            predictions.predictions(network, stress), labels=labels
        )
        drawings["map"] = lambda: plots.prediction_map(network)
    return drawings


def draw(run: "Recording", name: str) -> Any:
    """Draw one figure of a recording.

    `plots.save` writes the figure as SVG, PDF or PNG.

    Raises TinyNetError for an unknown name, and lists the known names.
    """
    drawings = figures(run)
    return drawings[check_choice("figure", name, drawings)]()


def outputs(network: "Network", examples: "Examples", **options: Any) -> Any:
    """Draw the outputs of a network for examples.

    Numbers to predict are drawn in their units, beside the targets.

    options : `title` and `ax` of `plots.confidence_bars`.
    """
    shown, labels = predictions.predictions(network, examples), examples.target_names
    if not examples.regression or examples.targets is None:
        return plots.confidence_bars(shown, labels=labels, **options)
    outputs = np.array([prediction.outputs for prediction in shown])  # (examples, outputs)
    numbers = in_units(examples, outputs)
    shown = [replace(p, outputs=tuple(row)) for p, row in zip(shown, numbers.tolist(), strict=True)]
    words = ["target " + ", ".join(map(number, row)) for row in in_units(examples, examples.targets).tolist()]
    return plots.confidence_bars(shown, labels=labels, words=words, **options)


def _validation(run: "Recording") -> Any:
    assert run.validation is not None
    curves = classification.learning_curves(run, {"training": run.examples, "validation": run.validation})
    return plots.learning_curves(curves, run.best_epoch)
