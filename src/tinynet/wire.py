"""What the page asks of Python: requests as records, and the library's answers to them as JSON or bytes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator

from tinynet import formulas, judging, pictures
from tinynet.errors import TinyNetError
from tinynet.examples import Examples
from tinynet.explain import title
from tinynet.extras import extra
from tinynet.moment import sheet_of
from tinynet.network import Architecture, Network
from tinynet.notation import mathml_symbol, text_symbol
from tinynet.recipe import Recipe
from tinynet.recording import Recording
from tinynet.scaling import Scaling
from tinynet.sheet import Sheet
from tinynet.showing import Source, steps_an_epoch
from tinynet.training import check, train
from tinynet.world import World

MOST_PARAMETERS = 2_000  # of a network in the page
MOST_BATCH = 256  # pictures, each with cells of its own
MOST_STEPS = 1_000_000  # of a recording
MOST_NETWORKS = 1_000_000
MOST_WORK = 10**12  # networks x steps x parameters x pictures a step
MOST_STARTS = 256

Progress = Callable[[int, int], None]

# records that validate themselves, with their own words
ArchitectureJson = Annotated[
    Architecture,
    BeforeValidator(lambda data: Architecture.from_json(data) if isinstance(data, dict) else data),
]
RecipeJson = Annotated[
    Recipe, BeforeValidator(lambda data: Recipe.from_json(data) if isinstance(data, dict) else data)
]
WorldJson = Annotated[
    World, BeforeValidator(lambda data: World.from_json(data) if isinstance(data, dict) else data)
]


class AbandonedError(Exception):
    """Nobody waits for the answer any more."""


@dataclass(frozen=True)
class SheetRequest:
    """A sheet, for batches of `batch` pictures."""

    architecture: ArchitectureJson
    recipe: RecipeJson
    batch: int = 1


@dataclass(frozen=True)
class StartsRequest:
    """The random starts of `count` seeds."""

    architecture: ArchitectureJson
    first_seed: int = 0
    count: int = 1


@dataclass(frozen=True)
class PicturesJson:
    """Pictures with their targets, as `Examples.to_json` writes them."""

    inputs: list[list[float]]
    targets: list[list[float]] | None
    names: list[str]
    shape: tuple[int, int] | None = (2, 2)
    answers: list[str] = field(default_factory=lambda: ["horizontal", "vertical"])
    scaling: dict[str, Any] | None = None
    target_scaling: dict[str, Any] | None = None
    free: bool = False

    def examples(self) -> Examples:
        """Return the examples, checked."""
        targets = None if self.targets is None else np.array(self.targets, float)
        inputs, answers = np.array(self.inputs, float), tuple(self.answers)
        given = {"scaling": self.scaling, "target_scaling": self.target_scaling}
        scalings = {name: Scaling.from_json(found) for name, found in given.items() if found}
        return Examples(inputs, targets, tuple(self.names), self.shape, answers, **scalings, free=self.free)


@dataclass(frozen=True)
class Experiment:
    """One training: where it starts (parameters, or the seed that draws them), on what, and how.

    world : where the pictures are drawn from, instead of the examples.
    """

    architecture: ArchitectureJson
    recipe: RecipeJson
    examples: PicturesJson
    seed: int = 0
    parameters: list[float] | None = None
    origin: str = "set by hand"
    world: WorldJson | None = None

    @property
    def source(self) -> Source:
        """Where the pictures come from."""
        return self.world or self.examples.examples()

    def network(self) -> Network:
        """Return the network that is to be trained."""
        start = self.architecture.initial(self.seed)
        if self.parameters is None:
            return start
        return start.with_parameters(np.array(self.parameters), origin=self.origin)


@dataclass(frozen=True)
class StoryRequest:
    """One chapter of the journey."""

    chapter: Literal[
        "look", "nudge", "train", "converge", "fuzzy", "inside", "stress", "bold", "aha", "learner"
    ]
    seed: int = 0
    networks: int = 1000
    recipe: RecipeJson = field(default_factory=Recipe)
    architecture: ArchitectureJson = field(default_factory=Architecture)


def about() -> dict[str, Any]:
    """Return version, limits, and the chapters with their questions."""
    from tinynet import __version__
    from tinynet.questions import heads

    limits = {"parameters": MOST_PARAMETERS, "steps": MOST_STEPS, "networks": MOST_NETWORKS}
    return {"version": __version__, "limits": limits, "chapters": heads()}


def allowed(asked: SheetRequest) -> None:
    """Raise a TinyNetError for a sheet that is too large for the page, or that cannot be."""
    small(asked.architecture)
    if not 1 <= asked.batch <= MOST_BATCH:
        raise TinyNetError(f"batch is {asked.batch}; the page shows batches of 1 to {MOST_BATCH} pictures")
    if asked.batch * asked.architecture.parameter_count > 4 * MOST_PARAMETERS:
        raise TinyNetError(
            f"a batch of {asked.batch} pictures for {asked.architecture.parameter_count} parameters makes too many cells "
            "for the page; take smaller batches or a smaller network"
        )
    plain = replace(asked.recipe, augment=False)  # what augmentation needs is asked of the pictures, not here
    plain = replace(plain, **{name: getattr(Recipe(), name) for name in plain.given})  # shown, not trained by
    check(asked.architecture, _any_picture(asked.architecture), plain)


def written(made: Sheet, names: Iterable[str]) -> dict[str, list[str]]:
    """Return how these cells of a sheet are written: [MathML, text, words] of each."""
    return {name: [mathml_symbol(name), text_symbol(name), title(made, name)] for name in names}


def state_of(architecture: Architecture, recipe: Recipe) -> dict[str, float]:
    """Return the optimizer's memory before the first nudge, by name."""
    names = formulas.state_names(architecture, recipe)
    return {name: 1.0 if name.startswith("decay") else 0.0 for name in names}


