"""The command `train`: on the lines, or on a table or pictures of your own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinynet.cli.options import (
    INTERRUPTED,
    STOPPED,
    Activation,
    Hidden,
    Ignored,
    Init,
    Json,
    LabelColumn,
    Output,
    ScaleColumns,
    Seed,
    Size,
    Source,
    answers_json,
    hidden_sizes,
    print_json,
    recipe_of,
    source_of,
    undisturbed,
    with_recipe,
)

if TYPE_CHECKING:
    from tinynet.data.splits import Split
    from tinynet.training.recording import Recording


@with_recipe
def train(
    *,
    source: Source = None,
    out: Annotated[Path | None, typer.Option(help="Save the recording here, as safetensors.")] = None,
    label: LabelColumn = None,
    target: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="A column of numbers to predict instead; may be repeated."),
    ] = None,
    ignore: Ignored = None,
    scale: ScaleColumns = True,
    size: Size = None,
    held_out: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Hold out this share, and judge the network by it.")
    ] = None,
    figure: Annotated[Path | None, typer.Option(help="Draw the loss here (.png, .svg or .pdf).")] = None,
    seed: Seed = 0,
    hidden: Hidden = "3",
    activation: Activation = "sigmoid",
    output: Output = "sigmoid",
    init: Init = "pytorch",
    as_json: Json = False,
    **fields: Any,
) -> None:
    """Train, on the lines, on your own table or on your own pictures; save the recording.

    It prints the average loss every ten epochs; of more than 100 epochs, at most ten lines. The held-out rows are used only
    for the final score. With --patience, a quarter of the rest decides when to stop.
    """
    import tinynet as tn
    from tinynet import files, plots
    from tinynet.cli import terminal
    from tinynet.data import splits
    from tinynet.validation import check_folder

    recipe = recipe_of(**fields, seed=seed)
    rows = source_of(source, size, scale=scale, label=label, targets=target or (), ignore=ignore or ())
    parts = splits.split_dataset(
        rows, held_out=held_out, validate=recipe.patience > 0, scale=scale, seed=seed
    )
    sizes = (parts.training.inputs.shape[1], *hidden_sizes(hidden), len(parts.training.target_names))
    network = tn.Network.initial(sizes, seed=seed, hidden=activation, output=output, init=init)
    if out is not None:
        check_folder(files.named(out))
    if figure is not None:
        plots.check_path(figure)
    with terminal.progress("training", "steps") as advance:
        run = tn.train(network, parts.training, recipe, validation=parts.validation, progress=advance)
    if out is not None:
        with undisturbed():
            run.save(out)
    _tell(run, parts, out, figure, as_json)
    if run.stopped is not None:
        typer.echo(run.stopped.reason, err=True)
        raise typer.Exit(STOPPED if run.stopped.cell else INTERRUPTED)


def _tell(run: "Recording", parts: "Split", out: Path | None, figure: Path | None, as_json: bool) -> None:
    from tinynet.cli import train_report

    diverged = run.stopped is not None and run.stopped.cell
    found = None if diverged or len(parts.named) == 1 else train_report.judge(run, parts)
    if figure is not None:
        train_report.draw(run, found, figure)
    if as_json:
        drawn = {"figure": None if figure is None else str(figure)}
        print_json(_json(run, out) | drawn | ({} if found is None else train_report.as_json(found)))
        return
    _show_training(run, found is None)
    if found is not None:
        train_report.show(found)
    if out is not None:
        typer.echo(f"saved: {out}")


def _json(run: "Recording", out: Path | None) -> dict[str, Any]:
    from tinynet.evaluation.diagnosis import diagnose

    scaling, units = run.examples.scaling, run.examples.target_scaling
    return {
        "command": "train",
        "identity": run.identity,
        "saved": None if out is None else str(out),
        "recipe": run.recipe.to_json(),
        "architecture": run.network.architecture.to_json(),
        "scaling": scaling and scaling.to_json(),
        "target_scaling": units and units.to_json(),
        "steps": len(run),
        "stopped": run.stopped and run.stopped._asdict(),
        "loss_per_epoch": run.loss_per_epoch.tolist(),
        "answers": answers_json(run.best, run.examples),
        "findings": [{"kind": f.kind, "sentence": f.sentence, "evidence": f.evidence} for f in diagnose(run)],
    }


def _show_training(run: "Recording", alone: bool) -> None:
    """Print how the loss went, the answers if they are few, and why; what was learned only where no score says so."""
    from tinynet.cli import terminal
    from tinynet.evaluation.diagnosis import diagnose
    from tinynet.story.content import answers_table, loss_table, loss_words, numbers_table

    if run.epochs:
        terminal.show_table(loss_table(run))
        first, last = (loss_words(run.loss_per_epoch[k]) for k in (0, -1))
        typer.echo(f"{len(run):,} nudges: the loss went from {first} to {last}")
    if len(run.examples) <= 20:
        shown = numbers_table if run.examples.regression else answers_table
        terminal.show_table(shown("Trained on", run.best, run.examples))
    for finding in diagnose(run):
        if alone or finding.kind != "learned":
            typer.echo(finding.sentence)
