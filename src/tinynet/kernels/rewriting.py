"""The formulas in the form that float32 kernels compute.

The kernels use fewer operations than the sheet, in a fixed order.

The order decides how results are rounded, so these rules decide the bits of a population. The kernels compute exactly
these operations: no product is fused with a sum (FMA), and LLVM reorders nothing.
"""

from collections.abc import Iterable, Iterator, Mapping

from tinynet.core.architecture import Architecture
from tinynet.core.formulas import Formula
from tinynet.recipe import Recipe

Cells = Iterable[tuple[str, Formula | None]]
Formulas = Mapping[str, Formula | None]  # formulas of cells, by name; None for input cells

DOWN: Formula = ("neg", "rate")


def with_rate(
    cells: Cells, architecture: Architecture, recipe: Recipe
) -> Iterator[tuple[str, Formula | None]]:
    """Yield cells with the learning rate moved to the outputs.

    Plain SGD applies the rate to each parameter's gradient. Here the rate is applied to the slopes of the
    outputs.

    Every gradient is linear in the slopes of the outputs. With the slopes multiplied by -rate, a gradient is the
    parameter's change.
    """
    plain = recipe.optimizer == "sgd" and not recipe.momentum
    output = f"layer{len(architecture.sizes) - 1}.{'slope' if recipe.loss == 'mse' else 'delta'}["
    for name, formula in cells:
        match formula:
            case tuple() if plain and output in name:
                number, rest = factored(formula)
                yield name, ("*", DOWN if number == 1 else ("*", DOWN, number), rest)
            case ("*", ("neg", "rate"), gradient) if plain:
                yield name, gradient
            case ("+", gradient, ("*", "weight_decay", weight)) if plain:
                yield name, ("+", gradient, ("*", ("*", DOWN, "weight_decay"), weight))
            case _:
                yield name, formula


def ordered(formula: Formula, cells: Formulas) -> Formula:
    """Return a formula in the operation order of the kernel.

    cells : the formulas of the cells in the formula.

    >>> ordered(("+", "a", "b", "c", ("/", ("*", 2.0, "d"), 4.0)), {})
    ('+', ('+', 'a', 'b'), ('+', 'c', ('*', 0.5, 'd')))
    >>> ordered(("*", "slope", "a", ("-", 1.0, "a")), {"a": ("sigmoid", "z")})
    ('*', 'slope', ('-', 0.25, ('*', ('centered_sigmoid', 'z'), ('centered_sigmoid', 'z'))))
    """
    number, rest = factored(formula)
    if isinstance(rest, tuple):
        operation, *parts = rest
        rest = _simpler((operation, *(ordered(part, cells) for part in parts)), cells)
    return rest if number == 1 else ("*", number, rest)


def factored(formula: Formula) -> tuple[float, Formula]:
    """Split a formula into its constant factor and the rest.

    >>> factored(("/", ("*", 2.0, "e"), 4.0))
    (0.5, 'e')
    """
    match formula:
        case ("/", divided, float(number)):
            inner, rest = factored(divided)
            return inner / number, rest
        case ("*", float(number), multiplied):
            inner, rest = factored(multiplied)
            return inner * number, rest
    return 1.0, formula


def _simpler(formula: Formula, cells: Formulas) -> Formula:
    """Apply the rules to the outermost operation of a formula."""
    match formula:
        case ("*", slope, str(a), ("-", 1.0, other)) if a == other and (above := _centered_sigmoid(a, cells)):
            return ("*", slope, ("-", 0.25, ("*", above, above)))  # a (1 - a) = 1/4 - (a - 1/2)^2
        case ("-", str(a), target) if above := _centered_sigmoid(a, cells):
            return ("-", above, ("-", target, 0.5))
        case ("+", *terms) if len(terms) > 2:
            return _simpler(("+", *_paired(terms)), cells)
    return formula


def _paired(terms: list[Formula]) -> list[Formula]:
    """Return the sums of neighbors.

    The result is a tree of sums, whose additions are independent.
    """
    pairs: list[Formula] = [("+", a, b) for a, b in zip(terms[::2], terms[1::2], strict=False)]
    return pairs + terms[2 * len(pairs) :]


def _centered_sigmoid(name: str, cells: Formulas) -> Formula | None:
    """Return the formula of sigmoid(z) - 1/2, or None.

    The result is None unless the cell is sigmoid(z).
    """
    match cells.get(name):
        case ("sigmoid", z):
            return ("centered_sigmoid", z)
    return None
