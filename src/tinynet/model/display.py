"""How a network and a recording show themselves in a notebook: live where there are widgets, else as a picture."""

from typing import Any

from tinynet.plugins import extra, late_bound


class InNotebook:
    """What shows itself where a cell of a notebook ends with it."""

    def widget(self: Any) -> Any:
        """Return the laboratory with this in it, as a widget whose `cell` and `step` are those of the page.

        Set in Python they move the page, and a click in the page changes them (`observe` them, as of any widget).
        A network is shown before the first nudge of a training on the lines, or on gray where no lines fit it.

        Raises ImportError without anywidget, and TinyNetError for what is too large for the page.

        >>> import tinynet as tn
        >>> run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=2))
        >>> lab = run.widget()
        >>> lab.step = 5
        >>> run[lab.step].names, lab.cell
        (('bottom',), 'layer1.weight[0,0]')
        """
        extra("anywidget", "the laboratory in a notebook", "widget")
        return late_bound("InNotebook.widget")(self)

    def _ipython_display_(self: Any) -> None:
        late_bound("InNotebook._ipython_display_")(self)

    def _display_(self: Any) -> Any:  # what marimo asks for
        return late_bound("InNotebook._display_")(self)

    def _repr_html_(self: Any) -> str:  # what documentation builders ask for
        return late_bound("InNotebook._repr_html_")(self)["text/html"]
