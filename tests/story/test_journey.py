import re
import xml.etree.ElementTree as ET

import pytest
from markupsafe import escape

import prose
import tinynet as tn
from tinynet.cli import terminal
from tinynet.errors import TinyNetError
from tinynet.evaluation import predictions
from tinynet.evaluation.verdicts import Verdict
from tinynet.story import html as report
from tinynet.story import journey
from tinynet.story.content import Chapter, Figure, Table, Text
from tinynet.story.quiz import QUESTIONS
from tinynet.story.resources import RESOURCES


@pytest.fixture(scope="module")
def chapters():
    return {chapter.key: chapter for chapter in tn.journey(networks=128)}


def words(chapter):
    return " ".join(part.text for part in chapter.parts if isinstance(part, Text))


def number(text):
    return float(text.replace("−", "-"))


def tables(chapter):
    return {part.title: part for part in chapter.parts if isinstance(part, Table)}


def verdicts(chapter):
    return [part for part in chapter.parts if isinstance(part, Verdict)]


def test_the_journey_has_ten_chapters_in_order(chapters):
    assert list(chapters) == [
        "look",
        "nudge",
        "train",
        "converge",
        "fuzzy",
        "inside",
        "stress",
        "high_rate",
        "confidence",
        "learner",
    ]


def test_the_look_chapter_shows_every_parameter(chapters):
    rows = tables(chapters["look"])["Every parameter before training"].rows
    named = tn.Network.initial(seed=0).named()
    assert [name for name, _ in rows] == list(named)
    assert [number(text) for _, text in rows] == pytest.approx(list(named.values()), abs=5e-7)
    assert "23 parameters" in words(chapters["look"])


def test_the_ledger_of_the_first_nudge_has_all_parameters(chapters):
    table = next(iter(tables(chapters["nudge"]).values()))
    ledger = tn.nudge(tn.Network.initial(seed=0), tn.pictures.lines()[0]).ledger()
    for shown, row in zip(table.rows, ledger, strict=True):
        assert shown[0] == row.name
        assert list(map(number, shown[1:])) == pytest.approx(row[1:], abs=5e-7)
    assert "For 23 of 23 parameters, before plus change equals after" in words(chapters["nudge"])


def test_the_training_is_measured_on_many_seeds(chapters):
    lead, first, long = verdicts(chapters["train"])
    assert first.count == 0
    assert first.n == 128
    assert long.count == tn.population(tn.Recipe(epochs=10_000), networks=128).all_right.sum()
    run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines())
    assert f"to {run.training_loss():.4f}" in words(chapters["train"])
    assert len(tables(chapters["train"])["The training loss"].rows) == 11
    assert lead.sentence.endswith(
        "2 of 4 predictions are correct. 0 of 4 have a margin of 20 points or more."
    )
    assert "tinynet.evaluation.predictions.success(percentages, tinynet.pictures.lines())" in words(
        chapters["train"]
    )


def test_the_high_rate_chapter_has_the_check_of_the_notebook(chapters):
    run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(learning_rate=5.0))
    lead = verdicts(chapters["high_rate"])[0]
    assert lead == predictions.correct_margins(run.final(tn.pictures.lines()), tn.pictures.lines())
    assert (lead.count, lead.numbers["clear"]) == (3, 2)


def test_the_learning_resources_are_the_last_part(chapters):
    last = list(chapters.values())[-1].parts[-1]
    assert last is RESOURCES
    links = {link.name: link for link in last.links}
    assert {"Backpropagation", "Gradient descent", "Activation functions"} < links.keys()
    assert [link.address.split("/")[2] for link in last.links if link.address] == [
        "www.youtube.com",
        "pytorch.org",
    ]


def test_the_order_of_the_pictures_decides_the_prediction_for_gray(chapters):
    given, turned = verdicts(chapters["stress"])
    assert given.count == 128
    assert turned.count >= 126
    assert "vertical lines come last" in given.sentence


def test_the_prediction_for_gray_is_a_coin_flip(chapters):
    learned, sure, direction, _ = verdicts(chapters["confidence"])
    assert sure.n == direction.n == learned.count
    assert sure.count >= 0.95 * sure.n
    assert "coin flip" in words(chapters["confidence"])


