"""Worksheets as PDF, with no browser: laid out by fpdf2 in the DejaVu fonts that come with matplotlib."""

from collections.abc import Sequence

from tinynet.exports.worksheets.content import LEGEND, Diagram, Paper, Question, Section, Table
from tinynet.exports.worksheets.pdf_canvas import BOX, INK, LOWEST, MARGIN, MUTED, PEN, WIDTH, Pages

LINE, TWO = 8.4, 14.2  # heights of a question that takes a line at most, and of one that takes two
ROW, SOLVED = 6.3, 4.8  # of a row to write in, and of one that is filled
GAP = 6.0  # between what stands side by side
RESULTS = 112.0  # width of the table of end results
WIDEST_BESIDE = 7  # columns of a table of parameters that stand beside the diagram


def document(papers: Sequence[Paper], key: Table, kind: str) -> bytes:
    """Return the questions, the solutions or the key as a PDF file; equal papers give equal bytes."""
    pages = Pages(f"TinyNet {kind}")
    if kind == "key":
        pages.start(key.title, "")
        pages.table(key._replace(title=""), WIDTH, solved=True, row=5.4)
        pages.down(pages.y + 2)
        for text in LEGEND:
            pages.words(text, ink=MUTED)
    for paper in papers if kind != "key" else ():
        _paper(pages, paper, solved=kind == "solutions")
    return pages.bytes()


def _paper(pages: Pages, paper: Paper, *, solved: bool) -> None:
    pages.start(paper.title, f"TinyNet · {paper.title.lower()} · seed {paper.seed}")
    top = pages.y - 7
    pages.put(f"seed {paper.seed}", MARGIN, top, WIDTH, 7, align="R")
    if solved:
        pages.put("solution", MARGIN + 120, top, 30, 7, ink=PEN, style="B")
    else:
        pages.put("name", MARGIN + 82, top, 10, 7)
        pages.put("date", MARGIN + 133, top, 10, 7)
        pages.pdf.set_draw_color(*MUTED)
        pages.pdf.line(MARGIN + 92, top + 5.6, MARGIN + 131, top + 5.6)
        pages.pdf.line(MARGIN + 142, top + 5.6, MARGIN + 166, top + 5.6)
    pages.pdf.set_draw_color(*INK)
    pages.pdf.line(MARGIN, top + 7.5, MARGIN + WIDTH, top + 7.5)
    pages.down(top + 9.5)
    for text in paper.words:
        pages.words(text)
    _given(pages, paper)
    for section in paper.sections:
        _section(pages, section, solved)
    if solved:
        _end(pages, paper)


def _given(pages: Pages, paper: Paper) -> None:
    """Picture and diagram at the left, the parameters beside them, or below where they are many."""
    top, x = pages.y + 3, MARGIN
    if paper.picture is not None:
        side = min(11.0, 36.0 / len(paper.picture))
        _picture(pages, paper.picture, x, top + 8, side)
        x += side * len(paper.picture[0]) + 7
    _diagram(pages, paper.diagram, x, top, 56, 38)
    x += 64
    if all(len(table.headers) <= WIDEST_BESIDE for table in paper.given):
        pages.down(top)
        for table in paper.given:
            pages.table(table, MARGIN + WIDTH - x, solved=True, row=5, x=x)
            pages.down(pages.y + 1.5)
        pages.down(max(pages.y, top + 40))
        return
    pages.down(top + 40)
    for table in paper.given:
        pages.table(table, WIDTH, solved=True, row=5)
        pages.down(pages.y + 1.5)


def _picture(pages: Pages, rows: Sequence[Sequence[float]], x: float, y: float, side: float) -> None:
    pages.pdf.set_draw_color(*MUTED)
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            pages.pdf.set_fill_color(round(255 * value))
            pages.pdf.rect(x + j * side, y + i * side, side, side, style="DF")
            ink = (255, 255, 255) if value < 0.5 else INK
            pages.put(f"{value:.3g}", x + j * side, y + i * side, side, side, ink=ink, align="C")


