"""The sheet: a network as a spreadsheet of named cells.

Each cell has a formula.

The package must not depend on data sets, files or kernels.

activations.py   the table of activation functions
architecture.py  layer sizes, activations and parameter names
initializers.py  initial parameters, with the bits of PyTorch
weights.py       an architecture with its parameters
forward.py       the forward pass in NumPy
formulas.py      forward, loss and backward as formula trees
optimizers.py    SGD, momentum and Adam as formula trees, and their state
sheet.py         the cells of one training step, evaluated
notation.py      formulas as text, LaTeX and MathML
latex.py         an explanation as a LaTeX document
explain.py       one cell, opened factor by factor
"""
