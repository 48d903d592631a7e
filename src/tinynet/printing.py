"""Kernels in print: the sheet of a small network as Python source, each cell a line, for Numba to compile.

What every kernel of a kind shares stands in templates/: `lanes_kernel.txt` and `record_kernel.txt`.
Number `i` of network `l` of a block of 64 stands at `block * P * 64 + i * 64 + l`.
"""

import re
from pathlib import Path

from tinynet import formulas
from tinynet.formulas import Formula
from tinynet.kernel import LANES
from tinynet.network import Architecture
from tinynet.recipe import Recipe
from tinynet.sheet import Sheet, parts

L = len(LANES)
NODE = re.compile(r"(?:picture\d+\.)?layer\d+\.a\[\d+\]")
GIVEN = re.compile(r"(?:picture(\d+)\.)?(pixel|target)\[(\d+)\]")
CALLS = {"log": "log", "sigmoid": "sigmoid", "tanh": "tanh", "exp": "exp", "sqrt": "sqrt", "step": "step"}


def lanes_source(architecture: Architecture, recipe: Recipe, examples: int) -> str:
    """Return the source of the kernel that trains 64 networks side by side.

    >>> print(lanes_source(Architecture(), Recipe(), 4).splitlines()[-1].strip())
    p[o + 1408 + l] = c123
    """
    sizes = batches(recipe, examples)
    shuffled = recipe.order == "shuffled"
    lines = [
        f"LANES = {L}",
        "",
        "@njit(cache=True, nogil=True, error_model='numpy', fastmath={'contract', 'reassoc'})",
    ]
    lines.append("def train(p, s, seeds, blocks, inputs, targets, settings, order, epochs):")
    writers = [_Writer(architecture, recipe, batch, shuffled) for batch in sizes]
    constants: dict[float, str] = {}
    bodies = [writer.body(constants) for writer in writers]
    lines += [f"    {name} = f32({value!r})" for value, name in constants.items()]
    lines += [f"    g{k} = settings[{k}]" for k in range(len(formulas.settings(recipe)))]
    whole, rest = examples // sizes[0] * sizes[0], examples % sizes[0]
    state = len(formulas.state_names(architecture, recipe))
    lines += [
        "    for block in range(blocks):",
        f"        o, q = block * {architecture.parameter_count * L}, block * {state * L}",
        "        for epoch in range(epochs[0], epochs[1]):",
    ]
    if shuffled:
        lines.append(f"            shuffle(order, seeds, block * LANES, epoch, {examples})")
    lines.append(f"            for k in range(0, {whole}, {sizes[0]}):")
    lines += bodies[0]
    if rest:
        lines.append(f"            for k in range({whole}, {examples}, {sizes[-1]}):")
        lines += bodies[-1]
    return _template("lanes") + "\n".join(lines) + "\n"


def record_source(architecture: Architecture, recipe: Recipe, examples: int) -> str:
    """Return the source of the kernel that records one network."""
    sizes = batches(recipe, examples)
    lines: list[str] = []
    for k, batch in enumerate(sizes):
        lines += _ExactWriter(architecture, recipe, batch, False).function(f"nudge{k}")
    arguments = "(p, s, slopes, outputs, inputs, targets, order, first, settings)"
    nudge = f"nudge0{arguments}"
    if len(sizes) > 1:
        nudge += f" if shown == {sizes[0]} else nudge1{arguments}"
    nodes = architecture.sizes
    named = {
        "NUDGE": nudge, "BATCH": str(sizes[0]), "NODES": str(sum(nodes[1:])), "FIRST": str(nodes[0] * nodes[1]),
        "SHUFFLED": str(recipe.order == "shuffled"),
    }  # fmt: skip
    named["NUDGES"] = "\n".join(lines)
    return re.sub(rf"\b({'|'.join(named)})\b", lambda match: named[match[0]], _template("record"))


def _template(name: str) -> str:
    return (Path(__file__).parent / "templates" / f"{name}_kernel.txt").read_text()


def batches(recipe: Recipe, examples: int) -> list[int]:
    """Return the sizes of a training's batches: the usual, and a shorter last one."""
    usual = min(recipe.batch_size, examples)
    rest = examples % usual
    return [usual, rest] if rest else [usual]


