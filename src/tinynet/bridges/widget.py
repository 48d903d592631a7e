"""The laboratory as a widget of a notebook: the page, its cell and its step, and the kernel that answers it."""

import base64, json
from pathlib import Path
from typing import Any
from uuid import uuid4

import anywidget
import traitlets

from tinynet import wire
from tinynet.bridges.answering import Answering
from tinynet.bridges.snapshot import snapshot, training_of
from tinynet.errors import TinyNetError
from tinynet.moment import sheet_of
from tinynet.network import Network
from tinynet.recording import Recording

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
    payload = traitlets.Unicode().tag(sync=True)  # what the page needs to live by itself
    model = traitlets.Unicode().tag(sync=True)  # the widget's own name among the notebook's

    def __init__(self, shown: Network | Recording) -> None:
        wire.small((shown if isinstance(shown, Network) else shown.network).architecture)
        self._shown = shown
        self.recording = training_of(shown) if isinstance(shown, Network) else shown
        architecture, recipe = self.recording.network.architecture, self.recording.recipe
        self._cells = {*sheet_of(architecture, recipe, 1).cells, *sheet_of(architecture, recipe, recipe.batch_size).cells}
        name = uuid4().hex
        step = 0 if isinstance(shown, Network) else self.recording.steps
        super().__init__(model_id=name, model=name, _esm=page(), payload=_address(self.recording, step), step=step)
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
            raise TinyNetError(f"there is no cell {cell!r}; they are named like 'layer1.weight[0,0]' or 'loss'")
        return cell

    def _from_page(self, name: str) -> bool:
        """Whether a value comes from the page, which may stand in a longer branch."""
        return name in self._property_lock

    def _ipython_display_(self) -> None:
        """Show the widget, and below it a picture that the page hides as soon as it lives.

        Where no widget can be shown (a file on GitHub, an export read without a network) the picture stays.
        """
        from IPython.display import display

        view = {VIEW: self._repr_mimebundle_()[0][VIEW], "text/html": "", "text/plain": "TinyNet's laboratory"}
        display(view, raw=True)
        display(snapshot(self._shown, mark=f"tinynet-{self.model}"), raw=True)


def page() -> str:
    return (Path(__file__).parents[1] / "page" / "lab.js").read_text()


def _address(run: Recording, step: int) -> str:
    state = {"architecture": run.network.architecture.to_json(), "recipe": run.recipe.to_json() | {"patience": 0},
      "seed": run.recipe.seed, "parameters": run.network.parameters.tolist(), "step": step, "pictures": run.examples.to_json()}
    return "#1." + base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")
