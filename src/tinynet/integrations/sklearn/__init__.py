"""Networks as scikit-learn estimators.

An estimator must not compute what `train` does not: its recording is a training like any other.

rows.py        rows with targets and weights, split into training and validation
estimator.py   the training that both estimators share
classifier.py  TinyNetClassifier
regressor.py   TinyNetRegressor
"""

from tinynet.plugins import extra

extra("sklearn", "a scikit-learn estimator", "sklearn")
