"""Check the LaTeX of explanations with KaTeX, which refuses invalid TeX."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import tinynet as tn
from run_cli import tinynet
from tinynet.core import latex, notation

WEB = Path(__file__).parents[2] / "web"
READER = """
const katex = require('katex'), trouble = []
for (const [tex, displayMode] of JSON.parse(require('fs').readFileSync(0, 'utf8')))
  try { katex.renderToString(tex, { displayMode, throwOnError: true, strict: 'error', output: 'mathml' }) }
  catch (error) { trouble.push([tex, error.message]) }
console.log(JSON.stringify(trouble))
"""
LINES = tn.pictures.lines()
MOMENTS = {
    "plain": (tn.Network.initial(seed=0), LINES["top"], tn.Recipe()),
    "adam, bce, a batch": (
        tn.Network.initial((4, 2, 2, 2), seed=1, hidden="tanh"),
        LINES,
        tn.Recipe(loss="bce", optimizer="adam", weight_decay=0.1),
    ),
    "softmax, Nesterov": (
        tn.Network.initial((4, 3, 2), seed=2, hidden="relu", output="softmax"),
        LINES["left"],
        tn.Recipe(loss="cross_entropy", momentum=0.9, nesterov=True),
    ),
    "softmax, mse": (tn.Network.initial((4, 2), output="softmax"), LINES["left"], tn.Recipe()),
    "powers of ten": (
        tn.Network.initial((4, 2), output="identity").with_parameters(np.full(10, 1e-9)), LINES, tn.Recipe(1e6),
    ),
}  # fmt: skip


def wide_moment():
    """Return a moment whose sums, means and maxima are too long for a line."""
    inputs = np.linspace(0, 1, 2 * 40).reshape(2, 40)
    examples = tn.Examples(inputs, np.eye(12)[:2], ("a", "b"), None, tuple("abcdefghijkl"))
    return tn.nudge(tn.Network.initial((40, 12), seed=0, output="softmax"), examples, tn.Recipe())


@pytest.fixture(scope="module")
def refused():
    """Return a function from (LaTeX, display mode) pairs to the errors of KaTeX."""
    if shutil.which("node") is None or not (WEB / "node_modules" / "katex").is_dir():
        pytest.skip("KaTeX is not installed: npm --prefix web ci")

    def check(formulas):
        command = ["node", "--eval", READER]
        done = subprocess.run(
            command, input=json.dumps(formulas), cwd=WEB, capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    assert [tex for tex, _ in check([("x^{1}'", True), ("x", False), (r"\frac{1}", True)])] == [
        "x^{1}'",
        r"\frac{1}",
    ]
    return check


def blocks(document):
    """Return the formulas of a document with their display mode."""
    body = document.split(r"\begin{document}")[1].split(r"\end{document}")[0]
    aligned = re.compile(r"\\begin\{align\*\}.*?\\end\{align\*\}", re.S)
    inline = re.findall(r"(?<!\\)\$(.*?)(?<!\\)\$", aligned.sub("", body))
    return [(block, True) for block in aligned.findall(body)] + [(formula, False) for formula in inline]


@pytest.mark.slow
def test_katex_accepts_every_cell_of_every_kind_of_sheet(refused):
    moments = [tn.nudge(*parts) for parts in MOMENTS.values()] + [wide_moment()]
    formulas = []
    for moment in moments:
        for name in moment.sheet.cells:
            shallow = moment.explain(name, depth=0)
            formulas += [(shallow.latex(), True), (latex.display(shallow), True)]
    assert len(formulas) > 4000
    assert refused(formulas) == []


@pytest.mark.parametrize("kind", MOMENTS)
def test_katex_accepts_documents_of_any_depth(refused, kind):
    moment = tn.nudge(*MOMENTS[kind])
    depth = 2 if len(moment.batch) == 1 else 0
    explanations = [moment.explain("layer1.weight[0,2]"), moment.explain("loss", depth=depth)]
    for explanation in explanations:
        document = explanation.latex_document()
        assert refused(blocks(document)) == []
        assert document.count(r"\begin{") == document.count(r"\end{")
        text = re.sub(r"\\begin\{align\*\}.*?\\end\{align\*\}|\$.*?\$", "", document, flags=re.S)
        assert text.isascii()
        assert not re.search(r"(?<!\\)[&_^#%]", text)
        cells = [explanation]
        for cell in cells:
            cells += cell.factors
        lines = [line for block, _ in blocks(document) for line in block.splitlines()]
        for cell in cells:  # each cell occurs once, with its value
            symbol = notation.latex_symbol(cell.name)
            assert len([line for line in lines if line.startswith(f"{symbol} &=")]) == 1


def test_broken_formulas_keep_their_terms():
    moment = wide_moment()
    for name, mark in (
        ("example0.layer1.z[0]", "+"),
        ("example0.layer1.max", r"\bigr)"),
        ("example0.loss", r"\tfrac{1}{12}"),
    ):
        cell = moment.explain(name, depth=0)
        block = latex.display(cell)
        lines = block.splitlines()[1:-1]
        assert len(lines) > 4
        assert all(latex.seen(line.split("&=")[-1].removeprefix("&")) <= latex.WIDEST + 12 for line in lines)
        assert mark in block
        for part in cell.values:
            assert len(re.findall(re.escape(notation.latex_symbol(part)) + r"(?!\d)", block)) == 1
    short = moment.explain("example0.layer1.a[0]", depth=0)
    assert len(latex.display(short).splitlines()) == 5


@pytest.mark.slow
def test_no_line_of_a_latex_document_is_wider_than_the_page():
    """Measure lines in Computer Modern at 11 points; A4 has margins of 20 mm."""
    from matplotlib import rc_context
    from matplotlib.font_manager import FontProperties
    from matplotlib.mathtext import MathTextParser

    moment, parser, widths = wide_moment(), MathTextParser("path"), []
    plain = {r"\tfrac": r"\frac", r"\bigl": "", r"\bigr": "", "&": "", r"\\": ""}
    for name in [
        *list(moment.sheet.cells)[::300],
        "example0.layer1.z[0]",
        "example0.layer1.max",
        "example0.loss",
    ]:
        for line in latex.display(moment.explain(name, depth=0)).splitlines()[1:-1]:
            for ours, theirs in plain.items():
                line = line.replace(ours, theirs)
            with rc_context({"mathtext.fontset": "cm"}):
                widths.append(parser.parse(f"${line}$", dpi=72, prop=FontProperties(size=11)).width)
    assert len(widths) > 30
    assert 100 < max(widths) / 72 * 25.4 < 170


def test_explain_prints_a_latex_document(tmp_path):
    run = tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(epochs=1))
    run.save(tmp_path / "run.safetensors")
    done = tinynet("explain", tmp_path / "run.safetensors", "loss", "--format", "document", "--depth", "1")
    assert done.stdout.rstrip() == run[0].explain("loss", depth=1).latex_document().rstrip()
    assert done.stdout.startswith(r"\documentclass")


def test_a_latex_document_has_a_maximum_size(monkeypatch):
    opened = wide_moment().explain("loss")
    monkeypatch.setattr(latex, "MAX_CELLS", 100)
    with pytest.raises(
        tn.TinyNetError, match=r"has 723 cells. A document can have at most 100. Choose a smaller"
    ):
        latex.document(opened)
