"""A recording in another form; which one, the ending of the file's name says."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NamedTuple

from tinynet import files
from tinynet.errors import TinyNetError
from tinynet.model.network import Network
from tinynet.training.recording import Recording

Progress = Callable[[int, int], None]
Make = Callable[[Sequence[Recording], str, "Choice", Progress], bytes]


@dataclass(frozen=True)
class Choice:
    """What is wanted of a recording, where its form leaves a choice; None is what the form usually takes.

    step : the nudge that is shown (.xlsx, .tex), or before which the network stands; else it is the trained one.
    epoch : whose nudges a workbook has, one after another.
    cell, depth : that an explanation opens, and how far.
    figure : its name. answers : whether the names of the answers go along.
    dtype : "float32" or "float64" of the numbers. name : of the function in a program.
    frames, fps, picture : of a film: how many, how many a second, and the example that is shown.
    title, names : of a page, and of its recordings.
    """

    step: int | None = None
    epoch: int | None = None
    cell: str | None = None
    depth: int | None = None
    figure: str | None = None
    dtype: str | None = None
    name: str | None = None
    frames: int | None = None
    fps: int | None = None
    picture: int | str | None = None
    title: str | None = None
    names: Sequence[str] | None = None

    def made(self, *names: str) -> dict[str, object]:
        """Return those of the named choices that were made."""
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


class Form(NamedTuple):
    """A form of a recording: what it is, the choices it leaves, and how its bytes are made for an ending."""

    words: str
    takes: tuple[str, ...]
    make: Make


def export(
    recordings: Recording | Sequence[Recording],
    path: str | os.PathLike[str],
    *,
    progress: Progress | None = None,
    **choices: object,
) -> None:
    """Write a recording in another form, by the ending of `path`: whole, or not at all.

    recordings : one; for a page also several, to compare. choices : see `Choice`.

    Raises TinyNetError for an ending that is no form's, a choice that the form does not leave, and whatever
    the form itself cannot write.

    >>> import tempfile, tinynet as tn
    >>> run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export(run, Path(folder, "lines.json"))
    ...     json.loads(Path(folder, "lines.json").read_text())["kind"]
    'recording'
    """
    path = Path(path)
    files.write(path, made(recordings, path, progress=progress, **choices))


def made(
    recordings: Recording | Sequence[Recording],
    path: Path,
    *,
    progress: Progress | None = None,
    **choices: object,
) -> bytes:
    """Return what `export` writes, so that several files can be made before the first of them is written."""
    several = [recordings] if isinstance(recordings, Recording) else list(recordings)
    form = check(path, len(several), **choices)
    choice = Choice(**choices)  # type: ignore[arg-type]
    return form.make(several, path.suffix.lower(), choice, progress or (lambda done, total: None))


def check(path: Path, count: int = 1, **choices: object) -> Form:
    """Return the form that a path asks for, or raise a TinyNetError: what `export` can refuse before it begins."""
    ending = path.suffix.lower()
    if ending not in FORMS:
        all_forms = "; ".join(f"{', '.join(endings)}: {words}" for words, endings in forms().items())
        raise TinyNetError(
            f"{path.name!r} ends in {ending!r}, which is no form of a recording; there are {all_forms}"
        )
    form, known = FORMS[ending], [field.name for field in fields(Choice)]
    for name, value in choices.items():
        if name not in known:
            raise TinyNetError(f"there is no choice {name!r}; there are {', '.join(known)}")
        if value is not None and name not in form.takes:
            takes = f"takes {', '.join(form.takes)}" if form.takes else "takes none"
            raise TinyNetError(
                f"{name} is {value!r}, and {form.words} ({ending}) has no such choice: it {takes}"
            )
    if count != 1 and ending != ".html":
        raise TinyNetError(
            f"{count} recordings were given; {form.words} ({ending}) is made of one, only .html compares several"
        )
    if not path.parent.is_dir():
        raise TinyNetError(f"cannot write {path}: there is no folder {path.parent}; make it first")
    return form


def taken(paths: Sequence[Path], choices: Mapping[str, object]) -> dict[Path, dict[str, object]]:
    """Return which of the choices each of several files takes; each choice must be for one of them.

    >>> taken([Path("a.h"), Path("b.gif")], {"step": 3})
    {PosixPath('a.h'): {'step': 3}, PosixPath('b.gif'): {}}
    """
    known = {path: FORMS[path.suffix.lower()].takes for path in paths if path.suffix.lower() in FORMS}
    idle = [name for name in choices if not any(name in takes for takes in known.values())]
    return {
        path: {name: value for name, value in choices.items() if name in (*known.get(path, ()), *idle)}
        for path in paths
    }  # what nobody takes goes to all, and is refused


def forms() -> dict[str, list[str]]:
    """Return what there is, and the endings that ask for it."""
    found: dict[str, list[str]] = {}
    for ending, form in FORMS.items():
        found.setdefault(form.words, []).append(ending)
    return found


def network_of(run: Recording, choice: Choice) -> Network:
    """Return the network before the chosen step; the trained one, unless one was chosen."""
    if choice.step is None:
        return run.best
    if choice.step == run.steps:
        return run.final
    return run[choice.step].network


# --- the forms ---------------------------------------------------------------------------------------------------


def _page(runs: Sequence[Recording], ending: str, choice: Choice, progress: Progress) -> bytes:
    from tinynet.lab.page import offline

    return offline.page(*runs, names=choice.names, title=choice.title).encode()


def _workbook(runs: Sequence[Recording], ending: str, choice: Choice, progress: Progress) -> bytes:
    from tinynet.exports.excel import workbook

    return workbook.to_excel(runs[0], step=choice.step, epoch=choice.epoch)


def _onnx(runs: Sequence[Recording], ending: str, choice: Choice, progress: Progress) -> bytes:
    from tinynet.formats import onnx

    network, examples = network_of(runs[0], choice), runs[0].examples
    scalings = {"scaling": examples.scaling, "target_scaling": examples.target_scaling}
    return onnx.to_onnx(network, choice.dtype or "float32", examples.target_names, scalings)


def _parameters(runs: Sequence[Recording], ending: str, choice: Choice, progress: Progress) -> bytes:
    from tinynet.formats import tensors

    return tensors.to_safetensors(network_of(runs[0], choice), choice.dtype)


def _state_dict(runs: Sequence[Recording], ending: str, choice: Choice, progress: Progress) -> bytes:
    from tinynet.formats import pytorch

    return pytorch.to_pt(network_of(runs[0], choice), choice.dtype)


def _document(runs: Sequence[Recording], ending: str, choice: Choice, progress: Progress) -> bytes:
    from tinynet.exports import recording_json

    return json.dumps(recording_json.recording_json(runs[0]), allow_nan=False, ensure_ascii=False).encode()


def _program(language: str) -> Make:
    def make(runs: Sequence[Recording], ending: str, choice: Choice, progress: Progress) -> bytes:
        from tinynet.formats.programs import program

        network, name = network_of(runs[0], choice), choice.name or "network"
        return program.printed(network, language, name, choice.dtype, runs[0].examples).encode()

    return make


def _figure(runs: Sequence[Recording], ending: str, choice: Choice, progress: Progress) -> bytes:
    from tinynet import plots
    from tinynet.exports import figures

    return plots.render(figures.draw(runs[0], choice.figure or "network"), ending)


def _film(runs: Sequence[Recording], ending: str, choice: Choice, progress: Progress) -> bytes:
    from tinynet.exports import film

    options = choice.made("frames", "fps", "picture")
    return film.made(runs[0], ending, progress=progress, **options)  # type: ignore[arg-type]


def _explanation(runs: Sequence[Recording], ending: str, choice: Choice, progress: Progress) -> bytes:
    from tinynet.core import latex

    opened = runs[0][choice.step or 0].explain(choice.cell or "loss", depth=choice.depth)
    return latex.document(opened).encode()


PAGE = Form("a page of the laboratory that needs nothing else", ("names", "title"), _page)
WORKBOOK = Form("a workbook with live formulas", ("step", "epoch"), _workbook)
ONNX = Form("an ONNX model", ("step", "dtype"), _onnx)
PARAMETERS = Form("the parameters as safetensors", ("step", "dtype"), _parameters)
STATE_DICT = Form("PyTorch's state_dict", ("step", "dtype"), _state_dict)
DOCUMENT = Form("everything as JSON", (), _document)
FIGURE = Form("a figure", ("figure",), _figure)
FILM = Form("a film of the training", ("frames", "fps", "picture"), _film)
FORMS = {
    ".html": PAGE,
    ".xlsx": WORKBOOK,
    ".onnx": ONNX,
    ".safetensors": PARAMETERS,
    ".pt": STATE_DICT,
    ".pth": STATE_DICT,
    ".json": DOCUMENT,
    ".h": Form("a C header", ("step", "dtype", "name"), _program("c")),
    ".py": Form("a Python function", ("step", "name"), _program("python")),
    ".js": Form("a JavaScript function", ("step", "name"), _program("javascript")),
    ".svg": FIGURE,
    ".pdf": FIGURE,
    ".png": FIGURE,
    ".gif": FILM,
    ".mp4": FILM,
    ".tex": Form("an explanation in LaTeX", ("step", "cell", "depth"), _explanation),
}
