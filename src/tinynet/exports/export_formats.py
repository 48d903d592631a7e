"""The export formats, with their options and functions."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tinynet.errors import TinyNetError
from tinynet.model.network import Network
from tinynet.training.recording import Recording

Progress = Callable[[int, int], None]
Render = Callable[[Sequence[Recording], str, "Options", Progress], bytes]


@dataclass(frozen=True)
class Options:
    """The options of all formats; None is a format's default.

    step : The step to show (.xlsx, .tex), or the step before which the network is taken; by default the trained
        network.
    epoch : Epoch whose steps are in a workbook.
    cell, depth : Cell that is explained, and levels of the explanation.
    figure : Name of the figure.
    dtype : "float32" or "float64" for numbers.
    name : Name of the function in a program.
    frames, fps, example : Number of frames of a film, frames per second, and the example that is shown.
    title, names : Title of a page, and names of its recordings.
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
    example: int | str | None = None
    title: str | None = None
    names: Sequence[str] | None = None

    def given(self, *names: str) -> dict[str, object]:
        """Return the named options that are not None."""
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


class Format(NamedTuple):
    """A format with its description, options and function.

    The function renders the format.
    """

    description: str
    options: tuple[str, ...]
    render: Render


def network_of(run: Recording, options: Options) -> Network:
    """Return the network before the chosen step.

    By default the result is the trained network.
    """
    if options.step is None:
        return run.best
    if options.step == run.steps:
        return run.final
    return run[options.step].network


def _page(runs: Sequence[Recording], extension: str, options: Options, progress: Progress) -> bytes:
    from tinynet.lab.page import offline

    names = options.names
    if names is not None and (isinstance(names, str) or not isinstance(names, Sequence)):
        raise TinyNetError(
            f"is {names!r}. It must be a list with a name for each recording.", parameter="names"
        )
    return offline.page(*runs, names=options.names, title=options.title).encode()


def _workbook(runs: Sequence[Recording], extension: str, options: Options, progress: Progress) -> bytes:
    from tinynet.exports.excel import workbook

    return workbook.to_excel(runs[0], step=options.step, epoch=options.epoch)


def _onnx(runs: Sequence[Recording], extension: str, options: Options, progress: Progress) -> bytes:
    from tinynet.formats.onnx import writer

    network, examples = network_of(runs[0], options), runs[0].examples
    return writer.to_onnx(network, options.dtype or "float32", examples.target_names, examples)


def _parameters(runs: Sequence[Recording], extension: str, options: Options, progress: Progress) -> bytes:
    from tinynet.formats import tensors

    return tensors.to_safetensors(network_of(runs[0], options), options.dtype)


def _state_dict(runs: Sequence[Recording], extension: str, options: Options, progress: Progress) -> bytes:
    from tinynet.formats import pytorch

    return pytorch.to_pt(network_of(runs[0], options), options.dtype)


def _document(runs: Sequence[Recording], extension: str, options: Options, progress: Progress) -> bytes:
    from tinynet.exports import recording_json

    return json.dumps(recording_json.recording_json(runs[0]), allow_nan=False, ensure_ascii=False).encode()


def _program(language: str) -> Render:
    def render(runs: Sequence[Recording], extension: str, options: Options, progress: Progress) -> bytes:
        from tinynet.formats.programs import program

        network, name = network_of(runs[0], options), options.name or "network"
        return program.program_text(network, language, name, options.dtype, runs[0].examples).encode()

    return render


def _figure(runs: Sequence[Recording], extension: str, options: Options, progress: Progress) -> bytes:
    from tinynet import plots
    from tinynet.exports import figures

    return plots.render(figures.draw(runs[0], options.figure or "network"), extension)


def _film(runs: Sequence[Recording], extension: str, options: Options, progress: Progress) -> bytes:
    from tinynet.exports import film

    given = options.given("frames", "fps", "example")
    return film.rendered(runs[0], extension, progress=progress, **given)  # type: ignore[arg-type]


def _explanation(runs: Sequence[Recording], extension: str, options: Options, progress: Progress) -> bytes:
    from tinynet.core import latex

    opened = runs[0][options.step or 0].explain(options.cell or "loss", depth=options.depth)
    return latex.document(opened).encode()


PAGE = Format("a self-contained page of the laboratory", ("names", "title"), _page)
WORKBOOK = Format("a workbook with live formulas", ("step", "epoch"), _workbook)
ONNX = Format("an ONNX model", ("step", "dtype"), _onnx)
PARAMETERS = Format("the parameters as safetensors", ("step", "dtype"), _parameters)
STATE_DICT = Format("a PyTorch state_dict", ("step", "dtype"), _state_dict)
DOCUMENT = Format("the recording as JSON", (), _document)
FIGURE = Format("a figure", ("figure",), _figure)
FILM = Format("a film of the training", ("frames", "fps", "example"), _film)
FORMATS = {
    ".html": PAGE,
    ".xlsx": WORKBOOK,
    ".onnx": ONNX,
    ".safetensors": PARAMETERS,
    ".pt": STATE_DICT,
    ".pth": STATE_DICT,
    ".json": DOCUMENT,
    ".h": Format("a C header", ("step", "dtype", "name"), _program("c")),
    ".py": Format("a Python function", ("step", "name"), _program("python")),
    ".js": Format("a JavaScript function", ("step", "name"), _program("javascript")),
    ".svg": FIGURE,
    ".pdf": FIGURE,
    ".png": FIGURE,
    ".gif": FILM,
    ".mp4": FILM,
    ".tex": Format("an explanation in LaTeX", ("step", "cell", "depth"), _explanation),
}
