"""The trainings that the chapters measure."""

from dataclasses import replace
from functools import cached_property
from typing import Any

from tinynet.core.architecture import Architecture
from tinynet.data import pictures
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.evaluation.baseline import constant_loss
from tinynet.experiments.population import Population, population
from tinynet.model.network import Network
from tinynet.recipe import Recipe
from tinynet.signatures import check_arguments
from tinynet.training.recording import Recording
from tinynet.training.train import train


class Journey:
    """The trainings of the chapters, each made once.

    seed : int. Seed of the network that the chapters follow.
    recipe : Recipe. Its seed is replaced by `seed`.
    architecture : Architecture. Sizes that begin with 4 and end with 2.
    high_rate : float. Learning rate of the chapter about a high rate.
    networks : int. Number of seeds for each verdict.
    epochs_factor : int. The factor by which the long trainings have more epochs.

    Raises TinyNetError for other sizes.
    """

    @check_arguments
    def __init__(
        self,
        *,
        seed: int = 0,
        recipe: Recipe | None = None,
        architecture: Architecture | None = None,
        high_rate: float = 5.0,
        networks: int = 1000,
        epochs_factor: int = 100,
    ) -> None:
        self.seed, self.networks = seed, networks
        self.recipe = replace(recipe or Recipe(), seed=seed)
        self.architecture = architecture or Architecture()
        if (self.architecture.sizes[0], self.architecture.sizes[-1]) != (4, 2):
            raise TinyNetError(
                f"is {self.architecture.sizes}. It must begin with 4 pixels and end with 2 outputs. "
                "Change the first or the last size.",
                parameter="sizes",
            )
        self.lines, self.stress = pictures.lines(), pictures.stress()
        self.high_rate_recipe = replace(self.recipe, learning_rate=high_rate)
        self.long_recipe = replace(self.recipe, epochs=self.recipe.epochs * epochs_factor)
        self._populations: dict[Any, Population] = {}

    @cached_property
    def network(self) -> Network:
        """The untrained network."""
        return Network.initial(self.architecture, seed=self.seed)

    @cached_property
    def run(self) -> Recording:
        """The training of the network by the recipe."""
        return self._recording(self.recipe)

    @cached_property
    def high_rate_run(self) -> Recording:
        """The training of the network at the high rate."""
        return self._recording(self.high_rate_recipe)

    @cached_property
    def long_run(self) -> Recording:
        """The training of the same network with more epochs."""
        return self._recording(self.long_recipe)

    def _recording(self, recipe: Recipe) -> Recording:
        run = train(self.network, self.lines, recipe)
        if run.stopped is not None and not run.stopped.cell:
            raise KeyboardInterrupt
        return run

    def population(self, recipe: Recipe, *, order: Examples | None = None) -> Population:
        """Return the trained networks of all seeds.

        order : Examples or None. The lines in another order.
        """
        key = (recipe, None if order is None else order.names)
        if key not in self._populations:
            found = population(
                recipe, self.networks, examples=order or self.lines, architecture=self.architecture
            )
            if found.interrupted:  # a verdict about fewer networks would be misleading
                raise KeyboardInterrupt
            self._populations[key] = found
        return self._populations[key]

    @property
    def constant_loss(self) -> float:
        """The smallest loss of constant outputs.

        A network with constant outputs gives the same outputs for every picture.
        """
        return constant_loss(self.lines, self.recipe)
