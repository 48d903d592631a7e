"""A network or a recording as output of a cell.

The output is the widget, or a static picture.
"""

from html import escape
from typing import TYPE_CHECKING, Any, Union

from tinynet.errors import TinyNetError
from tinynet.lab.notebook.snapshot import snapshot
from tinynet.model.network import Network
from tinynet.training.recording import Recording

if TYPE_CHECKING:
    from tinynet.lab.notebook.widget import Laboratory


class Picture:
    """A static output without a widget, as HTML and text."""

    def __init__(self, bundle: dict[str, str]) -> None:
        self.bundle = bundle

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return self.bundle

    def _repr_html_(self) -> str:
        return self.bundle["text/html"]


def output_of(source: Network | Recording) -> Union["Laboratory", Picture]:
    """Return the widget, or a picture with a reason.

    The reason explains the missing widget.

    A recording that is not complete becomes a sentence.
    """
    try:
        return source.widget()
    except (ImportError, TinyNetError) as error:
        reason = str(error)
    try:
        return Picture(snapshot(source, note=f"This is a picture: {reason}"))
    except TinyNetError:
        return Picture({"text/html": f"<p>{escape(reason)}</p>", "text/plain": reason})


def display(source: Network | Recording) -> None:
    """Show a network or a recording below the current cell.

    In a terminal the function raises NotImplementedError, and IPython shows the text.
    """
    from IPython import get_ipython
    from IPython.display import publish_display_data

    if not hasattr(get_ipython(), "kernel"):
        raise NotImplementedError
    found = output_of(source)
    if isinstance(found, Picture):
        publish_display_data(found.bundle)  # type: ignore[no-untyped-call]
    else:
        found._ipython_display_()
