"""Scores, verdicts and diagnoses of trained networks.

The package must not depend on how results are displayed.

verdicts.py        counts with 95 % intervals, and percentages as text
metrics.py         the predicted class, and whether it is correct
predictions.py     the prediction for each example, and its margin
calibration.py     Brier score, expected calibration error, AUROC, temperature
classification.py  all scores of a classifier
regression.py      all scores of predicted numbers
score.py           the scores of any network
symmetry.py        the eight rotations and reflections of a square picture
bayes.py           the Bayes-optimal prediction for a picture
bayes_bounds.py    the scores of the Bayes-optimal predictions
requirements.py    the requirements of the exam: measures, labels and thresholds
exam.py            the exam, which a learner passes and a memorizer does not
baseline.py        the error beside that of the best constant prediction
diagnosis.py       why a network did not learn
comparison.py      the differences of two trainings, and their outcomes
"""
