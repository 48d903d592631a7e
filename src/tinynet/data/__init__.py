"""Data sets: pictures, tables, splits and batches.

The package must not depend on networks.

missing.py         missing cells: empty cells, and words such as NA
written_numbers.py  numbers as people write them, such as $1,200 or 3,5
dialects.py        the encoding, delimiter and decimal character of a CSV file
headers.py         whether the first row has names or data
csv_rows.py        the rows of a CSV text, without blank lines and comments
problems.py        all problems of a table in one error
readers.py         CSV files, data frames and arrays, read in chunks
columns.py         the cells of a column: numbers, words and missing cells
column_roles.py    the role of each column: input, label, target or name
encoding.py        how columns become inputs: numbers, categories, dates
column_kinds.py    the kind of each input column
decimal_evidence.py  whether decimals follow a point or a comma
raw_tables.py      the cells of a table
target_columns.py  the label or the targets of a table
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
