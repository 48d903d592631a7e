"""Export recordings to other formats by file extension."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from tinynet import files
from tinynet.errors import TinyNetError, named
from tinynet.exports.export_formats import FORMATS, Format, Options, Progress
from tinynet.signatures import check_arguments
from tinynet.training.recording import Recording
from tinynet.validation import check_folder, check_path, listed, shown


@check_arguments
def export(
    recordings: Recording | Sequence[Recording],
    path: str | os.PathLike[str],
    *,
    progress: Progress | None = None,
    **options: object,
) -> None:
    """Write a recording in the format of the file extension.

    The file is written completely or not at all.

    recordings : One recording; for a page, several can be compared.
    options : See `Options`.

    Raises TinyNetError for an unknown extension, for an option that the format does not have, and for content that the
    format cannot contain.

    >>> import json, tempfile, tinynet as tn
    >>> run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export(run, Path(folder, "lines.json"))
    ...     json.loads(Path(folder, "lines.json").read_text())["kind"]
    'recording'
    """
    path = check_path("path", path)
    files.write(path, rendered(recordings, path, progress=progress, **options))


def rendered(
    recordings: Recording | Sequence[Recording],
    path: Path,
    *,
    progress: Progress | None = None,
    **options: object,
) -> bytes:
    """Return the bytes that `export` writes.

    Several files can be rendered before the first file is written.
    """
    several = [recordings] if isinstance(recordings, Recording) else recordings
    if not isinstance(several, Sequence) or not all(isinstance(run, Recording) for run in several):
        raise TinyNetError(
            f"is {shown(recordings)}. It must be a Recording or a list of Recordings.", parameter="recordings"
        )
    format_ = check(path, len(several), **options)
    chosen = Options(**options)  # type: ignore[arg-type]
    return format_.render(several, path.suffix.lower(), chosen, progress or (lambda done, total: None))


def check(path: Path, count: int = 1, **options: object) -> Format:
    """Return the format of a path.

    count : Number of recordings.

    Raises TinyNetError for every request that can be rejected before rendering.
    """
    extension = path.suffix.lower()
    if extension not in FORMATS:
        raise TinyNetError(
            f"is {path}. Its extension must be one of {listed(tuple(FORMATS))}.", parameter="path"
        )
    format_, known_options = FORMATS[extension], [field.name for field in fields(Options)]
    for name, value in options.items():
        if name not in known_options:
            raise TinyNetError(f"there is no option {name!r}. The options are {listed(known_options)}.")
        if value is not None and name not in format_.options:
            options_of_format = ", ".join(map(named, format_.options))
            allowed = f"Its options are {options_of_format}." if options_of_format else "It has no options."
            raise TinyNetError(
                f"is {shown(value)}, which {format_.description} ({extension}) does not use. {allowed}",
                parameter=name,
            )
    if count != 1 and extension != ".html":
        raise TinyNetError(
            f"{count} recordings were given, and {format_.description} ({extension}) takes one. Only .html compares several."
        )
    check_folder(path)
    return format_


def options_by_path(paths: Sequence[Path], options: Mapping[str, object]) -> dict[Path, dict[str, object]]:
    """Return the options that apply to each of several files.

    An option that applies to no file is returned for all files, so that `check` rejects the option.

    >>> options_by_path([Path("a.h"), Path("b.gif")], {"step": 3})
    {PosixPath('a.h'): {'step': 3}, PosixPath('b.gif'): {}}
    """
    known = {path: FORMATS[path.suffix.lower()].options for path in paths if path.suffix.lower() in FORMATS}
    unused = [name for name in options if not any(name in some for some in known.values())]
    return {
        path: {name: value for name, value in options.items() if name in (*known.get(path, ()), *unused)}
        for path in paths
    }
