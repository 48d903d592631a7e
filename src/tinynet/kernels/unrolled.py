"""One training step of a small network, unrolled.

The step is straight-line code, cell by cell.
"""

import re
from collections.abc import Callable, Mapping

from tinynet.core import optimizers
from tinynet.core.architecture import Architecture
from tinynet.core.formulas import Formula
from tinynet.core.sheet import Sheet
from tinynet.kernels.emit import Number, ScalarF64
from tinynet.numerics.llvm import Index, Pointer
from tinynet.recipe import Recipe

NODE = re.compile(r"(?:example\d+\.)?layer\d+\.a\[\d+\]")
DELTA = re.compile(r"\.delta\[\d+\]$")
INPUT = re.compile(r"(?:example(\d+)\.)?(?:(input|target)\[(\d+)\]|sample_weight)")
ARITHMETIC = {"+": "fadd", "-": "fsub", "*": "fmul", "/": "fdiv"}

CellReader = Callable[[str], Number]
InputAccessor = Callable[[Index, Index], Number]  # (k, i) -> input or target i of example k in the batch
WeightAccessor = Callable[[Index], Number]  # k -> sample weight of example k in the batch


class Emitter:
    """An emitter of formulas.

    A cell is emitted when it is first used. Repeated formulas are emitted once.

    cells : the formula of each cell; None or no entry for the cells that `read_cell` reads.
    read_cell : returns the value of a cell without a formula.
    """

    def __init__(
        self, arithmetic: ScalarF64, cells: Mapping[str, Formula | None], read_cell: CellReader
    ) -> None:
        self.arithmetic, self.cells, self.read_cell = arithmetic, cells, read_cell
        self.values: dict[Formula, Number] = {}  # by formula: values of cells and of parts of formulas

    def cell(self, name: str) -> Number:
        """Return the value of a cell."""
        if name not in self.values:
            formula = self.cells.get(name)
            self.values[name] = self.read_cell(name) if formula is None else self.value(formula)
        return self.values[name]

    def value(self, formula: Formula) -> Number:
        """Return the value of a formula."""
        return self._written(self.arithmetic.order(formula, self.cells))

    def _written(self, formula: Formula) -> Number:
        """Emit the distinct operations of a formula."""
        if isinstance(formula, str):
            return self.cell(formula)
        if not isinstance(formula, tuple):
            return self.arithmetic.constant(float(formula))
        if formula not in self.values:
            self.values[formula] = self._of(formula[0], [self._written(part) for part in formula[1:]])
        return self.values[formula]

    def _of(self, operation: str, parts: list[Number]) -> Number:
        result, *rest = parts
        if operation == "neg":
            return self.arithmetic.negate(result)
        if operation not in ARITHMETIC and operation != "max":
            unary: Callable[[Number], Number] = getattr(self.arithmetic, operation)
            return unary(result)
        for part in rest:  # from left to right
            if operation == "max":
                result = self.arithmetic.maximum(result, part)
            else:
                result = self.arithmetic.binary(ARITHMETIC[operation], result, part)
        return result


class Unrolled:
    """One training step as straight-line code.

    Parameters p and optimizer state s stay in memory.

    The update loads each parameter again just before the store. Otherwise LLVM would keep all parameters live and
    spill them to the stack.
    """

    def __init__(
        self,
        arithmetic: ScalarF64,
        architecture: Architecture,
        recipe: Recipe,
        settings: Mapping[str, Number],
    ) -> None:
        self.arithmetic, self.f = arithmetic, arithmetic.f
        self.architecture, self.recipe, self.settings = architecture, recipe, settings

    def begin(self, p: Pointer, s: Pointer) -> None:
        """Set the addresses of parameters and optimizer state."""
        self.first, self.again = self._places(p, s), self._places(self.f.launder(p), s)

    def _places(self, p: Pointer, s: Pointer) -> dict[str, Pointer]:
        names, states = (
            self.architecture.parameter_names,
            optimizers.state_names(self.architecture, self.recipe),
        )
        return {
            name: self.f.gep(self.arithmetic.float_type, pointer, k)
            for pointer, some in ((p, names), (s, states))
            for k, name in enumerate(some)
        }

    def step(
        self,
        batch: int,
        input_: InputAccessor,
        target: InputAccessor,
        sample_weight: WeightAccessor | None = None,
    ) -> Emitter:
        """Emit a step on a batch.

        Returns the emitter, which has the values of other cells.

        sample_weight : the sample weights; None for a training without them.
        """
        sheet = Sheet.of(self.architecture, self.recipe, batch, weighted=sample_weight is not None)
        places = self.first

        def read_cell(name: str) -> Number:
            if name in self.settings:
                return self.settings[name]
            if name in places:
                return self.f.load(self.arithmetic.float_type, places[name], align=4)
            match = INPUT.fullmatch(name)
            assert match is not None, name
            example = int(match[1] or 0)
            if match[2] is None:
                assert sample_weight is not None
                return sample_weight(example)
            return (input_ if match[2] == "input" else target)(example, int(match[3]))

        cells = [(name, cell.formula) for name, cell in sheet.cells.items()]
        emitter = Emitter(
            self.arithmetic, self.arithmetic.prepare(cells, self.architecture, self.recipe), read_cell
        )
        for name in emitter.cells:
            if DELTA.search(name):
                emitter.cell(name)
        places = self.again
        for name in self.architecture.parameter_names:
            emitter.values.pop(name, None)
        for name, place in self.first.items():
            self.f.store(self.arithmetic.float_type, emitter.cell(f"{name}.after"), place, align=4)
        return emitter


def batch_sizes(recipe: Recipe, examples: int) -> list[int]:
    """Return the batch sizes of an epoch.

    A shorter last batch has a second size.
    """
    usual = min(recipe.batch_size, examples)
    rest = examples % usual
    return [usual, rest] if rest else [usual]


def kernel_key(recipe: Recipe) -> Recipe:
    """Reduce a recipe to a key of compiled kernels.

    The key has only the fields that change the generated code.
    """
    return Recipe(
        loss=recipe.loss, order=recipe.order, batch_size=recipe.batch_size, optimizer=recipe.optimizer,
        momentum=0.5 if recipe.momentum else 0.0, nesterov=recipe.nesterov,
        weight_decay=0.5 if recipe.weight_decay else 0.0, noise=0.5 if recipe.noise else 0.0, augment=recipe.augment,
    )  # fmt: skip
