"""Formulas as text, LaTeX and MathML, with the same symbols."""

import re
from collections.abc import Callable
from html import escape
from typing import NamedTuple

from tinynet.core.formulas import Formula

NAME = re.compile(
    r"(?:example(\d+)\.)?(?:layer(\d+)\.|(loss)\.)?([a-z_]+\d?)(?:\[([\d,]+)\])?(?:\.([a-z_.]+))?"
)
UP = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
DOWN = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")

# letter of a cell: text, LaTeX
LETTERS = {
    "input": ("x", "x"),
    "target": ("t", "t"),
    "weight": ("w", "w"),
    "bias": ("b", "b"),
    "delta": ("δ", r"\delta"),
    "error": ("e", "e"),
    "term": ("ℓ", r"\ell"),
    "loss": ("L", "L"),
    "sample_weight": ("ω", r"\omega"),
    "max": ("max z", r"\max z"),
    "exp": ("E", "E"),
    "sum": ("ΣE", r"\Sigma E"),
    "log_a": ("ln a", r"\ln a"),
    "dot": ("s", "s"),
    "rate": ("η", r"\eta"),
    "momentum": ("μ", r"\mu"),
    "weight_decay": ("λ", r"\lambda"),
    "beta1": ("β₁", r"\beta_1"),
    "beta2": ("β₂", r"\beta_2"),
    "epsilon": ("ε", r"\epsilon"),
    "decay1": ("β₁ᵗ⁻¹", r"\beta_1^{t-1}"),
    "decay2": ("β₂ᵗ⁻¹", r"\beta_2^{t-1}"),
}
AFTER_LETTERS = {"decay1": ("β₁ᵗ", r"\beta_1^{t}"), "decay2": ("β₂ᵗ", r"\beta_2^{t}")}

# symbols of the quantities of a parameter: text, LaTeX, MathML, with % for the symbol of the parameter
MARKS = {
    "gradient": ("∂L/∂%", r"\frac{\partial L}{\partial %}", "<mfrac><mrow><mo>∂</mo><mi>L</mi></mrow><mrow><mo>∂</mo>%</mrow></mfrac>"),
    "share": ("∂L/∂%", r"\frac{\partial L}{\partial %}", "<mfrac><mrow><mo>∂</mo><mi>L</mi></mrow><mrow><mo>∂</mo>%</mrow></mfrac>"),
    "change": ("Δ%", r"\Delta %", "<mo>Δ</mo>%"),
    "after": ("%′", "{%}'", "%<mo>′</mo>"),
    "used": ("u(%)", "u(%)", "<mi>u</mi><mo>(</mo>%<mo>)</mo>"),
    "decayed": ("g(%)", "g(%)", "<mi>g</mi><mo>(</mo>%<mo>)</mo>"),
    "velocity": ("v(%)", "v(%)", "<mi>v</mi><mo>(</mo>%<mo>)</mo>"),
    "velocity.after": ("v′(%)", "v'(%)", "<mi>v</mi><mo>′</mo><mo>(</mo>%<mo>)</mo>"),
    "mean": ("m(%)", "m(%)", "<mi>m</mi><mo>(</mo>%<mo>)</mo>"),
    "mean.after": ("m′(%)", "m'(%)", "<mi>m</mi><mo>′</mo><mo>(</mo>%<mo>)</mo>"),
    "mean.corrected": ("m̂(%)", r"\hat m(%)", "<mover><mi>m</mi><mo>^</mo></mover><mo>(</mo>%<mo>)</mo>"),
    "square": ("q(%)", "q(%)", "<mi>q</mi><mo>(</mo>%<mo>)</mo>"),
    "square.after": ("q′(%)", "q'(%)", "<mi>q</mi><mo>′</mo><mo>(</mo>%<mo>)</mo>"),
    "square.corrected": ("q̂(%)", r"\hat q(%)", "<mover><mi>q</mi><mo>^</mo></mover><mo>(</mo>%<mo>)</mo>"),
}  # fmt: skip


class Symbol(NamedTuple):
    """The parts of the name of a cell."""

    example: int | None
    layer: int | None
    kind: str
    indices: tuple[int, ...]
    mark: str


