"""The laboratory as a widget of a notebook: the page, its cell and its step, and the kernel that answers it."""

from functools import lru_cache
from typing import Any
from uuid import uuid4

import anywidget
import traitlets

from tinynet.core.sheet import sheet_of
from tinynet.errors import TinyNetError
from tinynet.lab.api import chapters, requests
from tinynet.lab.notebook.messages import Answering
from tinynet.lab.notebook.snapshot import snapshot, training_of
from tinynet.lab.page.offline import Hold, code
from tinynet.lab.page.payload import own_forms
from tinynet.model.network import Network
from tinynet.training.recording import Recording
from tinynet.training.watched import WatchedRecording

STARTS = 30_000  # bytes for the starts of other seeds; the kernel has all others
LARGEST = 8_000_000  # bytes of what goes along with the page
VIEW = "application/vnd.jupyter.widget-view+json"


class Laboratory(anywidget.AnyWidget):
    """The laboratory with a recording in it.

    recording : what is shown.
    step : how many nudges are done, 0 to `len(recording)`. cell : the cell that is open, such as "layer1.weight[0,2]".
    Both follow the page, and the page them; `observe` them as of any widget.

    Raises TinyNetError for what is too large for the page, and for a step or a cell that is not there.
    """

    step = traitlets.Int().tag(sync=True)
    cell = traitlets.Unicode("layer1.weight[0,0]").tag(sync=True)
    _esm = traitlets.Unicode().tag(sync=True)
    about = traitlets.Dict().tag(sync=True)
    payload = traitlets.Unicode().tag(sync=True)
    model = traitlets.Unicode().tag(sync=True)  # the widget's own name among the notebook's

    def __init__(self, shown: Network | Recording) -> None:
        requests.small((shown if isinstance(shown, Network) else shown.network).architecture)
        self._shown = shown
        self.recording = training_of(shown) if isinstance(shown, Network) else shown
        self._cells = _cells(self.recording)
        name = uuid4().hex
        super().__init__(
            model_id=name,
            model=name,
            _esm=_page(),
            about=chapters.about(),
            payload=_payload(self.recording),
            step=0 if isinstance(shown, Network) else _last(self.recording),
        )
        answering = Answering(self.send)
        self.on_msg(lambda _, message, __: answering.hear(message))

    @traitlets.validate("step")
    def _is_step(self, proposal: Any) -> int:
        step, steps = proposal["value"], self.recording.steps
        if not self._from_page("step") and not 0 <= step <= steps:
            raise TinyNetError(f"step is {step}, and this recording has {steps} nudges; ask for 0 to {steps}")
        return step

    @traitlets.validate("cell")
    def _is_cell(self, proposal: Any) -> str:
        cell = proposal["value"]
        if not self._from_page("cell") and cell not in self._cells:
            raise TinyNetError(
                f"there is no cell {cell!r}; they are named like 'layer1.weight[0,0]' or 'loss'"
            )
        return cell

    def _from_page(self, name: str) -> bool:
        """Whether a value comes from the page, which may stand in a longer branch."""
        return name in self._property_lock

    def _ipython_display_(self) -> None:
        """Show the widget, and below it a picture that the page hides as soon as it lives.

        Where no widget can be shown (a file on GitHub, an export read without a network) the picture stays.
        """
        from IPython.display import publish_display_data

        bundle = self._repr_mimebundle_()
        assert bundle is not None  # it is for a widget without a view
        data, metadata = bundle  # which tells Colab where the widgets' code is
        view = {VIEW: data[VIEW], "text/plain": "TinyNet's laboratory"}
        publish_display_data(view, metadata)  # type: ignore[no-untyped-call]
        picture = snapshot(self._shown, mark=f"tinynet-{self.model}")
        publish_display_data(picture)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=1)
def _page() -> str:
    return code()


def _cells(run: Recording) -> set[str]:
    """Return the names of all cells of a training. Raises TinyNetError where its sheets are too large for the page."""
    architecture, found = run.network.architecture, set()
    for recipe, batch in own_forms(run):
        requests.allowed(requests.SheetRequest(architecture, recipe, batch))
        found |= set(sheet_of(architecture, recipe, batch).cells)
    return found


def _last(run: Recording) -> int:
    """Return the step to begin with: the last one, and of a watched training the last that was taken."""
    return run.steps - isinstance(run, WatchedRecording)


def _payload(run: Recording) -> str:
    """Return what the page needs to live by itself: the recording, its sheets, the starts of some seeds."""
    hold = Hold((run,), [None], "TinyNet")
    hold.add_starts(STARTS)
    packed = hold.packed()
    if len(packed) > LARGEST:
        raise TinyNetError(
            f"the page would take {len(packed):,} bytes of this recording, and a notebook should have at most {LARGEST:,}; "
            "save() it and open the file in the laboratory (tinynet lab), or train on fewer examples"
        )
    return packed
