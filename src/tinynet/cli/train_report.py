"""A training with examples held out: the network's scores, shown and as JSON."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from tinynet.cli.options import answers_json

if TYPE_CHECKING:
    from tinynet.data.splits import Split
    from tinynet.evaluation.classification import Score
    from tinynet.evaluation.regression import RegressionScore
    from tinynet.evaluation.verdicts import Verdict
    from tinynet.story.content import Table
    from tinynet.training.recording import Recording


class Judged(NamedTuple):
    """A training, the parts of its examples, and what its best network is worth on each."""

    run: "Recording"
    parts: "Split"
    scores: "dict[str, Any]"  # of each part a Score, or a RegressionScore of numbers
    abstention: "Verdict | None"
    curves: dict[str, list[float]]


def judge(run: "Recording", parts: "Split") -> Judged:
    """Score the best network on every part; when not to answer is chosen apart from what is held out."""
    from tinynet.evaluation import classification, regression

    if run.examples.regression:
        near = {
            name: regression.score_regression(run.best, part, run.recipe, part=name)
            for name, part in parts.named.items()
        }
        return Judged(run, parts, near, None, classification.learning_curves(run, parts.named))
    found = {
        name: classification.score(run.best, part, run.recipe, part=name)
        for name, part in parts.named.items()
    }
    chosen = found.get("validation", found["training"])
    abstention = classification.abstain(chosen, found["held-out"]) if "held-out" in found else None
    return Judged(run, parts, found, abstention, classification.learning_curves(run, parts.named))


def draw(run: "Recording", found: Judged | None, path: Path) -> None:
    """Draw the losses of the parts, or of the training alone."""
    from tinynet import plots

    plots.save(
        plots.loss_curve(run) if found is None else plots.learning_curves(found.curves, run.best_epoch), path
    )


def as_json(found: Judged) -> dict[str, Any]:
    """Return all that was found, ready for JSON."""
    held_out = found.parts.held_out
    return {
        "parts": {name: list(part.names) for name, part in found.parts.named.items()},
        "beyond": found.parts.n_clipped,
        "best_epoch": found.run.best_epoch,
        "scores": {name: score.to_json() for name, score in found.scores.items()},
        "abstention": found.abstention and found.abstention.to_json(),
        "curves": found.curves,
        "held_out_answers": None if held_out is None else answers_json(found.run.best, held_out),
    }


def show(found: Judged) -> None:
    """Print the parts, the scores, the reliability of what is held out, and when not to answer."""
    from tinynet.cli import terminal

    typer.echo(str(found.parts))
    if found.run.best_epoch is not None:
        typer.echo(
            f"{found.run.epochs:,} epochs were done; the network is that of epoch {found.run.best_epoch:,}, "
            "the best on the validation examples."
        )
    if found.run.examples.regression:
        terminal.show_table(_fits(found.scores))
        for verdict in found.scores.get("held-out", found.scores["training"]).verdicts():
            typer.echo(verdict.sentence)
        return
    terminal.show_table(_scores(found.scores))
    judged = found.scores.get("held-out")
    if judged is None or found.abstention is None:
        return
    terminal.show_table(_reliability(judged))
    for verdict in (*judged.verdicts(), found.abstention):
        typer.echo(verdict.sentence)


def _scores(scores: "dict[str, Score]") -> "Table":
    from tinynet.evaluation.verdicts import percent, wilson
    from tinynet.story.content import Table

    rows = []
    for name, score in scores.items():
        low, high = wilson(score.count, len(score))
        right = f"{score.count:,}/{len(score):,}"
        share = f"{percent(score.count / len(score))}\n({percent(low)} – {percent(high)})"
        rows.append(
            (name, right, share, f"{score.loss:.4f}", f"{score.brier:.4f}", f"{score.reliability.ece:.4f}")
        )
    columns = ("examples", "right", "share\n(95 % interval)", "loss", "Brier", "ECE")
    return Table("Scores", columns, tuple(rows))


def _reliability(score: "Score") -> "Table":
    from tinynet.evaluation.verdicts import percent
    from tinynet.story.content import Table

    found = score.reliability
    rows = [
        (
            f"{found.edges[k]:.1f} – {found.edges[k + 1]:.1f}", f"{found.count[k]:,}", percent(float(found.predicted[k])),
            percent(float(found.observed[k])), " – ".join(percent(float(end)) for end in found.intervals[k]),
        )
        for k in found.count.nonzero()[0]
    ]  # fmt: skip
    columns = ("confidence", "answers", "said", "came true", "95 % interval")
    return Table(f"What it says, and what comes true: {score.part} examples", columns, tuple(rows))


def _fits(fits: "dict[str, RegressionScore]") -> "Table":
    from tinynet.core.notation import number
    from tinynet.story.content import Table

    rows = [
        (name, column, f"{fit.loss:.4f}", *(number(float(x[k])) for x in (fit.mae, fit.rmse, fit.baseline_mae, fit.r2)))
        for name, fit in fits.items()
        for k, column in enumerate(fit.columns)
    ]  # fmt: skip
    columns = ("examples", "number", "loss", "off by", "root mean\nsquare", "the mean\nis off by", "R²")
    return Table("How far off it is, in the table's units", columns, tuple(rows))
