"""Networks as scikit-learn estimators.

rows.py        rows with targets and weights, split into training and validation
estimator.py   the training that both estimators share
classifier.py  TinyNetClassifier
regressor.py   TinyNetRegressor
"""

from tinynet.plugins import extra

extra("sklearn", "a scikit-learn estimator", "sklearn")
