"""Figures of networks, pictures, trainings and answers, drawn with matplotlib and seaborn.

Every function takes the axes to draw on as `ax`, makes a figure of its own without it, and returns what it
drew on. None of them computes a result or keeps global state, and none shows a window: in a notebook let a
cell end in `ax.figure`, elsewhere call `save(ax, "figure.png")`.
"""

from tinynet.plots.bars import confidence_bars, population_histogram
from tinynet.plots.canvas import (
    HORIZONTAL,
    PALETTE,
    VERTICAL,
    check_path,
    diverging,
    figure_of,
    rendered,
    save,
)
from tinynet.plots.curves import comparison, convergence, learning_curves, loss_curve
from tinynet.plots.diagram import architecture
from tinynet.plots.grids import hidden_nodes, pictures
from tinynet.plots.ladders import ladder
from tinynet.plots.learner import abstention, answer_map, reliability
from tinynet.plots.maps import sweep_map

__all__ = [
    "HORIZONTAL",
    "PALETTE",
    "VERTICAL",
    "abstention",
    "answer_map",
    "architecture",
    "check_path",
    "comparison",
    "confidence_bars",
    "convergence",
    "diverging",
    "figure_of",
    "hidden_nodes",
    "ladder",
    "learning_curves",
    "loss_curve",
    "pictures",
    "population_histogram",
    "reliability",
    "rendered",
    "save",
    "sweep_map",
]
