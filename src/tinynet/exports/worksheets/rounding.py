"""A nudge worked out by hand: every number rounded before it is used again."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from tinynet.core.formulas import Formula
from tinynet.core.notation import TEXT, write
from tinynet.core.sheet import Sheet, Values, compiled
from tinynet.data.examples import Examples
from tinynet.model.network import Network
from tinynet.recipe import Recipe
from tinynet.training.train import nudge

DIGITS = 12  # that a calculator keeps; what a float has beyond them is no part of the answer


def rounded(value: float, decimals: int) -> float:
    """Round as one is taught to: a 5 goes away from zero.

    >>> rounded(0.0125, 3), rounded(-0.0125, 3), rounded(1.005, 2), rounded(0.35 * 0.35, 3)
    (0.013, -0.013, 1.01, 0.123)
    """
    shown = Decimal(f"{value:.{DIGITS}g}")
    return float(shown.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


@dataclass(frozen=True)
class Solved:
    """A nudge of one picture by hand.

    sheet : its cells; network : with rounded parameters, from which it starts.
    values : every cell, computed from rounded ones and rounded; exact : the same, never rounded after the start.
    """

    sheet: Sheet
    network: Network
    picture: Examples
    decimals: int
    values: Values
    exact: Values

    @classmethod
    def of(cls, network: Network, picture: Examples, recipe: Recipe, decimals: int) -> "Solved":
        """Round the network's parameters and work out the nudge that the picture gives it."""
        start = [rounded(value, decimals) for value in network.parameters.tolist()]
        network = network.with_parameters(start, origin=network.origin)  # type: ignore[arg-type]
        moment = nudge(network, picture, recipe)
        sheet, values = moment.sheet, {}
        for cell in sheet.cells.values():
            if cell.formula is None:
                values[cell.name] = moment.values[cell.name]
            else:
                values[cell.name] = rounded(compiled(cell.formula)(values), decimals)
        return cls(sheet, network, picture, decimals, values, moment.values)

    def shown(self, name: str) -> str:
        """Return a number as the paper has it: what is given and no parameter as it is, all else with its decimals."""
        value = self.values[name]
        if self.sheet.cells[name].formula is None and name not in self.sheet.architecture.parameter_names:
            return f"{value:g}".replace("-", "−")
        return self.fixed(value)

    def fixed(self, value: float, more: int = 0) -> str:
        """Write a number with the paper's decimals, or more of them, and a true minus."""
        return f"{value + 0.0:.{self.decimals + more}f}".replace("-", "−")

    def filled(self, formula: Formula) -> str:
        """Write a formula with the paper's own numbers."""
        notation = TEXT._replace(symbol=self._bracketed)
        return re.sub(r"\(\((−[\d.]+)\)\)", r"(\1)", write(formula, notation))

    def _bracketed(self, name: str) -> str:
        shown = self.shown(name)
        return f"({shown})" if shown.startswith("−") else shown

    @property
    def outputs(self) -> list[str]:
        """The cells of the answers."""
        layer, count = len(self.network.sizes) - 1, self.network.sizes[-1]
        return [f"layer{layer}.a[{j}]" for j in range(count)]

    @cached_property
    def farthest(self) -> str:
        """The cell that rounding moved most."""
        return max(self.values, key=lambda name: abs(self.values[name] - self.exact[name]))

    @cached_property
    def loss_after(self) -> float:
        """The loss of the same picture with the parameters after the nudge, not rounded on the way."""
        names = self.network.architecture.parameter_names
        after = [self.values[f"{name}.after"] for name in names]
        network = self.network.with_parameters(after)  # type: ignore[arg-type]
        assert self.sheet.recipe is not None
        return nudge(network, self.picture, self.sheet.recipe).loss
