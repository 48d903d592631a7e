"""The journey in ten chapters and the Trainer Runbook.

Their contents are computed from runs.

A chapter must not contain a fixed sentence about a result.

content.py            text, tables, figures and links, the parts of a chapter
environment.py        the system, Python, PyTorch and packages of this machine
resources.py          links for readers who want to learn more
rung_effects.py       the effect of each rung of the ladder, in sentences
confidence_checks.py  the calibration and the abstention of one network
figures.py            figures that show several networks side by side
learner.py            the trained model that comes with TinyNet, and its model card
runs.py               the trainings that the chapters measure
chapters/             the chapters, each a function
journey.py            the ten chapters in order
quiz.py               the question of each chapter
runbook.py            the parts of the Trainer Runbook
html.py               the chapters as one HTML file
templates/            the HTML of a chapter and of a report
shipped/              the trained model with its model card and a figure of it
"""
