"""A network or a recording as the output of a notebook's cell: live, and a picture where that cannot be."""

from html import escape
from typing import TYPE_CHECKING, Any, Union

from tinynet.errors import TinyNetError
from tinynet.lab.notebook.snapshot import snapshot
from tinynet.model.network import Network
from tinynet.training.recording import Recording

if TYPE_CHECKING:
    from tinynet.lab.notebook.widget import Laboratory


class Picture:
    """What a notebook shows where there is no widget: HTML, or text."""

    def __init__(self, bundle: dict[str, str]) -> None:
        self.bundle = bundle

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return self.bundle

    def _repr_html_(self) -> str:
        return self.bundle["text/html"]


def shown(what: Network | Recording) -> Union["Laboratory", Picture]:
    """Return the widget, or a picture that says why there is none; of what is not there yet, a sentence."""
    try:
        return what.widget()
    except (ImportError, TinyNetError) as error:
        said = str(error)
    try:
        return Picture(snapshot(what, note=f"This is a picture: {said}"))
    except TinyNetError:
        return Picture({"text/html": f"<p>{escape(said)}</p>", "text/plain": said})


def display(what: Network | Recording) -> None:
    """Show it as an output of the present cell; in a terminal, leave it to IPython."""
    from IPython import get_ipython
    from IPython.display import publish_display_data

    if not hasattr(get_ipython(), "kernel"):
        raise NotImplementedError
    found = shown(what)
    if isinstance(found, Picture):
        publish_display_data(found.bundle)  # type: ignore[no-untyped-call]
    else:
        found._ipython_display_()
