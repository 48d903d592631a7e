"""The command `runbook`: from memorizer to learner."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinynet.cli.options import INTERRUPTED, Json, make_folder, print_json, refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from tinynet.experiments.ladder import Ladder

NETWORKS, QUICK_NETWORKS, QUICK_PICTURES = 2048, 256, 5_000


def runbook(
    networks: Annotated[
        int | None, typer.Option(help="How many seeds each rung is put to: 2,048, or 256 with --quick.")
    ] = None,
    first_seed: Annotated[int | None, typer.Option(help="The first seed. Default: 0.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer seeds, and a shorter exam.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The folder for results, figures and the report. Default: runbook. With --json, figures and report are "
            "not written unless you give --out."
        ),
    ] = None,
    save: Annotated[
        Path | None, typer.Option(help="Train a learner to keep, and save it here with its model card.")
    ] = None,
    as_json: Json = False,
) -> None:
    """From memorizer to learner: one ingredient at a time, each measured."""
    from tinynet.cli import terminal
    from tinynet.evaluation.exam import Exam
    from tinynet.experiments.ladder import Ladder
    from tinynet.story import html
    from tinynet.story.runbook import Runbook

    if save is not None:
        given = {"--networks": networks, "--first-seed": first_seed, "--quick": quick, "--out": out}
        refuse(given, "--save trains one learner and measures no rungs.")
        _keep(save, as_json)
        return
    folder, first = out or Path("runbook"), first_seed or 0
    make_folder(folder)
    usual = QUICK_NETWORKS if quick else NETWORKS
    count = usual if networks is None else networks
    exam = Exam(count=QUICK_PICTURES) if quick else Exam()
    ladder = Ladder(count, first_seed=first, exam=exam, folder=folder)
    _measure(ladder)
    if as_json and out is None:
        _print_ladder(ladder, [])
        return
    chapter = Runbook(ladder).chapter()
    if not as_json:
        terminal.show(chapter, 1, str(folder))
    about = f"{count:,} seeds from {first:,} on, an exam of {exam.count:,} pictures."
    written = html.write([chapter], about, folder)
    if as_json:
        _print_ladder(ladder, written)
    else:
        typer.echo(f"The report with its figures: {written[0]}")


def _measure(ladder: "Ladder") -> None:
    """Measure every rung that is not known yet; Ctrl-C keeps those that are done."""
    from tinynet.cli import terminal
    from tinynet.experiments.ladder import RUNGS

    found = sum(ladder.known(rung.key) for rung in RUNGS)
    if found:
        typer.echo(f"found {found} of {len(RUNGS)} rungs measured in {ladder.folder}", err=True)
    done = 0
    try:
        with terminal.progress("measuring", "rungs") as advance:
            for done, rung in enumerate(RUNGS):
                advance(done, len(RUNGS))
                ladder.standing(rung.key, partial(_share, advance, done))
            advance(len(RUNGS), len(RUNGS))
    except KeyboardInterrupt:
        typer.echo(
            f"interrupted: {done} of {len(RUNGS)} rungs are measured; the same command goes on from there",
            err=True,
        )
        raise typer.Exit(INTERRUPTED) from None


def _share(advance: "Callable[[float, int], None]", rungs: int, done: int, total: int) -> None:
    """Show how far the rung after `rungs` others is."""
    from tinynet.experiments.ladder import RUNGS

    advance(rungs + done / total, len(RUNGS))


def _print_ladder(ladder: "Ladder", written: list[Path]) -> None:
    from dataclasses import asdict

    from tinynet.experiments.ladder import RUNGS
    from tinynet.story.rung_effects import sentence

    floors = ladder.exam.bayes_scores
    rungs = [
        {"change": rung.change, "baseline": rung.baseline, "kind": rung.kind, **rung.to_json(), **asdict(ladder.standing(rung.key)),
         "sentence": sentence(ladder, rung.key)}
        for rung in RUNGS
    ]  # fmt: skip
    lowest = {name: getattr(floors, name).value for name in ("accuracy", "brier", "cross_entropy", "auroc")}
    made = {"folder": str(ladder.folder), "files": list(map(str, written))}
    print_json({"command": "runbook", "networks": ladder.networks, "floors": lowest, "rungs": rungs, **made})


def _keep(path: Path, as_json: bool) -> None:
    from tinynet.errors import TinyNetError
    from tinynet.story import learner

    if not path.parent.is_dir():
        raise TinyNetError(f"cannot write {path}: there is no folder {path.parent}; make it first")
    if path.suffix != ".safetensors":
        raise TinyNetError(
            f"--save is {path}; a learner is kept as a recording, so its name ends in .safetensors"
        )
    run = learner.choose()
    beside = learner.save(run, path)
    if as_json:
        print_json({"command": "runbook", "saved": str(path), "card": str(beside), "identity": run.identity})
        return
    typer.echo(learner.card(run))
    typer.echo(f"saved: {path}, and its model card: {beside}")
