"""Compose papers and key from steps solved by hand."""

from collections.abc import Sequence

import numpy as np

from tinynet.core.formulas import Formula, inputs_of
from tinynet.core.notation import TEXT, UP, Symbol, parse, text_symbol, write
from tinynet.core.sheet import Cell, compiled
from tinynet.evaluation.metrics import TIE, predicted_classes
from tinynet.exports.worksheets.content import (
    Blank,
    Equation,
    Paper,
    Question,
    Section,
    Table,
    network_diagram,
    room_for,
)
from tinynet.exports.worksheets.rounding import Solved

MAX_DELTAS = 8  # nodes whose deltas are in the key
HEADINGS = {
    "forward": ("1 · Forward", "Layer by layer: the weighted sum z of each node, and its activation a."),
    "loss": ("2 · Loss", "How far the outputs are from the targets."),
    "backward": (
        "3 · Backward",
        "From the loss back to the first layer: the gradient of each a, and of each z (δ).",
    ),
}
UPDATE_TITLE = "4 · Backward to the parameters, and the update"
UPDATE_TEXT = (
    "The gradient of each parameter, the change Δ against the gradient, and the parameter after the step."
)


def compose_paper(solved: Solved, seed: int) -> Paper:
    """Return the paper of one student."""
    example, sizes = solved.example, solved.network.sizes
    shape = example.shape
    values = example.inputs[0] if shape is None else example.inputs[0].reshape(shape)
    cells = [[text_symbol(f"input[{i}]") for i in range(sizes[0])]]
    cells += [[text_symbol(f"layer{n}.a[{j}]") for j in range(size)] for n, size in enumerate(sizes[1:], 1)]
    return Paper(
        title=f"One step of a {'-'.join(map(str, sizes))} network",
        seed=seed,
        instructions=_instructions(solved),
        picture=None if shape is None else tuple(map(tuple, values.tolist())),
        diagram=network_diagram(sizes, tuple(map(tuple, cells))),
        parameters=tuple(_parameter_table(solved, n) for n in range(1, len(sizes))),
        sections=(*(_section(solved, phase) for phase in HEADINGS), _update(solved)),
        results=_results(solved),
        closing=_closing(solved),
    )


def _instructions(solved: Solved) -> tuple[str, ...]:
    example, name = solved.example, solved.example.names[0]
    label = f" “{name}”" if name[:1].isalpha() else ""  # another name repeats the numbers
    inputs = ", ".join(
        f"{text_symbol(f'input[{i}]')} = {solved.text(f'input[{i}]')}" for i in range(solved.network.sizes[0])
    )
    targets = ", ".join(
        f"{text_symbol(f'target[{j}]')} = {solved.text(f'target[{j}]')} ({target_name})"
        for j, target_name in enumerate(example.target_names)
    )
    formula = "σ(x) = 1 / (1 + e⁻ˣ). " if _uses(solved, "sigmoid") else ""
    return (
        f"Input{label}: {inputs}.",
        f"{'Targets' if len(example.target_names) > 1 else 'Target'}: {targets}. Learning rate: η = {solved.text('rate')}.",
        f"{formula}{_calculator(solved)}Round every number to {solved.decimals} decimals before you write it into "
        "its box (a 5 rounds away from zero). Continue with the rounded number.",
    )


def _calculator(solved: Solved) -> str:
    """Return a sentence with the functions that a calculator needs.

    The sentence is "" if no function is needed.
    """
    needs = {
        "eˣ": _uses(solved, "sigmoid") or _uses(solved, "exp"),
        "tanh": _uses(solved, "tanh"),
        "ln": _uses(solved, "log"),
    }
    functions = " and ".join(name for name, needed in needs.items() if needed)
    return f"You need a calculator with {functions}. " if functions else ""


def _uses(solved: Solved, operation: str) -> bool:
    return any(_has(cell.formula, operation) for cell in solved.sheet.cells.values())


def _has(formula: Formula | None, operation: str) -> bool:
    return isinstance(formula, tuple) and (
        formula[0] == operation or any(_has(part, operation) for part in formula[1:])
    )


def _parameter_table(solved: Solved, n: int) -> Table:
    """Return the parameters of layer n as a table.

    Each node has a row with its weights and its bias.
    """
    sources = [text_symbol(name) for name in inputs_of(solved.sheet.architecture, "", n)]
    rows: list[tuple[str | Blank, ...]] = []
    for j in range(solved.network.sizes[n]):
        names = [f"layer{n}.weight[{j},{i}]" for i in range(len(sources))] + [f"layer{n}.bias[{j}]"]
        rows.append((text_symbol(f"layer{n}.z[{j}]"), *(solved.text(name) for name in names)))
    layer = str(n).translate(UP)
    return Table(
        f"weights w{layer} (to, from) and biases b{layer}",
        ("to", *(f"from {a}" for a in sources), f"b{layer}"),
        tuple(rows),
    )


