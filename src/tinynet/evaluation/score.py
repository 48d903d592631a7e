"""The scores of any network, for classes and for numbers."""

from tinynet.data.examples import Examples
from tinynet.evaluation import classification, regression
from tinynet.evaluation.classification import Score
from tinynet.evaluation.regression import RegressionScore
from tinynet.model.network import Network
from tinynet.recipe import Recipe
from tinynet.signatures import check_arguments
from tinynet.training.defaults import default_recipe
from tinynet.validation import check_type


@check_arguments
def score(
    network: Network, examples: Examples, recipe: Recipe | None = None, *, part: str = ""
) -> Score | RegressionScore:
    """Score the predictions of a network.

    Examples with classes give a Score: accuracy, loss, Brier score and calibration. Examples with numbers to predict give
    a RegressionScore: R², MAE and RMSE in the units of the table.

    recipe : Recipe, optional. The loss to compute. By default the loss of `tinynet.defaults` for the examples and the
        network's output.
    part : str. The name of the examples in verdicts, such as "held-out".

    Raises TinyNetError for examples without targets.

    >>> import tinynet as tn
    >>> score(tn.Network.initial(seed=0), tn.pictures.lines()).count
    2
    >>> table = tn.Examples.from_table({"x": [0, 1, 2], "y": [10, 20, 30]}, targets="y")
    >>> score(tn.Network.initial((1, 2, 1), seed=0), table).mae.round(2).tolist()
    [6.67]
    """
    check_type("network", network, Network, "a Network")
    check_type("examples", examples, Examples, "Examples")
    recipe = recipe or default_recipe(examples, network.architecture)
    if examples.targets is not None and examples.regression:
        return regression.score_regression(network, examples, recipe, part=part)
    return classification.score(network, examples, recipe, part=part)
