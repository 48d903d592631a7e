"""Diagnosis: why a run did not learn, with the evidence; and what one run did otherwise than another."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.evaluation import predictions, verdicts
from tinynet.model.network import Network
from tinynet.numerics import arrays
from tinynet.recipe import Recipe
from tinynet.training.recording import Recording
from tinynet.training.train import train
from tinynet.training.watched import WatchedRecording

NEAR_CONSTANT = 0.1  # a loss this near, as a share, to the best constant answer's is on the plateau
LEARNED = 0.5  # of the best constant answer's loss: below it, a run has learned something
FALLING = 0.02  # a loss that fell by more than this share in the last tenth of the epochs is still falling


@dataclass(frozen=True)
class Finding:
    """One thing found in a run: its kind, a sentence, and the numbers behind it."""

    kind: str
    sentence: str
    evidence: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence


def constant_loss(examples: Examples, recipe: Recipe) -> float:
    """Return the smallest loss of a network that gives the same answer to every picture: the mean target.

    >>> import tinynet as tn
    >>> constant_loss(tn.pictures.lines(), tn.Recipe())
    0.25
    """
    assert examples.targets is not None
    targets, mean = examples.targets, arrays.mean(examples.targets, 0)
    if recipe.loss == "mse":
        return float(arrays.mean(((targets - mean) ** 2).ravel()))
    return _entropy(mean, recipe.loss == "cross_entropy")


def _entropy(p: np.ndarray, of_one_choice: bool) -> float:
    """Return the loss that answering the true shares p (outputs,) costs."""
    terms, others = (0.0 - x * arrays.log(np.where(x > 0, x, 1.0)) for x in (p, 1 - p))
    return float(arrays.total(terms) if of_one_choice else arrays.mean(terms + others))


def final_loss(run: Recording) -> float:
    """Return the mean loss of the run's last network over all its examples."""
    from tinynet.model.losses import mean_losses

    return float(mean_losses(run.recipe, run.final(run.examples)[None], run.examples)[0])


def diagnose(run: Recording) -> list[Finding]:
    """Return what can be said of why a run ended as it did, the most telling first.

    >>> import tinynet as tn
    >>> [f.kind for f in diagnose(tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe()))]
    ['plateau']
    """
    checks = [_stopped, _given, _contradiction, _symmetric_start, _dead_relu]
    if run.recipe.loss != "external":  # what follows asks what other answers would cost
        checks += [_saturation, _plateau, _learned, _still_falling]
    return [finding for check in checks for finding in check(run)]


def _stopped(run: Recording) -> Iterator[Finding]:
    if run.stopped is not None:
        kind = "divergence" if run.stopped.cell else "interrupted"
        sentence = run.stopped.reason[0].upper() + run.stopped.reason[1:] + "."
        yield Finding(kind, sentence, {"step": run.stopped.step})


def _given(run: Recording) -> Iterator[Finding]:
    """What of a watched training no formula gives."""
    if run.recipe.external and isinstance(run, WatchedRecording):
        yield from (Finding("watched", note) for note in run.notes)


def _contradiction(run: Recording) -> Iterator[Finding]:
    inputs, targets, names = run.examples.inputs, run.examples.targets, run.examples.names
    if targets is None:
        return
    firsts: dict[bytes, int] = {}
    for i, row in enumerate(inputs + 0.0):  # -0.0 is 0.0
        j = firsts.setdefault(row.tobytes(), i)
        if i != j and (targets[i] != targets[j]).any():
            yield Finding(
                "contradicting labels",
                f"{names[j]!r} and {names[i]!r} are the same picture with different targets; no network can "
                "answer both.",
                {"first": j, "second": i},
            )
            return


def _symmetric_start(run: Recording) -> Iterator[Finding]:
    if len(run.network.layers) < 2:
        return
    first, last = (net.layers[0].weight for net in (run.initial, run.final))
    if len(first) > 1 and all(np.ptp(weight, axis=0).max() == 0 for weight in (first, last)):
        yield Finding(
            "symmetric start",
            f"All {len(first)} hidden nodes began with the same weights and ended so: equal nodes get equal nudges, "
            "and the network works as if it had one.",
            {"hidden nodes": len(first)},
        )


def _dead_relu(run: Recording) -> Iterator[Finding]:
    for n, (kind, a) in enumerate(
        zip(run.network.architecture.activations, run.final.activations(run.examples), strict=True)
    ):
        dead = np.flatnonzero((a == 0).all(axis=0)).tolist()
        if kind == "relu" and dead:
            yield Finding(
                "dead relu",
                f"{len(dead)} of {a.shape[1]} relu nodes of layer {n + 1} are 0 for every picture; no gradient reaches "
                f"them any more (node {', '.join(map(str, dead))}).",
                {"layer": n + 1, "dead": len(dead)},
            )


