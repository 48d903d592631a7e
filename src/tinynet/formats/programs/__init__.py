"""Networks as programs without dependencies.

A program must not depend on TinyNet.

languages.py    the syntax of C, Python and JavaScript
expressions.py  formula trees as expressions
functions.py    the elementary functions in each language
loops.py        the formulas of a layer as loops
program.py      the whole program, from its template
templates/      the text of a program in each language
"""
