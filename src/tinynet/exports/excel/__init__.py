"""Training steps as Excel workbooks.

A workbook must not contain a result without its formula.

formulas.py  formulas, names and numbers in spreadsheet syntax
layout.py    the rows and columns of each sheet
workbook.py  the .xlsx file
"""
