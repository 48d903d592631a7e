"""Bridges: into PyTorch, scikit-learn and the notebook, and out to files, code and paper; each is optional."""
