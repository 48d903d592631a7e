"""What the page asks Python for, as validated records."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator

from tinynet.core.architecture import Architecture
from tinynet.data.batches import Source
from tinynet.data.examples import Examples
from tinynet.data.scaling import Scaling
from tinynet.data.world import World
from tinynet.errors import TinyNetError
from tinynet.model.network import Network
from tinynet.recipe import Recipe
from tinynet.training.checks import check

MAX_PARAMETERS = 2_000  # of a network in the page
MAX_BATCH = 256  # pictures, each with cells of its own
MAX_STEPS = 1_000_000  # of a recording
MAX_NETWORKS = 1_000_000
MAX_WORK = 10**12  # networks x steps x parameters x pictures a step
MAX_STARTS = 256
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
class ExamplesJson:
    """Examples, as `Examples.to_json` writes them."""

    inputs: list[list[float]]
    targets: list[list[float]] | None
    names: list[str]
    shape: tuple[int, int] | None = (2, 2)
    target_names: list[str] = field(default_factory=lambda: ["horizontal", "vertical"])
    scaling: dict[str, Any] | None = None
    target_scaling: dict[str, Any] | None = None
    unbounded: bool = False

    def examples(self) -> Examples:
        """Return the examples, checked."""
        targets = None if self.targets is None else np.array(self.targets, float)
        inputs, target_names = np.array(self.inputs, float), tuple(self.target_names)
        given = {"scaling": self.scaling, "target_scaling": self.target_scaling}
        scalings = {name: Scaling.from_json(found) for name, found in given.items() if found}
        return Examples(
            inputs, targets, tuple(self.names), self.shape, target_names, **scalings, unbounded=self.unbounded
        )


@dataclass(frozen=True)
class Experiment:
    """One training: where it starts (parameters, or the seed that draws them), on what, and how.

    world : where the pictures are drawn from, instead of the examples.
    """

    architecture: ArchitectureJson
    recipe: RecipeJson
    examples: ExamplesJson
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
        start = Network.initial(self.architecture, seed=self.seed)
        if self.parameters is None:
            return start
        return start.with_parameters(np.array(self.parameters), origin=self.origin)


def allowed(asked: SheetRequest) -> None:
    """Raise a TinyNetError for a sheet that is too large for the page, or that cannot be."""
    small(asked.architecture)
    if not 1 <= asked.batch <= MAX_BATCH:
        raise TinyNetError(f"batch is {asked.batch}; the page shows batches of 1 to {MAX_BATCH} pictures")
    if asked.batch * asked.architecture.parameter_count > 4 * MAX_PARAMETERS:
        raise TinyNetError(
            f"a batch of {asked.batch} pictures for {asked.architecture.parameter_count} parameters makes too many cells "
            "for the page; take smaller batches or a smaller network"
        )
    plain = replace(asked.recipe, augment=False)  # what augmentation needs is asked of the pictures, not here
    plain = replace(
        plain, **{name: getattr(Recipe(), name) for name in plain.external}
    )  # shown, not trained by
    check(asked.architecture, _any_picture(asked.architecture), plain)


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
    if architecture.parameter_count > MAX_PARAMETERS:
        raise TinyNetError(
            f"sizes {architecture.sizes} make {architecture.parameter_count:,} parameters; the page shows up to "
            f"{MAX_PARAMETERS:,}"
        )
