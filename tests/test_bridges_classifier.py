from sklearn.utils.estimator_checks import parametrize_with_checks

import tinynet as tn


@parametrize_with_checks([tn.TinyNetClassifier()])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)
