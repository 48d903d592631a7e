"""Worksheets on paper: a nudge to be worked out by hand, for a class."""
