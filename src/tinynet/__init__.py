"""A laboratory for small neural networks: see every number, replay every nudge, test every claim.

    import tinynet as tn

    run = tn.train(tn.Network.initial((4, 3, 2), seed=0), tn.pictures.lines(), tn.Recipe(epochs=100))
    print(run[137].explain("layer1.weight[0,2]"))

Every name is imported where it is first used, so that `import tinynet` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tinynet import pictures as pictures
    from tinynet import plots as plots
    from tinynet.architecture import Architecture as Architecture
    from tinynet.bayes import posterior as posterior
    from tinynet.bridges.classifier import TinyNetClassifier as TinyNetClassifier
    from tinynet.bridges.exports import export as export
    from tinynet.bridges.paper.worksheet import worksheet as worksheet
    from tinynet.bridges.watch.watching import watch as watch
    from tinynet.diagnosis import compare as compare
    from tinynet.diagnosis import diagnose as diagnose
    from tinynet.errors import TinyNetError as TinyNetError
    from tinynet.exam import Exam as Exam
    from tinynet.exam import Marks as Marks
    from tinynet.examples import Examples as Examples
    from tinynet.explain import Explanation as Explanation
    from tinynet.fits import fit as fit
    from tinynet.judging import Verdict as Verdict
    from tinynet.judging import answers as answers
    from tinynet.learners import learner as learner
    from tinynet.moment import Moment as Moment
    from tinynet.network import Network as Network
    from tinynet.populations import Population as Population
    from tinynet.populations import population as population
    from tinynet.recipe import Recipe as Recipe
    from tinynet.recording import Recording as Recording
    from tinynet.recording import load as load
    from tinynet.scores import score as score
    from tinynet.sheet import Sheet as Sheet
    from tinynet.splits import split as split
    from tinynet.story import journey as journey
    from tinynet.sweeps import Sweep as Sweep
    from tinynet.sweeps import sweep as sweep
    from tinynet.symmetry import walked_round as walked_round
    from tinynet.training import nudge as nudge
    from tinynet.training import train as train
    from tinynet.trials import Trial as Trial
    from tinynet.trials import grid as grid
    from tinynet.world import World as World

__version__ = "1.0.0.dev0"

_MODULE_OF = {
    "Architecture": "architecture",
    "Exam": "exam",
    "Examples": "examples",
    "Explanation": "explain",
    "Moment": "moment",
    "Marks": "exam",
    "Network": "network",
    "Population": "populations",
    "Recipe": "recipe",
    "Recording": "recording",
    "Sheet": "sheet",
    "Sweep": "sweeps",
    "TinyNetClassifier": "bridges.classifier",
    "TinyNetError": "errors",
    "Trial": "trials",
    "Verdict": "judging",
    "World": "world",
    "answers": "judging",
    "compare": "diagnosis",
    "diagnose": "diagnosis",
    "export": "bridges.exports",
    "fit": "fits",
    "grid": "trials",
    "journey": "story",
    "learner": "learners",
    "load": "recording",
    "nudge": "training",
    "pictures": "",
    "plots": "",
    "population": "populations",
    "posterior": "bayes",
    "score": "scores",
    "split": "splits",
    "sweep": "sweeps",
    "train": "training",
    "walked_round": "symmetry",
    "watch": "bridges.watch.watching",
    "worksheet": "bridges.paper.worksheet",
}

_NEEDS_MORE = {"TinyNetClassifier"}  # another package, at its import: a star leaves it out

__all__ = sorted(set(_MODULE_OF) - _NEEDS_MORE)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'tinynet' has no attribute {name!r}")
    module = import_module(f"tinynet.{_MODULE_OF[name] or name}")
    value = getattr(module, name) if _MODULE_OF[name] else module
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE_OF})
