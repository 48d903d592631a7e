"""Notebook display of networks and recordings.

The display is an interactive widget, or a static picture without anywidget.
"""

from typing import Any

from tinynet.plugins import extra, late_bound


class InNotebook:
    """Notebook display of an object."""

    def widget(self: Any) -> Any:
        """Return the laboratory with this object as a notebook widget.

        The widget's `cell` and `step` are synchronized with the page. Set them in Python to move the page. Click
        in the page to update them. Call `observe` to follow the changes, as for any widget.

        A network is shown before the first step of a training on the lines. If the lines do not fit the network,
        the network is shown with a gray input.

        Raises ImportError without anywidget, and TinyNetError for an object that is too large for the page.

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

    def _display_(self: Any) -> Any:  # called by marimo
        return late_bound("InNotebook._display_")(self)

    def _repr_html_(self: Any) -> str:  # called by documentation builders
        return late_bound("InNotebook._repr_html_")(self)["text/html"]
