"""One nudge, with every number of it."""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from tinynet.core.explain import Explanation, explain
from tinynet.core.sheet import Sheet, sheet_of
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.model.network import Network
from tinynet.recipe import Recipe


class LedgerRow(NamedTuple):
    """One parameter's account of a nudge: before + change = after, exactly."""

    name: str
    before: float
    gradient: float
    change: float
    after: float


class Moment:
    """One nudge: the network before it, the pictures shown, and every cell of the arithmetic.

    network : before the nudge.
    batch : the examples of this nudge, with targets.
    state : (S,) the optimizer's memory before it.
    step, epoch : where in a training it stands, counted from 0.

    >>> import tinynet as tn
    >>> moment = tn.nudge(tn.Network.initial(seed=0), tn.pictures.lines()[0])
    >>> moment.names, round(moment.loss, 6)
    (('top',), 0.142778)
    """

    def __init__(
        self,
        network: Network,
        batch: Examples,
        recipe: Recipe,
        state: np.ndarray,
        step: int = 0,
        epoch: int = 0,
    ) -> None:
        self.network = network
        self.batch = batch
        self.recipe = recipe
        self.state = state
        self.step = step
        self.epoch = epoch

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: nudge {self.step} by {', '.join(self.names[:3])}{' …' * (len(self.names) > 3)}>"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the pictures shown."""
        return self.batch.names

    @property
    def sheet(self) -> Sheet:
        """The cells of this nudge and their formulas."""
        return sheet_of(self.network.architecture, self.recipe, len(self.batch))

    @cached_property
    def values(self) -> dict[str, float]:
        """Every cell of this nudge by name, evaluated in the order of the sheet."""
        if self.batch.targets is None:
            raise TinyNetError("these pictures have no targets, so no nudge follows from them")
        return self.sheet.evaluate(
            self.sheet.givens(self.network, self.batch.inputs, self.batch.targets, self.state)
        )

    @property
    def loss(self) -> float:
        """The loss of the pictures shown, before the nudge."""
        return self.values["loss"]

    @cached_property
    def after(self) -> Network:
        """The network after this nudge."""
        values = [self.values[f"{name}.after"] for name in self.network.architecture.parameter_names]
        return self.network.with_parameters(np.array(values), origin=f"{self.network.origin}, nudged")

    def explain(self, name: str, *, depth: int | None = None) -> Explanation:
        """Open one cell: its formula, the formula with its numbers, its value, and each factor in turn.

        A parameter opens into how this nudge changed it: the chain rule with its numbers.
        """
        return explain(self.sheet, self.values, name, depth=depth, inputs=self.batch.columns)

    def ledger(self) -> list[LedgerRow]:
        """Return every parameter's account: before, gradient, change, after."""
        keys = ("", ".gradient", ".change", ".after")
        names = self.network.architecture.parameter_names
        return [LedgerRow(name, *(self.values[name + key] for key in keys)) for name in names]
