"""The network as a spreadsheet.

Every quantity of a training step has a named cell with a formula.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np

from tinynet.core import formulas, optimizers
from tinynet.core.architecture import Architecture
from tinynet.core.formulas import Formula
from tinynet.core.weights import Weights
from tinynet.errors import TinyNetError, counted
from tinynet.numerics import elementary
from tinynet.numerics.cancellation import check_cancelled
from tinynet.numerics.elementary import LARGEST
from tinynet.recipe import Recipe
from tinynet.signatures import check_arguments
from tinynet.validation import (
    check_choice,
    check_int,
    check_number,
    check_numbers,
    check_object,
    check_type,
    shown,
)

# Parameters and nodes x examples. Evaluated and explained, they need up to 7 GB of memory.
MAX_CELLS = 2_000_000
FORMAT = 2  # format 2 has new names of fields
PHASES = ("input", "forward", "loss", "backward", "update")
MAX_DEPTH = 32  # operations in each other in a formula of a file; TinyNet's own formulas have at most 5
MAX_BATCH = 1_000_000
Values = dict[str, float]


class Cell(NamedTuple):
    """One quantity of a training step.

    formula : the formula over earlier cells; None for an input cell.
    phase : the part of the step: input, forward, loss, backward or update.
    """

    name: str
    formula: Formula | None
    phase: str


class Sheet:
    """The cells of one training step, in computable order.

    A cell uses only cells before it.

    >>> sheet = Sheet.of(Architecture((4, 3, 2)), Recipe())
    >>> len(sheet.cells), sheet.cells["layer1.delta[0]"].formula
    (124, ('*', 'layer1.slope[0]', 'layer1.a[0]', ('-', 1.0, 'layer1.a[0]')))
    """

    @check_arguments
    def __init__(
        self, cells: Iterable[Cell], architecture: Architecture, recipe: Recipe | None, batch_size: int
    ) -> None:
        cells = tuple(cells)
        for cell in cells:
            check_type("cells", cell, Cell, "cells of a sheet")
        self.cells = {cell.name: cell for cell in cells}
        self.architecture = architecture
        self.recipe = recipe
        self.batch_size = batch_size

    @classmethod
    @check_arguments
    def of(
        cls,
        architecture: Architecture,
        recipe: Recipe | None = None,
        batch_size: int = 1,
        *,
        weighted: bool = False,
    ) -> "Sheet":
        """Return the sheet of an architecture and a recipe.

        Without a recipe, the sheet has only the forward pass.

        weighted : whether each example has a sample weight, a factor of its loss.
        """
        cells = check_int("batch_size", batch_size, 1) * (
            architecture.parameter_count + sum(architecture.sizes)
        )
        if cells > MAX_CELLS:
            raise TinyNetError(
                f"is {batch_size:,}, which makes about {cells:,} cells. A sheet has at most {MAX_CELLS:,} cells. Use smaller "
                "batches or fewer hidden nodes.",
                parameter="batch_size",
            )
        return cls(_cells(architecture, recipe, batch_size, weighted), architecture, recipe, batch_size)

    @check_arguments
    def input_values(
        self,
        network: Weights,
        inputs: Any,
        targets: Any = None,
        state: np.ndarray | None = None,
        sample_weights: np.ndarray | None = None,
    ) -> Values:
        """Return the values of the input cells by name.

        network : the parameters.
        inputs : (batch_size, inputs). targets : (batch_size, outputs). state : (S,), the optimizer state.
        sample_weights : (batch_size,), for a weighted sheet.
        """
        found = network.named()
        for p, row in zip(formulas.prefixes(self.batch_size), self._rows("inputs", inputs, 0), strict=True):
            found |= {f"{p}input[{i}]": value for i, value in enumerate(row)}
        if self.recipe is None:
            return found
        rows = [] if self.recipe.loss == "external" else self._rows("targets", targets, -1)
        for p, target in zip(formulas.prefixes(len(rows)), rows, strict=True):
            found |= {f"{p}target[{j}]": value for j, value in enumerate(target)}
        weights = [] if sample_weights is None else sample_weights.tolist()
        for p, weight in zip(formulas.prefixes(len(weights)), weights, strict=True):
            found[f"{p}{formulas.SAMPLE_WEIGHT}"] = weight
        names = optimizers.state_names(self.architecture, self.recipe)
        numbers = [] if state is None else state.tolist()
        if len(numbers) != len(names):
            raise TinyNetError(
                f"has {len(numbers):,} numbers. It must have {len(names):,}, as the optimizer needs.",
                parameter="state",
            )
        return found | optimizers.settings(self.recipe) | dict(zip(names, numbers, strict=True))

    def _rows(self, name: str, values: Any, layer: int) -> list[list[float]]:
        """Return the rows of a batch, checked for the number of rows and their width."""
        rows, shape = (
            np.atleast_2d(check_numbers(name, values)),
            (self.batch_size, self.architecture.sizes[layer]),
        )
        if rows.shape != shape:
            raise TinyNetError(f"has the shape {rows.shape}. It must be {shape}.", parameter=name)
        return rows.tolist()

    @cached_property
    def watched(self) -> list[str]:
        """The cells whose numbers PyTorch computes, in sheet order."""
        return [cell.name for cell in self.cells.values() if cell.formula is None and cell.phase != "input"]

    @check_arguments
    def evaluate(self, input_values: Mapping[str, float]) -> Values:
        """Compute the value of every cell in plain floats.

        Arithmetic follows IEEE 754: infinity and NaN propagate, and no operation raises.

        Raises TinyNetError if an input cell has no value.
        """
        values: Values = {}
        for name, compute in self._steps:
            check_cancelled()
            if compute is not None:
                values[name] = compute(values)
            elif name in input_values:
                values[name] = input_values[name]
            else:
                raise TinyNetError(f"input cell {name!r} has no value. Add it to input_values.")
        return values

    @cached_property
    def _steps(self) -> list[tuple[str, Callable[[Values], float] | None]]:
        return [(c.name, None if c.formula is None else compiled(c.formula)) for c in self.cells.values()]

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields of a copy, without the functions of the formulas."""
        return {name: value for name, value in vars(self).items() if name != "_steps"}

    @check_arguments
    def dependents(self, name: str) -> list[str]:
        """Return every cell that depends on a cell, in order."""
        if name not in self.cells:
            raise TinyNetError(f"there is no cell {name!r} in this sheet")
        touched = {name}
        found = []
        for cell in self.cells.values():
            if cell.formula is not None and any(part in touched for part in parts(cell.formula)):
                touched.add(cell.name)
                found.append(cell.name)
        return found

    def to_json(self) -> dict[str, Any]:
        """Return the sheet as JSON.

        The document has the architecture, the recipe, and the cells as [name, phase, formula].
        """
        return {
            "format": FORMAT,
            "architecture": self.architecture.to_json(),
            "recipe": None if self.recipe is None else self.recipe.to_json(),
            "batch": self.batch_size,
            "cells": [[cell.name, cell.phase, _listed(cell.formula)] for cell in self.cells.values()],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Sheet":
        """Return the sheet of a JSON object.

        Raises TinyNetError for another format, an unknown operation, or a formula that uses a later cell.
        """
        check_object("sheet", data)
        if data.get("format") not in (1, FORMAT):
            raise TinyNetError(f"this is not a sheet of format {FORMAT}.")
        missing = sorted({"architecture", "recipe", "batch", "cells"} - set(data))
        if missing:
            raise TinyNetError(f"this sheet is damaged: it has no field {missing[0]!r}. Use another copy.")
        recipe = None if data["recipe"] is None else Recipe.from_json(data["recipe"])
        batch, cells = check_int("batch", data["batch"], 1, MAX_BATCH), data["cells"]
        check_type("cells", cells, list, "a list of [name, phase, formula]")
        known: dict[str, Cell] = {}
        for cell in cells:
            read = _read_cell(cell, known)
            known[read.name] = read
        return cls(known.values(), Architecture.from_json(data["architecture"]), recipe, batch)


@lru_cache(maxsize=32)
def sheet_of(architecture: Architecture, recipe: Recipe, batch_size: int, *, weighted: bool = False) -> Sheet:
    """Return the cached sheet of a training step."""
    return Sheet.of(architecture, recipe, batch_size, weighted=weighted)


def _cells(
    architecture: Architecture, recipe: Recipe | None, batch_size: int, weighted: bool
) -> Iterable[Cell]:
    prefixes = formulas.prefixes(batch_size)
    names = _input_names(architecture, recipe, batch_size, weighted)
    yield from (Cell(name, None, "input") for name in names)
    for p in prefixes:
        yield from _phase("forward", formulas.forward(architecture, recipe, p))
    if recipe is None:
        return
    for p in prefixes:
        yield from _phase("loss", formulas.loss(architecture, recipe, p, weighted))
    yield from _phase("loss", formulas.batch_loss(recipe, batch_size))
    for p in prefixes:
        yield from _phase("backward", formulas.backward(architecture, recipe, batch_size, p, weighted))
    yield from _phase("backward", formulas.gradients(architecture, batch_size))
    yield from _phase("update", optimizers.update(architecture, recipe))


def _phase(phase: str, named: formulas.Named) -> Iterable[Cell]:
    return (Cell(name, None if formula == formulas.EXTERNAL else formula, phase) for name, formula in named)


def _input_names(
    architecture: Architecture, recipe: Recipe | None, batch_size: int, weighted: bool
) -> Iterable[str]:
    for p in formulas.prefixes(batch_size):
        yield from (f"{p}input[{i}]" for i in range(architecture.sizes[0]))
        if recipe is not None and recipe.loss != "external":
            yield from (f"{p}target[{j}]" for j in range(architecture.sizes[-1]))
        if weighted:
            yield f"{p}{formulas.SAMPLE_WEIGHT}"
    yield from architecture.parameter_names
    if recipe is not None:
        yield from optimizers.settings(recipe)
        yield from optimizers.state_names(architecture, recipe)


# --- evaluation: each formula becomes a function of earlier values -------------------------------------------


def divide(x: float, y: float) -> float:
    """Return x / y.

    The result is infinite or NaN if y is 0.
    """
    try:
        return x / y
    except ZeroDivisionError:
        return math.nan if x == 0 or math.isnan(x) else math.copysign(math.inf, x) * math.copysign(1.0, y)


def largest(*xs: float) -> float:
    """Return the largest number, or NaN with any NaN."""
    return math.nan if any(x != x for x in xs) else max(xs)


def add(*xs: float) -> float:
    """Return the sum, from left to right."""
    result = xs[0]
    for x in xs[1:]:
        result += x
    return result


def multiply(*xs: float) -> float:
    """Return the product, from left to right."""
    result = xs[0]
    for x in xs[1:]:
        result *= x
    return result


OPERATIONS: dict[str, Callable[..., float]] = {
    "+": add,
    "-": lambda x, y: x - y,
    "*": multiply,
    "/": divide,
    "neg": lambda x: -x,
    "sigmoid": elementary.sigmoid,
    "tanh": elementary.tanh,
    "exp": elementary.exp,
    "log": elementary.log,
    "sqrt": lambda x: math.sqrt(x) if x >= 0 else math.nan,
    "max": largest,
    "step": lambda x: 1.0 if x > 0 else 0.0,
}


# The number of arguments of each operation. The others take one or more.
ARGUMENTS = {"-": 2, "/": 2} | dict.fromkeys(("neg", "sigmoid", "tanh", "exp", "log", "sqrt", "step"), 1)


def compiled(formula: Formula) -> Callable[[Values], float]:
    """Return the formula as a function of cell values."""
    if isinstance(formula, str):
        return lambda values: values[formula]
    if not isinstance(formula, tuple):
        return lambda values: formula
    operation, arguments = OPERATIONS[formula[0]], [compiled(part) for part in formula[1:]]
    return lambda values: operation(*[argument(values) for argument in arguments])


def parts(formula: Formula) -> list[str]:
    """Return the distinct cells that a formula uses, in order.

    >>> parts(("+", ("*", "w", "x"), ("*", "w", 2.0)))
    ['w', 'x']
    """
    if isinstance(formula, str):
        return [formula]
    if not isinstance(formula, tuple):
        return []
    return list(dict.fromkeys(name for part in formula[1:] for name in parts(part)))


def _listed(formula: Formula | None) -> Any:
    return [formula[0], *map(_listed, formula[1:])] if isinstance(formula, tuple) else formula


def _read_cell(cell: Any, known: Mapping[str, Cell]) -> Cell:
    """Return a cell of a JSON sheet, checked."""
    if not isinstance(cell, list) or len(cell) != 3 or not isinstance(cell[0], str):
        raise TinyNetError(f"a cell is {shown(cell)}. It must be [name, phase, formula].")
    name, phase, formula = cell
    phase = "input" if phase == "given" else check_choice(f"the phase of {name!r}", phase, PHASES)
    if name in known:
        raise TinyNetError(f"two cells have the name {name!r}. Names must differ.")
    return Cell(name, None if formula is None else _checked(name, formula, known), phase)


def _checked(cell: str, formula: Any, known: Mapping[str, Cell], depth: int = 0) -> Formula:
    """Return a JSON formula as a tree.

    Raises TinyNetError for an unknown operation, and for a cell that does not come before.
    """
    if isinstance(formula, bool) or not isinstance(formula, str | int | float | list) or formula == []:
        raise TinyNetError(
            f"cell {cell!r} has the formula {shown(formula)}. It must be a number, a cell or [operation, ...]."
        )
    if isinstance(formula, int | float):
        return check_number(f"a number of {cell!r}", formula, -LARGEST, LARGEST)
    if isinstance(formula, str):
        if formula not in known:
            raise TinyNetError(
                f"cell {cell!r} uses {formula!r}. A formula can use only cells before its own."
            )
        return formula
    if depth == MAX_DEPTH:
        raise TinyNetError(f"cell {cell!r} has more than {MAX_DEPTH} operations in each other.")
    operation = formula[0]
    if not isinstance(operation, str) or operation not in OPERATIONS:
        raise TinyNetError(
            f"cell {cell!r} uses the operation {shown(operation)}. It must be one of {', '.join(map(repr, OPERATIONS))}."
        )
    count, wanted = len(formula) - 1, ARGUMENTS.get(operation)
    if count != wanted and (wanted is not None or count == 0):
        raise TinyNetError(
            f"cell {cell!r} uses {operation!r} with {counted(count, 'argument')}. It must have {wanted or 'one or more'}."
        )
    return (operation, *(_checked(cell, part, known, depth + 1) for part in formula[1:]))
