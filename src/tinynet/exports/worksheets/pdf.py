"""Worksheets as PDF.

The PDF is made by fpdf2, with the DejaVu fonts of matplotlib.
"""

from collections.abc import Sequence

from tinynet.exports.worksheets.content import KEY_LEGEND, Diagram, Paper, Question, Section, Table
from tinynet.exports.worksheets.pdf_canvas import BOTTOM, BOX, INK, MARGIN, MUTED, PEN, WIDTH, Pages

# millimetres
LINE, TWO_LINES = 8.4, 14.2  # height of a question on one line, and on two lines
ROW, SOLVED_ROW = 6.3, 4.8  # height of a row with blanks, and of a solved row
GAP = 6.0  # between columns
RESULTS_WIDTH = 112.0
MAX_BESIDE = 7  # columns of a parameter table that fit beside the diagram


def document(papers: Sequence[Paper], key: Table, kind: str) -> bytes:
    """Return the questions, the solutions or the key as PDF.

    Equal papers give equal bytes.
    """
    pages = Pages(f"TinyNet {kind}")
    if kind == "key":
        pages.start_paper(key.title, "")
        pages.table(key._replace(title=""), WIDTH, solved=True, row=5.4)
        pages.move_to(pages.y + 2)
        for text in KEY_LEGEND:
            pages.write_paragraph(text, ink=MUTED)
    for paper in papers if kind != "key" else ():
        _paper(pages, paper, solved=kind == "solutions")
    return pages.bytes()


def _paper(pages: Pages, paper: Paper, *, solved: bool) -> None:
    pages.start_paper(paper.title, f"TinyNet · {paper.title.lower()} · seed {paper.seed}")
    top = pages.y - 7
    pages.write_line(f"seed {paper.seed}", MARGIN, top, WIDTH, 7, align="R")
    if solved:
        pages.write_line("solution", MARGIN + 120, top, 30, 7, ink=PEN, style="B")
    else:
        pages.write_line("name", MARGIN + 82, top, 10, 7)
        pages.write_line("date", MARGIN + 133, top, 10, 7)
        pages.pdf.set_draw_color(*MUTED)
        pages.pdf.line(MARGIN + 92, top + 5.6, MARGIN + 131, top + 5.6)
        pages.pdf.line(MARGIN + 142, top + 5.6, MARGIN + 166, top + 5.6)
    pages.pdf.set_draw_color(*INK)
    pages.pdf.line(MARGIN, top + 7.5, MARGIN + WIDTH, top + 7.5)
    pages.move_to(top + 9.5)
    for text in paper.instructions:
        pages.write_paragraph(text)
    _example_and_parameters(pages, paper)
    for section in paper.sections:
        _section(pages, section, solved)
    if solved:
        _results(pages, paper)


def _example_and_parameters(pages: Pages, paper: Paper) -> None:
    """Draw the picture, the diagram and the parameters.

    The parameters are beside the diagram. If their tables are wide, the parameters are below the diagram.
    """
    top, x = pages.y + 3, MARGIN
    if paper.picture is not None:
        side = min(11.0, 36.0 / len(paper.picture))
        _picture(pages, paper.picture, x, top + 8, side)
        x += side * len(paper.picture[0]) + 7
    _diagram(pages, paper.diagram, x, top, 56, 38)
    x += 64
    if all(len(table.headers) <= MAX_BESIDE for table in paper.parameters):
        pages.move_to(top)
        for table in paper.parameters:
            pages.table(table, MARGIN + WIDTH - x, solved=True, row=5, x=x)
            pages.move_to(pages.y + 1.5)
        pages.move_to(max(pages.y, top + 40))
        return
    pages.move_to(top + 40)
    for table in paper.parameters:
        pages.table(table, WIDTH, solved=True, row=5)
        pages.move_to(pages.y + 1.5)


