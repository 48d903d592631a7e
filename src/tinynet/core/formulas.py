"""The formulas of one training step, as in a textbook.

The formulas are the forward pass, the loss and the backward pass.

A formula is a tree: a number, the name of a cell, or `(operation, *formulas)`. Each function yields
`(name, formula)` in the order of computation. z, a and delta have the same letters forward and backward.
In a batch of several examples, each example has its own cells, under the prefix `p`: "example0.", "example1.", …
In a weighted training, each example also has the input cell `sample_weight`, a factor of its loss.
"""

from collections.abc import Iterator

from tinynet.core.activations import ACTIVATIONS
from tinynet.core.architecture import Architecture
from tinynet.numerics.definitions import Formula as Formula
from tinynet.recipe import Recipe

Named = Iterator[tuple[str, Formula]]

EXTERNAL: Formula = ("external",)  # formula of a cell whose number PyTorch computes
SAMPLE_WEIGHT = "sample_weight"  # the cell exists only in a weighted training


def total(terms: list[Formula]) -> Formula:
    """Return the sum of the terms, from left to right."""
    return terms[0] if len(terms) == 1 else ("+", *terms)


def product(factors: list[Formula]) -> Formula:
    """Return the product of the factors, from left to right."""
    return factors[0] if len(factors) == 1 else ("*", *factors)


def over(formula: Formula, divisor: int) -> Formula:
    """Return the formula divided by a whole number.

    Division by 1 leaves the formula unchanged.
    """
    return formula if divisor == 1 else ("/", formula, float(divisor))


def prefixes(batch_size: int) -> list[str]:
    """Return the prefix of the cells of each example.

    The prefix is empty for a single example.
    """
    return [""] if batch_size == 1 else [f"example{k}." for k in range(batch_size)]


def weighted_by(p: str, formula: Formula, weighted: bool) -> Formula:
    """Return the formula times the sample weight of an example."""
    return ("*", f"{p}{SAMPLE_WEIGHT}", formula) if weighted else formula


# --- forward ---------------------------------------------------------------------------------------------------


def forward(architecture: Architecture, recipe: Recipe | None, p: str) -> Named:
    """Yield z = w a + b and a = activation(z)."""
    for n in range(1, len(architecture.sizes)):
        below = inputs_of(architecture, p, n)
        for j in range(architecture.sizes[n]):
            products: list[Formula] = [("*", f"layer{n}.weight[{j},{i}]", a) for i, a in enumerate(below)]
            yield f"{p}layer{n}.z[{j}]", ("+", *products, f"layer{n}.bias[{j}]")
        yield from activation(architecture, recipe, p, n)


def inputs_of(architecture: Architecture, p: str, n: int) -> list[str]:
    """Return the input cells of layer n.

    These cells are the inputs, or the activations of layer n - 1.
    """
    kind = f"{p}input" if n == 1 else f"{p}layer{n - 1}.a"
    return [f"{kind}[{i}]" for i in range(architecture.sizes[n - 1])]


def activation(architecture: Architecture, recipe: Recipe | None, p: str, n: int) -> Named:
    """Yield a = f(z), with f from `ACTIVATIONS` or softmax.

    For softmax the largest z is subtracted, so that exp stays finite.
    """
    kind, here = architecture.activations[n - 1], f"{p}layer{n}"
    nodes = range(architecture.sizes[n])
    if kind == "softmax":
        yield f"{here}.max", ("max", *(f"{here}.z[{j}]" for j in nodes))
        for j in nodes:
            yield f"{here}.exp[{j}]", ("exp", ("-", f"{here}.z[{j}]", f"{here}.max"))
        yield f"{here}.sum", total([f"{here}.exp[{j}]" for j in nodes])
    for j in nodes:
        share: Formula = ("/", f"{here}.exp[{j}]", f"{here}.sum")
        yield f"{here}.a[{j}]", share if kind == "softmax" else ACTIVATIONS[kind].forward(f"{here}.z[{j}]")
    if recipe is not None and recipe.loss == "cross_entropy" and n == len(architecture.sizes) - 1:
        for j in nodes:  # log(a) would lose digits if a is near 0
            yield f"{here}.log_a[{j}]", ("-", ("-", f"{here}.z[{j}]", f"{here}.max"), ("log", f"{here}.sum"))


# --- loss ------------------------------------------------------------------------------------------------------


