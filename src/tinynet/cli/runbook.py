"""The command `runbook`: from memorizer to learner."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinynet.cli.inputs import check_new, make_folder
from tinynet.cli.mistakes import refuse_unused
from tinynet.cli.options import INTERRUPTED, Json, Overwrite
from tinynet.cli.output import print_json, printable, say
from tinynet.errors import counted
from tinynet.validation import kind_of

if TYPE_CHECKING:
    from tinynet.experiments.ladder import Ladder

NETWORKS, QUICK_NETWORKS, QUICK_PICTURES = 2048, 256, 5_000


# Long because Typer reads the options from the signature.
def runbook(
    networks: Annotated[
        int | None, typer.Option(help="Number of seeds for each rung. Default: 2,048, or 256 with --quick.")
    ] = None,
    first_seed: Annotated[int | None, typer.Option(help="First seed. Default: 0.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Use fewer seeds and a shorter exam.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for results, figures and report. Default: runbook. With --json, figures and report are written only if you give this option."
        ),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            help="File for a learner (.safetensors). Only train this learner, and write its model card beside it."
        ),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Measure how a memorizer becomes a learner. Each rung of the ladder changes one setting of the recipe."""
    from tinynet.cli import terminal
    from tinynet.evaluation.exam import Exam
    from tinynet.experiments.ladder import Ladder
    from tinynet.story import html
    from tinynet.story.runbook import Runbook

    if save is not None:
        given = {"--networks": networks, "--first-seed": first_seed, "--quick": quick, "--out": out}
        refuse_unused(given, "--save trains one learner and measures no rungs.")
        _save_learner(save, overwrite, as_json)
        return
    folder, first = out or Path("runbook"), first_seed or 0
    make_folder(folder)
    usual = QUICK_NETWORKS if quick else NETWORKS
    count = usual if networks is None else networks
    exam = Exam(count=QUICK_PICTURES) if quick else Exam()
    ladder = Ladder(count, first_seed=first, exam=exam, folder=folder)
    if not as_json or out is not None:
        _claim(folder, {"networks": count, "first_seed": first, "pictures": exam.count}, overwrite)
    _measure(ladder)
    if as_json and out is None:
        _print_ladder(ladder, [])
        return
    chapter = Runbook(ladder).chapter()
    if not as_json:
        terminal.show(chapter, 1, str(folder))
    about = f"{counted(count, 'seed')} from seed {first:,} on. The exam has {exam.count:,} pictures."
    written = html.write([chapter], about, folder)
    if as_json:
        _print_ladder(ladder, written)
    else:
        say(f"The report with its figures: {printable(written[0])}")


def _claim(folder: Path, settings: dict[str, int], overwrite: bool) -> None:
    """Store the settings of the report in its folder.

    Raises TinyNetError if the folder has a report with other settings, which would be replaced.
    """
    from tinynet import files
    from tinynet.story import html

    path, data = folder / "runbook.json", json.dumps(settings).encode()
    claimed = kind_of(path) != "missing" and files.read(path, "result") == data
    if not claimed:
        check_new("out", [folder / html.REPORT], overwrite)
        files.write(path, data)


def _measure(ladder: "Ladder") -> None:
    """Measure every rung that has no result yet.

    After Ctrl-C, the finished rungs are stored.
    """
    from tinynet.cli import terminal
    from tinynet.experiments.ladder import RUNGS

    found = sum(ladder.known(rung.key) for rung in RUNGS)
    if found:
        say(f"found {found} of {len(RUNGS)} rungs measured in {printable(ladder.folder)}", err=True)
    finished = 0
    try:
        with terminal.progress("measuring", "rungs") as advance:

            def progress(done: int, total: int) -> None:
                advance(finished + done / total, len(RUNGS))

            for finished, rung in enumerate(RUNGS):
                advance(finished, len(RUNGS))
                ladder.standing(rung.key, progress)
            advance(len(RUNGS), len(RUNGS))
    except KeyboardInterrupt:
        say(
            f"interrupted: {finished} of {len(RUNGS)} rungs are measured. Run the same command again to continue.",
            err=True,
        )
        raise typer.Exit(INTERRUPTED) from None


def _print_ladder(ladder: "Ladder", files: list[Path]) -> None:
    from dataclasses import asdict

    from tinynet.experiments.ladder import RUNGS
    from tinynet.story.rung_effects import sentence

    bayes = ladder.exam.bayes_scores
    rungs = [
        {"change": rung.change, "baseline": rung.baseline, "kind": rung.kind, **rung.to_json(), **asdict(ladder.standing(rung.key)),
         "sentence": sentence(ladder, rung.key)}
        for rung in RUNGS
    ]  # fmt: skip
    scores = {name: getattr(bayes, name).value for name in ("accuracy", "brier", "cross_entropy", "auroc")}
    document = {
        "command": "runbook",
        "networks": ladder.networks,
        "bayes_scores": scores,
        "rungs": rungs,
        "folder": str(ladder.folder),
        "files": list(map(str, files)),
    }
    print_json(document)


def _save_learner(path: Path, overwrite: bool, as_json: bool) -> None:
    from tinynet.errors import TinyNetError
    from tinynet.story import learner
    from tinynet.validation import check_folder

    check_folder(path, "save")
    if path.suffix != ".safetensors":
        raise TinyNetError(f"is {path}. It must be a file that ends in .safetensors.", parameter="save")
    check_new("save", [path, path.with_suffix(".svg"), path.with_suffix(".md")], overwrite)
    run = learner.choose()
    card = learner.save(run, path)
    if as_json:
        print_json({"command": "runbook", "saved": str(path), "card": str(card), "identity": run.identity})
        return
    say(learner.card(run))
    say(f"saved: {printable(path)}, and its model card: {printable(card)}")
