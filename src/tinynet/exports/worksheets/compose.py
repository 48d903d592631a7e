"""A nudge solved by hand, as the questions of a paper and as a row of the teacher's key."""

from collections.abc import Sequence

from tinynet.core.formulas import Formula, inputs_of
from tinynet.core.notation import TEXT, UP, Symbol, parse, text_symbol, write
from tinynet.core.sheet import Cell, compiled
from tinynet.exports.worksheets.content import Blank, Paper, Question, Section, Table, layered, room_for
from tinynet.exports.worksheets.rounding import Solved

MAX_DELTAS = 8  # nodes whose deltas stand in the key
HEADINGS = {
    "forward": ("1 · Forward", "Layer by layer: the weighted sum z of each node, and its activation a."),
    "loss": ("2 · Loss", "How far the answers are from the targets."),
    "backward": ("3 · Backward", "From the loss back: its slope by each a, and by each z (that is δ)."),
}
UPDATE = "4 · Backward to the parameters, and the update"
STEP = "The slope of the loss by each parameter, the change Δ against it, and the parameter after the nudge."


def paper_of(solved: Solved, seed: int) -> Paper:
    """Return the paper of one student."""
    picture, sizes = solved.picture, solved.network.sizes
    shape = picture.shape
    values = picture.inputs[0] if shape is None else picture.inputs[0].reshape(shape)
    cells = [[text_symbol(f"pixel[{i}]") for i in range(sizes[0])]]
    cells += [[text_symbol(f"layer{n}.a[{j}]") for j in range(size)] for n, size in enumerate(sizes[1:], 1)]
    return Paper(
        title=f"One nudge of a {'-'.join(map(str, sizes))} network",
        seed=seed,
        words=_words(solved),
        picture=None if shape is None else tuple(map(tuple, values.tolist())),
        diagram=layered(sizes, tuple(map(tuple, cells))),
        given=tuple(_given(solved, n) for n in range(1, len(sizes))),
        sections=(*(_section(solved, stop) for stop in HEADINGS), _update(solved)),
        results=_results(solved),
        closing=_closing(solved),
    )


def _words(solved: Solved) -> tuple[str, ...]:
    picture, name = solved.picture, solved.picture.names[0]
    called = f" “{name}”" if name[:1].isalpha() else ""  # else it is the numbers themselves
    inputs = ", ".join(
        f"{text_symbol(f'pixel[{i}]')} = {solved.shown(f'pixel[{i}]')}"
        for i in range(solved.network.sizes[0])
    )
    targets = ", ".join(
        f"{text_symbol(f'target[{j}]')} = {solved.shown(f'target[{j}]')} ({answer})"
        for j, answer in enumerate(picture.target_names)
    )
    formula = "σ(x) = 1 / (1 + e⁻ˣ). " if _uses(solved, "sigmoid") else ""
    return (
        f"Input{called}: {inputs}.",
        f"{'Targets' if len(picture.target_names) > 1 else 'Target'}: {targets}. Learning rate: η = {solved.shown('rate')}.",
        f"{formula}{_calculator(solved)}Round every number to {solved.decimals} decimals before you write it into "
        "its box (a 5 rounds away from zero), and go on with the rounded number.",
    )


def _calculator(solved: Solved) -> str:
    """Say which functions a student's calculator must have."""
    needs = {
        "eˣ": _uses(solved, "sigmoid") or _uses(solved, "exp"),
        "tanh": _uses(solved, "tanh"),
        "ln": _uses(solved, "log"),
    }
    functions = " and ".join(name for name, needed in needs.items() if needed)
    return f"You need a calculator with {functions}. " if functions else ""


def _uses(solved: Solved, operation: str) -> bool:
    return any(f"'{operation}'" in repr(cell.formula) for cell in solved.sheet.cells.values())


def _given(solved: Solved, n: int) -> Table:
    """Return the weights and biases of layer n: a row for each node."""
    below = [text_symbol(name) for name in inputs_of(solved.sheet.architecture, "", n)]
    rows: list[tuple[str | Blank, ...]] = []
    for j in range(solved.network.sizes[n]):
        names = [f"layer{n}.weight[{j},{i}]" for i in range(len(below))] + [f"layer{n}.bias[{j}]"]
        rows.append((text_symbol(f"layer{n}.z[{j}]"), *(solved.shown(name) for name in names)))
    layer = str(n).translate(UP)
    return Table(
        f"weights w{layer} (to, from) and biases b{layer}",
        ("to", *(f"from {a}" for a in below), f"b{layer}"),
        tuple(rows),
    )


