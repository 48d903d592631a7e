"""The figures a recording has, by name."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tinynet import judging, pictures, plots, scores
from tinynet.errors import TinyNetError

if TYPE_CHECKING:
    from tinynet.recording import Recording


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
        "answers": lambda: plots.confidence_bars(judging.answers(network, examples), labels=examples.answers),
        "pictures": lambda: plots.pictures(examples),
    }
    if run.validation is not None:
        found["validation"] = lambda: _validation(run)
    if examples.shape == (2, 2) and len(examples.answers) == 2:
        stress, labels = pictures.stress(), examples.answers
        found["stress"] = lambda: plots.confidence_bars(judging.answers(network, stress), labels=labels)
        found["map"] = lambda: plots.answer_map(network)
    return found


def draw(run: "Recording", name: str) -> Any:
    """Draw one figure of a recording; `plots.save` writes it as SVG, PDF or PNG.

    Raises TinyNetError for a name this recording has no figure for, with those it has.
    """
    found = figures(run)
    if name not in found:
        raise TinyNetError(f"there is no figure {name!r} of this recording; there are {', '.join(found)}")
    return found[name]()


def _validation(run: "Recording") -> Any:
    assert run.validation is not None
    curves = scores.learning_curves(run, {"training": run.examples, "validation": run.validation})
    return plots.learning_curves(curves, run.best_epoch)
