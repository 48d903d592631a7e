"""Data sets: pictures, tables, splits and batches.

The package must not depend on networks.

readers.py         CSV files, data frames and arrays, read in chunks
cells.py           table cells as numbers
column_roles.py    the role of each column: input, label, target or name
tables.py          tables as unscaled arrays
images.py          a folder of images, one subfolder for each class
scaling.py         min-max scaling
examples.py        inputs, targets and names
example_checks.py  checks of inputs, targets and names
pictures.py        the built-in sets of pictures
world.py           the synthetic distribution of noisy and ambiguous pictures
probes.py          ambiguous inputs to probe a network with
splits.py          stratified training, validation and held-out sets
batches.py         the examples of each step, with augmentation and noise
"""
