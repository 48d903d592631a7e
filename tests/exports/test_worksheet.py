"""Solve worksheets with rounded numbers, and compare with the printed answers."""

import json
import re
import shutil
import subprocess
from decimal import ROUND_HALF_UP, Decimal
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinynet as tn
from run_cli import tinynet
from tinynet.exports.worksheets.content import Blank
from tinynet.exports.worksheets.rounding import rounded

XOR = tn.Examples(np.array([[0.0, 1.0]]), np.array([[1.0]]), ("0 and 1",), None, ("xor",))
CLASSES = {
    "plain": {},
    "two decimals": {"decimals": 2, "seeds": [4, 9]},
    "xor": {
        "example": XOR,
        "architecture": tn.Architecture((2, 2, 1)),
        "recipe": tn.Recipe(loss="bce", learning_rate=2.5),
        "decimals": 4,
    },
    "softmax": {
        "example": tn.pictures.lines()["left"],
        "architecture": tn.Architecture((4, 2, 2, 2), "tanh", "softmax"),
        "recipe": tn.Recipe(loss="cross_entropy", learning_rate=0.5),
    },
    "relu": {"architecture": tn.Architecture((4, 2, 2), "relu", "softmax"), "seeds": [1]},
    "softplus": {"architecture": tn.Architecture((4, 2, 2), "softplus", "identity")},
}


def sheets_of(name):
    options = dict(CLASSES[name])
    return tn.worksheet(options.pop("seeds", [0]), options.pop("example", None), **options)


# --- a student: decimal arithmetic with the printed numbers, without TinyNet -----------------------------------------


def decimal(text):
    return Decimal(text.replace("−", "-"))


def tanh(x):
    return 1 - 2 / ((2 * x).exp() + 1)


FUNCTIONS = {
    "σ": lambda x: 1 / (1 + (-x).exp()), "tanh": tanh, "exp": lambda x: x.exp(), "ln": lambda x: x.ln(),
    "max": max, "step": lambda x: Decimal(x > 0), "D": Decimal,
}  # fmt: skip


def evaluate_line(numbers):
    """Return the value of a line of numbers such as `(−0.004) · 1 + 0.268`."""
    python = re.sub(r"\d+(\.\d+)?", lambda found: f"D('{found[0]}')", numbers)
    return eval(python.replace("−", "-").replace("·", "*"), {}, FUNCTIONS)


def rounded_text(value, decimals):
    text = f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) + 0:f}"
    return text.replace("-", "−")


def known_symbols(paper):
    """Return the given numbers of a paper: inputs, targets, learning rate, parameters."""
    known = dict(re.findall(r"(\S+) = (−?[\d.]*\d)", " ".join(paper.instructions[:2])))
    for row in paper.sections[-1].table.rows:
        known[row[0]] = row[1]
    return known


def filled(formula, known):
    symbols = sorted(known, key=len, reverse=True)
    pattern = "|".join(map(re.escape, symbols))
    return re.sub(pattern, lambda found: f"({known[found[0]]})", formula)


@pytest.mark.parametrize("name", CLASSES)
def test_a_student_who_rounds_every_number_finds_the_printed_answers(name):
    decimals = CLASSES[name].get("decimals", 3)
    checked = 0
    for paper in sheets_of(name).papers:
        known = known_symbols(paper)
        for question in (q for section in paper.sections for q in section.questions):
            if question.formula.endswith(":"):
                continue
            symbol, formula = question.formula.split(" = ", 1)
            known_now = filled(formula, known)
            assert rounded_text(evaluate_line(known_now), decimals) == question.answer, question
            if question.numbers:
                assert evaluate_line(question.numbers) == evaluate_line(known_now)
            known[symbol] = question.answer
            checked += 1
        for _, before, slope, gradient, change, after in paper.sections[-1].table.rows:
            assert (
                rounded_text(evaluate_line(filled(slope.split(" = ")[1], known)), decimals) == gradient.answer
            )
            assert rounded_text(-decimal(known["η"]) * decimal(gradient.answer), decimals) == change.answer
            assert rounded_text(decimal(before) + decimal(change.answer), decimals) == after.answer
            checked += 3
    cells = tn.Sheet.of(
        CLASSES[name].get("architecture", tn.Architecture()), CLASSES[name].get("recipe", tn.Recipe())
    ).cells
    given = sum(cell.formula is None for cell in cells.values())
    assert checked == (len(cells) - given) * len(sheets_of(name).papers)


