import re
import xml.etree.ElementTree as ET

import pytest

import tinynet as tn
from tinynet.core.explain import title
from tinynet.core.notation import LATEX, MATHML, TEXT, number, write
from tinynet.errors import TinyNetError

LINES = tn.pictures.lines()


@pytest.fixture(scope="module")
def moment():
    return tn.nudge(tn.Network.initial(seed=0), LINES[0])


def all_explanations(explanation):
    yield explanation
    for factor in explanation.factors:
        yield from all_explanations(factor)


def test_a_parameter_is_explained_down_to_inputs_and_parameters(moment):
    opened = list(all_explanations(moment.explain("layer1.weight[0,2]")))
    names = [one.name for one in opened]
    assert names[0] == "layer1.weight[0,2].after"
    assert len(names) == len(set(names))
    assert {"layer1.weight[0,2].gradient", "layer1.delta[0]", "layer2.delta[1]", "input[2]", "rate"} <= set(
        names
    )
    leaves = {one.name for one in opened if one.formula is None}
    assert all(moment.sheet.cells[name].phase == "input" for name in leaves)
    assert all(one.value == moment.values[one.name] for one in opened)


def test_the_text_shows_formula_numbers_and_value(moment):
    text = str(moment.explain("layer1.bias[1].change", depth=1))
    change, gradient = (moment.values[f"layer1.bias[1].{mark}"] for mark in ("change", "gradient"))
    assert text.splitlines()[:3] == [
        "Δb¹₁ = −η · ∂L/∂b¹₁   change of the bias of hidden node 1",
        f"     = −0.1 · {number(gradient) if gradient > 0 else f'({number(gradient)})'}",
        f"     = {number(change)}",
    ]


def test_depth_limits_the_explanation(moment):
    assert len(list(all_explanations(moment.explain("loss", depth=0)))) == 1
    assert [one.name for one in all_explanations(moment.explain("loss", depth=1))] == [
        "loss",
        "loss.term[0]",
        "loss.term[1]",
    ]


def test_a_formula_with_numbers_evaluates_to_the_value(moment):
    """Evaluate the formula with numbers as arithmetic; compare the shown digits."""
    for one in all_explanations(moment.explain("layer1.weight[1,1]")):
        if one.formula is None:
            continue
        arithmetic = (
            write(one.formula, TEXT, one.values).replace("·", "*").replace("−", "-").replace("σ", "S")
        )
        assert re.fullmatch(r"[-+*/().\de\sS,]*", arithmetic)
        from tinynet.numerics.elementary import sigmoid

        assert eval(arithmetic, {"S": sigmoid}) == pytest.approx(one.value, rel=2e-3, abs=1e-6)


@pytest.mark.parametrize(
    ("formula", "text", "latex"),
    [
        (("*", "input[0]", ("+", "input[1]", 1.0)), "x₀ · (x₁ + 1)", r"x_{0} \cdot \left(x_{1} + 1\right)"),
        (("-", "input[0]", ("-", "input[1]", 1.0)), "x₀ − (x₁ − 1)", r"x_{0} - \left(x_{1} - 1\right)"),
        (("/", ("+", "input[0]", 1.0), 2.0), "(x₀ + 1) / 2", r"\frac{x_{0} + 1}{2}"),
        (("neg", ("*", "rate", "input[0]")), "−(η · x₀)", r"-\left(\eta \cdot x_{0}\right)"),
        (
            ("max", ("log", "input[0]"), -100.0),
            "max(ln(x₀), −100)",
            r"\max\left(\ln\left(x_{0}\right), -100\right)",
        ),
        (("sqrt", "input[3]"), "√(x₃)", r"\sqrt{x_{3}}"),
    ],
)
def test_brackets_are_written_only_if_needed(formula, text, latex):
    assert write(formula, TEXT) == text
    assert write(formula, LATEX) == latex


@pytest.mark.slow
@pytest.mark.parametrize(
    "recipe",
    [tn.Recipe(), tn.Recipe(momentum=0.9, nesterov=True, weight_decay=0.1), tn.Recipe(optimizer="adam"), tn.Recipe(loss="bce")],
    ids=["sgd", "nesterov", "adam", "bce"],
)  # fmt: skip
@pytest.mark.parametrize("batch", [1, 2])
def test_every_kind_of_cell_has_text_latex_and_html(recipe, batch):
    moment = tn.nudge(tn.Network.initial((4, 12, 2), seed=0), LINES[:batch], recipe)
    for name in moment.sheet.cells:
        one = moment.explain(name, depth=1)
        ET.fromstring(one.html())
        assert one.latex().count("{") == one.latex().count("}")
        assert "None" not in one.text() + one.latex() + one.html()


