"""The commands about one network: `nudge`, `explain` and `stress`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinynet.cli.inputs import hidden_sizes, numbers
from tinynet.cli.mistakes import recipe_from
from tinynet.cli.options import Hidden, Json, LossOption, Pictures, Rate, RecordingPath, Seed
from tinynet.cli.output import predictions_json, print_json, say
from tinynet.errors import counted
from tinynet.validation import listed

MAX_SHOWN = 50  # examples of a set in the terminal; 100 classes have 4,950 midpoints

if TYPE_CHECKING:
    from tinynet.data.examples import Examples
    from tinynet.model.moment import Moment
    from tinynet.training.recording import Recording


def nudge(
    picture: Pictures = "top",
    seed: Seed = 0,
    rate: Rate = 0.1,
    loss: LossOption = "mse",
    hidden: Hidden = "3",
    repeat: Annotated[
        int,
        typer.Option(help="Number of steps with this picture. The ledger and the cell show the last step."),
    ] = 1,
    cell: Annotated[
        str | None, typer.Option(help="Also explain this cell, such as layer1.weight[0,2].")
    ] = None,
    as_json: Json = False,
) -> None:
    """Take one training step. Print each parameter before the step, its gradient, its change, and its new value."""
    import tinynet as tn
    from tinynet.training.train import nudges

    network = tn.Network.initial((4, *hidden_sizes(hidden), 2), seed=seed)
    recipe = recipe_from(learning_rate=rate, loss=loss)
    moments = nudges(network, training_picture(picture), recipe, times=repeat)
    moment = moments[-1]
    explanation = None if cell is None else moment.explain(cell)
    loss_after = tn.nudge(moment.after, moment.batch, recipe).loss
    losses = [*(each.loss for each in moments), loss_after]
    if as_json:
        document = {
            "command": "nudge",
            "seed": seed,
            "picture": picture,
            "repeat": repeat,
            "losses": losses,
            "loss": moment.loss,
            "loss_after": loss_after,
            "ledger": [row._asdict() for row in moment.ledger()],
            "cells": moment.values,
            "explanation": None if explanation is None else explanation.to_json(),
        }
        print_json(document)
        return
    title = f"{'One step' if repeat == 1 else f'Step {repeat}'} of seed {seed} with {picture!r}"
    _show_step(title, moment, losses)
    if explanation is not None:
        say(f"\n{explanation}")


def _show_step(title: str, moment: "Moment", losses: list[float]) -> None:
    """Print the last step's ledger, and each step's loss."""
    from tinynet.cli import terminal
    from tinynet.story.content import falls, ledger_table, repeats_table

    terminal.show_table(ledger_table(title, moment))
    if len(losses) > 2:
        terminal.show_table(repeats_table(losses))
        say(falls(losses))
    else:
        say(f"The loss was {losses[0]:.6f}. After the step it is {losses[1]:.6f}.")


def explain(
    recording: RecordingPath,
    cell: Annotated[
        str, typer.Argument(metavar="CELL", help="A cell of the sheet, such as layer1.weight[0,2] or loss.")
    ],
    step: Annotated[
        int, typer.Option(help="Step, counted from 0. A negative number counts from the end.")
    ] = 0,
    depth: Annotated[int | None, typer.Option(help="Levels of the explanation. Default: all.")] = None,
    output_format: Annotated[
        str | None,
        typer.Option(
            "--format", help="Format: text, latex, html, or document (a LaTeX file). Default: text."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Explain one cell of a recording. Print its formula with numbers, down to inputs and parameters."""
    import tinynet as tn
    from tinynet.validation import check_choice

    explanation = tn.load(recording)[step].explain(cell, depth=depth)
    formats = {
        "text": explanation.text,
        "latex": explanation.latex,
        "html": explanation.html,
        "document": explanation.latex_document,
    }
    chosen = check_choice("output_format", output_format or "text", tuple(formats))
    if not as_json:
        say(formats[chosen]())
        return
    document: dict[str, Any] = {"command": "explain", "step": step, "explanation": explanation.to_json()}
    if output_format is not None:
        document |= {"format": chosen, "text": formats[chosen]()}
    print_json(document)


def stress(recording: RecordingPath, as_json: Json = False) -> None:
    """Test a recording's network on unseen and ambiguous examples.

    A network trained on pictures gets the stress pictures. A network trained on a table gets the points halfway
    between the means of two classes.
    """
    import tinynet as tn
    from tinynet.cli import terminal
    from tinynet.evaluation import predictions, symmetry
    from tinynet.story.content import predictions_table

    run = tn.load(recording)
    sets = _table_sets(run) if run.examples.shape is None else _picture_sets(run)
    two_lines = run.examples.shape == (2, 2) and len(run.examples.target_names) == 2
    asymmetry = symmetry.asymmetry(run.best, tn.pictures.binary()) if two_lines else None
    if as_json:
        document = {
            "command": "stress",
            "unsure_below": predictions.UNSURE,
            "asymmetry": asymmetry,
            "predictions": {name: predictions_json(run.best, examples) for name, examples in sets.items()},
        }
        print_json(document)
        return
    for name, examples in sets.items():
        terminal.show_table(predictions_table(name.capitalize(), run.best, examples[:MAX_SHOWN]))
        if len(examples) > MAX_SHOWN:
            say(f"… and {len(examples) - MAX_SHOWN:,} more. --json prints all.")
    if run.stopped is not None and run.stopped.cell:
        say(f"The training diverged: {run.stopped.reason}.")
    elif asymmetry is not None:
        say(
            "If the 16 black-and-white pictures are rotated by 90 degrees, the outputs change by up to "
            f"{asymmetry:.4f}."
        )


def _picture_sets(run: "Recording") -> "dict[str, Examples]":
    from tinynet.data import pictures
    from tinynet.errors import TinyNetError

    inputs = run.network.sizes[0]
    if inputs != 4:
        raise TinyNetError(
            f"the network has {counted(inputs, 'input')}. The stress test needs a network for 2x2 pictures, with 4 inputs."
        )
    return {"trained on": run.examples, "stress": pictures.stress(), "fuzzy": pictures.fuzzy()}


def _table_sets(run: "Recording") -> "dict[str, Examples]":
    from tinynet.data import probes

    trained = {"trained on": run.examples} if len(run.examples) <= 20 else {}
    return trained | {"halfway between the means": probes.class_midpoints(run.examples)}


def training_picture(text: str) -> "Examples":
    """Return one example to train on.

    text : the name of a picture, or four brightnesses. The target of brightnesses is that of the nearest line.
    """
    import numpy as np

    from tinynet.data import pictures
    from tinynet.errors import TinyNetError
    from tinynet.numerics import arrays

    lines = pictures.lines()
    known = {"fuzzy": pictures.fuzzy()} | {name: lines[name] for name in lines.names}
    if text in known:
        return known[text]
    if text.count(",") != 3:
        raise TinyNetError(
            f"is {text!r}. It must be one of {listed(tuple(known))}, or four numbers such as 1,1,0,0.",
            parameter="picture",
        )
    values = np.array([numbers(text, "picture")])  # (1, pixels)
    nearest = int(arrays.total(np.abs(lines.inputs - values)).argmin())
    assert lines.targets is not None
    return pictures.Examples(values, lines.targets[nearest : nearest + 1], (text,), (2, 2))