def _saturation(run: Recording) -> Iterator[Finding]:
    share, loss, least = (
        predictions.saturation(run.final, run.examples),
        final_loss(run),
        constant_loss(run.examples, run.recipe),
    )
    if share > 0.5 and loss > LEARNED * least:
        yield Finding(
            "saturation",
            f"{verdicts.percent(share)} of the activations lie within {predictions.SATURATED:g} of an end of their range, "
            "where the slope is almost 0, and the loss is still high.",
            {"share": share, "loss": loss},
        )


def walk(run: Recording, epoch: int = -1) -> tuple[float, float]:
    """Return how far all parameters walked in an epoch, nudge by nudge, and how far they moved in the end.

    Raises TinyNetError for a recording without a whole epoch.
    """
    if not run.epochs:
        raise TinyNetError(
            f"This recording has {run.steps} steps and no whole epoch. Record at least one epoch."
        )
    epoch %= run.epochs
    first = epoch * run.steps_per_epoch
    rows = np.array([run.state_before(step)[0] for step in range(first, first + run.steps_per_epoch + 1)])
    walked = float(arrays.total(arrays.norm(np.diff(rows, axis=0))))
    return walked, float(arrays.norm(rows[-1] - rows[0]))


def _kind(run: Recording) -> str:
    return "row" if run.examples.shape is None else "picture"


def _plateau(run: Recording) -> Iterator[Finding]:
    least, loss = constant_loss(run.examples, run.recipe), final_loss(run)
    if not run.epochs or not least or abs(loss - least) > NEAR_CONSTANT * least:
        return
    walked, moved = walk(run)
    cancelled = "" if not walked else (
        f" In the last epoch the parameters walked {walked:.4f} and moved {moved:.4f}, {verdicts.percent(moved / walked)} "
        f"of the way: the {_kind(run)}s' pushes cancel."
    )  # fmt: skip
    yield Finding(
        "plateau",
        f"It sits on the plateau: its loss is {loss:.4f}, and giving every {_kind(run)} the same answer costs {least:.4f}."
        + cancelled,
        {"loss": loss, "constant_loss": least, "walked": walked, "moved": moved},
    )


def _learned(run: Recording) -> Iterator[Finding]:
    least, loss = constant_loss(run.examples, run.recipe), final_loss(run)
    if loss < LEARNED * least and run.examples.regression:
        sentence = (
            f"It learned: the loss is {loss:.4f}, where the same answer to every row costs {least:.4f}."
        )
        yield Finding("learned", sentence, {"loss": loss, "constant_loss": least})
    elif loss < LEARNED * least:
        right = predictions.accuracy(run.final, run.examples)
        yield Finding(
            "learned",
            f"It learned: {verdicts.percent(right)} of the {_kind(run)}s come out right and the loss is {loss:.4f}, where the "
            f"same answer to every {_kind(run)} costs {least:.4f}.",
            {"loss": loss, "constant_loss": least, "accuracy": right},
        )


