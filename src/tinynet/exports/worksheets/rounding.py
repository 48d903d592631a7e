"""A training step by hand.

Every number is rounded before it is used again.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

import numpy as np

from tinynet.core.formulas import Formula
from tinynet.core.notation import TEXT, write
from tinynet.core.sheet import Sheet, Values, compiled
from tinynet.data.examples import Examples
from tinynet.model.network import Network
from tinynet.recipe import Recipe
from tinynet.training.train import nudge

DIGITS = 12  # digits of a calculator; the later digits of a float are rounding errors


def rounded(value: float, decimals: int) -> float:
    """Round half away from zero, as taught at school.

    >>> rounded(0.0125, 3), rounded(-0.0125, 3), rounded(1.005, 2), rounded(0.35 * 0.35, 3)
    (0.013, -0.013, 1.01, 0.123)
    """
    decimal = Decimal(f"{value:.{DIGITS}g}")
    return float(decimal.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


@dataclass(frozen=True)
class Solved:
    """The training step of one example by hand.

    network : The network before the step, with rounded parameters.
    values : Every cell of the sheet, rounded and computed from rounded cells.
    exact : Every cell without rounding, from the same rounded parameters.
    """

    sheet: Sheet
    network: Network
    example: Examples
    decimals: int
    values: Values
    exact: Values

    @classmethod
    def of(cls, network: Network, example: Examples, recipe: Recipe, decimals: int) -> "Solved":
        """Round a network's parameters and compute the step.

        The step uses one example.
        """
        initial = [rounded(value, decimals) for value in network.parameters.tolist()]
        network = network.with_parameters(np.array(initial, float), origin=network.origin)
        moment = nudge(network, example, recipe)
        sheet, values = moment.sheet, {}
        for cell in sheet.cells.values():
            if cell.formula is None:
                values[cell.name] = moment.values[cell.name]
            else:
                values[cell.name] = rounded(compiled(cell.formula)(values), decimals)
        return cls(sheet, network, example, decimals, values, moment.values)

    def text(self, name: str) -> str:
        """Return the number of a cell as text.

        Inputs and settings are not rounded. Other numbers have the decimals of the paper.
        """
        value = self.values[name]
        if self.sheet.cells[name].formula is None and name not in self.sheet.architecture.parameter_names:
            return f"{value:g}".replace("-", "−")
        return self.decimal_text(value)

    def decimal_text(self, value: float, extra: int = 0) -> str:
        """Write a number with the decimals of the paper.

        Extra decimals are optional. The minus sign is U+2212.
        """
        return f"{value + 0.0:.{self.decimals + extra}f}".replace("-", "−")

    def with_numbers(self, formula: Formula) -> str:
        """Write a formula with numbers in place of symbols."""
        notation = TEXT._replace(symbol=self._bracketed)
        return re.sub(r"\(\((−[\d.]+)\)\)", r"(\1)", write(formula, notation))

    def _bracketed(self, name: str) -> str:
        text = self.text(name)
        return f"({text})" if text.startswith("−") else text

    @property
    def outputs(self) -> list[str]:
        """The cells of the outputs."""
        layer, count = len(self.network.sizes) - 1, self.network.sizes[-1]
        return [f"layer{layer}.a[{j}]" for j in range(count)]

    @cached_property
    def most_changed(self) -> str:
        """The cell that rounding changed most."""
        return max(self.values, key=lambda name: abs(self.values[name] - self.exact[name]))

    @cached_property
    def loss_after(self) -> float:
        """The loss of the example after the step.

        The loss is computed without rounding.
        """
        names = self.network.architecture.parameter_names
        after = [self.values[f"{name}.after"] for name in names]
        network = self.network.with_parameters(np.array(after, float))
        assert self.sheet.recipe is not None
        return nudge(network, self.example, self.sheet.recipe).loss