@given(st.integers(-(10**6), 10**6), st.integers(1, 5))
def test_a_five_is_rounded_away_from_zero(thousandths, decimals):
    exact = Decimal(thousandths).scaleb(-decimals - 1)
    assert Decimal(repr(rounded(float(exact), decimals))) == exact.quantize(
        Decimal(1).scaleb(-decimals), ROUND_HALF_UP
    )


def test_the_solution_has_the_rounding_error():
    paper = tn.worksheet([3], decimals=2).papers[0]
    for symbol, on_paper, exact, cost in paper.results.rows:
        assert abs(decimal(on_paper) - decimal(exact)) == pytest.approx(decimal(cost), abs=Decimal("2e-5")), (
            symbol
        )
    start = tn.Network.initial(seed=3)
    start = start.with_parameters(np.array([rounded(value, 2) for value in start.parameters]))
    exact = tn.nudge(start, tn.pictures.lines()["top"], tn.Recipe(learning_rate=1.0))
    rows = {row[0]: row for row in paper.results.rows}
    assert float(rows["L"][2]) == pytest.approx(exact.loss, abs=1e-5)
    worst = decimal(paper.results.rows[-1][3])
    assert f"by {paper.results.rows[-1][3]}" in paper.closing[0]
    assert worst >= max(decimal(row[3]) for row in paper.results.rows)
    names = [row[0] for row in paper.sections[-1].table.rows]
    after = [float(decimal(row[-1].answer)) for row in paper.sections[-1].table.rows]
    assert len(names) == 23
    later = tn.nudge(start.with_parameters(np.array(after)), tn.pictures.lines()["top"]).loss
    assert (
        f"the loss of this example is {exact.loss:.5f}. After the step, it is {later:.5f}: lower"
        in paper.closing[1]
    )


def test_each_student_has_a_network_and_a_row_in_the_key():
    papers = tn.worksheet(range(5, 35))
    assert [paper.seed for paper in papers.papers] == list(range(5, 35))
    assert [row[0] for row in papers.key.rows] == [str(seed) for seed in range(5, 35)]
    for paper, row in zip(papers.papers, papers.key.rows, strict=True):
        answers = {
            q.formula.split(" = ")[0]: q.answer for section in paper.sections for q in section.questions
        }
        key = dict(zip(papers.key.headers, row, strict=True))
        assert {s: answers[s] for s in ("a²₀", "a²₁", "L", "δ²₀", "δ¹₂")} == {
            s: key[s] for s in ("a²₀", "a²₁", "L", "δ²₀", "δ¹₂")
        }
        after = {row[0] + "′": row[-1].answer for row in paper.sections[-1].table.rows}
        assert {s: key[s] for s in ("w¹₀₀′", "b²₀′")} == {s: after[s] for s in ("w¹₀₀′", "b²₀′")}
    assert len({row[3] for row in papers.key.rows}) > 20  # students cannot copy from each other


def test_questions_have_the_order_forward_loss_backward_update():
    titles = [section.title for section in tn.worksheet().papers[0].sections]
    assert [title.split(" · ")[1] for title in titles[:3]] == ["Forward", "Loss", "Backward"]
    assert "the update" in titles[3]


