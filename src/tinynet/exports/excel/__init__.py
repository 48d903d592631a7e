"""Training steps as Excel workbooks.

A workbook must not contain a result without its formula.

formulas.py    formulas, names and numbers in spreadsheet syntax
styles.py      colors, cell formats and page setup
step_sheet.py  the worksheet of one training step
overview.py    the first worksheet: instructions, and the loss of each step
workbook.py    the .xlsx file
"""
