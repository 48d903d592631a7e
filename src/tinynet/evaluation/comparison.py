"""The differences between two trainings, and their outcomes.

The differences are those of the experiments.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinynet.data.examples import Examples
from tinynet.errors import counted
from tinynet.evaluation import predictions
from tinynet.evaluation.baseline import constant_loss
from tinynet.evaluation.diagnosis import LEARNED, margin, signed
from tinynet.model.network import Network
from tinynet.signatures import check_arguments
from tinynet.training.recording import Recording
from tinynet.validation import check_type


@dataclass(frozen=True)
class Comparison:
    """The differences between two experiments, and their outcomes."""

    differences: tuple[str, ...]
    outcomes: tuple[str, ...]
    numbers: dict[str, float]

    def __str__(self) -> str:
        differences, outcomes = (
            [f"  {line}" for line in lines] for lines in (self.differences, self.outcomes)
        )
        return "\n".join(["Differences:", *differences, "Outcomes:", *outcomes])

    def to_json(self) -> dict[str, Any]:
        """Return every field by name, ready for JSON."""

        return {
            "differences": list(self.differences),
            "outcomes": list(self.outcomes),
            "numbers": self.numbers,
        }


@check_arguments
def compare(run: Recording, other: Recording) -> Comparison:
    """Compare two trainings.

    The comparison has the differences of their experiments, and the outcomes.

    >>> import tinynet as tn
    >>> runs = [tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(learning_rate=r)) for r in (0.1, 5.0)]
    >>> compare(*runs).differences
    ('learning_rate is 0.1 in the first training and 5.0 in the second',)
    """
    check_type("run", run, Recording, "a Recording")
    check_type("other", other, Recording, "a Recording")
    differences = tuple(_differences(run, other)) or ("none, the two experiments are equal",)
    external = "external" in (run.recipe.loss, other.recipe.loss)  # then only recorded losses exist
    losses = [float(one.losses[-1]) if external else one.training_loss() for one in (run, other)]
    what = "the loss of the last step" if external else "the training loss"
    outcomes = [_both(what, f"{losses[0]:.4f}", f"{losses[1]:.4f}")]
    numbers = {"loss": losses[0], "other_loss": losses[1]}
    if not external:
        outcomes.append(_compared_learning(run, other))
    if run.examples.inputs.shape[1] == other.network.sizes[0]:
        outcomes.append(_changed_predictions(run.final, other.final, run.examples))
        if run.examples.shape == (2, 2) and run.network.sizes[-1] == other.network.sizes[-1] == 2:
            gray = Examples(np.full((1, 4), 0.5), None, ("gray",), (2, 2))
            margins = [margin(one.final, gray) for one in (run, other)]
            what = f"{' minus '.join(run.examples.target_names)} on gray"
            outcomes.append(_both(what, *map(signed, margins)))
            numbers |= {"gray_margin": margins[0], "other_gray_margin": margins[1]}
    return Comparison(differences, tuple(outcomes), numbers)


def _differences(run: Recording, other: Recording) -> Iterator[str]:
    mine, theirs = run.recipe.to_json(), other.recipe.to_json()
    yield from (_both(key, mine[key], theirs[key]) for key in mine if mine[key] != theirs[key])
    if run.network.architecture != other.network.architecture:
        architectures = (one.network.architecture.to_json() for one in (run, other))
        yield _both("the architecture", *architectures)
    elif run.network != other.network:
        yield _both("the initial network", repr(run.network.origin), repr(other.network.origin))
    if run.examples != other.examples:
        same = sorted(run.examples.names) == sorted(other.examples.names)
        what = "the order of the examples" if same else "the set of examples"
        yield _both(what, ", ".join(run.examples.names), ", ".join(other.examples.names))


def _both(what: str, first: object, second: object) -> str:
    return f"{what} is {first} in the first training and {second} in the second"


def _compared_learning(run: Recording, other: Recording) -> str:
    learned = [_learning_epoch(run), _learning_epoch(other)]
    if learned == [None, None] and run.epochs == other.epochs:
        return f"neither network learned in {counted(run.epochs, 'epoch')}"
    if learned[0] is not None and learned[0] == learned[1]:
        return f"both networks learned by epoch {learned[0]:,}"
    first, second = (_when(one, epoch) for one, epoch in zip((run, other), learned, strict=True))
    return f"the first network {first}, and the second network {second}"


def _learning_epoch(run: Recording) -> int | None:
    """Return the first epoch whose loss counts as learned, counted from 1."""
    below = np.flatnonzero(run.loss_per_epoch < LEARNED * constant_loss(run.examples, run.recipe))
    return int(below[0]) + 1 if len(below) else None


def _when(run: Recording, learned: int | None) -> str:
    return (
        f"did not learn in {counted(run.epochs, 'epoch')}"
        if learned is None
        else f"learned by epoch {learned:,}"
    )


def _changed_predictions(first: Network, second: Network, examples: Examples) -> str:
    pairs = zip(
        predictions.predictions(first, examples), predictions.predictions(second, examples), strict=True
    )
    changed = [
        f"{a.name}, from {a.predicted or 'undecided'} to {b.predicted or 'undecided'}"
        for a, b in pairs
        if a.predicted != b.predicted
    ]
    if not changed:
        return f"the predictions for all {len(examples):,} examples are equal"
    verb = "differs" if len(changed) == 1 else "differ"
    return f"{len(changed):,} of {len(examples):,} predictions {verb}: {'; '.join(changed)}"
