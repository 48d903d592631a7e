"""The chapters about the untrained network and one nudge."""

from collections.abc import Iterator

from tinynet import plots
from tinynet.evaluation import predictions
from tinynet.story import environment
from tinynet.story.content import (
    Figure,
    Part,
    Table,
    Text,
    falls,
    ledger_table,
    predictions_table,
    repeats_table,
    signed,
)
from tinynet.story.runs import Journey
from tinynet.training.train import nudges

REPEATS = 6  # nudges with one picture
LOSSES = {
    "mse": "the mean squared error",
    "bce": "the binary cross-entropy",
    "cross_entropy": "the cross-entropy",
}


def look(j: Journey) -> Iterator[Part]:
    """Show every parameter and every output before training."""
    sizes, hidden = "-".join(map(str, j.architecture.sizes)), sum(j.architecture.sizes[1:-1])
    yield Text(
        "A small neural network looks at pictures of four pixels. Each pixel has a brightness from 0 (dark) to 1 (bright). "
        "The network has two outputs. The first output is its confidence in a horizontal line. The second output is its "
        "confidence in a vertical line."
    )
    yield Text(
        f"This is a {sizes} network. It has 4 inputs, {hidden} hidden nodes and 2 outputs. The hidden nodes lie between the "
        "inputs and the outputs. Each hidden node can learn to detect a pattern of pixels. A node multiplies its inputs by weights "
        f"and adds a bias. Then an activation function gives the output of the node, here {_activations(j)}."
    )
    yield Text(
        f"The network has {j.architecture.parameter_count} parameters. A parameter is a number that training changes: a "
        "weight or a bias. Before training, all parameters are "
        f"random numbers. These numbers come from seed {j.seed}. PyTorch draws the same numbers from this seed."
    )
    yield Table("This machine", ("name", "value"), tuple(environment.summary().items()))
    yield Text(environment.device())
    yield Figure(
        "pictures",
        "The four training pictures and the two correct outputs of each.",
        lambda: plots.pictures(j.lines),
    )
    yield Figure(
        "architecture",
        "The untrained network. Its input is the top line.",
        lambda: plots.architecture(j.network, example=j.lines[0]),
    )
    rows = tuple((name, signed(value)) for name, value in j.network.named().items())
    yield Table("Every parameter before training", ("parameter", "value"), rows)
    yield Text(
        "The larger output is the prediction. The margin is the larger output minus the smaller output. If the margin is below "
        f"{predictions.UNSURE:g}, the network is unsure of its prediction."
    )
    yield predictions_table("Predictions before training", j.network, j.lines)


def _activations(j: Journey) -> str:
    return " and ".join(f"the {name}" for name in dict.fromkeys(j.architecture.activations))


def nudge(j: Journey) -> Iterator[Part]:
    """Show one step of training, number by number."""
    moment, *more = nudges(j.network, j.lines[0], j.recipe, times=REPEATS)
    losses = [moment.loss, *(again.loss for again in more)]
    yield Text(
        f"A nudge is one small step of training. The network sees the picture {moment.names[0]!r} and computes its outputs. "
        f"The loss measures how far the outputs are from the correct ones, and here it is {LOSSES[j.recipe.loss]}. A lower loss is better."
    )
    yield Text(
        "The gradient of a parameter is the slope of the loss: it shows how much the loss changes when the parameter changes. "
        "Backpropagation computes all gradients with the chain rule. The nudge moves each parameter a little against its "
        "gradient."
    )
    yield Text(f"The loss on this picture goes from {losses[0]:.6f} to {losses[1]:.6f}.")
    yield ledger_table("The ledger: before + change = after", moment)
    ledger = moment.ledger()
    exact = sum(row.before + row.change == row.after for row in ledger)
    yield Text(
        f"For {exact} of {len(ledger)} parameters, before plus change equals after, exact to the last bit."
    )
    name = "layer1.weight[0,0]"
    yield Text(f"The new value of {name}, opened step by step:", listing=str(moment.explain(name, depth=3)))
    yield Text("Now take the same nudge again and again, always with this picture.")
    yield repeats_table(losses)
    yield Text(f"{falls(losses)} To repeat a nudge yourself, run tinynet nudge --repeat {REPEATS}.")