def parse(name: str) -> Symbol:
    """Split the name of a cell into its parts.

    >>> parse("example1.layer2.weight[0,2].share")
    Symbol(example=1, layer=2, kind='weight', indices=(0, 2), mark='share')
    """
    match = NAME.fullmatch(name)
    assert match is not None, name
    example, layer, _, kind, indices, mark = match.groups()
    numbers = tuple(int(i) for i in indices.split(",")) if indices else ()
    symbol = Symbol(example and int(example), layer and int(layer), kind, numbers, mark or "")  # type: ignore[arg-type]
    return (
        symbol._replace(kind="a", mark="gradient") if kind == "slope" else symbol
    )  # the symbol of the slope of a is dL/da


def _letter(symbol: Symbol, notation: int) -> str:
    letters = AFTER_LETTERS if symbol.kind in AFTER_LETTERS and symbol.mark == "after" else LETTERS
    return letters.get(symbol.kind, (symbol.kind, symbol.kind))[notation]


def _marked(symbol: Symbol, written: str, notation: int) -> str:
    if not symbol.mark or symbol.kind in AFTER_LETTERS:
        return written
    return MARKS[symbol.mark][notation].replace("%", written)


def text_symbol(name: str) -> str:
    """Return the symbol of a cell as plain text.

    >>> text_symbol("layer1.weight[0,2].gradient"), text_symbol("example3.layer2.delta[1]")
    ('∂L/∂w¹₀₂', 'δ²₁⟨3⟩')
    """
    symbol = parse(name)
    layer = "" if symbol.layer is None else str(symbol.layer).translate(UP)
    if any(i > 9 for i in symbol.indices) and len(symbol.indices) > 1:
        below = "[" + ",".join(map(str, symbol.indices)) + "]"  # Unicode has no subscript comma
    else:
        below = "".join(map(str, symbol.indices)).translate(DOWN)
    example = "" if symbol.example is None else f"⟨{symbol.example}⟩"
    return _marked(symbol, _letter(symbol, 0) + layer + below + example, 0)


def latex_symbol(name: str) -> str:
    """Return the symbol of a cell in LaTeX.

    >>> print(latex_symbol("layer1.weight[0,2].after"))
    {w^{(1)}_{0,2}}'
    """
    symbol = parse(name)
    above = [f"({symbol.layer})"] if symbol.layer is not None else []
    above += [f"\\langle {symbol.example} \\rangle"] if symbol.example is not None else []
    written = _letter(symbol, 1) + (f"^{{{''.join(above)}}}" if above else "")
    written += f"_{{{','.join(map(str, symbol.indices))}}}" if symbol.indices else ""
    return _marked(symbol, written, 1)


def mathml_symbol(name: str) -> str:
    """Return the symbol of a cell in MathML.

    The symbol is for use inside `<math>`.

    >>> mathml_symbol("layer1.z[0]")
    '<msubsup><mi>z</mi><mn>0</mn><mn>1</mn></msubsup>'
    """
    symbol = parse(name)
    letter = f"<mi>{escape(_letter(symbol, 0))}</mi>"
    above = f"<mn>{symbol.layer}</mn>" if symbol.layer is not None else ""
    above += f"<mtext>⟨{symbol.example}⟩</mtext>" if symbol.example is not None else ""
    above = f"<mrow>{above}</mrow>" if symbol.example is not None else above
    below = f"<mn>{','.join(map(str, symbol.indices))}</mn>" if symbol.indices else ""
    if above and below:
        written = f"<msubsup>{letter}{below}{above}</msubsup>"
    elif above or below:
        tag = "msup" if above else "msub"
        written = f"<{tag}>{letter}{above or below}</{tag}>"
    else:
        written = letter
    return _marked(symbol, written, 2)


def number(value: float) -> str:
    """Return a number with five significant digits.

    The minus sign is U+2212.

    >>> number(-0.000123456), number(2.0), number(1e-20)
    ('−0.00012346', '2', '1e−20')
    """
    written = f"{value + 0.0:.5g}"  # + 0.0 removes the minus sign of a zero
    return (
        written.replace("-", "−")
        .replace("e+0", "e")
        .replace("e+", "e")
        .replace("e−0", "e−")
        .replace("inf", "∞")
    )


