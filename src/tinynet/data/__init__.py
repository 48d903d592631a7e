"""Data sets: pictures, tables, splits and batches.

The package must not know networks.

readers.py   columns of CSV files, data frames and arrays, read in chunks
tables.py    the role of each column: input, label or target
images.py    a folder of images, one subfolder for each class
scaling.py   min-max scaling
examples.py  inputs, targets and names
pictures.py  the built-in sets of 2x2 pictures
world.py     the synthetic distribution of noisy and ambiguous pictures
probes.py    ambiguous inputs to probe a network with
splits.py    stratified training, validation and held-out sets
batches.py   the examples of each step, with augmentation and noise
"""
