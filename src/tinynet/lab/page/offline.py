"""The laboratory with recordings as one offline HTML file."""

import base64
import html
import json
import zlib
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from tinynet.core.architecture import Architecture
from tinynet.errors import TinyNetError, counted
from tinynet.lab.api.choices import choices
from tinynet.lab.api.sheets import picture_sets
from tinynet.lab.page import payload
from tinynet.lab.page.payload import Form
from tinynet.signatures import check_arguments
from tinynet.training.recording import Recording
from tinynet.training.watched import WatchedRecording
from tinynet.validation import check_text

PAGE = Path(__file__).parents[2] / "page"
MAX_BYTES = 1_000_000  # bytes of a file
MAX_RECORDING_BYTES = 200_000  # bytes of all recordings; longer recordings keep only some of their steps
MAX_WATCHED_BYTES = (
    400_000  # packed bytes of all recordings of PyTorch loops; longer loops keep only some of their steps
)
MAX_SEEDS, BLOCK = 1024, 32  # seeds; the page requests blocks of seeds
MAX_CELLS = 18_000  # parameters x batch size, summed over the optional forms; more would be slow to write
MAX_RECORDINGS = 8

TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="TinyNet {version}">
<title>{title}</title>
<link rel="icon" href="data:image/svg+xml;base64,{icon}">
</head>
<body>
<div id="tinynet-page"></div>
<noscript>This laboratory needs JavaScript. It does not need a network.</noscript>
<script type="application/octet-stream" id="tinynet-data">{data}</script>
<script type="module">{code}</script>
</body>
</html>
"""
POLICY = "default-src 'none'; script-src 'sha256-{digest}'; img-src data: blob:; base-uri 'none'; form-action 'none'"


@check_arguments
def page(*recordings: Recording, names: Sequence[str] | None = None, title: str | None = None) -> str:
    """Return one HTML file with these recordings, below 1 MB.

    Several recordings are shown side by side. Equal arguments give equal text.

    names : a name for each recording. By default the names are the differences between the recordings.
    title : title of the page.

    The page repeats a training to show its steps. Therefore a long recording is stored with only some of its
    steps, and the page computes the other steps from the stored steps, bit for bit. The steps of a PyTorch loop
    cannot be computed again, so the page of a long loop shows only the stored steps. If space remains, the file
    also has the sheets of other optimizers, losses and batch sizes, and the initial parameters of other seeds.

    Raises TinyNetError if a recording is too large for the page, and if the page is not built.

    >>> import tinynet as tn
    >>> run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=2))
    >>> page(run).startswith("<!doctype html>"), len(page(run)) < 1_000_000
    (True, True)
    """
    if not 1 <= len(recordings) <= MAX_RECORDINGS:
        raise TinyNetError(
            f"{len(recordings)} recordings were given. A page shows 1 to {MAX_RECORDINGS} recordings."
        )
    if names is not None and len(names) != len(recordings):
        raise TinyNetError(
            f"has {counted(len(names), 'name')} for {counted(len(recordings), 'recording')}. It must have one name for each recording.",
            parameter="names",
        )
    for one in (title, *(names or ())):
        if one is not None:
            check_text("title" if one is title else "names", one)
    for run in recordings:
        payload.check_size(run)
    titles = list(payload.distinguishing_names(recordings)) if names is None else list(names)
    builder = PageBuilder(recordings, titles, title)
    if builder.size() >= MAX_BYTES:
        raise TinyNetError(
            f"the page would have {builder.size():,} bytes. An offline page must have less than {MAX_BYTES:,} bytes. The "
            f"largest part is {_largest_part(recordings)}. Reduce it, or share the file of recording.save() instead."
        )
    for forms in _optional_forms(recordings):
        builder.set_forms(forms)
        if builder.add_initial_parameters(MAX_BYTES - builder.size()):
            break
    return builder.page()


class PageBuilder:
    """The data of a page: a JSON document and bytes.

    The document refers to the bytes.

    forms : for each recording, the forms of further sheets.
    """

    def __init__(
        self,
        recordings: tuple[Recording, ...],
        names: Sequence[str | None],
        title: str | None = None,
        forms: list[list[Form]] | None = None,
    ) -> None:
        from tinynet.version import __version__

        self._bytes = b""
        self._recordings = recordings
        self._architectures = list(dict.fromkeys(run.network.architecture for run in recordings))
        grids = sorted({2, *map(_grid, recordings)})
        self._document: dict[str, Any] = {
            "version": __version__,
            "title": title or "TinyNet",
            "choices": choices(),
            "pictures": {str(n): picture_sets(n) for n in grids},
            "recordings": [
                {
                    "name": name,
                    "at": self._append(payload.fit_to_size(run, _max_bytes(run) // len(recordings))),
                }
                for name, run in zip(names, recordings, strict=True)
            ],
            "initial_parameters": [],
        }
        self.set_forms(forms or [[] for _ in recordings])

    def set_forms(self, forms: list[list[Form]]) -> None:
        """Set the required sheets, and further forms for each recording."""
        needed: dict[Architecture, list[Form]] = {one: [] for one in self._architectures}
        for run, more in zip(self._recordings, forms, strict=True):
            needed[run.network.architecture] += [*payload.required_forms(run), *more]
        self._document["sheets"] = [payload.sheets(one, mine) for one, mine in needed.items()]

    def add_initial_parameters(self, room: int) -> bool:
        """Add initial parameters of as many seeds as fit.

        room : the bytes for the seeds. Returns whether any seeds were added.
        """
        numbers = sum(one.parameter_count for one in self._architectures)
        each = 4 * numbers * 4 / 3 * 1.01  # bytes of a seed: float32 in base64, and 1 % more
        count = min(MAX_SEEDS, int(room / each)) // BLOCK * BLOCK
        if count <= 0:
            return False
        for one in self._architectures:
            table = {"architecture": one.to_json(), "first": 0, "count": count}
            at = self._append(payload.initial_parameters(one, 0, count))
            self._document["initial_parameters"].append(table | {"at": at})
        return True

    def size(self) -> int:
        """Return the size of the page in bytes."""
        return len(self.page().encode())

    def page(self) -> str:
        """Return the text of the page."""
        module = page_module()
        return TEMPLATE.format(
            policy=POLICY.format(digest=base64.b64encode(sha256(module.encode()).digest()).decode()),
            version=self._document["version"],
            title=html.escape(self._document["title"]),
            icon=base64.b64encode((PAGE / "icon.svg").read_bytes()).decode(),
            data=self.packed(),
            code=module,
        )

    def _append(self, data: bytes) -> list[int]:
        """Append bytes to the data.

        Returns the begin and the end of the bytes.
        """
        first = len(self._bytes)
        self._bytes += data
        return [first, len(self._bytes)]

    def packed(self) -> str:
        """Return the document and the bytes, packed for HTML.

        Both are deflated and in base64, which needs no escaping.
        """
        document = json.dumps(
            self._document, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).encode()
        whole = len(document).to_bytes(4, "little") + document + self._bytes
        return base64.b64encode(zlib.compress(whole, 9)).decode()


def page_module() -> str:
    """Return the JavaScript of the page for a script element.

    The text is escaped.

    Raises TinyNetError if the page is not built.
    """
    try:
        module = (PAGE / "lab.js").read_text(encoding="utf-8")
    except OSError as error:
        raise TinyNetError(
            "the page is not built. In a checkout, run `npm --prefix web ci && npm --prefix web run build`."
        ) from error
    return module.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _optional_forms(recordings: tuple[Recording, ...]) -> Iterator[list[list[Form]]]:
    """Yield further forms for each recording.

    The first result has many forms, and the last has none.
    """
    counts = [run.network.architecture.parameter_count for run in recordings]
    for max_batch, losses in ((payload.MAX_BATCH, True), (0, True), (0, False)):
        forms = [
            payload.resume_forms(run) + payload.selectable_forms(run, max_batch=max_batch, losses=losses)
            for run in recordings
        ]
        cells = sum(count * batch for count, mine in zip(counts, forms, strict=True) for _, batch in mine)
        if cells <= MAX_CELLS:
            yield forms
    yield [payload.resume_forms(run) for run in recordings]
    yield [[] for _ in recordings]


def _max_bytes(run: Recording) -> int:
    return MAX_WATCHED_BYTES if isinstance(run, WatchedRecording) else MAX_RECORDING_BYTES


def _grid(run: Recording) -> int:
    """Return the pixels per side of the recording's pictures.

    The result is 2 if there are no built-in pictures of that size.
    """
    side = (run.examples.shape or (2, 2))[0]
    return side if 2 <= side <= 8 else 2


def _largest_part(recordings: tuple[Recording, ...]) -> str:
    """Return the largest part that a page cannot leave out.

    The result is the name of the part.
    """
    parts = {
        "the examples": 0,
        "the loss per epoch": 0,
        "the sheets of the network": 0,
    }
    for run in recordings:
        examples = json.dumps(run.examples.to_json())
        sheets = json.dumps(payload.sheets(run.network.architecture, payload.required_forms(run)))
        parts["the examples"] += _packed_size(examples.encode())
        parts["the loss per epoch"] += 16 * run.epochs
        parts["the sheets of the network"] += _packed_size(sheets.encode())
    return max(parts, key=lambda part: parts[part])


def _packed_size(data: bytes) -> int:
    return len(zlib.compress(data))
