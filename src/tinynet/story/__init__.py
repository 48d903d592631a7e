"""The journey in ten chapters and the Trainer Runbook, computed from runs.

A chapter must not contain a fixed sentence about a result.

content.py      text, tables, figures and links, the parts of a chapter
environment.py  the system, Python, PyTorch and packages of this machine
learner.py      the trained model that comes with TinyNet, and its model card
runbook.py      the chapters of the Trainer Runbook
journey.py      the ten chapters
quiz.py         the question of each chapter
html.py         the chapters as one HTML file
"""
