"""The command line: parse, call one function, print."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tinynet.network import Network
    from tinynet.pictures import Examples
    from tinynet.recipe import Recipe
    from tinynet.recording import Recording

app = typer.Typer(
    name="tinynet",
    help="A laboratory for small neural networks: see every number, replay every nudge, test every claim.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

USER_MISTAKE, STOPPED, INTERRUPTED = 2, 1, 130


Seed = Annotated[int, typer.Option(help="The seed of the random start: PyTorch's numbers for it.")]
Rate = Annotated[float, typer.Option("--rate", "--learning-rate", help="The learning rate.")]
Epochs = Annotated[int, typer.Option(help="Passes over all pictures.")]
LossOption = Annotated[str, typer.Option(help="The loss: mse, bce or cross_entropy.")]
OrderOption = Annotated[str, typer.Option(help="The order of the pictures in each epoch: fixed or shuffled.")]
Batch = Annotated[int, typer.Option(help="Pictures a nudge averages over.")]
OptimizerOption = Annotated[str, typer.Option(help="The optimizer: sgd or adam.")]
Momentum = Annotated[float, typer.Option(help="Momentum of sgd.")]
Decay = Annotated[float, typer.Option("--weight-decay", help="Weight decay.")]
Hidden = Annotated[str, typer.Option(help="Hidden nodes, such as 3, or 4,4 for two layers.")]
Activation = Annotated[
    str, typer.Option(help="Activation of the hidden layers: sigmoid, tanh, relu or identity.")
]
Output = Annotated[str, typer.Option(help="Activation of the outputs: these, or softmax.")]
Start = Annotated[str, typer.Option(help="The random start: pytorch, xavier, he, normal or zeros.")]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on standard output, and nothing else.")
]
Pictures = Annotated[
    str, typer.Option("--picture", help="The picture's name, such as top, or its numbers: 1,1,0,0.")
]
RecordingPath = Annotated[Path, typer.Argument(help="A recording that `tinynet train` saved.")]


@app.command()
def discover(
    part: Annotated[str | None, typer.Option(help="Only this chapter: look, nudge, train, … aha.")] = None,
    seed: Seed = 0,
    rate: Rate = 0.1,
    epochs: Epochs = 100,
    hidden: Hidden = "3",
    networks: Annotated[int, typer.Option(help="How many seeds each claim is put to.")] = 1000,
    out: Annotated[Path, typer.Option(help="The folder for the report and the figures.")] = Path("discovery"),
    as_json: Json = False,
) -> None:
    """The whole journey, chapter by chapter, here and as one HTML report."""
    from tinynet import report, story, terminal
    from tinynet.network import Architecture
    from tinynet.recipe import Recipe

    settings = {"seed": seed, "networks": networks, "recipe": Recipe(learning_rate=rate, epochs=epochs)}
    chapters = story.journey(part, architecture=Architecture((4, *_sizes(hidden), 2)), **settings)
    if as_json:
        _print_json(
            {"command": "discover", "seed": seed, "chapters": [chapter.to_json() for chapter in chapters]}
        )
        return
    _make_folder(out)
    told, interrupted = [], False
    try:
        with terminal.progress("chapters", "told") as advance:
            for number, chapter in enumerate(chapters, 1):
                terminal.show(chapter, number, str(out))
                told.append(chapter)
                advance(number, 1 if part else len(story.CHAPTERS))
    except KeyboardInterrupt:
        interrupted = True
    about = f"Seed {seed}, learning rate {rate:g}, {epochs:,} epochs; claims put to {networks:,} seeds."
    typer.echo(f"The report with its figures: {report.write(told, about, out)}")
    if interrupted:
        typer.echo(f"interrupted: {len(told)} chapters were told", err=True)
        raise typer.Exit(INTERRUPTED)


@app.command()
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

    network = tn.Network.initial((4, *_sizes(hidden), 2), seed=seed)
    recipe = _recipe(learning_rate=rate, loss=loss)
    moment = tn.nudge(network, _trainable(picture), recipe)
    explanation = None if cell is None else moment.explain(cell)
    after = tn.nudge(moment.after, moment.shown, recipe).loss
    if as_json:
        ledger = [row._asdict() for row in moment.ledger()]
        opened = explanation and explanation.to_json()
        _print_json(
            {"command": "nudge", "seed": seed, "picture": picture, "loss": moment.loss, "loss_after": after}
            | {"ledger": ledger, "cells": moment.values, "explanation": opened}
        )
        return
    terminal.show_table(ledger_table(f"One nudge of seed {seed} by {picture!r}", moment))
    typer.echo(f"loss {moment.loss:.6f}, and {after:.6f} after the nudge")
    if explanation is not None:
        typer.echo(f"\n{explanation}")


@app.command()
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
    recipe = _recipe(
        learning_rate=rate, epochs=epochs, loss=loss, order=order, batch_size=batch,
        optimizer=optimizer, momentum=momentum, weight_decay=weight_decay, seed=seed,
    )  # fmt: skip
    sizes = (examples.inputs.shape[1], *_sizes(hidden), len(examples.answers))
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
        _print_json(
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


@app.command()
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
        _print_json({"command": "explain", "step": step, "explanation": explanation.to_json()})
        return
    forms = {"text": explanation.text, "latex": explanation.latex, "html": explanation.html}
    if form not in forms:
        raise tn.TinyNetError(f"--form is {form!r}; it must be one of {', '.join(forms)}")
    typer.echo(forms[form]())


@app.command()
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
        _print_json({"command": "stress", "unsure_below": judging.UNSURE, "answers": found})
        return
    for name, examples in sets.items():
        terminal.show_table(answers_table(name.capitalize(), run.final, examples))
    if len(run.examples.answers) == 2:
        unfair = symmetry.asymmetry(run.final, tn.pictures.binary())
        typer.echo(
            f"Turned by 90 degrees, its answers to the 16 black-and-white pictures change by up to {unfair:.4f}."
        )


@app.command()
def population(
    networks: Annotated[int, typer.Option(help="How many seeds.")] = 1000,
    first_seed: Annotated[int, typer.Option(help="The first seed.")] = 0,
    rate: Rate = 0.1,
    epochs: Epochs = 100,
    loss: LossOption = "mse",
    order: OrderOption = "fixed",
    batch: Batch = 1,
    optimizer: OptimizerOption = "sgd",
    momentum: Momentum = 0.0,
    hidden: Hidden = "3",
    output: Output = "sigmoid",
    out: Annotated[Path | None, typer.Option(help="Draw the histogram of gray here (.png or .svg).")] = None,
    as_json: Json = False,
) -> None:
    """Many seeds, one recipe: what is luck, and what is law."""
    import tinynet as tn
    from tinynet import plots, terminal

    recipe = _recipe(
        learning_rate=rate, epochs=epochs, loss=loss, order=order, batch_size=batch,
        optimizer=optimizer, momentum=momentum,
    )  # fmt: skip
    architecture = tn.Architecture((4, *_sizes(hidden), 2), output=output)
    with terminal.progress("training", "networks") as advance:
        crowd = tn.population(
            recipe, networks, first_seed=first_seed, architecture=architecture, progress=advance
        )
    if len(crowd):
        if out is not None:
            plots.save(plots.population_histogram(crowd.gaps(tn.pictures.stress()["gray"])[:, 0]), out)
        verdicts = crowd.verdicts()
        if as_json:
            described = {
                "recipe": recipe.to_json(),
                "architecture": architecture.to_json(),
                "networks": len(crowd),
            }
            _print_json(
                {
                    "command": "population",
                    **described,
                    "verdicts": [verdict.to_json() for verdict in verdicts],
                }
            )
        else:
            typer.echo("\n".join(str(verdict) for verdict in verdicts))
    if crowd.interrupted:
        typer.echo(f"interrupted: {len(crowd):,} of {networks:,} networks were done", err=True)
        raise typer.Exit(INTERRUPTED)


@app.command()
def lab(
    port: Annotated[int, typer.Option(help="The port; where it is busy, the next free one.")] = 8765,
    host: Annotated[
        str, typer.Option(help="The address to listen at; other machines can ask only if you change it.")
    ] = "127.0.0.1",
    browser: Annotated[bool, typer.Option(help="Open the page, where there is a display.")] = True,
) -> None:
    """The laboratory in the browser."""
    from tinynet import server

    server.serve(host, port, browser=browser, say=typer.echo)


@app.command()
def doctor(as_json: Json = False) -> None:
    """What this machine has: system, Python, PyTorch and its devices, browser."""
    from tinynet import machine

    found = machine.describe()
    if as_json:
        _print_json({"command": "doctor", **found})
        return
    width = max(map(len, found))
    typer.echo("\n".join(f"{name:<{width}}  {value}" for name, value in found.items()))


def _recipe(**fields: Any) -> "Recipe":
    from tinynet.recipe import Recipe

    return Recipe.from_json(fields)


def _sizes(hidden: str) -> tuple[int, ...]:
    from tinynet.errors import TinyNetError

    try:
        return tuple(int(part) for part in hidden.split(",") if part.strip())
    except ValueError:
        raise TinyNetError(f"--hidden is {hidden!r}; it must be numbers of nodes, such as 3 or 4,4") from None


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


def _make_folder(folder: Path) -> None:
    from tinynet.errors import TinyNetError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TinyNetError(
            f"cannot make the folder {folder}: {error.strerror}; choose another with --out"
        ) from error


def _print_json(document: Any) -> None:
    typer.echo(json.dumps(document, allow_nan=False, ensure_ascii=False))


def main() -> None:
    """Run the command line; a user's mistake is one line on standard error and exit code 2."""
    from tinynet.errors import TinyNetError

    try:
        app()
    except (TinyNetError, ImportError) as error:
        print(f"tinynet: {error}", file=sys.stderr)
        sys.exit(USER_MISTAKE)
    except BrokenPipeError:  # the reader of our output, such as `head`, has closed it
        sys.stderr.close()
        sys.exit(0)
    except KeyboardInterrupt:
        print("tinynet: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
