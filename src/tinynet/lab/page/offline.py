"""One HTML file that is the laboratory with recordings in it: it opens from disk, and lives without a network."""

import base64
import html
import json
import zlib
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from tinynet.core.architecture import Architecture
from tinynet.errors import TinyNetError
from tinynet.lab.api.sheets import picture_sets
from tinynet.lab.page import payload
from tinynet.lab.page.payload import Form
from tinynet.training.recording import Recording
from tinynet.training.watched import WatchedRecording

PAGE = Path(__file__).parents[2] / "page"
LARGEST = 1_000_000  # bytes of a file
WHOLE = 200_000  # bytes of all recordings that go along with every step; of longer ones some steps do
MAX_STARTS, BLOCK = 1024, 32  # seeds; the page asks for blocks of them
MAX_CELLS = 18_000  # parameters times pictures of all forms to choose from: more take long to write
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
<noscript>This laboratory needs JavaScript; it asks for nothing else, and for no network.</noscript>
<script type="application/octet-stream" id="tinynet-data">{data}</script>
<script type="module">{code}</script>
</body>
</html>
"""
POLICY = "default-src 'none'; script-src 'sha256-{digest}'; img-src data: blob:; base-uri 'none'; form-action 'none'"


def page(*recordings: Recording, names: Sequence[str] | None = None, title: str | None = None) -> str:
    """Return a page with these recordings, as the text of one HTML file of less than a megabyte.

    Several are shown side by side. `names` are what they are called there, by default by what differs between them;
    `title` is the page's. Equal arguments give equal text.

    The page trains again what it shows, so that long recordings go along with a few of their steps, and saves them so:
    every other step follows from these, to the last bit. As much as fits of other optimizers, losses and batches, and of
    the starts of other seeds, goes along too.

    Raises TinyNetError where a recording is too large for the page, and where the page is not built.

    >>> import tinynet as tn
    >>> run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=2))
    >>> page(run).startswith("<!doctype html>"), len(page(run)) < 1_000_000
    (True, True)
    """
    if not 1 <= len(recordings) <= MAX_RECORDINGS:
        raise TinyNetError(f"{len(recordings)} recordings were given; a page shows 1 to {MAX_RECORDINGS}")
    if names is not None and len(names) != len(recordings):
        raise TinyNetError(
            f"there are {len(names)} names for {len(recordings)} recordings; give one for each"
        )
    called = list(payload.labels(recordings)) if names is None else list(names)
    hold = Hold(recordings, called, title)
    if hold.size() >= LARGEST:
        raise TinyNetError(
            f"this page would have {hold.size():,} bytes, and an offline page has less than {LARGEST:,}; the largest part is "
            f"{_largest(recordings)}. Take less of it, or hand on the recording itself: its save() writes it whole"
        )
    for forms in _offers(recordings):
        hold.take(forms)
        if hold.add_starts(LARGEST - hold.size()):
            break
    return hold.page()


class Hold:
    """The data of a page: a JSON document, and bytes that stand behind it: at first what the recordings need.

    forms : a list for each recording of what other sheets go along.
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
            "pictures": {str(n): picture_sets(n) for n in grids},
            "recordings": [
                {"name": name, "at": self._stow(payload.within(run, WHOLE // len(recordings)))}
                for name, run in zip(names, recordings, strict=True)
            ],
            "starts": [],
        }
        self.take(forms or [[] for _ in recordings])

    def take(self, forms: list[list[Form]]) -> None:
        """Have the sheets that the recordings need, and those of further forms, a list for each recording."""
        needed: dict[Architecture, list[Form]] = {one: [] for one in self._architectures}
        for run, more in zip(self._recordings, forms, strict=True):
            needed[run.network.architecture] += [*payload.own_forms(run), *more]
        self._document["sheets"] = [payload.sheets(one, mine) for one, mine in needed.items()]

    def add_starts(self, room: int) -> bool:
        """Add the starts of as many seeds as go into `room` bytes of the page; return whether there are any."""
        numbers = sum(one.parameter_count for one in self._architectures)
        each = 4 * numbers * 4 / 3 * 1.01  # bytes of a seed: float32, in base64, and a little more
        count = min(MAX_STARTS, int(room / each)) // BLOCK * BLOCK
        for one in self._architectures if count > 0 else []:
            table = {"architecture": one.to_json(), "first": 0, "count": count}
            self._document["starts"].append(table | {"at": self._stow(payload.table(one, 0, count))})
        return count > 0

    def size(self) -> int:
        """Return how many bytes the page has."""
        return len(self.page().encode())

    def page(self) -> str:
        """Return the text of the page."""
        module = code()
        return TEMPLATE.format(
            policy=POLICY.format(digest=base64.b64encode(sha256(module.encode()).digest()).decode()),
            version=self._document["version"],
            title=html.escape(self._document["title"]),
            icon=base64.b64encode((PAGE / "icon.svg").read_bytes()).decode(),
            data=self.packed(),
            code=module,
        )

    def _stow(self, data: bytes) -> list[int]:
        first = len(self._bytes)
        self._bytes += data
        return [first, len(self._bytes)]

    def packed(self) -> str:
        """Return document and bytes, deflated and in base64: letters, digits, + / = and nothing that HTML would read."""
        document = json.dumps(
            self._document, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).encode()
        whole = len(document).to_bytes(4, "little") + document + self._bytes
        return base64.b64encode(zlib.compress(whole, 9)).decode()


def code() -> str:
    """Return the page's module, so that no tag within it ends the element that it stands in."""
    try:
        module = (PAGE / "lab.js").read_text(encoding="utf-8")
    except OSError as error:
        raise TinyNetError(
            "the page is not built; `npm --prefix web ci && npm --prefix web run build` in a checkout builds it"
        ) from error
    return module.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _offers(recordings: tuple[Recording, ...]) -> Iterator[list[list[Form]]]:
    """Yield what forms may go along besides each recording's own, from the most to none."""
    counts = [run.network.architecture.parameter_count for run in recordings]
    for most_batch, losses in ((payload.MAX_BATCH, True), (0, True), (0, False)):
        forms = [
            payload.onward_forms(run) + payload.choices(run, most_batch=most_batch, losses=losses)
            for run in recordings
        ]
        cells = sum(count * batch for count, mine in zip(counts, forms, strict=True) for _, batch in mine)
        if cells <= MAX_CELLS:
            yield forms
    yield [payload.onward_forms(run) for run in recordings]
    yield [[] for _ in recordings]


def _grid(run: Recording) -> int:
    """Return the side of the pictures that come in sets, where this recording's are such."""
    side = (run.examples.shape or (2, 2))[0]
    return side if 2 <= side <= 8 else 2


def _largest(recordings: tuple[Recording, ...]) -> str:
    """Name the largest part of what cannot be left out."""
    parts = dict.fromkeys(
        (
            "the examples",
            "the curves of the epochs",
            "the sheets of the network",
            "the steps that PyTorch took",
        ),
        0,
    )
    for run in recordings:
        examples = json.dumps(run.examples.to_json())
        sheets = json.dumps(payload.sheets(run.network.architecture, payload.own_forms(run)))
        parts["the examples"] += _packed(examples.encode())
        parts["the curves of the epochs"] += 16 * run.epochs
        parts["the sheets of the network"] += _packed(sheets.encode())
        if isinstance(run, WatchedRecording):
            parts["the steps that PyTorch took"] += _packed(run.to_bytes())
    return max(parts, key=lambda part: parts[part])


def _packed(data: bytes) -> int:
    return len(zlib.compress(data))