class PageContent(HTMLParser):
    """Collect the texts, boxes and blank cells of a page; all tags must close."""

    def __init__(self, html):
        super().__init__()
        self.open, self.texts, self.boxes, self.tags = [], [], [], []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        kind = dict(attrs).get("class") or ""
        if tag not in ("meta", "line", "circle"):
            self.open.append((tag, kind))
        if {"box", "blank"} & set(kind.split()):
            self.boxes.append("")

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        self.texts.append(data)
        if self.open and {"box", "blank"} & set(self.open[-1][1].split()):
            self.boxes[-1] += data


@pytest.mark.parametrize("name", CLASSES)
def test_the_html_of_a_worksheet_has_a_blank_for_each_answer(name):
    papers = sheets_of(name)
    expected = []
    for paper in papers.papers:
        expected += [q.answer for section in paper.sections for q in section.questions]
        expected += [
            cell.answer for row in paper.sections[-1].table.rows for cell in row if isinstance(cell, Blank)
        ]
    questions, solutions = PageContent(papers.html()), PageContent(papers.html("solutions"))
    assert solutions.boxes == expected
    assert questions.boxes == [""] * len(expected)
    assert "script" not in questions.tags + solutions.tags
    assert "Results" in solutions.texts
    assert "Results" not in questions.texts
    assert not re.search(r"(src|href)=", papers.html())


def pdf_text(data, folder):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    (folder / "it.pdf").write_bytes(data)
    command = ["pdftotext", "-layout", folder / "it.pdf", "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_only_the_solution_in_pdf_has_answers(tmp_path):
    papers = tn.worksheet([0, 1])
    questions, solutions = pdf_text(papers.pdf(), tmp_path), pdf_text(papers.pdf("solutions"), tmp_path)
    key = pdf_text(papers.key and papers.pdf("key"), tmp_path)
    for paper in papers.papers:
        lines = [line.split() for line in solutions.splitlines()]
        for row in paper.sections[-1].table.rows:
            assert [*row[:2], *row[2].split(), *(cell.answer for cell in row[3:])] in lines
        for question in (q for section in paper.sections for q in section.questions):
            assert question.formula in questions
            assert question.numbers in solutions
    assert paper.sections[0].questions[0].answer not in questions
    assert f"seed {paper.seed}" in questions
    assert "name" in questions
    assert [" ".join(row) for row in papers.key.rows] == [
        " ".join(line.split()) for line in key.splitlines() if re.match(r"\s*\d ", line)
    ]


def test_a_pdf_has_two_pages_per_student_and_reproducible_bytes():
    papers = tn.worksheet([0, 1, 2])
    assert len(re.findall(rb"/Type /Page\b", papers.pdf())) == 6
    assert len(re.findall(rb"/Type /Page\b", papers.pdf("solutions"))) == 6
    assert len(re.findall(rb"/Type /Page\b", papers.pdf("key"))) == 1
    assert papers.pdf() == papers.pdf()


def test_invalid_worksheets_are_refused():
    lines = tn.pictures.lines()
    for options, message in (
        ({"seeds": []}, "seeds has no seeds. It must have 1 to 1,000"),
        ({"seeds": [1, 1]}, "seeds has a seed twice"),
        (
            {"example": lines},
            "4 examples were given. A worksheet needs one. Choose one, such as examples\\[0\\]",
        ),
        ({"example": tn.pictures.stress()[0]}, "this example has no target"),
        ({"decimals": 0}, "decimals is 0. It must be a whole number from 1 to 6"),
        (
            {"architecture": tn.Architecture((4, 30, 2))},
            "is 30, which makes 212 parameters. A worksheet allows 120 parameters",
        ),
        ({"recipe": tn.Recipe(optimizer="adam")}, "a worksheet needs plain gradient descent"),
        ({"architecture": tn.Architecture((3, 2))}, "the examples have 4 inputs and 2 targets each"),
    ):
        with pytest.raises(tn.TinyNetError, match=message):
            tn.worksheet(**options)
    with pytest.raises(
        tn.TinyNetError, match="kind is 'answers'. It must be one of 'questions', 'solutions', 'key'"
    ):
        tn.worksheet().html("answers")


def test_pdf_names_its_missing_package_and_html_needs_no_package(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "fpdf", None)
    with pytest.raises(
        ImportError, match=r'a worksheet in PDF needs fpdf: pip install "tinynet-lab\[paper\]"'
    ):
        tn.worksheet().pdf()
    assert [path.name for path in tn.worksheet().save(tmp_path, ["html"])] == [
        "questions.html",
        "solutions.html",
        "key.html",
    ]


def test_a_refused_worksheet_leaves_no_folder(monkeypatch, tmp_path):
    from typer.testing import CliRunner

    from tinynet.cli import app

    def refused(*words):
        return CliRunner().invoke(app, ["worksheet", "--out", str(tmp_path / "class"), *words]).exception

    assert "format is 'docx'" in str(refused("--format", "html,docx"))
    assert "--seeds has more than 1,000 seeds" in str(refused("--seeds", "0..4294967295"))
    assert "Each seed must be from 0 to 4,294,967,295" in str(refused("--seeds", "0..999999999999"))
    students = "--students is 999,999,999,999. It must be a whole number from 1 to 1,000."
    assert str(refused("--students", "999999999999")) == students
    assert "'0,1', which is no 2x2 picture. Give the targets of the outputs with --target" in str(
        refused("--example", "0,1")
    )
    monkeypatch.setitem(__import__("sys").modules, "fpdf", None)
    assert isinstance(refused("--format", "html,pdf"), ImportError)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("activation", "output", "expected"),
    [
        ("sigmoid", "sigmoid", "You need a calculator with eˣ. Round"),
        ("tanh", "softmax", "You need a calculator with eˣ and tanh. Round"),
        ("relu", "identity", "Round"),
    ],
)
def test_the_instructions_list_the_calculator_functions(activation, output, expected):
    architecture = tn.Architecture((4, 2, 2), activation, output)
    words = tn.worksheet(architecture=architecture).papers[0].instructions[-1]
    assert words.removeprefix("σ(x) = 1 / (1 + e⁻ˣ). ").startswith(expected)