def test_sentences_of_the_chapters_agree_with_the_run():
    """Check the sentences of a network that learns."""
    other = {
        c.key: c
        for c in tn.journey(
            networks=64, seed=3, recipe=tn.Recipe(learning_rate=1.0, epochs=1500), epochs_factor=1
        )
    }
    assert "The network learned: 100 % of the pictures are classified correctly" in words(other["train"])
    assert "The training converges to a solution." in words(other["converge"])
    assert "The network is sure of both lines." in words(other["fuzzy"])
    assert "come mostly from the random numbers" not in words(other["inside"])
    assert not [found for chapter in other.values() for found in prose.hard_sentences(chapter.parts)]


def test_the_journey_works_with_other_sizes_and_seeds():
    architecture = tn.Architecture((4, 5, 3, 2))
    look = next(iter(tn.journey("look", seed=7, architecture=architecture, networks=2)))
    assert "4-5-3-2 network" in words(look)
    assert "seed 7" in words(look)


def test_unknown_chapters_and_sizes_are_refused():
    with pytest.raises(TinyNetError, match="chapter is 'middle'. It must be one of 'look', 'nudge'"):
        list(tn.journey("middle"))
    with pytest.raises(
        TinyNetError, match=r"sizes is \(9, 3, 2\). It must begin with 4 pixels and end with 2 outputs."
    ):
        list(tn.journey("look", architecture=tn.Architecture((9, 3, 2))))


@pytest.mark.slow
def test_every_figure_can_be_drawn(chapters):
    from tinynet import plots

    figures = [part for chapter in chapters.values() for part in chapter.parts if isinstance(part, Figure)]
    assert len(figures) >= 12
    assert all(plots.figure_of(figure.draw()).axes for figure in figures)


@pytest.mark.slow
def test_the_report_is_one_file_without_requests(chapters, tmp_path):
    page, *figures = report.write(list(chapters.values()), "A sentence on <what> was run.", tmp_path)
    assert sorted([page, *figures]) == sorted(tmp_path.iterdir())
    html = page.read_text()
    assert "A sentence on &lt;what&gt; was run." in html
    for chapter in chapters.values():
        assert f'<section id="{chapter.key}">' in html
        for verdict in verdicts(chapter):
            assert escape(verdict.sentence) in html
    assert "<script" not in html
    assert len(html) < 3_000_000
    links = [
        f'<a href="{link.address}" rel="noopener noreferrer">' for link in RESOURCES.links if link.address
    ]
    assert re.findall(r"""<[^>]*(?:src|href)=["'](?!#|data:)[^>]*>""", html) == links
    assert len(figures) == html.count("<figure>")


def test_the_terminal_prints_each_address_on_its_own_line(capsys):
    terminal.show(Chapter("end", "The end", (RESOURCES,)), 1, "figures")
    printed = capsys.readouterr().out.splitlines()
    for link in RESOURCES.links:
        line = printed.index(f"- {link.name}: {link.text}")
        assert not link.address or printed[line + 1].strip() == link.address


def test_chapters_have_html_for_a_notebook(chapters):
    html = chapters["nudge"]._repr_html_()
    ET.fromstring(f"<div>{html}</div>")
    assert "layer2.bias[1]" in html


def test_chapters_have_json(chapters):
    import json

    document = json.loads(json.dumps([chapter.to_json() for chapter in chapters.values()]))
    kinds = {part["kind"] for chapter in document for part in chapter["parts"]}
    assert kinds == {"text", "table", "figure", "verdict", "links"}
    assert journey.CHAPTERS.keys() == {chapter["key"] for chapter in document}


def test_every_sentence_of_the_chapters_is_easy_to_read(chapters):
    assert not [found for chapter in chapters.values() for found in prose.hard_sentences(chapter.parts)]


def test_every_question_is_easy_to_read():
    assert not [
        found
        for question in QUESTIONS.values()
        for text in (question.text, *question.options)
        for found in prose.hard(text)
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It has " + "word " * 23 + "here.", 1),
        ("It has " + "word " * 22 + "here.", 0),
        ("Short. " + "word " * 20 + "then: " + "word " * 10 + "end.", 1),
        ("One (95 % interval 0 % to 1 %) and two (95 % interval 0 % to 2 %).", 1),
        ("What is not shown is not learned.", 1),
        ("What is a nudge?", 0),
    ],
)
def test_a_hard_sentence_is_found(text, found):
    assert len(prose.hard(text)) == found


def test_a_long_sentence_is_found_in_every_part():
    long = "word " * 26
    figure = Figure("name", long, lambda: None)
    table = Table("title", ("column",), ((long,),))
    for part in (Text(long), Verdict(long, None, 1), figure, table):
        assert len(prose.hard_sentences([part])) == 1
