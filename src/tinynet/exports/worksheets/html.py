"""Worksheets as one self-contained HTML file for printing.

The file has no scripts.
"""

from collections.abc import Sequence
from html import escape

from tinynet.exports.worksheets.content import (
    KEY_LEGEND,
    Blank,
    Diagram,
    Equation,
    Paper,
    Question,
    Section,
    Table,
)

STYLE = """
@page { size: A4; margin: 12mm 14mm; }
* { box-sizing: border-box; }
body { font: 9.5pt/1.35 "DejaVu Sans", "Segoe UI", system-ui, sans-serif; color: #20242c; max-width: 182mm; margin: 0 auto; }
@media screen { body { padding: 6mm; max-width: 194mm; } article + article { margin-top: 20mm; } }
article + article { break-before: page; }
header { display: flex; align-items: baseline; gap: 6mm; border-bottom: 0.4mm solid #20242c; padding-bottom: 1.5mm; }
h1 { font-size: 13pt; margin: 0; flex: 1; white-space: nowrap; }
h2 { font-size: 11pt; margin: 4mm 0 0.5mm; display: flex; justify-content: space-between; }
h2 small { font-weight: normal; font-size: 8pt; color: #5f6672; }
h2, h2 + p { break-after: avoid; }
h2 + p { color: #5f6672; }
p { margin: 1mm 0; }
.line { display: inline-block; border-bottom: 0.25mm solid #5f6672; width: 40mm; }
.line.date { width: 22mm; }
.given { display: flex; gap: 6mm; align-items: center; margin: 2mm 0; flex-wrap: wrap; }
.picture { border-collapse: collapse; }
.picture td { width: 11mm; height: 11mm; text-align: center; border: 0.25mm solid #5f6672; font-size: 9pt; }
svg { width: 62mm; height: 42mm; }
table.numbers { border-collapse: collapse; font-size: 8.5pt; margin: 1mm 0; }
table.numbers caption { text-align: left; font-weight: bold; }
table.numbers th, table.numbers td { border: 0.2mm solid #c9ccd2; padding: 0.7mm 1.8mm; text-align: right; }
table.numbers th { background: #f2f2ee; font-weight: normal; }
table.wide { width: 100%; }
table.wide td { height: 6.4mm; }
.solved table.wide td { height: 5mm; padding-block: 0; }
.solved .q { min-height: 7.6mm; }
table.numbers td.formula { text-align: left; }
.end { display: flex; gap: 6mm; align-items: start; break-inside: avoid; }
.end table { flex: none; }
table.wide th:last-child, td.blank { min-width: 24mm; }
tr, .q { break-inside: avoid; }
thead { display: table-header-group; }
.questions { display: flex; flex-wrap: wrap; column-gap: 6mm; }
.q { display: flex; align-items: center; min-height: 8.6mm; width: 100%; gap: 1.5mm; }
.q.half { width: calc(50% - 3mm); }
.q.two { flex-wrap: wrap; padding-top: 1mm; }
.q.two .formula { width: 100%; }
.rule { flex: 1; border-bottom: 0.25mm dotted #5f6672; align-self: flex-end; height: 6mm; margin-bottom: 1.4mm; min-width: 8mm; }
.numbers-in { flex: 1; }
.box { width: 25mm; height: 6.6mm; border: 0.3mm solid #20242c; border-radius: 0.8mm; text-align: center; line-height: 6mm; }
.pen { color: #1f5fa8; }
.box.pen, td.pen { font-weight: bold; }
"""


def document(papers: Sequence[Paper], key: Table, kind: str) -> str:
    """Return questions, solutions or key as an HTML document."""
    if kind == "key":
        head = f"<header><h1>{escape(key.title)}</h1></header>"
        body = f"<article>{head}{_table(key._replace(title=''), True)}{_paragraphs(KEY_LEGEND)}</article>"
    else:
        body = "".join(_paper(paper, kind == "solutions") for paper in papers)
    title = escape(f"TinyNet {kind}")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body>{body}</body></html>\n"
    )