def test_an_example_name_that_repeats_the_inputs_is_omitted():
    example = tn.Examples(np.array([[0.0, 1.0]]), np.array([[1.0]]), ("0,1",), None, ("answer",))
    assert tn.worksheet(example=example).papers[0].instructions[:2] == (
        "Input: x₀ = 0, x₁ = 1.",
        "Target: t₀ = 1 (answer). Learning rate: η = 1.",
    )


def test_the_worksheet_command_writes_papers_for_a_class(tmp_path):
    done = tinynet("worksheet", "--students", "3", "--first-seed", "4", "--out", tmp_path / "class", "--json")
    found = json.loads(done.stdout)
    assert sorted(path.name for path in (tmp_path / "class").iterdir()) == sorted(
        f"{kind}.{form}" for kind in ("questions", "solutions", "key") for form in ("pdf", "html")
    )
    assert [row["seed"] for row in found["key"]] == [4, 5, 6]
    key = tn.worksheet([4, 5, 6]).key
    assert [list(row) for row in found["key"]] == [list(key.headers)] * 3
    assert [list(row.values()) for row in found["key"]] == [
        [float(decimal(text)) for text in row] for row in key.rows
    ]
    small = ("--example", "0,1", "--target", "1", "--hidden", "2", "--seeds", "0..2,7", "--format", "html")
    done = tinynet("worksheet", *small, "--out", tmp_path / "xor")
    assert done.stdout.splitlines() == [
        str(tmp_path / "xor" / f"{kind}.html") for kind in ("questions", "solutions", "key")
    ]
    html = (tmp_path / "xor" / "questions.html").read_text()
    assert html.count("One step of a 2-2-1 network") == 4
    wrong = tinynet("worksheet", "--seeds", "one", cwd=tmp_path)
    assert (wrong.returncode, wrong.stderr) == (
        2,
        "tinynet: --seeds is 'one'. It must be whole numbers, such as 0..29 or 3,5,8.\n",
    )