def sheet(asked: SheetRequest) -> dict[str, Any]:
    """Return the sheet, and how its cells are written."""
    allowed(asked)
    made = sheet_of(asked.architecture, asked.recipe, asked.batch)
    return {
        "sheet": made.to_json(),
        "symbols": written(made, made.cells),
        "settings": formulas.settings(asked.recipe),
        "state": state_of(asked.architecture, asked.recipe),
        "parameters": list(asked.architecture.parameter_names),
    }


def starts(asked: StartsRequest) -> dict[str, Any]:
    """Return the parameters that the seeds from `first_seed` on draw."""
    small(asked.architecture)
    if not 1 <= asked.count <= MOST_STARTS:
        raise TinyNetError(f"count is {asked.count}; ask for 1 to {MOST_STARTS} starts at once")
    seeds = range(asked.first_seed, asked.first_seed + asked.count)
    return {
        "first_seed": asked.first_seed,
        "starts": [asked.architecture.initial(s).parameters.tolist() for s in seeds],
    }


def picture_sets(grid: int) -> dict[str, Any]:
    """Return the sets of pictures of a grid by name."""
    sets = {"lines": pictures.lines(grid)}
    if grid == 2:
        sets |= {"fuzzy": pictures.fuzzy(), "stress": pictures.stress(), "world": pictures.binary()}
    return {"unsure_below": judging.UNSURE, "sets": {name: shown.to_json() for name, shown in sets.items()}}


def recording(asked: Experiment) -> Recording:
    """Return the training, recorded."""
    small(asked.architecture)
    steps = asked.recipe.epochs * steps_an_epoch(asked.recipe, asked.source)
    if steps > MOST_STEPS:
        raise TinyNetError(
            f"this training has {steps:,} steps and the page takes {MOST_STEPS:,}; take fewer epochs"
        )
    return train(asked.network(), asked.source, asked.recipe)


def ask_torch(asked: Experiment) -> dict[str, Any]:
    """Return the loss and every gradient of one nudge by all these examples, from PyTorch's autograd in float64.

    Raises ImportError where PyTorch is not installed.
    """
    torch = extra("torch", "this check", "torch")
    network, examples = asked.network(), asked.examples.examples()
    check(asked.architecture, examples, asked.recipe)
    layers = [
        [torch.tensor(part, dtype=torch.float64, requires_grad=True) for part in (layer.weight, layer.bias)]
        for layer in network.layers
    ]
    a = torch.tensor(examples.inputs, dtype=torch.float64)
    target = torch.tensor(np.array(examples.targets), dtype=torch.float64)
    kinds = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "identity": torch.clone}
    for (weight, bias), kind in zip(layers, asked.architecture.activations, strict=True):
        z = torch.nn.functional.linear(a, weight, bias)
        a = torch.softmax(z, dim=1) if kind == "softmax" else kinds[kind](z)
    if asked.recipe.loss == "mse":
        loss = torch.nn.functional.mse_loss(a, target)
    elif asked.recipe.loss == "bce":
        loss = torch.nn.functional.binary_cross_entropy(a, target)
    else:
        loss = torch.nn.functional.cross_entropy(z, target)
    loss.backward()
    gradients = np.concatenate(
        [part.grad.numpy().ravel() for layer in layers for part in layer if part.grad is not None]
    )
    names = [f"{name}.gradient" for name in asked.architecture.parameter_names]
    cells = {"loss": loss.item()} | dict(zip(names, gradients.tolist(), strict=True))
    return {"torch": torch.__version__, "cells": cells}


def chapter(asked: StoryRequest) -> dict[str, Any]:
    """Return one chapter of the journey, its figures as SVG, and the number of its question's answer."""
    from tinynet import report, story
    from tinynet.questions import QUESTIONS

    if asked.networks > 100_000:
        raise TinyNetError(
            f"networks is {asked.networks:,}; a chapter puts its claims to at most 100,000 seeds"
        )
    work = asked.networks * asked.recipe.epochs * 400 * asked.architecture.parameter_count
    if work > MOST_WORK:
        raise TinyNetError("these chapters would take too long; take fewer epochs or seeds")
    one = story.Journey(
        seed=asked.seed, networks=asked.networks, recipe=asked.recipe, architecture=asked.architecture
    )
    told = report.chapter_json(story.chapter(one, asked.chapter))
    return told | {"answer": QUESTIONS[asked.chapter].answer(one)}


def _any_picture(architecture: Architecture) -> Examples:
    """Return one dark picture whose target is the first answer: enough to see whether a loss fits a network."""
    targets = np.eye(1, architecture.sizes[-1])
    answers = tuple(f"answer {j}" for j in range(architecture.sizes[-1]))
    return Examples(np.zeros((1, architecture.sizes[0])), targets, ("dark",), None, answers)


def misfit(errors: Sequence[Mapping[str, Any]]) -> str:
    """Say what the first of pydantic's errors finds in a request: our own words where it has them."""
    first = errors[0]
    cause = first.get("ctx", {}).get("error")
    where = ".".join(str(part) for part in first["loc"]) or "the request"
    return str(cause) if isinstance(cause, TinyNetError) else f"{where}: {first['msg']}"


def small(architecture: Architecture) -> None:
    """Raise a TinyNetError where a network is larger than the page shows."""
    if architecture.parameter_count > MOST_PARAMETERS:
        raise TinyNetError(
            f"sizes {architecture.sizes} make {architecture.parameter_count:,} parameters; the page shows up to "
            f"{MOST_PARAMETERS:,}"
        )