def loss(architecture: Architecture, recipe: Recipe, p: str, weighted: bool = False) -> Named:
    """Yield the loss of one example.

    mse is the mean of (a - t)^2. bce and cross_entropy use logarithms of the outputs.

    weighted : Whether the loss is multiplied by the sample weight.
    """
    last, outputs = f"{p}layer{len(architecture.sizes) - 1}", range(architecture.sizes[-1])
    terms: list[Formula] = []
    if recipe.loss == "external":
        return
    for j in outputs:
        a, t = f"{last}.a[{j}]", f"{p}target[{j}]"
        if recipe.loss == "mse":
            yield f"{p}loss.error[{j}]", ("-", a, t)
            term: Formula = ("*", f"{p}loss.error[{j}]", f"{p}loss.error[{j}]")
        elif (
            recipe.loss == "bce"
        ):  # PyTorch's lower limit of -100 keeps the loss of a confident wrong output finite
            yes: Formula = ("*", t, ("max", ("log", a), -100.0))
            no: Formula = ("*", ("-", 1.0, t), ("max", ("log", ("-", 1.0, a)), -100.0))
            term = ("neg", ("+", yes, no))
        else:
            term = ("neg", ("*", t, f"{last}.log_a[{j}]"))
        yield f"{p}loss.term[{j}]", term
        terms.append(f"{p}loss.term[{j}]")
    mean = over(total(terms), 1 if recipe.loss == "cross_entropy" else len(outputs))
    yield f"{p}loss", weighted_by(p, mean, weighted)


def batch_loss(recipe: Recipe, batch: int) -> Named:
    """Yield the mean loss of the examples in a batch."""
    if recipe.loss == "external":
        yield "loss", EXTERNAL
    elif batch > 1:
        yield "loss", over(total([f"{p}loss" for p in prefixes(batch)]), batch)


# --- backward --------------------------------------------------------------------------------------------------


def backward(architecture: Architecture, recipe: Recipe, batch: int, p: str, weighted: bool = False) -> Named:
    """Yield slope = dL/da and delta = dL/dz.

    The last layer comes first. L is the loss of the whole batch.
    """
    last = len(architecture.sizes) - 1
    yield from output_deltas(architecture, recipe, batch, p, weighted)
    for n in range(last, 0, -1):
        if n < last:
            for j in range(architecture.sizes[n]):
                products: list[Formula] = [
                    ("*", f"layer{n + 1}.weight[{k},{j}]", f"{p}layer{n + 1}.delta[{k}]")
                    for k in range(architecture.sizes[n + 1])
                ]
                yield f"{p}layer{n}.slope[{j}]", total(products)
            yield from deltas(architecture, p, n)
        yield from shares(architecture, batch, p, n)


def output_deltas(
    architecture: Architecture, recipe: Recipe, batch: int, p: str, weighted: bool = False
) -> Named:
    """Yield the deltas of the outputs.

    The delta is a - t for bce after sigmoid and cross_entropy after softmax. Otherwise the delta is slope
    times da/dz. With sample weights, the first of these cells is multiplied by the weight.
    """
    n, outputs = len(architecture.sizes) - 1, architecture.sizes[-1]
    for j in range(outputs):
        a, t = f"{p}layer{n}.a[{j}]", f"{p}target[{j}]"
        if recipe.loss == "external":
            yield f"{p}layer{n}.slope[{j}]", EXTERNAL
        elif recipe.loss == "mse":
            twice: Formula = ("*", 2.0, f"{p}loss.error[{j}]")
            yield f"{p}layer{n}.slope[{j}]", over(weighted_by(p, twice, weighted), outputs * batch)
        else:
            count = batch if recipe.loss == "cross_entropy" else outputs * batch
            yield f"{p}layer{n}.delta[{j}]", over(weighted_by(p, ("-", a, t), weighted), count)
    if recipe.loss in ("mse", "external"):
        yield from deltas(architecture, p, n)


def deltas(architecture: Architecture, p: str, n: int) -> Named:
    """Yield delta = slope times da/dz.

    For the sigmoid da/dz is a (1 - a).
    """
    kind, here, nodes = architecture.activations[n - 1], f"{p}layer{n}", range(architecture.sizes[n])
    if kind == "softmax":
        yield f"{here}.dot", total([("*", f"{here}.slope[{j}]", f"{here}.a[{j}]") for j in nodes])
    for j in nodes:
        slope, a, z = f"{here}.slope[{j}]", f"{here}.a[{j}]", f"{here}.z[{j}]"
        if kind == "softmax":
            yield f"{here}.delta[{j}]", ("*", a, ("-", slope, f"{here}.dot"))
        else:
            yield f"{here}.delta[{j}]", product([slope, *ACTIVATIONS[kind].slope(a, z)])


def shares(architecture: Architecture, batch: int, p: str, n: int) -> Named:
    """Yield dL/dw = delta a and dL/db = delta.

    For a single example these numbers are the gradient. In a batch they are the share of one example.
    """
    mark = "gradient" if batch == 1 else "share"
    for j in range(architecture.sizes[n]):
        delta = f"{p}layer{n}.delta[{j}]"
        for i, a in enumerate(inputs_of(architecture, p, n)):
            yield f"{p}layer{n}.weight[{j},{i}].{mark}", ("*", delta, a)
        yield f"{p}layer{n}.bias[{j}].{mark}", delta


def gradients(architecture: Architecture, batch: int) -> Named:
    """Yield the gradient of a batch.

    The gradient is the sum of the shares.
    """
    if batch > 1:
        for name in architecture.parameter_names:
            yield f"{name}.gradient", total([f"{p}{name}.share" for p in prefixes(batch)])
