"""The requests of the page, and their results.

The package must not depend on how requests arrive.

fields.py       the types of fields, with their limits
requests.py     validated request records, and the limits of the page
choices.py      the choices of a recipe and an architecture
failures.py     the responses to mistakes in requests
sheets.py       sheets, initial parameters, pictures and recordings
chapters.py     the chapters of the journey
torch_check.py  one step computed again by PyTorch
population.py   many seeds
learner.py      the ladder, the learner and the Bayes-optimal outputs
table.py        a table that a user drops on the page
"""
