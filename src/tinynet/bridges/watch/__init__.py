"""A PyTorch loop, watched: what was seen of it becomes a recording."""
