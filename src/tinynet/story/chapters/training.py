"""The chapters about a full training and about convergence."""

from collections.abc import Iterator

from tinynet import plots
from tinynet.evaluation import diagnosis, predictions
from tinynet.evaluation.verdicts import percent
from tinynet.story.content import Figure, Part, Text, loss_table, predictions_table
from tinynet.story.runs import Journey


def train(j: Journey) -> Iterator[Part]:
    """Train on all four lines, and evaluate many seeds."""
    run = j.run
    yield Text(
        f"An epoch is one pass over the four pictures. This training has {run.recipe.epochs:,} epochs, which makes {len(run):,} "
        f"nudges. The learning rate sets the size of each nudge, and here it is {run.recipe.learning_rate:g}. The training "
        f"loss, the mean loss over the four pictures, goes from {run.training_loss(0):.4f} to {run.training_loss():.4f}."
    )
    yield Figure(
        "loss",
        "The mean loss of each epoch while training.",
        lambda: plots.loss_curve(run, constant=j.constant_loss),
    )
    yield loss_table(run)
    yield predictions_table("Predictions for the training pictures", run.final, j.lines)
    yield Text(
        "Does your own notebook print “Success! The model nails every training example.” here? That sentence is fixed text, so "
        "it checks nothing. Check your own percentages instead. For each picture, subtract the percentage of the wrong answer "
        "from the percentage of the right answer. A result below 0 is a wrong prediction. A result below "
        f"{100 * predictions.UNSURE:g} means that the network is unsure. "
        "The function tinynet.evaluation.predictions.success(percentages, tinynet.pictures.lines()) does this check in Python. "
        "The next paragraph shows the check for this run."
    )
    yield predictions.correct_margins(run.final(j.lines), j.lines)
    yield Text(
        "Each pixel is bright in one horizontal line and in one vertical line. A single pixel therefore tells nothing about the "
        "line. This is the XOR problem. At first, the gradients of the four pictures cancel. A network then finds the best "
        f"outputs that ignore the picture, with a loss of {j.constant_loss:.4f}. The loss is almost flat there: this is a plateau. "
        "A network learns only after it leaves the plateau."
    )
    for finding in diagnosis.diagnose(run):
        yield Text(finding.sentence)
    yield Text(
        f"Is this result bad luck of one seed? Train the network from {j.networks:,} seeds and count. The 95 % interval after "
        "each count is a plausible range for the fraction of all seeds."
    )
    everyone, long = j.population(j.recipe), j.population(j.long_recipe)
    for trained in (everyone, long):
        yield trained.fraction(
            trained.all_right, f"get all four pictures right after {trained.recipe.epochs:,} epochs"
        )


def converge(j: Journey) -> Iterator[Part]:
    """Compare how far the parameters move with the loss."""
    run, movement = j.run, j.run.movement_per_epoch
    yield Text(
        "Training converges when the parameters move less and less. This chapter measures their movement in each epoch."
    )
    yield Figure(
        "convergence",
        "The mean loss while training, and the movement of the first layer's weights in each epoch.",
        lambda: plots.convergence(run),
    )
    yield Text(
        f"In the first epoch, the first layer's weights moved by {movement[0]:.5f}. In the last epoch, they moved by "
        f"{movement[-1]:.5f}.{_kept(movement[0], movement[-1])}"
    )
    yield Text(_conclusion(j))
    path, moved = diagnosis.path_of_epoch(run)
    yield Text(
        f"In the last epoch, all parameters together moved a total distance of {path:.4f}, nudge by nudge. They ended "
        f"{moved:.5f} away from the beginning of the epoch. So {percent(moved / path) if path else '0 %'} of the way is "
        "left, and the rest canceled."
    )
    long = j.population(j.long_recipe)
    below = long.losses < diagnosis.LEARNED * j.constant_loss
    yield long.fraction(below, f"have left the plateau after {j.long_recipe.epochs:,} epochs")


def _kept(first: float, last: float) -> str:
    return f" That is {percent(last / first)} of the first movement." if first else ""


def _conclusion(j: Journey) -> str:
    run, movement = j.run, j.run.movement_per_epoch
    if not movement[-1] < movement[0]:
        return "The movement did not become smaller, so the training does not converge."
    if run.training_loss() < diagnosis.LEARNED * j.constant_loss:
        return "The movement became smaller, and the loss is low. The training converges to a solution."
    flat = (
        "The movement became smaller, but the loss is still high. Small nudges mean that the loss is flat, not that the "
        "predictions are right."
    )
    on_plateau = any(finding.kind == "plateau" for finding in diagnosis.diagnose(run))
    return f"{flat} This flat place is the plateau." if on_plateau else flat
