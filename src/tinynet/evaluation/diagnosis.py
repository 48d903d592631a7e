"""Diagnosis: why a network did not learn, with evidence.

The module also measures the effect of the order of the examples.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError, counted
from tinynet.evaluation import predictions
from tinynet.evaluation.baseline import Baseline, baseline, class_outputs
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
LARGE = 100.0  # inputs or targets above this need scaling
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


@check_arguments
def diagnose(run: Recording) -> list[Finding]:
    """Return the reasons for the outcome of a training.

    The most important reason comes first.

    >>> import tinynet as tn
    >>> [f.kind for f in diagnose(tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe()))]
    ['plateau']
    """
    check_type("run", run, Recording, "a Recording")
    alone = (_stopped, _external, _contradiction, _symmetric_initialization, _dead_relu)
    compared = (_zero_gradients, _saturation, _plateau, _one_answer, _learned, _still_falling)
    error = baseline(run)
    findings = [finding for check in alone for finding in check(run)]
    return findings + [finding for compare in compared for finding in compare(run, error)]


def _stopped(run: Recording) -> Iterator[Finding]:
    if run.stopped is not None:
        kind = "divergence" if run.stopped.cell else "interrupted"
        sentence = run.stopped.reason[0].upper() + run.stopped.reason[1:].rstrip(".") + "."
        if run.stopped.cell:
            sentence += _advice(run.examples)
        yield Finding(kind, sentence, {"step": run.stopped.step})


def _advice(examples: Examples) -> str:
    """Return the advice for a training that diverged."""
    for name, values in (("inputs", examples.inputs), ("targets", examples.targets)):
        largest = 0.0 if values is None else float(np.abs(values).max())
        if largest > LARGE:
            return (
                f" The {name} go up to {largest:,.6g}. Scale the {name} first, for example to the range 0 to 1. Then choose the "
                "learning rate."
            )
    return " Use a smaller learning rate."


def _external(run: Recording) -> Iterator[Finding]:
    """Yield the parts of a PyTorch training without a formula."""
    if set(run.recipe.external) - {"schedule"} and isinstance(run, WatchedRecording):
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


def _is_high(error: Baseline | None) -> bool:
    """Return whether the error is far above 0, or unknown."""
    return error is None or error.error > LEARNED * error.constant


def _evidence(error: Baseline | None) -> dict[str, float]:
    if error is None:
        return {}
    key = error.short_name.replace(" ", "_")
    return {key: error.error, f"constant_{key}": error.constant}


def _zero_gradients(run: Recording, error: Baseline | None) -> Iterator[Finding]:
    nonzero = np.flatnonzero(run.gradients.any(axis=1))
    if not len(run.gradients):
        return
    if not len(nonzero):
        sentence = "All gradients were 0 in every step, so the training changed nothing."
        yield Finding("zero gradients", sentence, {"step": 0})
    elif nonzero[-1] + 1 < len(run.gradients) and _is_high(error):
        step = int(nonzero[-1] + 1) * run.stride
        sentence = f"All gradients are 0 since step {step:,}, so the network does not learn any more."
        yield Finding("zero gradients", sentence, {"step": step})


def _saturation(run: Recording, error: Baseline | None) -> Iterator[Finding]:
    saturated = predictions.saturation(run.final, run.examples)
    if saturated > 0.5 and _is_high(error):
        still = f", and the {error.name} is still high" if error else ""
        yield Finding(
            "saturation",
            f"{percent(saturated)} of the activations are within {predictions.SATURATED:g} of an end of their range. The slope is "
            f"almost 0 there{still}.",
            {"saturated": saturated} | ({error.short_name.replace(" ", "_"): error.error} if error else {}),
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


def _plateau(run: Recording, error: Baseline | None) -> Iterator[Finding]:
    if error is None or error.name == "error rate":
        yield from _flat_loss(run, error)
        return
    if not run.epochs or not error.constant:
        return
    if abs(error.error - error.constant) > NEAR_CONSTANT * error.constant:
        return
    path, moved = path_of_epoch(run) if _has_all_steps(run) else (0.0, 0.0)
    sentence = (
        f"The network is on a plateau: its {error.name} is {error.error:.4f}, and the best constant prediction has a "
        f"{error.short_name} of {error.constant:.4f}."
    )
    if path:
        sentence += (
            f" In the last epoch, the parameters took a path of length {path:.4f}. They ended {moved:.4f} from its beginning "
            f"({percent(moved / path)})"
        )
        cancel = run.steps_per_epoch > 1
        sentence += f", because the steps of the {run.examples.noun(2)} cancel each other." if cancel else "."
    yield Finding("plateau", sentence, _evidence(error) | {"path": path, "moved": moved})


def _flat_loss(run: Recording, error: Baseline | None) -> Iterator[Finding]:
    """Yield a finding if the loss hardly falls, although the network did not learn.

    The loss has no formula, so that the loss of the best constant prediction is not known.
    """
    half = run.loss_per_epoch[run.epochs // 2 :]
    if run.epochs < 10 or not _is_high(error) or not np.isfinite(run.loss_per_epoch).all():
        return
    first, before, now = (float(loss) for loss in (run.loss_per_epoch[0], half[0], half[-1]))
    if np.ptp(half) > FALLING * abs(before) or first - now > LEARNED * abs(first):
        return
    still = f", and the {error.name} is {error.error:.4f}" if error else ""
    yield Finding(
        "plateau",
        f"The training loss hardly falls: it went from {before:.4f} to {now:.4f} in the last half of the epochs{still}.",
        {"before": before, "now": now},
    )


def _has_all_steps(run: Recording) -> bool:
    """Return whether every step is kept, or can be computed again."""
    return run.stride == 1 or not isinstance(run, WatchedRecording)


def _one_answer(run: Recording, error: Baseline | None) -> Iterator[Finding]:
    """Yield a finding if the network gives the same answer to every example."""
    examples = run.examples
    if examples.targets is None or len(examples) < 2:
        return
    outputs = class_outputs(run)
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
        accuracy = predictions.accuracy_of_outputs(outputs, examples.targets)
        answer = predictions.class_names(found[:1], examples.target_names)[0] or "undecided"
        yield Finding(
            "one answer",
            f"The network gives the same answer to all {len(examples):,} {examples.noun(2)}: {answer}. "
            f"{percent(accuracy)} of the {examples.noun(2)} are classified correctly.",
            {"accuracy": accuracy},
        )


def _learned(run: Recording, error: Baseline | None) -> Iterator[Finding]:
    targets = run.examples.targets
    if (
        error is None or targets is None or not error.error < LEARNED * error.constant
    ):  # NaN is not a learned loss
        return
    if run.examples.regression or error.name == "error rate":
        yield Finding("learned", f"The network learned: {error}", _evidence(error))
    else:
        accuracy = predictions.accuracy_of_outputs(class_outputs(run), targets)
        sentence = f"The network learned: {percent(accuracy)} of the {run.examples.noun(2)} are classified correctly, and {error}"
        yield Finding("learned", sentence, _evidence(error) | {"accuracy": accuracy})


def _still_falling(run: Recording, error: Baseline | None) -> Iterator[Finding]:
    if run.epochs < 10:
        return
    tenth = run.epochs // 10
    if run.recipe.loss == "external" or not _has_all_steps(run):
        before, now = float(run.loss_per_epoch[-tenth - 1]), float(run.loss_per_epoch[-1])
    else:
        before, now = run.training_loss(run.steps - tenth * run.steps_per_epoch), run.training_loss()
    if before - now > FALLING * abs(before) and _is_high(error):
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
