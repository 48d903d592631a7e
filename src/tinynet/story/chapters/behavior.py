"""The chapters about fuzzy lines, hidden nodes and stress test."""

from collections.abc import Iterator

import numpy as np

from tinynet import plots
from tinynet.data import pictures
from tinynet.evaluation import diagnosis, predictions
from tinynet.story.content import Figure, Part, Text, predictions_table
from tinynet.story.rung_effects import listed
from tinynet.story.runs import Journey

NOISY_LINES = 100
NOISE = 0.1


def fuzzy(j: Journey) -> Iterator[Part]:
    """Test the network on fuzzy lines.

    Fuzzy lines are not exactly black and white.
    """
    line = pictures.fuzzy()
    yield Text(
        "The training pictures have only the brightness 0 and 1. Real pictures are less perfect, such as this fuzzy line."
    )
    yield Figure("pictures", "A fuzzy horizontal line.", lambda: plots.pictures(line))
    pixels = zip(pictures.PIXELS, line.inputs[0].tolist(), strict=True)
    yield Text(f"The brightness of its pixels is {listed([f'{name} {value:g}' for name, value in pixels])}.")
    yield predictions_table("The clean and the fuzzy line", j.run.final, j.lines["top"], line)
    clean, blurred = (predictions.predictions(j.run.final, shown)[0] for shown in (j.lines["top"], line))
    yield Text(
        "The network is unsure if the margin between its outputs is below "
        f"{predictions.UNSURE:g}. On the clean line the margin is {clean.margin:.4f}. On the fuzzy line the margin is "
        f"{blurred.margin:.4f}. {_FUZZ[clean.unsure, blurred.unsure]}"
    )
    noisy = pictures.fuzzy_lines(NOISY_LINES, noise=NOISE, seed=j.seed)
    right = predictions.accuracy(j.run.final, noisy)
    yield Text(
        f"Now test {NOISY_LINES} noisy lines. Their pixels have a brightness of 0.9 or 0.1, plus random noise of {NOISE:g}. "
        f"This network gets {round(NOISY_LINES * right)} of these {NOISY_LINES} lines right."
    )
    everyone, long = j.population(j.recipe), j.population(j.long_recipe)
    unsure = np.abs(everyone.margins(line)[:, 0]) < predictions.UNSURE
    yield everyone.fraction(unsure, f"are unsure of the fuzzy line after {j.recipe.epochs:,} epochs")
    sure = long.margins(line)[:, 0] > predictions.UNSURE
    yield long.fraction(sure, f"are sure and right on the fuzzy line after {j.long_recipe.epochs:,} epochs")


_FUZZ = {  # (unsure of the clean line, unsure of the fuzzy line)
    (True, True): "The network is unsure of both lines, so the fuzz is not the reason.",
    (False, True): "The network is sure of the clean line and unsure of the fuzzy line.",
    (True, False): "The network is unsure of the clean line and sure of the fuzzy line.",
    (False, False): "The network is sure of both lines.",
}


def inside(j: Journey) -> Iterator[Part]:
    """Show the hidden nodes' weights before and after training."""
    yield Text(
        "The weights of a hidden node show which pattern it detects. A pixel with a positive weight makes the node more active "
        "when the pixel is bright. A pixel with a negative weight makes the node more active when the pixel is dark."
    )
    yield Figure("start", "The weights before training.", lambda: plots.hidden_nodes(j.network))
    yield Figure(
        "trained",
        f"The weights after {j.recipe.epochs:,} epochs.",
        lambda: plots.hidden_nodes(j.run.final),
    )
    first, last = (network.layers[0].weight for network in (j.network, j.run.final))
    moved = np.abs(last - first).max()
    reshaped = moved >= 0.5 * np.abs(first).max()
    yield Text(
        f"No weight of the first layer moved by more than {moved:.3f}. The largest weight, without its sign, "
        f"is {np.abs(last).max():.3f}. "
        + (
            "Training changed the patterns of the hidden nodes."
            if reshaped
            else "The patterns of the hidden nodes still come mostly from the random numbers before training."
        )
    )
    long = j.long_run.final
    yield Figure(
        "long", f"The weights after {j.long_recipe.epochs:,} epochs.", lambda: plots.hidden_nodes(long)
    )
    yield Text(" ".join(_pattern(k, weights) for k, weights in enumerate(long.layers[0].weight)))


def _pattern(node: int, weights: np.ndarray) -> str:
    """Return a sentence about the inputs that activate a node.

    >>> _pattern(0, np.array([2.0, 1.0, -1.0, -2.0]))
    'Node 0 is most active when top-left and top-right are bright and bottom-left and bottom-right are dark.'
    """
    groups = {
        "bright": [name for name, weight in zip(pictures.PIXELS, weights, strict=True) if weight > 0],
        "dark": [name for name, weight in zip(pictures.PIXELS, weights, strict=True) if weight <= 0],
    }
    wanted = [
        f"{listed(names)} {'is' if len(names) == 1 else 'are'} {level}"
        for level, names in groups.items()
        if names
    ]
    return f"Node {node} is most active when {' and '.join(wanted)}."


def stress(j: Journey) -> Iterator[Part]:
    """Test the network on pictures that are not lines."""
    yield Text(
        "The stress test uses pictures that are not lines: one bright pixel, a gray block and two diagonals. No prediction for "
        "these pictures is right."
    )
    yield Figure("pictures", "Four pictures that are not lines.", lambda: plots.pictures(j.stress))
    found = predictions.predictions(j.run.final, j.stress)
    yield predictions_table("The stress test", j.run.final, j.stress)
    yield Figure("outputs", "The two outputs for each picture.", lambda: plots.confidence_bars(found))
    clean = predictions.predictions(j.run.final, j.lines)
    yield Text(
        f"The network is unsure of {sum(a.unsure for a in found)} of these {len(found)} pictures. It is unsure of "
        f"{sum(a.unsure for a in clean)} of the {len(clean)} lines. To be unsure of a gray block has a meaning only if the "
        "network is sure of the lines."
    )
    yield Text(_order(j))
    first, last = j.lines.target_names
    everyone, turned = j.population(j.recipe), j.population(j.recipe, order=j.lines.reversed())
    gray = j.stress["gray"]
    margins = everyone.margins(gray)[:, 0]
    yield Figure(
        "population",
        f"Horizontal minus vertical on the gray block, for {j.networks:,} seeds.",
        lambda: plots.population_histogram(margins, mark=diagnosis.margin(j.run.final, gray)),
    )
    yield everyone.fraction(margins < 0, f"predict {last} for gray if {last} lines come last")
    yield turned.fraction(
        turned.margins(gray)[:, 0] > 0, f"predict {first} for gray if {first} lines come last"
    )


def _order(j: Journey) -> str:
    """Return a sentence about the order of the training pictures.

    The sentence compares the predictions for gray.
    """
    effect = diagnosis.order_effect(j.network, j.lines, j.recipe)
    first, last = j.lines.target_names
    verb = "reverses" if effect.flipped else "does not reverse"
    return (
        f"The order of the training pictures matters too. Look at {first} minus {last} on the gray block. If {effect.last} "
        f"lines come last in each epoch, it is {diagnosis.signed(effect.margin)}. If {effect.reversed_last} lines come last, it is "
        f"{diagnosis.signed(effect.reversed_margin)}. Reversing the order {verb} the prediction."
    )