def _section(solved: Solved, phase: str) -> Section:
    title, text = HEADINGS[phase]
    cells = [c for c in solved.sheet.cells.values() if c.phase == phase and not c.name.endswith(".gradient")]
    groups: dict[Symbol, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(parse(cell.name)._replace(indices=()), []).append(cell)
    questions = [question for group in groups.values() for question in _group_questions(solved, group)]
    if phase == "forward" and len(solved.outputs) > 1:
        questions.append(_class_question(solved))
    return Section(title, text, tuple(questions))


def _class_question(solved: Solved) -> Question:
    predicted, _ = predicted_classes(np.array([solved.values[name] for name in solved.outputs]))
    answer = "none" if predicted == TIE else solved.example.target_names[int(predicted)]
    return Question("class of the largest output:", "", answer, "half", equals=False)


def _group_questions(solved: Solved, cells: list[Cell]) -> list[Question]:
    """Return the questions of cells of one kind.

    All questions have equal room.
    """
    texts = []
    for cell in cells:
        assert cell.formula is not None
        formula, answer = _without_floor(cell.formula, solved), solved.text(cell.name)
        numbers = solved.with_numbers(formula)
        numbers = "" if numbers.strip("()") == answer else numbers
        texts.append((f"{text_symbol(cell.name)} = {write(formula, TEXT)}", numbers, answer))
    rooms = [room_for(formula, numbers) for formula, numbers, _ in texts]
    room = max(rooms, key=("half", "whole", "two").index)
    return [Question(*each, room) for each in texts]


def _without_floor(formula: Formula, solved: Solved) -> Formula:
    """Return the formula without the limit of a logarithm.

    The limit remains if the logarithm is below the limit.
    """
    if not isinstance(formula, tuple):
        return formula
    if formula[0] == "max" and formula[2] == -100.0 and compiled(formula[1])(solved.values) > -100:
        return formula[1]
    return (formula[0], *(_without_floor(part, solved) for part in formula[1:]))


def _update(solved: Solved) -> Section:
    rows: list[tuple[str | Blank, ...]] = []
    for name in solved.network.architecture.parameter_names:
        gradient = solved.sheet.cells[f"{name}.gradient"].formula
        assert gradient is not None
        symbol, derivative = text_symbol(name), text_symbol(f"{name}.gradient")
        blanks = [Blank(solved.text(name + mark)) for mark in (".gradient", ".change", ".after")]
        equation = Equation(f"{derivative} = {write(gradient, TEXT)}")
        rows.append((symbol, solved.text(name), equation, *blanks))
    headers = (
        "parameter",
        "before",
        "formula of the gradient",
        "gradient",
        "Δ = −η · gradient",
        "after = before + Δ",
    )
    return Section(UPDATE_TITLE, UPDATE_TEXT, table=Table("", headers, tuple(rows)))


def _results(solved: Solved) -> Table:
    names = [*solved.outputs, "loss", solved.most_changed]
    rows: list[tuple[str | Blank, ...]] = []
    for name in names:
        value, exact = solved.values[name], solved.exact[name]
        error = solved.decimal_text(abs(value - exact), extra=3)
        rows.append((text_symbol(name), solved.text(name), solved.decimal_text(exact, extra=3), error))
    headers = ("", "rounded every time", "rounded only at the start", "rounding error")
    return Table("Results", headers, tuple(rows))


def _closing(solved: Solved) -> tuple[str, ...]:
    count = sum(cell.formula is not None for cell in solved.sheet.cells.values())
    error = abs(solved.values[solved.most_changed] - solved.exact[solved.most_changed])
    before, after = solved.exact["loss"], solved.loss_after
    comparison = "lower" if after < before else "not lower, because the learning rate is too high"
    return (
        f"Rounding changed {text_symbol(solved.most_changed)} most among the {count} numbers: by "
        f"{solved.decimal_text(error, extra=3)}.",
        f"Before the step, the loss of this example is {solved.decimal_text(before, extra=3)}. After the step, it is "
        f"{solved.decimal_text(after, extra=3)}: {comparison}.",
    )


def _key_cells(solved: Solved) -> list[str]:
    """Return the cells to check."""
    sizes = solved.network.sizes
    deltas = [f"layer{n}.delta[{j}]" for n in range(len(sizes) - 1, 0, -1) for j in range(sizes[n])]
    if len(deltas) > MAX_DELTAS:
        deltas = [f"layer{n}.delta[0]" for n in range(len(sizes) - 1, 0, -1)]
    after = [f"layer{n}.{kind}.after" for n in range(1, len(sizes)) for kind in ("weight[0,0]", "bias[0]")]
    return [*solved.outputs, "loss", *deltas, *after]


def key_numbers(solved: Sequence[Solved], seeds: Sequence[int]) -> tuple[dict[str, float], ...]:
    """Return the numbers to check by symbol.

    Each student has a record.
    """
    names = _key_cells(solved[0])
    return tuple(
        {
            "seed": seed,
            **{text_symbol(name): each.values[name] for name in names},
            "L′": round(each.loss_after, each.decimals),
        }
        for each, seed in zip(solved, seeds, strict=True)
    )


def compose_key(solved: Sequence[Solved], seeds: Sequence[int]) -> Table:
    """Return the numbers to check as a table.

    Each student has a row.
    """
    first, names = solved[0], _key_cells(solved[0])
    headers = ("seed", *map(text_symbol, names), "L′")
    rows = [
        (str(seed), *(each.text(name) for name in names), each.decimal_text(each.loss_after))
        for each, seed in zip(solved, seeds, strict=True)
    ]
    return Table(
        f"Key: one step of a {'-'.join(map(str, first.network.sizes))} network, {first.decimals} decimals",
        headers,
        tuple(rows),
    )
