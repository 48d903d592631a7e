"""The laboratory as a notebook widget.

The kernel handles its requests.
"""

from functools import lru_cache
from typing import Any
from uuid import uuid4

import anywidget
import traitlets

from tinynet.core.sheet import sheet_of
from tinynet.errors import TinyNetError
from tinynet.lab.api import chapters, requests
from tinynet.lab.notebook.messages import MessageHandler
from tinynet.lab.notebook.snapshot import snapshot, training_of
from tinynet.lab.page.offline import PageBuilder, page_module
from tinynet.lab.page.payload import check_size, required_forms
from tinynet.model.network import Network
from tinynet.training.recording import Recording
from tinynet.training.watched import WatchedRecording
from tinynet.validation import check_int

INITIAL_PARAMETERS_BYTES = (
    30_000  # bytes of the initial parameters of other seeds; the kernel computes all others
)
MAX_BYTES = 8_000_000  # bytes of the data in the page
VIEW_TYPE = "application/vnd.jupyter.widget-view+json"


class Laboratory(anywidget.AnyWidget):
    """The laboratory with a recording.

    recording : Recording. The recording that the page shows.
    step : int. The number of finished steps, 0 to `len(recording)`.
    cell : str. The open cell, such as "layer1.weight[0,2]".

    `step` and `cell` are synchronized with the page. Use `observe` to react to changes.

    Raises TinyNetError for a recording that is too large for the page, and for an unknown step or cell.
    """

    step = traitlets.Int().tag(sync=True)
    cell = traitlets.Unicode("layer1.weight[0,0]").tag(sync=True)
    _esm = traitlets.Unicode().tag(sync=True)
    about = traitlets.Dict().tag(sync=True)
    payload = traitlets.Unicode().tag(sync=True)
    model = traitlets.Unicode().tag(sync=True)  # name of the widget in the notebook

    def __init__(self, source: Network | Recording) -> None:
        if isinstance(source, Network):
            requests.check_size(source.architecture)
        self._source = source
        self.recording = training_of(source) if isinstance(source, Network) else source
        check_size(self.recording)
        self._cells = _cells(self.recording)
        name = uuid4().hex
        super().__init__(
            model_id=name,
            model=name,
            _esm=_cached_module(),
            about=chapters.about(),
            payload=_payload(self.recording),
            step=0 if isinstance(source, Network) else _last_step(self.recording),
        )
        handler = MessageHandler(self.send)
        self.on_msg(lambda _, message, __: handler.handle(message))

    @traitlets.validate("step")
    def _is_step(self, proposal: Any) -> int:
        step, steps = proposal["value"], self.recording.steps
        return step if self._from_page("step") else check_int("step", step, 0, steps)

    @traitlets.validate("cell")
    def _is_cell(self, proposal: Any) -> str:
        cell = proposal["value"]
        if not self._from_page("cell") and cell not in self._cells:
            raise TinyNetError(
                f"is {cell!r}. It must be a cell such as 'layer1.weight[0,0]' or 'loss'.", parameter="cell"
            )
        return cell

    def _from_page(self, name: str) -> bool:
        """Return whether a value comes from the page.

        The page may show a branch with more steps.
        """
        return name in self._property_lock

    def _ipython_display_(self) -> None:
        """Show the widget, and a picture.

        The page hides the picture when it starts.

        If a viewer has no widgets, such as GitHub, the picture remains.
        """
        from IPython.display import publish_display_data

        bundle = self._repr_mimebundle_()
        assert bundle is not None  # a bundle is None only without a view
        data, metadata = bundle  # Colab finds the code of the widget by the metadata
        view = {VIEW_TYPE: data[VIEW_TYPE], "text/plain": "TinyNet's laboratory"}
        publish_display_data(view, metadata)  # type: ignore[no-untyped-call]
        picture = snapshot(self._source, css_class=f"tinynet-{self.model}")
        publish_display_data(picture)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=1)
def _cached_module() -> str:
    return page_module()


def _cells(run: Recording) -> set[str]:
    """Return the names of all cells of a training.

    Raises TinyNetError if a sheet is too large for the page.
    """
    architecture, found = run.network.architecture, set()
    for recipe, batch in required_forms(run):
        requests.check_sheet_request(requests.SheetRequest(architecture, recipe, batch))
        found |= set(sheet_of(architecture, recipe, batch).cells)
    return found


def _last_step(run: Recording) -> int:
    """Return the step that the page shows first.

    The step is the end, or the last recorded step of a PyTorch loop.
    """
    return run.steps - 1 if isinstance(run, WatchedRecording) else run.steps


def _payload(run: Recording) -> str:
    """Return the data of the page.

    The data is the recording, its sheets, and initial parameters of some seeds.
    """
    builder = PageBuilder((run,), [None], "TinyNet")
    builder.add_initial_parameters(INITIAL_PARAMETERS_BYTES)
    packed = builder.packed()
    if len(packed) > MAX_BYTES:
        raise TinyNetError(
            f"the page needs {len(packed):,} bytes for this recording. A notebook takes up to {MAX_BYTES:,} bytes. Save the "
            "recording and open the file in `tinynet lab`, or train on fewer examples."
        )
    return packed
