"""The commands about one network: `nudge`, `explain` and `stress`."""

from typing import TYPE_CHECKING, Annotated

import typer

from tinynet.cli.options import (
    Hidden,
    Json,
    LossOption,
    Pictures,
    Rate,
    RecordingPath,
    Seed,
    answers_json,
    hidden_sizes,
    print_json,
    recipe_of,
)

if TYPE_CHECKING:
    from tinynet.data.examples import Examples
    from tinynet.training.recording import Recording


def nudge(
    picture: Pictures = "top",
    seed: Seed = 0,
    rate: Rate = 0.1,
    loss: LossOption = "mse",
    hidden: Hidden = "3",
    repeat: Annotated[
        int,
        typer.Option(help="How many times to take the nudge. Ledger and cell are those of the last nudge."),
    ] = 1,
    cell: Annotated[str | None, typer.Option(help="Open this cell too, such as layer1.weight[0,2].")] = None,
    as_json: Json = False,
) -> None:
    """One step, or the same step again and again: every number before, gradient, change, after."""
    import tinynet as tn
    from tinynet.cli import terminal
    from tinynet.story.content import falls, ledger_table, repeats_table
    from tinynet.training.train import MAX_TIMES, nudges
    from tinynet.validation import check_int

    check_int("--repeat", repeat, 1, MAX_TIMES)
    network = tn.Network.initial((4, *hidden_sizes(hidden), 2), seed=seed)
    recipe = recipe_of(learning_rate=rate, loss=loss)
    moments = nudges(network, trainable(picture), recipe, times=repeat)
    moment = moments[-1]
    explanation = None if cell is None else moment.explain(cell)
    after = tn.nudge(moment.after, moment.batch, recipe).loss
    losses = [*(each.loss for each in moments), after]
    if as_json:
        ledger = [row._asdict() for row in moment.ledger()]
        opened = explanation and explanation.to_json()
        print_json(
            {"command": "nudge", "seed": seed, "picture": picture, "repeat": repeat, "losses": losses}
            | {"loss": moment.loss, "loss_after": after}
            | {"ledger": ledger, "cells": moment.values, "explanation": opened}
        )
        return
    which = "One nudge" if repeat == 1 else f"Nudge {repeat}"
    terminal.show_table(ledger_table(f"{which} of seed {seed} by {picture!r}", moment))
    if repeat > 1:
        terminal.show_table(repeats_table(losses))
        typer.echo(falls(losses))
    else:
        typer.echo(f"loss {moment.loss:.6f}, and {after:.6f} after the nudge")
    if explanation is not None:
        typer.echo(f"\n{explanation}")


def explain(
    recording: RecordingPath,
    cell: Annotated[str, typer.Argument(help="A cell of the sheet, such as layer1.weight[0,2] or loss.")],
    step: Annotated[int, typer.Option(help="The nudge, counted from 0; negative counts from the end.")] = 0,
    depth: Annotated[int | None, typer.Option(help="Levels to open. Default: all.")] = None,
    form: Annotated[
        str | None, typer.Option(help="text, latex, html, or document: a whole LaTeX file. Default: text.")
    ] = None,
    as_json: Json = False,
) -> None:
    """One cell of a recording: the formula, with its numbers, down to pixels and parameters."""
    import tinynet as tn
    from tinynet.validation import check_choice

    explanation = tn.load(recording)[step].explain(cell, depth=depth)
    forms = {"text": explanation.text, "latex": explanation.latex, "html": explanation.html}
    forms["document"] = explanation.latex_document
    if form is not None:
        check_choice("--form", form, forms)
    if as_json:
        written = {} if form is None else {"form": form, "written": forms[form]()}
        print_json({"command": "explain", "step": step, "explanation": explanation.to_json(), **written})
        return
    typer.echo(forms[form or "text"]())


def stress(recording: RecordingPath, as_json: Json = False) -> None:
    """A recording's network against unseen and ambiguous pictures; of a table, against rows halfway between answers."""
    import tinynet as tn
    from tinynet.cli import terminal
    from tinynet.evaluation import predictions, symmetry
    from tinynet.story.content import answers_table

    run = tn.load(recording)
    sets = _table_sets(run) if run.examples.shape is None else _picture_sets(run)
    lines = run.examples.shape == (2, 2) and len(run.examples.target_names) == 2
    unfair = symmetry.asymmetry(run.best, tn.pictures.binary()) if lines else None
    if as_json:
        found = {name: answers_json(run.best, examples) for name, examples in sets.items()}
        about = {"command": "stress", "unsure_below": predictions.UNSURE, "asymmetry": unfair}
        print_json(about | {"answers": found})
        return
    for name, examples in sets.items():
        terminal.show_table(answers_table(name.capitalize(), run.best, examples))
    if unfair is not None:
        typer.echo(
            f"Turned by 90 degrees, its answers to the 16 black-and-white pictures change by up to {unfair:.4f}."
        )


def _picture_sets(run: "Recording") -> "dict[str, Examples]":
    from tinynet.data import pictures
    from tinynet.errors import TinyNetError

    if run.network.sizes[0] != 4:
        raise TinyNetError(
            f"the stress test has 2x2 pictures and this network takes {run.network.sizes[0]} inputs"
        )
    return {"trained on": run.examples, "stress": pictures.stress(), "fuzzy": pictures.fuzzy()}


def _table_sets(run: "Recording") -> "dict[str, Examples]":

    from tinynet.data import probes

    trained = {"trained on": run.examples} if len(run.examples) <= 20 else {}
    return trained | {"halfway between the means": probes.class_midpoints(run.examples)}


def trainable(picture: str) -> "Examples":
    """Return a line by name, or the four given brightnesses with the target of the line they are nearest to."""
    import numpy as np

    from tinynet.data import pictures
    from tinynet.errors import TinyNetError
    from tinynet.numerics import arrays

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
    nearest = int(arrays.total(np.abs(lines.inputs - values)).argmin())
    assert lines.targets is not None
    return pictures.Examples(values, lines.targets[nearest : nearest + 1], (picture,), (2, 2))
