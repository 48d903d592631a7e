"""Record a PyTorch training loop.

Watching must not change any number of the loop.

row_names.py           names for the rows of each batch
loss_matching.py       the loss function, identified by its numbers
optimizer_matching.py  the optimizer, identified by its numbers
hooks.py               hooks on forward and backward passes
tape.py                the recorded steps, and the recording they become
watch.py               the context manager `watch`
"""
