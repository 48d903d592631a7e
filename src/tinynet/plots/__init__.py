"""Figures, drawn with matplotlib and seaborn.

A figure must not compute a result. Most functions take the axes to draw on as `ax` and return them. Without `ax`
they make a new figure. No function opens a window: end a notebook cell with `ax.figure`, or call
`save(ax, "figure.png")`.

canvas.py      colors, axes and image files
bars.py        bars and histograms
curves.py      curves over epochs
diagram.py     the network as a diagram
grids.py       pictures, and the weights of hidden nodes
map_layout.py  the axes and styles of maps
maps.py        maps of a sweep
ladders.py     the ladder from memorizer to learner
learner.py     prediction maps, reliability diagrams and abstention curves
"""

from tinynet.plots.bars import confidence_bars, population_histogram
from tinynet.plots.canvas import (
    HORIZONTAL,
    PALETTE,
    VERTICAL,
    check_path,
    diverging_colormap,
    figure_of,
    render,
    save,
)
from tinynet.plots.curves import comparison, convergence, learning_curves, loss_curve
from tinynet.plots.diagram import architecture
from tinynet.plots.grids import hidden_nodes, pictures
from tinynet.plots.ladders import ladder
from tinynet.plots.learner import abstention, prediction_map, reliability
from tinynet.plots.maps import sweep_map

__all__ = [
    "HORIZONTAL",
    "PALETTE",
    "VERTICAL",
    "abstention",
    "architecture",
    "check_path",
    "comparison",
    "confidence_bars",
    "convergence",
    "diverging_colormap",
    "figure_of",
    "hidden_nodes",
    "ladder",
    "learning_curves",
    "loss_curve",
    "pictures",
    "population_histogram",
    "prediction_map",
    "reliability",
    "render",
    "save",
    "sweep_map",
]
