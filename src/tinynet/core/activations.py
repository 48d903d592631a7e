"""The table of activation functions.

Formulas, kernels, files and options are made from this table.
"""

from collections.abc import Callable
from typing import NamedTuple

from tinynet.numerics.definitions import Formula


class Activation(NamedTuple):
    """One activation function of a single node, a = f(z).

    forward : the formula of a, from the name of z.
    slope : the factors of the formula of da/dz, from the names of a and z. An empty tuple means a slope of 1.
    module : the name of the class in `torch.nn`.
    slope_from_a : the factors of da/dz from the name of a alone, if `slope` needs z and z differs from a.
    """

    forward: Callable[[str], Formula]
    slope: Callable[[str, str], tuple[Formula, ...]]
    module: str
    slope_from_a: Callable[[str], tuple[Formula, ...]] | None = None

    def slope_by_output(self, a: str) -> tuple[Formula, ...]:
        """Return the factors of da/dz from a alone.

        >>> ACTIVATIONS["sigmoid"].slope_by_output("a")
        ('a', ('-', 1.0, 'a'))
        """
        return self.slope(a, a) if self.slope_from_a is None else self.slope_from_a(a)


ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": Activation(
        forward=lambda z: ("sigmoid", z),
        slope=lambda a, z: (a, ("-", 1.0, a)),
        module="Sigmoid",
    ),
    "tanh": Activation(
        forward=lambda z: ("tanh", z),
        slope=lambda a, z: (("-", 1.0, ("*", a, a)),),
        module="Tanh",
    ),
    "relu": Activation(
        forward=lambda z: ("max", z, 0.0),
        slope=lambda a, z: (("step", z),),
        module="ReLU",
    ),
    "identity": Activation(
        forward=lambda z: z,
        slope=lambda a, z: (),
        module="Identity",
    ),
    # ln(1 + e^z) = max(z, 0) + ln(1 + e^-|z|): the exponent is never positive, so that nothing overflows.
    "softplus": Activation(
        forward=lambda z: (
            "+",
            ("max", z, 0.0),
            ("log", ("+", 1.0, ("exp", ("neg", ("max", z, ("neg", z)))))),
        ),
        slope=lambda a, z: (("sigmoid", z),),
        module="Softplus",
        slope_from_a=lambda a: (("-", 1.0, ("exp", ("neg", a))),),
    ),
}
OUTPUTS = (*ACTIVATIONS, "softmax")  # softmax needs all nodes of its layer: see `formulas`
