import re
import xml.etree.ElementTree as ET

import pytest

import tinynet as tn
from tinynet.core.notation import LATEX, MATHML, TEXT, number, write
from tinynet.errors import TinyNetError

LINES = tn.pictures.lines()


@pytest.fixture(scope="module")
def moment():
    return tn.nudge(tn.Network.initial(seed=0), LINES[0])


def flat(explanation):
    yield explanation
    for factor in explanation.factors:
        yield from flat(factor)


def test_a_parameter_is_explained_down_to_inputs_and_parameters(moment):
    opened = list(flat(moment.explain("layer1.weight[0,2]")))
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
    assert len(list(flat(moment.explain("loss", depth=0)))) == 1
    assert [one.name for one in flat(moment.explain("loss", depth=1))] == [
        "loss",
        "loss.term[0]",
        "loss.term[1]",
    ]


def test_the_numbers_of_a_text_give_its_value(moment):
    """The formula with its numbers, evaluated as arithmetic, gives the value to the digits shown."""
    for one in flat(moment.explain("layer1.weight[1,1]")):
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
def test_brackets_are_written_where_needed(formula, text, latex):
    assert write(formula, TEXT) == text
    assert write(formula, LATEX) == latex


@pytest.mark.slow
@pytest.mark.parametrize(
    "recipe",
    [tn.Recipe(), tn.Recipe(momentum=0.9, nesterov=True, weight_decay=0.1), tn.Recipe(optimizer="adam"), tn.Recipe(loss="bce")],
    ids=["sgd", "nesterov", "adam", "bce"],
)  # fmt: skip
@pytest.mark.parametrize("batch", [1, 2])
def test_every_kind_of_cell_can_be_written(recipe, batch):
    moment = tn.nudge(tn.Network.initial((4, 12, 2), seed=0), LINES[:batch], recipe)
    for name in moment.sheet.cells:
        one = moment.explain(name, depth=1)
        ET.fromstring(one.html())
        assert one.latex().count("{") == one.latex().count("}")
        assert "None" not in one.text() + one.latex() + one.html()


def test_softmax_can_be_written():
    network = tn.Network.initial(seed=0, output="softmax")
    moment = tn.nudge(network, LINES[0], tn.Recipe(loss="cross_entropy"))
    assert "layer2.log_a[0] " not in str(moment.explain("loss"))
    for name in moment.sheet.cells:
        ET.fromstring(moment.explain(name).html())


def test_html_is_well_formed_and_holds_the_numbers(moment):
    root = ET.fromstring(moment.explain("layer1.weight[0,0]").html())
    assert root.tag == "details"
    numbers = {element.text for element in root.iter("mn")}
    assert number(moment.values["layer1.weight[0,0].after"]) in numbers
    assert write(("*", 2.0, "rate"), MATHML) == "<mn>2</mn><mo>·</mo><mi>η</mi>"


def test_json_has_every_factor(moment):
    document = moment.explain("loss").to_json()
    assert document["value"] == moment.loss
    assert [factor["name"] for factor in document["factors"]] == ["loss.term[0]", "loss.term[1]"]
    assert document["formula"] == "(ℓ₀ + ℓ₁) / 2"


def test_an_unknown_cell_is_refused_with_similar_names(moment):
    with pytest.raises(
        TinyNetError, match=r"no cell 'layer1.wieght\[0,2\]' .* Did you mean 'layer1.weight\[0,2\]'"
    ):
        moment.explain("layer1.wieght[0,2]")


@pytest.mark.parametrize("depth", [-1, 1.5, True])
def test_an_invalid_depth_is_refused(depth):
    moment = tn.nudge(tn.Network.initial(seed=0), tn.pictures.lines()["top"])
    with pytest.raises(tn.TinyNetError, match=f"depth is {depth}. It must be a whole number of at least 0"):
        moment.explain("loss", depth=depth)
