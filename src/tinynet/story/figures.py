"""Figures that show several networks side by side."""

from collections.abc import Mapping

import numpy as np

from tinynet import plots
from tinynet.data.examples import Examples
from tinynet.data.world import World
from tinynet.evaluation.bayes import posterior
from tinynet.evaluation.calibration import probability, reliability
from tinynet.evaluation.symmetry import Predictor
from tinynet.model.network import Network


def prediction_maps(networks: Mapping[str, Network], world: World) -> object:
    """Draw prediction maps of networks and the Bayes-optimal map."""
    from matplotlib.figure import Figure as Canvas

    answers: dict[str, Predictor] = {f"the {name}": network for name, network in networks.items()}
    answers["Bayes-optimal"] = lambda inputs: posterior(world, inputs)
    drawn = Canvas(figsize=(4 * len(answers), 4.3), layout="constrained")
    for ax, (title, each) in zip(drawn.subplots(1, len(answers)), answers.items(), strict=True):
        plots.prediction_map(each, title=title, scale=title == list(answers)[-1], ax=ax)
    return drawn


def reliability_diagrams(networks: Mapping[str, Network], test: tuple[Examples, np.ndarray]) -> object:
    """Draw the reliability diagrams of networks, side by side."""
    from matplotlib.figure import Figure as Canvas

    drawn, (shown, horizontal) = Canvas(figsize=(9, 4.6), layout="constrained"), test
    for ax, (name, network) in zip(drawn.subplots(1, len(networks)), networks.items(), strict=True):
        plots.reliability(reliability(probability(network(shown)), horizontal), title=f"the {name}", ax=ax)
    return drawn