class Notation(NamedTuple):
    """The rules of one notation: its symbols, numbers and operators."""

    symbol: Callable[[str], str]
    number: Callable[[str], str]
    times: str
    minus: str
    plus: str
    brackets: tuple[str, str]
    fraction: Callable[[str, str], str] | None
    call: Callable[[str, str], str]
    comma: str


def _text_call(function: str, inside: str) -> str:
    return f"{ {'sigmoid': 'σ', 'log': 'ln', 'sqrt': '√'}.get(function, function) }({inside})"


def _latex_call(function: str, inside: str) -> str:
    if function == "sqrt":
        return rf"\sqrt{{{inside}}}"
    names = {"sigmoid": r"\sigma", "log": r"\ln", "step": r"\operatorname{step}"}
    return rf"{names.get(function, chr(92) + function)}\left({inside}\right)"


def _mathml_call(function: str, inside: str) -> str:
    if function == "sqrt":
        return f"<msqrt>{inside}</msqrt>"
    name = {"sigmoid": "σ", "log": "ln"}.get(function, function)
    return f"<mi>{name}</mi><mo>(</mo>{inside}<mo>)</mo>"


TEXT = Notation(text_symbol, str, " · ", " − ", " + ", ("(", ")"), None, _text_call, ", ")
LATEX = Notation(
    latex_symbol,
    lambda n: re.sub(r"e(.*)", r" \\cdot 10^{\1}", n).replace("−", "-").replace("∞", r"\infty"),
    r" \cdot ",
    " - ",
    " + ",
    (r"\left(", r"\right)"),
    lambda top, bottom: rf"\frac{{{top}}}{{{bottom}}}",
    _latex_call,
    ", ",
)
MATHML = Notation(
    mathml_symbol,
    lambda n: f"<mn>{n}</mn>",
    "<mo>·</mo>",
    "<mo>−</mo>",
    "<mo>+</mo>",
    ("<mo>(</mo>", "<mo>)</mo>"),
    lambda top, bottom: f"<mfrac><mrow>{top}</mrow><mrow>{bottom}</mrow></mfrac>",
    _mathml_call,
    "<mo>,</mo>",
)

SUM, PRODUCT, ATOM = 1, 2, 3  # precedence of a written formula


def write(formula: Formula, notation: Notation, values: dict[str, float] | None = None) -> str:
    """Return a formula in a notation.

    The formula shows symbols, or numbers if values are given.

    >>> write(("*", "layer1.delta[0]", ("-", 1.0, "input[2]")), TEXT)
    'δ¹₀ · (1 − x₂)'
    >>> write(("*", "input[0]", "input[1]"), TEXT, {"input[0]": 0.5, "input[1]": -2.0})
    '0.5 · (−2)'
    """
    return _write(formula, notation, values)[0]


def _write(formula: Formula, to: Notation, values: dict[str, float] | None) -> tuple[str, int]:
    if isinstance(formula, str) and values is None:
        return to.symbol(formula), ATOM
    if not isinstance(formula, tuple):
        value = float(values[formula]) if isinstance(formula, str) and values is not None else float(formula)
        return to.number(number(value)), SUM if value < 0 else ATOM
    operation, arguments = formula[0], [_write(part, to, values) for part in formula[1:]]
    if operation in ("+", "-"):
        rest = [_bracketed(part, to, PRODUCT) for part in arguments[1:]]
        return (to.plus if operation == "+" else to.minus).join([arguments[0][0], *rest]), SUM
    if operation == "*":
        return to.times.join(_bracketed(part, to, PRODUCT) for part in arguments), PRODUCT
    if operation == "/":
        if to.fraction is not None:
            return to.fraction(arguments[0][0], arguments[1][0]), ATOM
        return f"{_bracketed(arguments[0], to, PRODUCT)} / {_bracketed(arguments[1], to, ATOM)}", PRODUCT
    if operation == "neg":
        return to.minus.strip() + _bracketed(arguments[0], to, ATOM), PRODUCT
    return to.call(operation, to.comma.join(part for part, _ in arguments)), ATOM


def _bracketed(part: tuple[str, int], to: Notation, least: int) -> str:
    written, binds = part
    return written if binds >= least else to.brackets[0] + written + to.brackets[1]
