"""Workbooks: a nudge, or an epoch of them, in live formulas."""