def _picture(pages: Pages, rows: Sequence[Sequence[float]], x: float, y: float, side: float) -> None:
    pages.pdf.set_draw_color(*MUTED)
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            pages.pdf.set_fill_color(round(255 * value))
            pages.pdf.rect(x + j * side, y + i * side, side, side, style="DF")
            ink = (255, 255, 255) if value < 0.5 else INK
            pages.write_line(f"{value:.3g}", x + j * side, y + i * side, side, side, ink=ink, align="C")


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
        pages.write_line(symbol, across - radius, down - radius, 2 * radius, 2 * radius, size=8.5, align="C")


def _section(pages: Pages, section: Section, solved: bool) -> None:
    row, rows = SOLVED_ROW if solved else ROW, 0 if section.table is None else len(section.table.rows) + 1
    if row * rows > BOTTOM - MARGIN - 14:
        rows = 3  # the table needs several pages anyway
    pages.ensure_space(14 + row * rows + min(3, len(section.questions)) * LINE)
    pages.move_to(pages.y + 3)
    pages.write_paragraph(section.title, style="B", size=11)
    pages.write_paragraph(section.text, ink=MUTED)
    pages.move_to(pages.y + 1)
    _questions(pages, section.questions, solved)
    if section.table is not None:
        pages.table(section.table, WIDTH, solved=solved, row=row)


def _questions(pages: Pages, questions: Sequence[Question], solved: bool) -> None:
    """Draw the questions below each other.

    Two short questions are side by side.
    """
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
    half, height = (WIDTH - GAP) / 2, TWO_LINES if questions[0].room == "two" else LINE
    pages.ensure_space(height)
    y = pages.y
    for k, question in enumerate(questions):
        width = half if question.room == "half" else WIDTH
        _question(pages, question, MARGIN + k * (half + GAP), y, width, solved)
    pages.move_to(y + height)


def _question(pages: Pages, question: Question, x: float, y: float, width: float, solved: bool) -> None:
    """Draw a question: formula, line for numbers, and box.

    A question on two lines has the formula on the first line.
    """
    pdf, right = pages.pdf, x + width - BOX
    pdf.set_font(size=9)
    formula = question.formula + (" =" if question.numbers or question.room == "two" else "")
    text_width = float(pdf.get_string_width(formula))
    pages.write_line(
        formula,
        x,
        y,
        min(text_width + 1, width - BOX - 3),
        LINE if question.room != "two" else TWO_LINES - LINE + 1,
    )
    left = x + text_width + 2
    if question.room == "two":
        y, left = y + TWO_LINES - LINE, x + 4
    if question.numbers and solved:
        pages.write_line(question.numbers, left, y, right - left - 4, LINE, ink=PEN)
    elif question.numbers:
        pdf.set_draw_color(*MUTED)
        pdf.set_dash_pattern(dash=0.4, gap=0.8)
        pdf.line(left, y + LINE - 2.2, right - 5, y + LINE - 2.2)
        pdf.set_dash_pattern()
    if question.equals:
        pages.write_line("=", right - 4, y, 3, LINE, align="C")
    pdf.set_draw_color(*INK)
    pdf.rect(right, y + 0.9, BOX, LINE - 1.8)
    if solved:
        pages.write_line(question.answer, right + 0.5, y, BOX - 1, LINE, ink=PEN, style="B", align="C")


def _results(pages: Pages, paper: Paper) -> None:
    """Draw the results.

    The sentences about the results are beside the table.
    """
    pages.ensure_space(8 + SOLVED_ROW * (len(paper.results.rows) + 1))
    pages.move_to(pages.y + 3)
    top = pages.y
    pages.table(paper.results, RESULTS_WIDTH, solved=True, row=SOLVED_ROW)
    bottom = pages.y
    pages.move_to(top + 5)
    for text in paper.closing:
        pages.write_paragraph(text, x=MARGIN + RESULTS_WIDTH + GAP)
    pages.move_to(max(bottom, pages.y))
