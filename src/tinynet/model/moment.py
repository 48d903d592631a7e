"""One training step, with every number."""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from tinynet.core.explain import Explanation, explain
from tinynet.core.sheet import Sheet, sheet_of
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.model.network import Network
from tinynet.recipe import Recipe
from tinynet.signatures import check_arguments


class LedgerRow(NamedTuple):
    """One parameter in one step.

    before + change = after, exactly.
    """

    name: str
    before: float
    gradient: float
    change: float
    after: float


class Moment:
    """One training step with its network, batch and every cell.

    network : Network. The network before the step.
    batch : Examples. The inputs and targets of the step.
    recipe : Recipe. Its learning rate is the rate of this step.
    state : (S,). The optimizer state before the step.
    sample_weights : (batch,), optional. The weight of each example in a weighted training.
    step, epoch : int. The position in the training, counted from 0.

    >>> import tinynet as tn
    >>> moment = tn.nudge(tn.Network.initial(seed=0), tn.pictures.lines()[0])
    >>> moment.names, round(moment.loss, 6)
    (('top',), 0.142778)
    """

    @check_arguments
    def __init__(
        self,
        network: Network,
        batch: Examples,
        recipe: Recipe,
        state: np.ndarray,
        step: int = 0,
        epoch: int = 0,
        sample_weights: np.ndarray | None = None,
    ) -> None:
        self.network = network
        self.batch = batch
        self.recipe = recipe
        self.state = state
        self.step = step
        self.epoch = epoch
        self.sample_weights = sample_weights

    def __repr__(self) -> str:
        names = ", ".join(self.names[:3]) + (" …" if len(self.names) > 3 else "")
        return f"<{type(self).__name__}: step {self.step} on {names}>"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the examples in the batch."""
        return self.batch.names

    @property
    def sheet(self) -> Sheet:
        """The cells of this step and their formulas."""
        weighted = self.sample_weights is not None
        return sheet_of(self.network.architecture, self.recipe, len(self.batch), weighted=weighted)

    @cached_property
    def values(self) -> dict[str, float]:
        """Every cell of this step by name, in sheet order.

        The numbers are computed again from the network, the batch and the state. No number is read from a
        recording.

        Raises TinyNetError for a batch without targets.
        """
        if self.batch.targets is None:
            raise TinyNetError("the examples have no targets. A training step needs targets.")
        return self.sheet.evaluate(
            self.sheet.input_values(
                self.network, self.batch.inputs, self.batch.targets, self.state, self.sample_weights
            )
        )

    @property
    def loss(self) -> float:
        """The mean loss of the batch before the step.

        In a weighted training, each loss is multiplied by its sample weight.
        """
        return self.values["loss"]

    @cached_property
    def after(self) -> Network:
        """The network after this step."""
        values = [self.values[f"{name}.after"] for name in self.network.architecture.parameter_names]
        return self.network.with_parameters(np.array(values), origin=f"{self.network.origin}, after 1 step")

    @check_arguments(apart_from=("name", "depth"))
    def explain(self, name: str, *, depth: int | None = None) -> Explanation:
        """Explain one cell: its formula, its numbers, and each factor.

        For a parameter, the explanation shows how this step changed it: the chain rule with its numbers.

        depth : int, optional. How many levels of factors to open. All levels by default.
        """
        return explain(self.sheet, self.values, name, depth=depth, input_names=self.batch.input_names)

    def ledger(self) -> list[LedgerRow]:
        """Return before, gradient, change and after of every parameter."""

        keys = ("", ".gradient", ".change", ".after")
        names = self.network.architecture.parameter_names
        return [LedgerRow(name, *(self.values[name + key] for key in keys)) for name in names]
