"""The commands about one network: `nudge`, `train`, `explain` and `stress`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinynet.cli.options import (
    INTERRUPTED,
    STOPPED,
    Activation,
    Batch,
    Decay,
    Epochs,
    Hidden,
    Json,
    LossOption,
    Momentum,
    Noise,
    OptimizerOption,
    OrderOption,
    Output,
    Pictures,
    Rate,
    RecordingPath,
    Seed,
    Start,
    hidden_sizes,
    print_json,
    recipe_of,
)

if TYPE_CHECKING:
    from tinynet.network import Network
    from tinynet.pictures import Examples
    from tinynet.recording import Recording


def nudge(
    picture: Pictures = "top",
    seed: Seed = 0,
    rate: Rate = 0.1,
    loss: LossOption = "mse",
    hidden: Hidden = "3",
    cell: Annotated[str | None, typer.Option(help="Open this cell too, such as layer1.weight[0,2].")] = None,
    as_json: Json = False,
) -> None:
    """One step: every number before, gradient, change, after."""
    import tinynet as tn
    from tinynet import terminal
    from tinynet.parts import ledger_table

    network = tn.Network.initial((4, *hidden_sizes(hidden), 2), seed=seed)
    recipe = recipe_of(learning_rate=rate, loss=loss)
    moment = tn.nudge(network, _trainable(picture), recipe)
    explanation = None if cell is None else moment.explain(cell)
    after = tn.nudge(moment.after, moment.shown, recipe).loss
    if as_json:
        ledger = [row._asdict() for row in moment.ledger()]
        opened = explanation and explanation.to_json()
        print_json(
            {"command": "nudge", "seed": seed, "picture": picture, "loss": moment.loss, "loss_after": after}
            | {"ledger": ledger, "cells": moment.values, "explanation": opened}
        )
        return
    terminal.show_table(ledger_table(f"One nudge of seed {seed} by {picture!r}", moment))
    typer.echo(f"loss {moment.loss:.6f}, and {after:.6f} after the nudge")
    if explanation is not None:
        typer.echo(f"\n{explanation}")


def train(
    out: Annotated[Path | None, typer.Option(help="Save the recording here, as safetensors.")] = None,
    data: Annotated[Path | None, typer.Option(help="Your own table (CSV) instead of the lines.")] = None,
    scale: Annotated[bool, typer.Option(help="Map each column of the table to 0 … 1 first.")] = False,
    seed: Seed = 0,
    rate: Rate = 0.1,
    epochs: Epochs = 100,
    loss: LossOption = "mse",
    order: OrderOption = "fixed",
    batch: Batch = 1,
    optimizer: OptimizerOption = "sgd",
    momentum: Momentum = 0.0,
    weight_decay: Decay = 0.0,
    noise: Noise = 0.0,
    hidden: Hidden = "3",
    activation: Activation = "sigmoid",
    output: Output = "sigmoid",
    start: Start = "pytorch",
    as_json: Json = False,
) -> None:
    """Train, on the lines or on your own table; save the recording."""
    import tinynet as tn
    from tinynet import terminal

    examples = tn.pictures.lines() if data is None else tn.pictures.read_table(data, scale=scale)
    recipe = recipe_of(
        learning_rate=rate, epochs=epochs, loss=loss, order=order, batch_size=batch,
        optimizer=optimizer, momentum=momentum, weight_decay=weight_decay, noise=noise, seed=seed,
    )  # fmt: skip
    sizes = (examples.inputs.shape[1], *hidden_sizes(hidden), len(examples.answers))
    network = tn.Network.initial(sizes, seed=seed, hidden=activation, output=output, start=start)
    if out is not None and not out.parent.is_dir():
        raise tn.TinyNetError(f"cannot write {out}: there is no folder {out.parent}; make it first")
    with terminal.progress("training", "steps") as advance:
        run = tn.train(network, examples, recipe, progress=advance)
    if out is not None:
        run.save(out)
    _tell_training(run, out, as_json)
    if run.stopped is not None:
        typer.echo(run.stopped.reason, err=True)
        raise typer.Exit(STOPPED if run.stopped.cell else INTERRUPTED)


def _tell_training(run: "Recording", out: Path | None, as_json: bool) -> None:
    from tinynet import terminal
    from tinynet.diagnosis import diagnose
    from tinynet.parts import answers_table

    findings = diagnose(run)
    if as_json:
        print_json(
            {
                "command": "train",
                "identity": run.identity,
                "saved": None if out is None else str(out),
                "recipe": run.recipe.to_json(),
                "architecture": run.network.architecture.to_json(),
                "steps": len(run),
                "stopped": run.stopped and run.stopped._asdict(),
                "loss_per_epoch": run.loss_per_epoch.tolist(),
                "answers": _answers_json(run.final, run.examples),
                "findings": [
                    {"kind": f.kind, "sentence": f.sentence, "evidence": f.evidence} for f in findings
                ],
            }
        )
        return
    if run.epochs:
        typer.echo(
            f"{len(run):,} nudges: the loss went from {run.loss_per_epoch[0]:.4f} to {run.loss_per_epoch[-1]:.4f}"
        )
    if len(run.examples) <= 20:
        terminal.show_table(answers_table("Trained on", run.final, run.examples))
    for finding in findings:
        typer.echo(finding.sentence)
    if out is not None:
        typer.echo(f"saved: {out}")


def explain(
    recording: RecordingPath,
    cell: Annotated[str, typer.Argument(help="A cell of the sheet, such as layer1.weight[0,2] or loss.")],
    step: Annotated[int, typer.Option(help="The nudge, counted from 0; negative counts from the end.")] = 0,
    depth: Annotated[int | None, typer.Option(help="Levels to open; all, unless said.")] = None,
    form: Annotated[str, typer.Option(help="text, latex or html.")] = "text",
    as_json: Json = False,
) -> None:
    """One cell of a recording: the formula, with its numbers, down to pixels and parameters."""
    import tinynet as tn

    explanation = tn.load(recording)[step].explain(cell, depth=depth)
    if as_json:
        print_json({"command": "explain", "step": step, "explanation": explanation.to_json()})
        return
    forms = {"text": explanation.text, "latex": explanation.latex, "html": explanation.html}
    if form not in forms:
        raise tn.TinyNetError(f"--form is {form!r}; it must be one of {', '.join(forms)}")
    typer.echo(forms[form]())


def stress(recording: RecordingPath, as_json: Json = False) -> None:
    """A recording's network against unseen and ambiguous pictures."""
    import tinynet as tn
    from tinynet import judging, symmetry, terminal
    from tinynet.parts import answers_table

    run, sets = tn.load(recording), {"stress": tn.pictures.stress(), "fuzzy": tn.pictures.fuzzy()}
    if run.network.sizes[0] != 4:
        raise tn.TinyNetError(
            f"the stress test has 2x2 pictures and this network takes {run.network.sizes[0]} inputs"
        )
    if run.examples.shape is not None:
        sets = {"trained on": run.examples, **sets}
    if as_json:
        found = {name: _answers_json(run.final, examples) for name, examples in sets.items()}
        print_json({"command": "stress", "unsure_below": judging.UNSURE, "answers": found})
        return
    for name, examples in sets.items():
        terminal.show_table(answers_table(name.capitalize(), run.final, examples))
    if len(run.examples.answers) == 2:
        unfair = symmetry.asymmetry(run.final, tn.pictures.binary())
        typer.echo(
            f"Turned by 90 degrees, its answers to the 16 black-and-white pictures change by up to {unfair:.4f}."
        )


def _trainable(picture: str) -> "Examples":
    """Return a line by name, or the four given brightnesses with the target of the line they are nearest to."""
    import numpy as np

    from tinynet import pictures
    from tinynet.errors import TinyNetError

    lines = pictures.lines()
    known = {"fuzzy": pictures.fuzzy()} | {name: lines[name] for name in lines.names}
    if picture in known:
        return known[picture]
    try:
        values = np.array([[float(part) for part in picture.split(",")]])
    except ValueError:
        raise TinyNetError(
            f"there is no picture {picture!r}; there are {', '.join(known)}, or four numbers"
        ) from None
    if values.shape != (1, 4):
        raise TinyNetError(f"--picture has {values.shape[1]} numbers and a 2x2 picture has 4")
    nearest = int(np.abs(lines.inputs - values).sum(axis=1).argmin())
    assert lines.targets is not None
    return pictures.Examples(values, lines.targets[nearest : nearest + 1], (picture,), (2, 2))


def _answers_json(network: "Network", examples: "Examples") -> list[dict[str, Any]]:
    from dataclasses import asdict

    from tinynet.judging import answers

    return [asdict(answer) | {"words": answer.words()} for answer in answers(network, examples)]