def _paper(paper: Paper, solved: bool) -> str:
    header = (
        '<strong class="pen">solution</strong>'
        if solved
        else 'name <span class="line"></span> date <span class="line date"></span>'
    )
    given = _picture(paper) + _diagram(paper.diagram)
    given += "<div>" + "".join(_table(table, True) for table in paper.parameters) + "</div>"
    sections = "".join(_section(section, paper.seed, solved) for section in paper.sections)
    results = _results(paper) if solved else ""
    return (
        f'<article class="{"solved" if solved else "open"}">'
        f"<header><h1>{escape(paper.title)}</h1><span>{header}</span><span>seed {paper.seed}</span></header>"
        f'{_paragraphs(paper.instructions)}<div class="given">{given}</div>{sections}{results}</article>'
    )


def _picture(paper: Paper) -> str:
    if paper.picture is None:
        return ""
    rows = "".join("<tr>" + "".join(map(_pixel, row)) + "</tr>" for row in paper.picture)
    return f'<table class="picture" aria-label="the picture">{rows}</table>'


def _pixel(value: float) -> str:
    gray, ink = round(255 * value), "#fff" if value < 0.5 else "#20242c"
    look = f"background: rgb({gray} {gray} {gray}); color: {ink}; print-color-adjust: exact"
    return f'<td style="{look}">{value:.3g}</td>'


def _diagram(diagram: Diagram) -> str:
    """Return the network as SVG, 310 by 210 units."""
    edges = "".join(
        f'<line x1="{_x(a)}" y1="{_y(b)}" x2="{_x(c)}" y2="{_y(d)}" stroke="#8a909b" stroke-width="1.2"/>'
        for a, b, c, d in diagram.edges
    )
    nodes = "".join(
        f'<circle cx="{_x(x)}" cy="{_y(y)}" r="18" fill="#fff" stroke="#20242c" stroke-width="1.4"/>'
        f'<text x="{_x(x)}" y="{_y(y) + 5:.1f}" text-anchor="middle" font-size="15">{symbol}</text>'
        for x, y, symbol in diagram.nodes
    )
    return f'<svg viewBox="0 0 310 210" role="img" aria-label="the network">{edges}{nodes}</svg>'


def _x(x: float) -> float:
    return round(22 + 266 * x, 1)


def _y(y: float) -> float:
    return round(210 * y, 1)


def _section(section: Section, seed: int, solved: bool) -> str:
    questions = "".join(_question(question, solved) for question in section.questions)
    table = "" if section.table is None else _table(section.table, solved, "wide")
    return (
        f"<section><h2>{escape(section.title)} <small>seed {seed}</small></h2><p>{escape(section.text)}</p>"
        f'<div class="questions">{questions}</div>{table}</section>'
    )


def _question(question: Question, solved: bool) -> str:
    formula, numbers = escape(question.formula), ""
    if question.numbers:
        filled = f'<span class="numbers-in pen">{escape(question.numbers)}</span>'
        numbers = "<span>=</span>" + (filled if solved else '<span class="rule"></span>')
    else:
        numbers = '<span class="numbers-in"></span>'
    equals = "<span>=</span>" if question.equals else ""
    answer = (
        f'<span class="box pen">{escape(question.answer)}</span>' if solved else '<span class="box"></span>'
    )
    return f'<div class="q {question.room}"><span class="formula">{formula}</span>{numbers}{equals}{answer}</div>'


def _table(table: Table, solved: bool, look: str = "") -> str:
    caption = f"<caption>{escape(table.title)}</caption>" if table.title else ""
    head = "".join(f"<th>{escape(header)}</th>" for header in table.headers)
    rows = "".join("<tr>" + "".join(_cell(cell, solved) for cell in row) + "</tr>" for row in table.rows)
    return (
        f'<table class="numbers {look}">{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _cell(cell: str | Blank, solved: bool) -> str:
    if isinstance(cell, Blank):
        return f'<td class="blank pen">{escape(cell.answer) if solved else ""}</td>'
    look = ' class="formula"' if isinstance(cell, Equation) else ""
    return f"<td{look}>{escape(cell)}</td>"


def _results(paper: Paper) -> str:
    table = _table(paper.results._replace(title=""), True)
    closing = f"<div>{_paragraphs(paper.closing)}</div>"
    return f'<section><h2>{escape(paper.results.title)}</h2><div class="end">{table}{closing}</div></section>'


def _paragraphs(texts: Sequence[str]) -> str:
    return "".join(f"<p>{escape(text)}</p>" for text in texts)