def _section(solved: Solved, stop: str) -> Section:
    title, words = HEADINGS[stop]
    cells = [c for c in solved.sheet.cells.values() if c.phase == stop and not c.name.endswith(".gradient")]
    alike: dict[Symbol, list[Cell]] = {}
    for cell in cells:
        alike.setdefault(parse(cell.name)._replace(indices=()), []).append(cell)
    questions = [question for group in alike.values() for question in _alike(solved, group)]
    if stop == "forward" and len(solved.outputs) > 1:
        questions.append(_largest(solved))
    return Section(title, words, tuple(questions))


def _largest(solved: Solved) -> Question:
    values = [solved.values[name] for name in solved.outputs]
    answer = (
        solved.picture.target_names[values.index(max(values))] if values.count(max(values)) == 1 else "none"
    )
    return Question("the largest answer says:", "", answer, "half")


def _alike(solved: Solved, cells: list[Cell]) -> list[Question]:
    """Return the questions of cells of one kind, all with the same room."""
    found = []
    for cell in cells:
        assert cell.formula is not None
        formula, answer = _plain(cell.formula, solved), solved.shown(cell.name)
        numbers = solved.filled(formula)
        numbers = "" if numbers.strip("()") == answer else numbers
        found.append((f"{text_symbol(cell.name)} = {write(formula, TEXT)}", numbers, answer))
    rooms = [room_for(formula, numbers) for formula, numbers, _ in found]
    room = max(rooms, key=("half", "whole", "two").index)
    return [Question(*each, room) for each in found]


def _plain(formula: Formula, solved: Solved) -> Formula:
    """Return the formula without the floor under a logarithm, where the logarithm does not reach it."""
    if not isinstance(formula, tuple):
        return formula
    if formula[0] == "max" and formula[2] == -100.0 and compiled(formula[1])(solved.values) > -100:
        return formula[1]
    return (formula[0], *(_plain(part, solved) for part in formula[1:]))


def _update(solved: Solved) -> Section:
    rows: list[tuple[str | Blank, ...]] = []
    for name in solved.network.architecture.parameter_names:
        gradient = solved.sheet.cells[f"{name}.gradient"].formula
        assert gradient is not None
        symbol, slope = text_symbol(name), text_symbol(f"{name}.gradient")
        marks = (".gradient", ".change", ".after")
        blanks = [Blank(solved.shown(name + mark)) for mark in marks]
        rows.append((symbol, solved.shown(name), f"{slope} = {write(gradient, TEXT)}", *blanks))
    headers = (
        "parameter",
        "before",
        "slope of the loss by it",
        "slope",
        "Δ = −η · slope",
        "after = before + Δ",
    )
    return Section(UPDATE, STEP, table=Table("", headers, tuple(rows)))


def _results(solved: Solved) -> Table:
    names = [*solved.outputs, "loss", solved.farthest]
    rows: list[tuple[str | Blank, ...]] = []
    for name in names:
        value, exact = solved.values[name], solved.exact[name]
        cost = solved.fixed(abs(value - exact), more=3)
        rows.append((text_symbol(name), solved.shown(name), solved.fixed(exact, more=3), cost))
    headers = ("", "rounded at each step", "rounded only at the start", "rounding cost")
    return Table("End results", headers, tuple(rows))


def _closing(solved: Solved) -> tuple[str, ...]:
    count = sum(cell.formula is not None for cell in solved.sheet.cells.values())
    cost = abs(solved.values[solved.farthest] - solved.exact[solved.farthest])
    before, after = solved.exact["loss"], solved.loss_after
    way = "lower" if after < before else "not lower: the step was too long"
    return (
        f"Of the {count} numbers, rounding moved {text_symbol(solved.farthest)} most: by {solved.fixed(cost, more=3)}.",
        f"With the parameters after the nudge the loss of this picture is {solved.fixed(after, more=3)}, and it was "
        f"{solved.fixed(before, more=3)}: {way}.",
    )


def key_of(solved: Sequence[Solved], seeds: Sequence[int]) -> Table:
    """Return the numbers to check, a row for each student."""
    first = solved[0]
    sizes = first.network.sizes
    deltas = [f"layer{n}.delta[{j}]" for n in range(len(sizes) - 1, 0, -1) for j in range(sizes[n])]
    if len(deltas) > MAX_DELTAS:
        deltas = [f"layer{n}.delta[0]" for n in range(len(sizes) - 1, 0, -1)]
    after = [f"layer{n}.{kind}.after" for n in range(1, len(sizes)) for kind in ("weight[0,0]", "bias[0]")]
    names = [*first.outputs, "loss", *deltas, *after]
    headers = ("seed", *map(text_symbol, names), "L′")
    rows = [
        (str(seed), *(each.shown(name) for name in names), each.fixed(each.loss_after))
        for each, seed in zip(solved, seeds, strict=True)
    ]
    return Table(
        f"Key: one nudge of a {'-'.join(map(str, sizes))} network, {first.decimals} decimals",
        headers,
        tuple(rows),
    )
