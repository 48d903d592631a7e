"""One training, recorded step by step.

The package must not evaluate networks.

checks.py            checks that network, examples and recipe fit each other
defaults.py          the default network and recipe for examples
early_stopping.py    early stopping on a validation set, and why a training stopped
identity.py          the hash that identifies an experiment
recording_checks.py  checks that the arrays of a recording are those of its experiment
recording_file.py    the experiment and the arrays of a recording in a file
recording.py         a training whose every step can be replayed
watched.py           a recording of a training that ran in PyTorch
train.py             `train` and `nudge`
"""
