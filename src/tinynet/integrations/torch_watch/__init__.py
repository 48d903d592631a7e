"""Record a PyTorch training loop.

Recording must not change any number of the loop.

checks.py              checks of the model and the options
row_names.py           names for the rows of each batch
loss_matching.py       the loss function, identified by its numbers
optimizer_matching.py  the optimizer, identified by its numbers
rounding.py           bounds of rounding errors in PyTorch's arithmetic
passes.py              one forward pass, and the numbers of tensors
hooks.py               hooks on forward and backward passes
epochs.py              the epochs of a recorded loop: length, order and losses
step_log.py             the recorded steps, and the recording they become
watch.py               the context manager `watch`
"""