def _diagram(pages: Pages, diagram: Diagram, x: float, y: float, width: float, height: float) -> None:
    radius = min(3.6, 0.42 * height / max(1, sum(node[0] == 0 for node in diagram.nodes)))
    inner = width - 2 * radius
    pages.pdf.set_draw_color(138, 144, 155)
    for a, b, c, d in diagram.edges:
        pages.pdf.line(x + radius + inner * a, y + height * b, x + radius + inner * c, y + height * d)
    pages.pdf.set_draw_color(*INK)
    pages.pdf.set_fill_color(255)
    for a, b, symbol in diagram.nodes:
        across, down = x + radius + inner * a, y + height * b
        pages.pdf.circle(across, down, radius, style="DF")
        pages.put(symbol, across - radius, down - radius, 2 * radius, 2 * radius, size=8.5, align="C")


def _section(pages: Pages, section: Section, solved: bool) -> None:
    row, rows = SOLVED if solved else ROW, 0 if section.table is None else len(section.table.rows) + 1
    if row * rows > LOWEST - MARGIN - 14:
        rows = 3  # it goes over several pages in any case
    pages.need(14 + row * rows + min(3, len(section.questions)) * LINE)
    pages.down(pages.y + 3)
    pages.words(section.title, style="B", size=11)
    pages.words(section.words, ink=MUTED)
    pages.down(pages.y + 1)
    _questions(pages, section.questions, solved)
    if section.table is not None:
        pages.table(section.table, WIDTH, solved=solved, row=row)


def _questions(pages: Pages, questions: Sequence[Question], solved: bool) -> None:
    """One below the other; two that take half a line, side by side."""
    waiting: list[Question] = []
    for question in questions:
        if waiting and question.room != "half":
            _line(pages, waiting, solved)
            waiting = []
        waiting.append(question)
        if len(waiting) == 2 or question.room != "half":
            _line(pages, waiting, solved)
            waiting = []
    if waiting:
        _line(pages, waiting, solved)


def _line(pages: Pages, questions: list[Question], solved: bool) -> None:
    half, height = (WIDTH - GAP) / 2, TWO if questions[0].room == "two" else LINE
    pages.need(height)
    y = pages.y
    for k, question in enumerate(questions):
        width = half if question.room == "half" else WIDTH
        _question(pages, question, MARGIN + k * (half + GAP), y, width, solved)
    pages.down(y + height)


def _question(pages: Pages, question: Question, x: float, y: float, width: float, solved: bool) -> None:
    """Formula, room to put the numbers in, and a box; the first on a line of its own where a question takes two."""
    pdf, right = pages.pdf, x + width - BOX
    pdf.set_font(size=9)
    formula = question.formula + (" =" if question.numbers or question.room == "two" else "")
    wide = float(pdf.get_string_width(formula))
    pages.put(
        formula, x, y, min(wide + 1, width - BOX - 3), LINE if question.room != "two" else TWO - LINE + 1
    )
    left = x + wide + 2
    if question.room == "two":
        y, left = y + TWO - LINE, x + 4
    if question.numbers and solved:
        pages.put(question.numbers, left, y, right - left - 4, LINE, ink=PEN)
    elif question.numbers:
        pdf.set_draw_color(*MUTED)
        pdf.set_dash_pattern(dash=0.4, gap=0.8)
        pdf.line(left, y + LINE - 2.2, right - 5, y + LINE - 2.2)
        pdf.set_dash_pattern()
    if not question.formula.endswith(":"):
        pages.put("=", right - 4, y, 3, LINE, align="C")
    pdf.set_draw_color(*INK)
    pdf.rect(right, y + 0.9, BOX, LINE - 1.8)
    if solved:
        pages.put(question.answer, right + 0.5, y, BOX - 1, LINE, ink=PEN, style="B", align="C")


def _end(pages: Pages, paper: Paper) -> None:
    """The end results, and beside them what rounding cost."""
    pages.need(8 + SOLVED * (len(paper.results.rows) + 1))
    pages.down(pages.y + 3)
    top = pages.y
    pages.table(paper.results, RESULTS, solved=True, row=SOLVED)
    bottom = pages.y
    pages.down(top + 5)
    for text in paper.closing:
        pages.words(text, x=MARGIN + RESULTS + GAP)
    pages.down(max(bottom, pages.y))
