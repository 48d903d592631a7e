"""The axes of a sweep's map, and its style.

The style is that of the values.
"""

from collections.abc import Callable, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from tinynet.errors import TinyNetError, advice, named
from tinynet.evaluation.verdicts import whole_percent
from tinynet.experiments.trials import AXES, Trial, varying_axes
from tinynet.plots.canvas import diverging_colormap
from tinynet.validation import check_choice, listed

if TYPE_CHECKING:
    from tinynet.experiments.plan import Plan

MAX_PANELS = 12
PROBE_VALUES = ("unsure", "first_class")  # metrics of one probe
VALUES = ("learned", "loss", "epochs_to_learn", *PROBE_VALUES)


class Layout(NamedTuple):
    """The axes and the panels of a map.

    There is a panel for each combination of values on the other axes.
    """

    x: str
    y: str | None
    panels: tuple[dict[str, Any], ...]


class Style(NamedTuple):
    """The style of a value: title, text, colors and scale."""

    title: str
    text: Callable[[float], str]
    colors: Any
    logarithmic: bool


def layout(trials: Sequence[Trial], x: str | None = None, y: str | None = None) -> Layout:
    """Choose the axes of a map.

    By default x and y are the first two axes that vary.

    Raises TinyNetError for an unknown axis and for more than 12 panels.
    """
    found = varying_axes(trials)
    for option, name in (("x", x), ("y", y)):
        if name is not None:
            check_choice(option, name, AXES)
    if x is not None and x == y:
        raise TinyNetError(f"and {named('y')} are both {x!r}. Choose two different axes.", parameter="x")
    others = [name for name in found if name not in (x, y)]
    x = x or (others.pop(0) if others else "learning_rate" if y != "learning_rate" else "epochs")
    y = y or (others.pop(0) if others else None)
    combinations = product(*(found[name] for name in others))
    panels = tuple(dict(zip(others, values, strict=True)) for values in combinations)
    if len(panels) > MAX_PANELS:
        raise TinyNetError(
            f"the values of {', '.join(others)} need {len(panels):,} maps. At most {MAX_PANELS} can be drawn. "
            "Give these axes fewer values, or choose other axes for x and y."
        )
    return Layout(x, y, panels)


def choose_layout(
    plan: "Plan",
    *,
    x: str | None = None,
    y: str | None = None,
    value: str = "learned",
    probe: str | None = None,
) -> tuple[Layout, Style]:
    """Return how `sweep_map` draws a sweep of this plan.

    probe : by default "gray", if there is such a probe.

    Raises the errors of `sweep_map` before the sweep is computed.
    """
    return layout(plan.trials, x, y), _style(plan, value, probe)


def _style(plan: "Plan", value: str, probe: str | None) -> Style:
    if plan.examples.regression and value != "loss":
        raise TinyNetError(
            f"is {value!r} and the examples have numbers to predict. It must be 'loss'. {advice('value', 'loss')}",
            parameter="value",
        )
    check_choice("value", value, VALUES)
    probe = chosen_probe(plan, probe) if value in PROBE_VALUES else None
    first = plan.examples.target_names[0]
    return {
        "learned": Style("networks that learned, %", whole_percent, "cividis", False),
        "loss": Style("median training loss", "{:.1g}".format, "cividis_r", True),
        "epochs_to_learn": Style("median epochs to learn", _thousands, "cividis_r", True),
        "unsure": Style(f"networks unsure of {probe}, %", whole_percent, "cividis", False),
        "first_class": Style(
            f"networks that predict {first} for {probe}, %", whole_percent, diverging_colormap(), False
        ),
    }[value]


def chosen_probe(plan: "Plan", probe: str | None) -> str:
    """Return the name of a probe. By default it is gray, if the plan has such a probe."""
    names = plan.probes.names
    if probe is None and "gray" not in names:
        raise TinyNetError(f"is not given. It must be one of {listed(names)}.", parameter="probe")
    return check_choice("probe", probe or "gray", names)


def _thousands(epochs: float) -> str:
    return f"{epochs:.0f}" if epochs < 1000 else f"{epochs / 1000:.3g}k"
