"""The figures a recording has, by name."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet import plots
from tinynet.core.notation import number
from tinynet.data import pictures
from tinynet.errors import TinyNetError
from tinynet.evaluation import classification, predictions

if TYPE_CHECKING:
    from tinynet.data.examples import Examples
    from tinynet.model.network import Network
    from tinynet.training.recording import Recording


def figures(run: "Recording") -> dict[str, Callable[[], Any]]:
    """Return the figures that this recording has: name -> a function that draws it and returns axes or a figure.

    >>> import tinynet as tn
    >>> run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=2))
    >>> list(figures(run))
    ['network', 'start', 'loss', 'movement', 'hidden', 'answers', 'pictures', 'stress', 'map']
    """
    network, examples = run.best, run.examples
    found: dict[str, Callable[[], Any]] = {
        "network": lambda: plots.architecture(network, picture=examples[0]),
        "start": lambda: plots.architecture(run.initial, picture=examples[0]),
        "loss": lambda: plots.loss_curve(run),
        "movement": lambda: plots.convergence(run),
        "hidden": lambda: plots.hidden_nodes(network, shape=examples.shape),
        "answers": lambda: answers(network, examples),
        "pictures": lambda: plots.pictures(examples),
    }
    if run.validation is not None:
        found["validation"] = lambda: _validation(run)
    if examples.shape == (2, 2) and len(examples.target_names) == 2:
        stress, labels = pictures.stress(), examples.target_names
        found["stress"] = lambda: plots.confidence_bars(
            predictions.predictions(network, stress), labels=labels
        )
        found["map"] = lambda: plots.answer_map(network)
    return found


def draw(run: "Recording", name: str) -> Any:
    """Draw one figure of a recording; `plots.save` writes it as SVG, PDF or PNG.

    Raises TinyNetError for a name this recording has no figure for, with those it has.
    """
    found = figures(run)
    if name not in found:
        raise TinyNetError(
            f"is {name!r}; this recording has the figures {', '.join(found)}", parameter="figure"
        )
    return found[name]()


def answers(network: "Network", examples: "Examples", **look: Any) -> Any:
    """Draw what a network says of examples; numbers to predict in their own units, beside what they should be.

    look : `title` and `ax` of `plots.confidence_bars`.
    """
    found, labels = predictions.predictions(network, examples), examples.target_names
    if not examples.regression or examples.targets is None:
        return plots.confidence_bars(found, labels=labels, **look)
    unit = examples.unscaled if examples.target_scaling is not None else np.asarray
    numbers = unit(np.array([answer.outputs for answer in found]))  # (examples, outputs)
    found = [replace(answer, outputs=tuple(row)) for answer, row in zip(found, numbers.tolist(), strict=True)]
    words = ["target " + ", ".join(map(number, row)) for row in unit(examples.targets).tolist()]
    return plots.confidence_bars(found, labels=labels, words=words, **look)


def _validation(run: "Recording") -> Any:
    assert run.validation is not None
    curves = classification.learning_curves(run, {"training": run.examples, "validation": run.validation})
    return plots.learning_curves(curves, run.best_epoch)