def _still_falling(run: Recording) -> Iterator[Finding]:
    if run.epochs < 10:
        return
    before, now = float(run.loss_per_epoch[-max(1, run.epochs // 10) - 1]), float(run.loss_per_epoch[-1])
    if now < (1 - FALLING) * before and final_loss(run) > LEARNED * constant_loss(run.examples, run.recipe):
        yield Finding(
            "still falling",
            f"It was still falling: the loss went from {before:.4f} to {now:.4f} in the last tenth of its epochs.",
            {"before": before, "now": now},
        )


@dataclass(frozen=True)
class Comparison:
    """What was different between two experiments, and what came of it."""

    differences: tuple[str, ...]
    outcomes: tuple[str, ...]
    numbers: dict[str, float]

    def __str__(self) -> str:
        return "\n".join(
            [
                "Different:",
                *(f"  {d}" for d in self.differences),
                "Outcome:",
                *(f"  {o}" for o in self.outcomes),
            ]
        )

    def to_json(self) -> dict[str, Any]:
        """Every field by name, ready for JSON."""
        return {
            "differences": list(self.differences),
            "outcomes": list(self.outcomes),
            "numbers": self.numbers,
        }


def compare(run: Recording, other: Recording) -> Comparison:
    """Return what was different between two runs' experiments and what came of it, in words and numbers.

    >>> import tinynet as tn
    >>> runs = [tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(learning_rate=r)) for r in (0.1, 5.0)]
    >>> compare(*runs).differences
    ('learning_rate was 0.1 and then 5.0',)
    """
    differences = tuple(_differences(run, other)) or ("nothing: the two experiments are the same",)
    given = "external" in (run.recipe.loss, other.recipe.loss)  # then only what was seen of the loss is known
    losses = [float(one.losses[-1]) if given else final_loss(one) for one in (run, other)]
    when = "before the last nudge" if given else "after training"
    outcomes = [f"the loss {when} was {losses[0]:.4f} and then {losses[1]:.4f}"]
    numbers = {"loss": losses[0], "other_loss": losses[1]}
    if not given:
        outcomes += [_both(_when(run), _when(other))]
    if run.examples.inputs.shape[1] == other.network.sizes[0]:
        outcomes.append(_flips(run.final, other.final, run.examples))
        if run.examples.shape == (2, 2) and run.network.sizes[-1] == other.network.sizes[-1] == 2:
            gray = Examples(np.full((1, 4), 0.5), None, ("gray",), (2, 2))
            gaps = [margin(one.final, gray) for one in (run, other)]
            outcomes.append(
                f"on gray, {' minus '.join(run.examples.target_names)} is {gaps[0]:+.4f} and then {gaps[1]:+.4f}".replace(
                    "-", "−"
                )
            )
            numbers |= {"gray_gap": gaps[0], "other_gray_gap": gaps[1]}
    return Comparison(differences, tuple(outcomes), numbers)


def _differences(run: Recording, other: Recording) -> Iterator[str]:
    mine, theirs = run.recipe.to_json(), other.recipe.to_json()
    yield from (f"{key} was {mine[key]} and then {theirs[key]}" for key in mine if mine[key] != theirs[key])
    if run.network.architecture != other.network.architecture:
        yield f"the network was {run.network.architecture.to_json()} and then {other.network.architecture.to_json()}"
    elif run.network != other.network:
        yield f"the start was {run.network.origin!r} and then {other.network.origin!r}"
    if run.examples != other.examples:
        same = sorted(run.examples.names) == sorted(other.examples.names)
        what = "the order of the pictures" if same else "the set of pictures"
        yield f"{what} was {', '.join(run.examples.names)} and then {', '.join(other.examples.names)}"


def _when(run: Recording) -> str:
    below = np.flatnonzero(run.loss_per_epoch < LEARNED * constant_loss(run.examples, run.recipe))
    if not len(below):
        return f"did not learn in {run.epochs:,} epochs"
    return f"learned by epoch {below[0] + 1:,}"


def _both(first: str, second: str) -> str:
    return f"both {first}" if first == second else f"the first {first}, the second {second}"


def _flips(first: Network, second: Network, examples: Examples) -> str:
    pairs = zip(
        predictions.predictions(first, examples), predictions.predictions(second, examples), strict=True
    )
    changed = [
        f"{a.name}, from {a.predicted or 'undecided'} to {b.predicted or 'undecided'}"
        for a, b in pairs
        if a.predicted != b.predicted
    ]
    if not changed:
        return f"no answer to the {len(examples)} pictures turned round"
    return f"{len(changed)} of {len(examples)} answers turned round: {'; '.join(changed)}"


def margin(network: Network, picture: Examples) -> float:
    """Return how far the first answer exceeds the second on one picture; for the lines, H - V."""
    outputs = network(picture)[0]
    return float(outputs[0] - outputs[1])


@dataclass(frozen=True)
class OrderEffect:
    """The same start and recipe, with the pictures in the given and in the reversed order."""

    margin: float
    reversed_margin: float
    last: str
    reversed_last: str

    @property
    def flipped(self) -> bool:
        """Whether reversing the order turned the answer to gray round."""
        return self.margin * self.reversed_margin < 0

    def __str__(self) -> str:
        verb = "turns round" if self.flipped else "does not turn round"
        return (
            f"Shown {self.last} last, the network's answers to gray differ by {self.margin:+.4f}; shown "
            f"{self.reversed_last} last, by {self.reversed_margin:+.4f}: reversing the order {verb} the answer."
        )


def order_effect(network: Network, examples: Examples, recipe: Recipe) -> OrderEffect:
    """Train twice, the second time with the pictures in reversed order, and compare the answers to gray."""
    if examples.targets is None or len(examples.target_names) != 2:
        raise TinyNetError("the effect of the order needs pictures with targets and two answers")
    gray = Examples(np.full((1, examples.inputs.shape[1]), 0.5), None, ("gray",), examples.shape)
    found = [margin(train(network, shown, recipe).final, gray) for shown in (examples, examples.reversed())]
    last, first = (examples.target_names[int(examples.targets[k].argmax())] for k in (-1, 0))
    return OrderEffect(found[0], found[1], last, first)
