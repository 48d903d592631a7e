"""The command `train`, on the four lines, a table or images."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinynet.cli.inputs import check_new, read_source
from tinynet.cli.mistakes import check_given, given
from tinynet.cli.options import (
    INTERRUPTED,
    STOPPED,
    Columns,
    DialectOptions,
    Json,
    NetworkOptions,
    Overwrite,
    Seed,
    Size,
    Source,
    Target,
    with_groups,
    with_recipe,
)
from tinynet.cli.output import finished_before_interrupts, predictions_json, print_json, printable, say
from tinynet.errors import counted
from tinynet.recipe import Recipe

if TYPE_CHECKING:
    from tinynet.data.splits import Split
    from tinynet.training.recording import Recording

LARGE = 100_000_000  # bytes of a recording that are announced


# Long because Typer reads the options from the signature.
@with_recipe
@with_groups(columns=Columns, dialect=DialectOptions, shape=NetworkOptions)
def train(
    *,
    source: Source = None,
    out: Annotated[
        Path | None, typer.Option(help="File for the recording. Its name must end in .safetensors.")
    ] = None,
    columns: Columns,
    dialect: DialectOptions,
    target: Target = None,
    size: Size = None,
    held_out: Annotated[
        float | None,
        typer.Option(metavar="FRACTION", help="Hold out this fraction of the examples for the final score."),
    ] = None,
    kept: Annotated[
        int | None,
        typer.Option(
            metavar="STEPS",
            help="Store at most this many steps in the recording. The other steps are computed again when they are opened. "
            "Default: 200000, and at most 512 MiB.",
        ),
    ] = None,
    figure: Annotated[
        Path | None, typer.Option(help="File for a plot of the loss (.png, .svg or .pdf).")
    ] = None,
    overwrite: Overwrite = False,
    seed: Seed = 0,
    shape: NetworkOptions,
    as_json: Json = False,
    **fields: Any,
) -> None:
    """Train a network on the four lines, on a table or on images. Save the recording with --out.

    The training loss is printed every ten epochs. For more than 100 epochs, about ten lines are printed. The held-out
    examples are used only for the final score. With --patience, a quarter of the remaining examples is the validation
    set for early stopping.
    """
    import tinynet as tn
    from tinynet.cli import terminal
    from tinynet.data import splits
    from tinynet.training.train import MAX_KEPT, bytes_of_steps, bytes_per_step

    fields = given(fields)
    checked = Recipe(**fields, seed=seed)
    named = columns.settings() | {"targets": target or ()}
    rows = read_source(source, size, scale=columns.scale, dialect=dialect.settings(), **named)
    parts = splits.split_dataset(
        rows, held_out=held_out, validate=checked.patience > 0, scale=columns.scale, seed=seed
    )
    examples = parts.training
    architecture, recipe = tn.defaults(examples, **shape.settings(), **fields, seed=seed)
    check_given(recipe, fields)
    network = tn.Network.initial(architecture, seed=seed)
    _check_files(out, figure, overwrite)
    if out is not None:
        _announce_size(
            bytes_per_step(architecture, recipe),
            bytes_of_steps(architecture, recipe, examples, kept or MAX_KEPT),
        )
    with terminal.progress("training", "steps") as advance:
        run = tn.train(
            network,
            examples,
            recipe,
            validation=parts.validation,
            kept=MAX_KEPT if kept is None else kept,
            progress=advance,
        )
    if out is not None:
        with finished_before_interrupts():
            run.save(out)
    _report(run, parts, out, figure, as_json)
    if run.stopped is not None:
        say(run.stopped.reason, err=True)
        raise typer.Exit(STOPPED if run.stopped.cell else INTERRUPTED)


def _announce_size(step: int, steps: int) -> None:
    """Say that a recording will be large.

    step : Bytes of one step.
    steps : Bytes of all steps that are stored.
    """
    if steps > LARGE:
        kept = 10 ** int(math.log10(max(1, LARGE / step)))  # a round number of steps
        say(
            f"The recording will have about {steps / 1e6:,.0f} MB. For a smaller one, use --kept {kept}.",
            err=True,
        )


def _check_files(out: Path | None, figure: Path | None, overwrite: bool) -> None:
    """Raise a TinyNetError if a file cannot be written.

    The check runs before the training.
    """
    from tinynet import files, plots
    from tinynet.validation import check_folder

    if out is not None:
        check_folder(files.recording_path(out))
    if figure is not None:
        plots.check_path(figure, "figure")
    check_new("out", [out], overwrite)
    check_new("figure", [figure], overwrite)


def _report(run: "Recording", parts: "Split", out: Path | None, figure: Path | None, as_json: bool) -> None:
    from tinynet.cli import train_report

    diverged = run.stopped is not None and run.stopped.cell
    result = None if diverged else train_report.evaluate(run, parts)
    if figure is not None:
        train_report.draw(run, result, figure)
    if as_json:
        document = _document(run, parts.training.notes) | {
            "saved": None if out is None else str(out),
            "figure": None if figure is None else str(figure),
        }
        print_json(document if result is None else document | train_report.as_json(result))
        return
    for note in parts.training.notes:
        say(note)
    _show_training(run, scored=result is not None and len(parts.named) > 1)
    if result is not None:
        train_report.show(result)
    if out is not None:
        say(f"saved: {printable(out)}")


def _document(run: "Recording", notes: Sequence[str]) -> dict[str, Any]:
    from tinynet.evaluation.diagnosis import diagnose

    scaling, target_scaling, stopped = run.examples.scaling, run.examples.target_scaling, run.stopped
    return {
        "command": "train",
        "identity": run.identity,
        "recipe": run.recipe.to_json(),
        "architecture": run.network.architecture.to_json(),
        "scaling": None if scaling is None else scaling.to_json(),
        "target_scaling": None if target_scaling is None else target_scaling.to_json(),
        "notes": list(notes),
        "steps": len(run),
        "stopped": None if stopped is None else stopped._asdict(),
        "training_loss": run.training_loss(),
        "loss_per_epoch": run.loss_per_epoch.tolist(),
        "predictions": predictions_json(run.best, run.examples),
        "findings": [{"kind": f.kind, "sentence": f.sentence, "evidence": f.evidence} for f in diagnose(run)],
    }


def _show_training(run: "Recording", scored: bool) -> None:
    """Print the loss, the predictions and the diagnosis.

    At most 20 predictions are printed.

    scored : whether a score follows. The score replaces the sentence about the learned examples.
    """
    from tinynet.cli import terminal
    from tinynet.evaluation.diagnosis import diagnose
    from tinynet.story.content import loss_table, loss_words, numbers_table, predictions_table

    if run.epochs:
        terminal.show_table(loss_table(run))
        first, last = loss_words(run.training_loss(0)), loss_words(run.training_loss())
        say(f"The training loss went from {first} to {last} in {counted(len(run), 'step')}.")
    if len(run.examples) <= 20:
        table = numbers_table if run.examples.regression else predictions_table
        terminal.show_table(table("Trained on", run.best, run.examples))
    for finding in diagnose(run):
        is_printed_last = finding.kind in ("divergence", "interrupted")  # as the reason of the exit code
        if not is_printed_last and (not scored or finding.kind != "learned"):
            say(finding.sentence)
