"""Networks as programs without dependencies.

A program must not depend on TinyNet.

languages.py    the syntax of C, Python and JavaScript
expressions.py  formula trees and arrays as expressions
comments.py     what the inputs and outputs mean
functions.py    the elementary functions in each language
loops.py        the formulas of a layer as loops
table_rows.py   rows of a table as inputs of the network
program.py      the whole program, from its template
templates/      the text of a program in each language
"""
