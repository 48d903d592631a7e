"""Training steps as exercises on paper.

Questions, solutions and key must not disagree.

rounding.py    a step computed by hand, rounded at every number
content.py     questions, blanks and tables before layout
compose.py     the questions and the key of one step
html.py        worksheets as HTML
pdf_canvas.py  the pages of a PDF
pdf.py         worksheets as PDF
worksheet.py   `worksheet`, one paper for each student
"""
