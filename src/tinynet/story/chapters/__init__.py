"""The chapters of the journey.

Each chapter is a function that yields its parts.

A chapter must not contain a fixed sentence about a result.

first_steps.py  the untrained network; one nudge
training.py     a full training; convergence
behavior.py     a fuzzy line; the hidden nodes; the stress test
confidence.py   a high learning rate; confidence; memorizer and learner
"""
