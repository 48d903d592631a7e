"""A laboratory for small neural networks.

Inspect every number, replay every step, and test every claim.

    import tinynet as tn

    run = tn.train(tn.Network.initial((4, 3, 2), seed=0), tn.pictures.lines(), tn.Recipe(epochs=100))
    print(run[137].explain("layer1.weight[0,2]"))

Each name is imported at its first use, so that `import tinynet` is fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tinynet.version import __version__ as __version__

if TYPE_CHECKING:
    from tinynet import plots as plots
    from tinynet.core.architecture import Architecture as Architecture
    from tinynet.core.explain import Explanation as Explanation
    from tinynet.core.sheet import Sheet as Sheet
    from tinynet.data import pictures as pictures
    from tinynet.data.examples import Examples as Examples
    from tinynet.data.splits import split as split
    from tinynet.data.world import World as World
    from tinynet.errors import TinyNetError as TinyNetError
    from tinynet.evaluation.bayes import posterior as posterior
    from tinynet.evaluation.comparison import compare as compare
    from tinynet.evaluation.diagnosis import diagnose as diagnose
    from tinynet.evaluation.exam import Exam as Exam
    from tinynet.evaluation.exam import ExamResult as ExamResult
    from tinynet.evaluation.predictions import predictions as predictions
    from tinynet.evaluation.score import score as score
    from tinynet.evaluation.symmetry import symmetrize as symmetrize
    from tinynet.evaluation.verdicts import Verdict as Verdict
    from tinynet.experiments.population import Population as Population
    from tinynet.experiments.population import population as population
    from tinynet.experiments.sweep import Sweep as Sweep
    from tinynet.experiments.sweep import sweep as sweep
    from tinynet.experiments.trials import Trial as Trial
    from tinynet.experiments.trials import grid as grid
    from tinynet.exports.export import export as export
    from tinynet.exports.worksheets.worksheet import worksheet as worksheet
    from tinynet.integrations.sklearn.classifier import TinyNetClassifier as TinyNetClassifier
    from tinynet.integrations.sklearn.regressor import TinyNetRegressor as TinyNetRegressor
    from tinynet.integrations.torch_watch.watch import watch as watch
    from tinynet.model.moment import Moment as Moment
    from tinynet.model.network import Network as Network
    from tinynet.recipe import Recipe as Recipe
    from tinynet.story.journey import journey as journey
    from tinynet.story.learner import learner as learner
    from tinynet.training.defaults import defaults as defaults
    from tinynet.training.recording import Recording as Recording
    from tinynet.training.recording import load as load
    from tinynet.training.train import nudge as nudge
    from tinynet.training.train import train as train

_MODULE_OF = {
    "Architecture": "core.architecture",
    "Exam": "evaluation.exam",
    "Examples": "data.examples",
    "Explanation": "core.explain",
    "Moment": "model.moment",
    "ExamResult": "evaluation.exam",
    "Network": "model.network",
    "Population": "experiments.population",
    "Recipe": "recipe",
    "Recording": "training.recording",
    "Sheet": "core.sheet",
    "Sweep": "experiments.sweep",
    "TinyNetClassifier": "integrations.sklearn.classifier",
    "TinyNetError": "errors",
    "TinyNetRegressor": "integrations.sklearn.regressor",
    "Trial": "experiments.trials",
    "Verdict": "evaluation.verdicts",
    "World": "data.world",
    "compare": "evaluation.comparison",
    "defaults": "training.defaults",
    "diagnose": "evaluation.diagnosis",
    "export": "exports.export",
    "grid": "experiments.trials",
    "journey": "story.journey",
    "learner": "story.learner",
    "load": "training.recording",
    "nudge": "training.train",
    "pictures": "data.pictures",
    "plots": "plots",
    "population": "experiments.population",
    "predictions": "evaluation.predictions",
    "posterior": "evaluation.bayes",
    "score": "evaluation.score",
    "split": "data.splits",
    "sweep": "experiments.sweep",
    "train": "training.train",
    "symmetrize": "evaluation.symmetry",
    "watch": "integrations.torch_watch.watch",
    "worksheet": "exports.worksheets.worksheet",
}

_MODULES = {"pictures", "plots"}  # modules, not names inside a module
_NEEDS_MORE = {
    "TinyNetClassifier",
    "TinyNetRegressor",
}  # they inherit from scikit-learn: no part of `import *`

__all__ = sorted(set(_MODULE_OF) - _NEEDS_MORE)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'tinynet' has no attribute {name!r}")
    module = import_module(f"tinynet.{_MODULE_OF[name]}")
    value = module if name in _MODULES else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE_OF})
