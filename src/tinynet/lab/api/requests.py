"""The validated requests of the page, and its limits."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated

import numpy as np

from tinynet.core.architecture import Architecture
from tinynet.data.batches import Source
from tinynet.data.encoding import Encoding, InputColumn, Kind
from tinynet.data.examples import Examples
from tinynet.data.missing import Missing
from tinynet.data.scaling import Scaling
from tinynet.data.world import World
from tinynet.data.written_numbers import Decimal
from tinynet.errors import TinyNetError, counted, named
from tinynet.lab.api.fields import (
    ArchitectureJson,
    FirstSeed,
    Number,
    RecipeJson,
    Seed,
    StrictRequest,
    Switch,
    Text,
    Whole,
    WorldJson,
    limits,
)
from tinynet.model.network import Network
from tinynet.recipe import Recipe
from tinynet.training.checks import check
from tinynet.validation import check_int

MAX_PARAMETERS = 2_000  # parameters of a network on the page
MAX_BATCH = 256  # examples; each has its own cells
MAX_BATCH_PARAMETERS = 8_000  # examples of a step x parameters
MAX_STEPS = 1_000_000  # steps of a recording
MAX_NETWORKS = 1_000_000
MAX_WORK = 10**12  # networks x steps x parameters x examples per step
MAX_SEEDS = 256
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class SheetRequest(StrictRequest):
    """The sheet of a network and recipe for batches.

    batch : the number of examples in a batch.
    """

    architecture: ArchitectureJson
    recipe: RecipeJson
    batch: Annotated[Whole, limits("batch", 1, MAX_BATCH)] = 1


@dataclass(frozen=True)
class InitialParametersRequest(StrictRequest):
    """The initial parameters of `count` seeds."""

    architecture: ArchitectureJson
    first_seed: FirstSeed = 0
    count: Annotated[Whole, limits("count", 1, MAX_SEEDS)] = 1


@dataclass(frozen=True)
class ScalingJson(StrictRequest):
    """The scaling of table columns.

    `Scaling.to_json` writes this record.
    """

    columns: list[Text]
    low: list[Number]
    high: list[Number]
    fill: list[Number] | None = None

    def scaling(self) -> Scaling:
        """Return the validated scaling."""
        fill = None if self.fill is None else tuple(self.fill)
        return Scaling(tuple(self.columns), tuple(self.low), tuple(self.high), fill)


@dataclass(frozen=True)
class InputColumnJson(StrictRequest):
    """How a column of a table became inputs; see `InputColumn`."""

    name: Text
    kind: Kind
    values: list[Text]
    flag: Switch
    sign: Text = ""


@dataclass(frozen=True)
class EncodingJson(StrictRequest):
    """How the columns of a table became inputs; see `Encoding`."""

    columns: list[InputColumnJson]
    missing: Missing | None = None
    decimal: Decimal | None = None
    constants: list[tuple[Text, Text]] = field(default_factory=list)

    def encoding(self) -> Encoding:
        """Return the validated encoding."""
        columns = [InputColumn(c.name, c.kind, tuple(c.values), c.flag, c.sign) for c in self.columns]
        return Encoding(tuple(columns), self.missing, self.decimal, tuple(self.constants))


@dataclass(frozen=True)
class ExamplesJson(StrictRequest):
    """Examples with their targets.

    `Examples.to_json` writes this record.
    """

    inputs: list[list[Number]]
    targets: list[list[Number]] | None
    names: list[Text]
    shape: tuple[Whole, Whole] | None = (2, 2)
    target_names: list[Text] = field(default_factory=lambda: ["horizontal", "vertical"])
    scaling: ScalingJson | None = None
    target_scaling: ScalingJson | None = None
    unbounded: Switch = False
    encoding: EncodingJson | None = None

    def examples(self) -> Examples:
        """Return the validated examples."""
        inputs = _rectangular("inputs", self.inputs)
        targets = None if self.targets is None else _rectangular("targets", self.targets)
        names, target_names = tuple(self.names), tuple(self.target_names)
        scaling, target_scaling = (
            None if found is None else found.scaling() for found in (self.scaling, self.target_scaling)
        )
        encoding = None if self.encoding is None else self.encoding.encoding()
        return Examples(
            inputs,
            targets,
            names,
            self.shape,
            target_names,
            scaling,
            target_scaling,
            self.unbounded,
            encoding,
        )


def _rectangular(name: str, rows: list[list[float]]) -> np.ndarray:
    """Return rows of equal length as an array."""
    for number, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise TinyNetError(
                f"has {len(rows[0]):,} numbers in row 0 and {len(row):,} in row {number:,}. All rows must have equal "
                "lengths.",
                parameter=name,
            )
    return np.array(rows, float)


@dataclass(frozen=True)
class Experiment(StrictRequest):
    """One training: initial parameters, examples and recipe.

    seed : the seed of the initial parameters, unless `parameters` are given.
    world : the distribution that pictures are drawn from. The world replaces the examples.
    """

    architecture: ArchitectureJson
    recipe: RecipeJson
    examples: ExamplesJson
    seed: Seed = 0
    parameters: list[Number] | None = None
    origin: Text = "set by hand"
    world: WorldJson | None = None

    @property
    def source(self) -> Source:
        """The examples of the training, or the world."""
        return self.world or self.examples.examples()

    def network(self) -> Network:
        """Return the network before the training."""
        initial = Network.initial(self.architecture, seed=self.seed)
        if self.parameters is None:
            return initial
        return initial.with_parameters(np.array(self.parameters), origin=self.origin)


def check_sheet_request(request: SheetRequest) -> None:
    """Raise a TinyNetError if the page cannot show a sheet.

    The sheet may be too large, or the loss may not fit the network.
    """
    check_size(request.architecture)
    check_int("batch", request.batch, 1, MAX_BATCH)  # the offline page does not parse requests
    _check_patience(request.recipe)
    count = request.architecture.parameter_count
    if request.batch * count > MAX_BATCH_PARAMETERS:
        raise TinyNetError(
            f"is {request.batch:,}. With the {count:,} parameters of this network, the page shows steps with up to "
            f"{counted(MAX_BATCH_PARAMETERS // count, 'example')}. Train with smaller batches or fewer hidden nodes.",
            parameter="batch",
        )
    shown = replace(request.recipe, augment=False)  # augmentation needs real examples to be checked
    shown = replace(shown, **{name: getattr(Recipe(), name) for name in shown.external})
    check(request.architecture, _zero_example(request.architecture), shown)


def check_training(architecture: Architecture, recipe: Recipe, source: Source) -> None:
    """Raise a TinyNetError if the laboratory cannot train.

    The network must fit the source.
    """
    check_size(architecture)
    _check_patience(recipe)
    examples = source.lines if isinstance(source, World) else source
    if examples.targets is None:
        return  # the training raises the error about this mistake
    inputs, targets = examples.inputs.shape[1], examples.targets.shape[1]
    if (inputs, targets) != (architecture.sizes[0], architecture.sizes[-1]):
        raise TinyNetError(
            f"is {architecture.sizes} and the examples have {inputs:,} inputs and {targets:,} targets each. The first size "
            f"must be {inputs:,} and the last size {targets:,}.",
            parameter="sizes",
        )


def _check_patience(recipe: Recipe) -> None:
    if recipe.patience:
        raise TinyNetError(
            f"is {recipe.patience:,}. The laboratory has no validation examples for early stopping. Set {named('patience')} to 0.",
            parameter="patience",
        )


def _zero_example(architecture: Architecture) -> Examples:
    """Return one example of zeros.

    The example is enough to check that a loss fits a network.
    """
    targets = np.eye(1, architecture.sizes[-1])
    names = tuple(f"output {j}" for j in range(architecture.sizes[-1]))
    return Examples(np.zeros((1, architecture.sizes[0])), targets, ("zeros",), None, names)


def check_size(architecture: Architecture) -> None:
    """Raise a TinyNetError if a network is too large."""
    if architecture.parameter_count > MAX_PARAMETERS:
        raise TinyNetError(
            f"{architecture.sizes} give {architecture.parameter_count:,} parameters. The page shows networks of up to "
            f"{MAX_PARAMETERS:,} parameters.",
            parameter="sizes",
        )
