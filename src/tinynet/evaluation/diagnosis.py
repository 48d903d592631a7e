"""Diagnosis: why a network did not learn, with evidence.

The module also measures the effect of the order of the examples.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError, counted
from tinynet.evaluation import predictions
from tinynet.evaluation.metrics import predicted_classes
from tinynet.evaluation.verdicts import percent
from tinynet.model.network import Network
from tinynet.numerics import arrays
from tinynet.recipe import Recipe
from tinynet.signatures import check_arguments
from tinynet.training.recording import Recording
from tinynet.training.train import train
from tinynet.training.watched import WatchedRecording
from tinynet.validation import check_type

NEAR_CONSTANT = 0.1  # on the plateau, the loss differs from the constant loss by at most this fraction
LEARNED = 0.5  # a network has learned if its loss is below this fraction of the constant loss
SAME_NUMBER = (
    0.05  # the predicted numbers are almost equal if they differ by less than this fraction of the targets
)
FALLING = (
    0.02  # the loss is still falling if it fell by more than this fraction in the last tenth of the epochs
)


@dataclass(frozen=True)
class Finding:
    """One finding of a diagnosis.

    A finding has a kind, a sentence and evidence.
    """

    kind: str
    sentence: str
    evidence: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence


def constant_loss(examples: Examples, recipe: Recipe) -> float:
    """Return the smallest loss of constant outputs.

    The best constant outputs are the mean target.

    >>> import tinynet as tn
    >>> constant_loss(tn.pictures.lines(), tn.Recipe())
    0.25
    """
    assert examples.targets is not None
    targets, mean = examples.targets, arrays.mean(examples.targets, 0)
    if recipe.loss == "mse":
        return float(arrays.mean(((targets - mean) ** 2).ravel()))
    terms, complements = (0.0 - p * arrays.log(np.where(p > 0, p, 1.0)) for p in (mean, 1 - mean))
    return float(arrays.total(terms) if recipe.loss == "cross_entropy" else arrays.mean(terms + complements))


@check_arguments
def diagnose(run: Recording) -> list[Finding]:
    """Return the reasons for the outcome of a training.

    The most important reason comes first.

    >>> import tinynet as tn
    >>> [f.kind for f in diagnose(tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe()))]
    ['plateau']
    """
    check_type("run", run, Recording, "a Recording")
    checks = [_stopped, _external, _contradiction, _symmetric_initialization, _dead_relu]
    if run.recipe.loss == "external":  # the other checks compute losses
        checks += [_one_answer]
    else:
        checks += [_saturation, _plateau, _one_answer, _learned, _still_falling]
    return [finding for check in checks for finding in check(run)]


def _stopped(run: Recording) -> Iterator[Finding]:
    if run.stopped is not None:
        kind = "divergence" if run.stopped.cell else "interrupted"
        sentence = run.stopped.reason[0].upper() + run.stopped.reason[1:] + "."
        yield Finding(kind, sentence, {"step": run.stopped.step})


def _external(run: Recording) -> Iterator[Finding]:
    """Yield the parts of a PyTorch training without a formula."""
    if run.recipe.external and isinstance(run, WatchedRecording):
        yield from (Finding("watched", note) for note in run.notes)


def _contradiction(run: Recording) -> Iterator[Finding]:
    inputs, targets, names = run.examples.inputs, run.examples.targets, run.examples.names
    if targets is None or run.examples.regression:  # measured numbers differ from row to row
        return
    first_rows: dict[bytes, int] = {}
    for i, row in enumerate(inputs + 0.0):  # turns -0.0 into 0.0
        j = first_rows.setdefault(row.tobytes(), i)
        if i != j and (targets[i] != targets[j]).any():
            yield Finding(
                "contradicting labels",
                f"{names[j]!r} and {names[i]!r} have the same inputs and different targets. No network can predict both.",
                {"first": j, "second": i},
            )
            return


def _symmetric_initialization(run: Recording) -> Iterator[Finding]:
    if len(run.network.layers) < 2:
        return
    first, last = (network.layers[0].weight for network in (run.initial, run.final))
    if len(first) > 1 and all(np.ptp(weight, axis=0).max() == 0 for weight in (first, last)):
        yield Finding(
            "symmetric initialization",
            f"All {len(first):,} hidden nodes have equal weights before and after training. Equal nodes get equal gradients, "
            "so the network works as if it had a single hidden node.",
            {"hidden nodes": len(first)},
        )


def _dead_relu(run: Recording) -> Iterator[Finding]:
    layers = zip(run.network.architecture.activations, run.final.activations(run.examples), strict=True)
    for n, (kind, a) in enumerate(layers, 1):
        dead = np.flatnonzero((a == 0).all(axis=0)).tolist()
        if kind == "relu" and dead:
            yield Finding(
                "dead relu",
                f"{len(dead):,} of {a.shape[1]:,} relu nodes in layer {n} are 0 for every example, so their gradients are 0 "
                f"(node {', '.join(map(str, dead))}).",
                {"layer": n, "dead": len(dead)},
            )


def _saturation(run: Recording) -> Iterator[Finding]:
    saturated, loss = predictions.saturation(run.final, run.examples), run.training_loss()
    if saturated > 0.5 and loss > LEARNED * constant_loss(run.examples, run.recipe):
        yield Finding(
            "saturation",
            f"{percent(saturated)} of the activations are within {predictions.SATURATED:g} of an end of their range. The slope is "
            "almost 0 there, and the training loss is still high.",
            {"saturated": saturated, "loss": loss},
        )


def path_of_epoch(run: Recording, epoch: int = -1) -> tuple[float, float]:
    """Return path length and displacement of the parameters in an epoch.

    The length is the sum of the distances of all steps. The displacement is the distance between the first and the last
    parameters of the epoch.

    epoch : int. Counted from 0. Negative numbers count from the end.

    Raises TinyNetError for a recording without a complete epoch.
    """
    if not run.epochs:
        raise TinyNetError(
            f"the recording has {counted(run.steps, 'step')} and no complete epoch. Record at least one epoch."
        )
    epoch %= run.epochs
    first = epoch * run.steps_per_epoch
    rows = np.array([run.state_before(step)[0] for step in range(first, first + run.steps_per_epoch + 1)])
    path = float(arrays.total(arrays.norm(np.diff(rows, axis=0))))
    return path, float(arrays.norm(rows[-1] - rows[0]))


def _plateau(run: Recording) -> Iterator[Finding]:
    least, loss = constant_loss(run.examples, run.recipe), run.training_loss()
    if not run.epochs or not least or abs(loss - least) > NEAR_CONSTANT * least:
        return
    path, moved = path_of_epoch(run)
    sentence = f"The network is on a plateau: its training loss is {loss:.4f}, and the best constant prediction has a loss of {least:.4f}."
    if path:
        sentence += (
            f" In the last epoch, the parameters took a path of length {path:.4f}. They ended {moved:.4f} from its beginning "
            f"({percent(moved / path)}), because the steps of the {run.examples.noun(2)} cancel each other."
        )
    evidence = {"loss": loss, "constant_loss": least, "path": path, "moved": moved}
    yield Finding("plateau", sentence, evidence)


def _one_answer(run: Recording) -> Iterator[Finding]:
    """Yield a finding if the network gives the same answer to every example."""
    examples = run.examples
    if examples.targets is None or len(examples) < 2:
        return
    outputs = run.final(examples)
    if not np.isfinite(outputs).all():
        return
    if examples.regression:
        ranges = np.ptp(outputs, axis=0), np.ptp(examples.targets, axis=0)
        if (ranges[0] <= SAME_NUMBER * ranges[1]).all() and (ranges[1] > 0).any():
            yield Finding(
                "one answer",
                f"The network predicts almost the same numbers for every {examples.noun()}, whatever the inputs are.",
                {"range": float(ranges[0].max()), "target_range": float(ranges[1].max())},
            )
        return
    (found, _), (wanted, _) = predicted_classes(outputs), predicted_classes(examples.targets)
    if (found == found[0]).all() and (wanted != wanted[0]).any():
        accuracy = predictions.accuracy(run.final, examples)
        answer = predictions.predictions(run.final, examples[0])[0].predicted or "undecided"
        yield Finding(
            "one answer",
            f"The network gives the same answer to all {len(examples):,} {examples.noun(2)}: {answer}. "
            f"{percent(accuracy)} of the {examples.noun(2)} are classified correctly.",
            {"accuracy": accuracy},
        )


def _learned(run: Recording) -> Iterator[Finding]:
    least, loss = constant_loss(run.examples, run.recipe), run.training_loss()
    if not loss < LEARNED * least:  # NaN is not a learned loss
        return
    evidence = {"loss": loss, "constant_loss": least}
    losses = f"the training loss is {loss:.4f}. The best constant prediction has a loss of {least:.4f}."
    if run.examples.regression:
        yield Finding("learned", f"The network learned: {losses}", evidence)
    else:
        accuracy = predictions.accuracy(run.final, run.examples)
        sentence = f"The network learned: {percent(accuracy)} of the {run.examples.noun(2)} are classified correctly, and {losses}"
        yield Finding("learned", sentence, evidence | {"accuracy": accuracy})


def _still_falling(run: Recording) -> Iterator[Finding]:
    if run.epochs < 10:
        return
    tenth = run.epochs // 10 * run.steps_per_epoch  # steps
    before, now = run.training_loss(run.steps - tenth), run.training_loss()
    if now < (1 - FALLING) * before and now > LEARNED * constant_loss(run.examples, run.recipe):
        yield Finding(
            "still falling",
            f"The training loss was still falling: it went from {before:.4f} to {now:.4f} in the last tenth of the epochs. Train "
            "longer.",
            {"before": before, "now": now},
        )


def signed(value: float) -> str:
    return f"{value:+.4f}".replace("-", "−")


def margin(network: Network, example: Examples) -> float:
    """Return the first output minus the second output.

    The outputs are those for one example. For the lines the margin is H - V.
    """
    outputs = network(example)[0]
    return float(outputs[0] - outputs[1])


@dataclass(frozen=True)
class OrderEffect:
    """The effect of the order of the examples.

    The effect is that on the prediction for gray.

    margin, reversed_margin : float. First output minus second output on gray, after training in the original order and in
        the reversed order.
    last, reversed_last : str. The class of the last example in each order.
    """

    margin: float
    reversed_margin: float
    last: str
    reversed_last: str

    @property
    def flipped(self) -> bool:
        """Whether reversing the order changes the predicted class of gray."""
        return self.margin * self.reversed_margin < 0

    def __str__(self) -> str:
        verb = "changes" if self.flipped else "does not change"
        return (
            f"The first output minus the second output on gray is {signed(self.margin)} if {self.last} is shown last. "
            f"If {self.reversed_last} is shown last, the difference is {signed(self.reversed_margin)}. Reversing the order "
            f"{verb} the prediction."
        )


def order_effect(network: Network, examples: Examples, recipe: Recipe) -> OrderEffect:
    """Compare trainings with the original and the reversed order.

    The effect is the difference of the prediction for a gray example.

    Raises TinyNetError for examples without targets or without exactly two classes.
    """
    if examples.targets is None or len(examples.target_names) != 2:
        raise TinyNetError(
            f"the number of classes is {len(examples.target_names):,}. It must be 2, and the examples must have targets."
        )
    gray = Examples(np.full((1, examples.inputs.shape[1]), 0.5), None, ("gray",), examples.shape)
    margins = [
        margin(train(network, ordered, recipe).final, gray) for ordered in (examples, examples.reversed())
    ]
    last, first = (examples.target_names[int(examples.targets[k].argmax())] for k in (-1, 0))
    return OrderEffect(margins[0], margins[1], last, first)
