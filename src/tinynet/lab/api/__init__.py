"""The requests of the page, and their answers.

The package must not know how requests arrive.

requests.py     validated request records, and the limits of the page
sheets.py       sheets, initial parameters, pictures and recordings
chapters.py     the chapters of the story
torch_check.py  one step computed again by PyTorch
population.py   many seeds
learner.py      the ladder, the learner and the Bayes-optimal answer
table.py        a table that was dropped on the page
"""
