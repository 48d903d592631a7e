"""The scores of a training, for the terminal and JSON."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tinynet.cli.output import predictions_json, say
from tinynet.errors import counted

if TYPE_CHECKING:
    from tinynet.data.splits import Split
    from tinynet.evaluation.classification import Score
    from tinynet.evaluation.regression import RegressionScore
    from tinynet.evaluation.verdicts import Verdict
    from tinynet.story.content import Table
    from tinynet.training.recording import Recording


class Evaluation(NamedTuple):
    """A training, its parts, and the score of each part.

    The scores are those of the best network.

    scores : a Score, or in a regression a RegressionScore, by the name of the part.
    curves : the loss after epochs, by the name of the part; empty if there is only the training part.
    """

    run: "Recording"
    parts: "Split"
    scores: "dict[str, Any]"
    abstention: "Verdict | None"
    curves: dict[str, list[float]]


def evaluate(run: "Recording", parts: "Split") -> Evaluation:
    """Score the best network on every part.

    The threshold below which the network should abstain is chosen on the validation set, or without a validation
    set on the training set. The held-out set measures the threshold.
    """
    from tinynet.evaluation import classification
    from tinynet.evaluation.score import score

    curves = classification.learning_curves(run, parts.named) if len(parts.named) > 1 else {}
    scores: dict[str, Any] = {
        name: score(run.best, part, run.recipe, part=name) for name, part in parts.named.items()
    }
    if run.examples.regression:
        return Evaluation(run, parts, scores, None, curves)
    chosen_on = scores.get("validation", scores["training"])
    abstention = classification.abstain(chosen_on, scores["held-out"]) if "held-out" in scores else None
    return Evaluation(run, parts, scores, abstention, curves)


def draw(run: "Recording", result: Evaluation | None, path: Path) -> None:
    """Draw the loss of each part.

    Without parts, only the loss of the training is drawn.
    """
    from tinynet import plots

    if result is None or not result.curves:
        plots.save(plots.loss_curve(run), path)
    else:
        plots.save(plots.learning_curves(result.curves, run.best_epoch), path)


def as_json(result: Evaluation) -> dict[str, Any]:
    """Return the scores, ready for JSON.

    The parts and their curves are added if there is more than one part.
    """
    scores = {"scores": {name: score.to_json() for name, score in result.scores.items()}}
    if not result.curves:
        return scores
    held_out, abstention = result.parts.held_out, result.abstention
    return {
        "parts": {name: list(part.names) for name, part in result.parts.named.items()},
        "n_outside": result.parts.n_outside,
        "best_epoch": result.run.best_epoch,
        **scores,
        "abstention": None if abstention is None else abstention.to_json(),
        "curves": result.curves,
        "held_out_predictions": None if held_out is None else predictions_json(result.run.best, held_out),
    }


def show(result: Evaluation) -> None:
    """Print the parts and their scores.

    For held-out examples, the reliability and the threshold are printed, too.
    """
    from tinynet.cli import terminal

    if len(result.scores) == 1:
        say("\n".join(_training_score(result.scores["training"])))
        return
    say(str(result.parts))
    if result.run.best_epoch is not None:
        say(
            f"The training ran for {counted(result.run.epochs, 'epoch')}. The network of epoch {result.run.best_epoch:,} is used. "
            "It has the lowest loss on the validation set."
        )
    if result.run.examples.regression:
        terminal.show_table(_regression_table(result.scores))
        for verdict in result.scores.get("held-out", result.scores["training"]).verdicts():
            say(verdict.sentence)
        return
    terminal.show_table(_score_table(result.scores))
    held_out = result.scores.get("held-out")
    if held_out is None or result.abstention is None:
        return
    terminal.show_table(_reliability_table(held_out))
    for verdict in (*held_out.verdicts(), result.abstention):
        say(verdict.sentence)


def _training_score(score: "Score | RegressionScore") -> list[str]:
    """Return how well the network predicts its training examples."""
    verdicts = score.verdicts()
    return [verdict.sentence for verdict in (verdicts if hasattr(score, "r2") else verdicts[:1])]


def _score_table(scores: "dict[str, Score]") -> "Table":
    from tinynet.evaluation.verdicts import percent, wilson
    from tinynet.story.content import Table

    rows = []
    for name, score in scores.items():
        low, high = wilson(score.count, len(score))
        correct = f"{score.count:,}/{len(score):,}"
        accuracy = f"{percent(score.count / len(score))}\n({percent(low)} – {percent(high)})"
        rows.append(
            (
                name,
                correct,
                accuracy,
                f"{score.loss:.4f}",
                f"{score.brier:.4f}",
                f"{score.reliability.ece:.4f}",
            )
        )
    columns = ("examples", "correct", "accuracy\n(95 % interval)", "loss", "Brier", "ECE")
    return Table("Scores", columns, tuple(rows))


def _reliability_table(score: "Score") -> "Table":
    from tinynet.evaluation.verdicts import percent
    from tinynet.story.content import Table

    bins = score.reliability
    rows = [
        (
            f"{bins.edges[k]:.1f} – {bins.edges[k + 1]:.1f}", f"{bins.count[k]:,}", percent(float(bins.predicted[k])),
            percent(float(bins.observed[k])), " – ".join(percent(float(end)) for end in bins.intervals[k]),
        )
        for k in bins.count.nonzero()[0]
    ]  # fmt: skip
    columns = ("confidence", "examples", "mean\nconfidence", "accuracy", "95 % interval")
    return Table(f"Reliability on the {score.part} examples", columns, tuple(rows))


def _regression_table(scores: "dict[str, RegressionScore]") -> "Table":
    from tinynet.core.notation import number
    from tinynet.story.content import Table

    rows = [
        (name, column, f"{score.loss:.4f}",
         *(number(float(x[k])) for x in (score.r2, score.mae, score.rmse, score.baseline_mae)))
        for name, score in scores.items()
        for k, column in enumerate(score.columns)
    ]  # fmt: skip
    columns = ("examples", "target", "loss", "R²", "MAE", "RMSE", "MAE of\nthe mean")
    return Table("Errors in the units of the table", columns, tuple(rows))