def test_softmax_cells_have_html():
    network = tn.Network.initial(seed=0, output="softmax")
    moment = tn.nudge(network, LINES[0], tn.Recipe(loss="cross_entropy"))
    assert "layer2.log_a[0] " not in str(moment.explain("loss"))
    for name in moment.sheet.cells:
        ET.fromstring(moment.explain(name).html())


def test_html_is_well_formed_and_contains_the_numbers(moment):
    root = ET.fromstring(moment.explain("layer1.weight[0,0]").html())
    assert root.tag == "details"
    numbers = {element.text for element in root.iter("mn")}
    assert number(moment.values["layer1.weight[0,0].after"]) in numbers
    assert write(("*", 2.0, "rate"), MATHML) == "<mn>2</mn><mo>·</mo><mi>η</mi>"


def test_the_json_of_an_explanation_has_every_factor(moment):
    document = moment.explain("loss").to_json()
    assert document["value"] == moment.loss
    assert [factor["name"] for factor in document["factors"]] == ["loss.term[0]", "loss.term[1]"]
    assert document["formula"] == "(ℓ₀ + ℓ₁) / 2"


def test_an_unknown_cell_is_refused_with_similar_names(moment):
    with pytest.raises(
        TinyNetError, match=r"cell is 'layer1.wieght\[0,2\]'. .* Did you mean 'layer1.weight\[0,2\]'"
    ):
        moment.explain("layer1.wieght[0,2]")


@pytest.mark.parametrize("depth", [-1, 1.5, True])
def test_an_invalid_depth_is_refused(depth):
    moment = tn.nudge(tn.Network.initial(seed=0), tn.pictures.lines()["top"])
    with pytest.raises(tn.TinyNetError, match=f"depth is {depth}. It must be a whole number of at least 0"):
        moment.explain("loss", depth=depth)


TABLE = {"a b": [0.1, 0.9, 0.4, 0.7], "c": [0.3, 0.2, 0.8, 0.6], "d": [1, 0, 1, 0], "e": [0, 0.5, 0.25, 1]}
KINDS_OF_EXAMPLES = {
    "a table": tn.Examples.from_table(TABLE | {"kind": ["x", "y", "x", "y"]}, label="kind"),
    "numbers to predict": tn.Examples.from_table(TABLE | {"price": [1, 4, 2, 8]}, targets="price"),
    "arrays": tn.Examples(list(zip(*TABLE.values(), strict=True)), [[0.0], [1.0], [0.0], [1.0]], "wxyz", None, ("yes",)),
}  # fmt: skip
RECIPES = [
    tn.Recipe(momentum=0.9, nesterov=True, weight_decay=0.1),
    tn.Recipe(optimizer="adam", weight_decay=0.1),
]


@pytest.mark.parametrize("recipe", RECIPES, ids=["sgd", "adam"])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("kind", KINDS_OF_EXAMPLES)
def test_titles_name_the_inputs_of_a_table_instead_of_pixels(kind, batch, recipe):
    examples = KINDS_OF_EXAMPLES[kind]
    network = tn.Network.initial((4, 3, len(examples.target_names)), seed=0)
    moment = tn.nudge(network, examples[:batch], recipe)
    titles = {name: title(moment.sheet, name, examples.input_names) for name in moment.sheet.cells}
    assert not [
        words for words in titles.values() if re.search("pixel|picture|brightness|-left|-right", words)
    ]
    name = "input 1" if kind == "arrays" else "c"
    assert titles["layer1.weight[2,1]"] == f"weight from {name} to hidden node 2"
    first = "example0." if batch > 1 else ""
    of_the_first = " (example 0 of the batch)" if batch > 1 else ""
    assert titles[f"{first}input[1]"] == f"value of {name}{of_the_first}"
    assert len(set(titles.values())) == len(titles)
    change = "layer1.weight[2,1].change"
    assert moment.explain(change).title == titles[change]


@pytest.mark.parametrize(
    ("shape", "name"), [((2, 2), "the top-right pixel"), ((1, 4), "the pixel in row 0, column 1"), (None, "input 1")]
)  # fmt: skip
def test_only_the_inputs_of_a_picture_have_pixel_names(shape, name):
    examples = tn.Examples([[0.0, 0.5, 0.25, 1.0]], [[1.0, 0.0]], ("one",), shape)
    assert tn.nudge(tn.Network.initial(seed=0), examples).explain("input[1]").title == f"value of {name}"


def test_softmax_has_titles_in_plain_words():
    network = tn.Network.initial((4, 3, 2), seed=0, output="softmax")
    moment = tn.nudge(network, LINES[0], tn.Recipe(loss="cross_entropy"))
    titles = {name: moment.explain(name, depth=0).title for name in moment.sheet.cells}
    assert titles["layer2.log_a[1]"] == "logarithm of the activation of output 1"
    assert titles["layer2.exp[0]"] == "exponential of the weighted sum of output 0"
    assert titles["layer2.sum"] == "sum of the exponentials"