class _Writer:
    """Writes the lines of one nudge: what the parameters after it need, each cell just before its first use."""

    exact = False  # whether every operation is kept as the sheet has it

    def __init__(self, architecture: Architecture, recipe: Recipe, batch: int, shuffled: bool) -> None:
        self.sheet = Sheet.of(architecture, recipe, batch)
        self.shuffled = shuffled
        self.numbers = {name: k for k, name in enumerate(self.sheet.cells)}
        self.parameters = {name: k for k, name in enumerate(architecture.parameter_names)}
        self.state = {name: k for k, name in enumerate(formulas.state_names(architecture, recipe))}
        self.settings = {name: k for k, name in enumerate(formulas.settings(recipe))}
        self.written: set[str] = set()
        self.outside: list[str] = []  # pixels and targets that all lanes share
        self.inside: list[str] = []

    def body(self, constants: dict[float, str]) -> list[str]:
        """Return the lines inside the loop over the epoch's batches."""
        self.constants = constants
        for names, array in ((self.parameters, "p[o"), (self.state, "s[q")):
            for name, k in names.items():
                self.emit(f"{name}.after")
                self.inside.append(f"{array} + {k * L} + l] = {self.name(f'{name}.after')}")
        indent = " " * 16
        return (
            [indent + line for line in self.outside]
            + [f"{indent}for l in range(LANES):"]
            + [f"{indent}    {line}" for line in self.inside]
        )

    def emit(self, name: str) -> None:
        """Write the line of a cell, after those of the cells it uses."""
        if name in self.written or name in self.settings:
            return
        self.written.add(name)
        formula = self.sheet.cells[name].formula
        if formula is None:
            self.load(name)
            return
        for part in parts(formula):
            self.emit(part)
        self.inside.append(f"{self.name(name)} = {self.write(formula)}")

    def load(self, name: str) -> None:
        """Write where a given cell comes from."""
        if name in self.parameters:
            self.inside.append(f"{self.name(name)} = p[o + {self.parameters[name] * L} + l]")
        elif name in self.state:
            self.inside.append(f"{self.name(name)} = s[q + {self.state[name] * L} + l]")
        else:
            match = GIVEN.fullmatch(name)
            assert match is not None, name
            picture, kind, index = int(match[1] or 0), f"{match[2].replace('pixel', 'input')}s", match[3]
            row = f"order[(k + {picture}) * LANES + l]" if self.shuffled else f"k + {picture}"
            (self.inside if self.shuffled else self.outside).append(
                f"{self.name(name)} = {kind}[{row}, {index}]"
            )

    def name(self, cell: str) -> str:
        """Return the variable of a cell."""
        return f"g{self.settings[cell]}" if cell in self.settings else f"c{self.numbers[cell]}"

    def constant(self, value: float) -> str:
        """Return the variable of a constant."""
        return self.constants.setdefault(float(value), f"k{len(self.constants)}")

    def write(self, formula: Formula) -> str:
        """Return a formula as an expression."""
        if isinstance(formula, str):
            return self.name(formula)
        if not isinstance(formula, tuple):
            return self.constant(formula)
        operation, written = formula[0], [self.write(part) for part in formula[1:]]
        if operation == "/" and isinstance(formula[2], float) and not self.exact:
            return f"({written[0]} * {self.constant(1 / formula[2])})"
        if operation in ("+", "-", "*", "/"):
            return f"({f' {operation} '.join(written)})"
        if operation == "neg":
            return f"(-{written[0]})"
        if operation == "max":
            result = written[0]
            for part in written[1:]:
                result = f"larger({result}, {part})"
            return result
        return f"{CALLS[operation]}({written[0]})"


class _ExactWriter(_Writer):
    """Writes a function for one nudge of one network: every cell of the sheet, in its order."""

    exact = True

    def function(self, name: str) -> list[str]:
        """Return the lines of `name(p, s, slopes, outputs, inputs, targets, order, first, settings)`; it returns the loss
        of all pictures added up."""
        for cell in self.sheet.cells:
            self.emit(cell)
        nodes = [cell for cell in self.sheet.cells if NODE.fullmatch(cell)]
        lines = [f"@jit\ndef {name}(p, s, slopes, outputs, inputs, targets, order, first, settings):"]
        lines += [f"    g{k} = settings[{k}]" for k in self.settings.values()]
        lines += [f"    {line}" for line in self.inside]
        lines += [f"    outputs[{k}] = {self.name(cell)}" for k, cell in enumerate(nodes)]
        lines += [f"    slopes[{k}] = {self.name(f'{cell}.gradient')}" for cell, k in self.parameters.items()]
        lines += [f"    p[{k}] = {self.name(f'{cell}.after')}" for cell, k in self.parameters.items()]
        lines += [f"    s[{k}] = {self.name(f'{cell}.after')}" for cell, k in self.state.items()]
        loss = self.sheet.cells["loss"].formula  # of a batch: the mean
        whole = self.write(loss[1]) if isinstance(loss, tuple) and self.sheet.batch > 1 else self.name("loss")
        return [*lines, f"    return {whole}", ""]

    def load(self, name: str) -> None:
        """Write where a given cell comes from."""
        if name in self.parameters:
            source = f"p[{self.parameters[name]}]"
        elif name in self.state:
            source = f"s[{self.state[name]}]"
        else:
            match = GIVEN.fullmatch(name)
            assert match is not None, name
            kind = {"pixel": "inputs", "target": "targets"}[match[2]]
            source = f"{kind}[order[first + {int(match[1] or 0)}], {match[3]}]"
        self.inside.append(f"{self.name(name)} = {source}")

    def constant(self, value: float) -> str:
        """Return a constant with every digit."""
        return repr(float(value))
