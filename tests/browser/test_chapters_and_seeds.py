"""Test chapters and populations by clicks in a real browser."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

import tinynet as tn
from page_actions import fragment
from tinynet.evaluation.verdicts import Verdict
from tinynet.story import journey as story
from tinynet.story import quiz
from tinynet.story.content import Links, Table, Text
from tinynet.story.runs import Journey
from tinynet.training import train as training

LINES = tn.pictures.lines()
RUN = tn.train(tn.Network.initial(seed=0), LINES)


@pytest.mark.parametrize("noise", [0.0, 0.4])
def test_a_population_and_one_of_its_seeds_equal_python(open_page, noise):
    recipe = tn.Recipe(learning_rate=5.0, noise=noise)
    page = open_page(fragment({"recipe": {"learning_rate": 5, "noise": noise}}))
    page.get_by_label("Number of seeds").select_option("1000")
    page.get_by_role("button", name="Measure", exact=True).click()
    trained = tn.population(recipe, networks=1000)
    expect(page.locator("[data-verdict]")).to_have_text(
        str(trained.fraction(trained.all_right, "get all 4 pictures right"))
    )
    page.get_by_label("Question").select_option("first_class")
    gaps = trained.margins(tn.train(tn.Network.initial(seed=0), LINES, recipe).batch(0))[:, 0]
    expect(page.locator(".at-many-seeds")).to_contain_text(
        "Picture: top with the noise of step 0." if noise else "Picture: top."
    )
    expect(page.locator("[data-verdict]")).to_have_text(
        str(trained.fraction(gaps > 0, "predict horizontal for this picture"))
    )
    page.locator(".at-many-seeds svg [role=button]").last.click()
    member = page.locator(".at-many-seeds .link").first
    seed = int(member.inner_text())
    member.click()
    expect(page.get_by_role("spinbutton", name="Seed")).to_have_value(str(seed))
    run = tn.train(tn.Network.initial(seed=seed), LINES, replace(recipe, seed=seed))
    expect(page.locator(".at-timeline")).to_contain_text(f"at the end: {run.training_loss():.4f}")
    assert gaps[seed] > 0


def test_the_training_of_a_population_can_be_cancelled(open_page):
    page = open_page(fragment({"recipe": {"epochs": 2000}}))
    page.get_by_label("Number of seeds").select_option("1000000")
    page.get_by_role("button", name="Measure", exact=True).click()
    expect(page.locator(".at-many-seeds progress")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Measure", exact=True)).to_be_visible()
    page.get_by_label("Number of seeds").select_option("1000")
    page.keyboard.press("Home")


def test_a_chapter_shows_the_measured_answer_only_after_a_guess(open_page):
    page = open_page()
    page.get_by_role("button", name="3 Train").click()
    expect(page.get_by_role("button", name="Reveal")).to_be_disabled()
    page.get_by_role("radio", name="all four").check()
    page.get_by_role("button", name="Reveal").click()
    chapter = page.locator(".chapter")
    expect(chapter.locator(".answer")).to_contain_text("Incorrect Measured: two.")
    trained = tn.population(networks=1000)
    expect(chapter).to_contain_text(
        str(trained.fraction(trained.all_right, "get all four pictures right after 100 epochs"))
    )
    assert chapter.locator("img").evaluate("image => image.naturalWidth") > 100
    page.get_by_role("button", name="Close chapter").click()
    expect(chapter).to_have_count(0)


@pytest.mark.parametrize("key", story.CHAPTERS)
def test_every_chapter_shows_the_parts_of_the_journey(open_page, key):
    page = open_page()
    journey = Journey(networks=1000)
    expected, question = story.chapter(journey, key), quiz.QUESTIONS[key]
    page.get_by_role("navigation").get_by_role("button", name=key.replace("_", " ").capitalize()).click()
    chapter = page.locator(".chapter")
    expect(chapter).to_contain_text(question.text)
    right = question.answer(journey)
    page.get_by_role("radio", name=question.options[right], exact=True).check()
    page.get_by_role("button", name="Reveal").click()
    expect(chapter.locator(".answer")).to_contain_text("Correct")
    shown = chapter.locator(".parts").inner_text()
    for part in expected.parts:
        if isinstance(part, Text | Verdict):
            assert (part.text if isinstance(part, Text) else part.sentence).split("\n")[0] in shown
        elif isinstance(part, Table):
            expect(chapter.get_by_role("group").filter(has_text=part.title)).to_have_count(1)
        elif isinstance(part, Links):
            for link in part.links:
                assert f"{link.name}: {link.text}" in shown
            opened = [link.get_attribute("href") for link in chapter.locator(".parts a[rel~=noopener]").all()]
            assert opened == [link.address for link in part.links if link.address]
    for image in chapter.locator("img").all():
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100


def test_the_instructions_of_the_nudge_chapter_repeat_its_step(open_page):
    page = open_page()
    page.get_by_role("navigation").get_by_role("button", name="Nudge").click()
    expect(page.locator(".chapter")).to_contain_text("press “top” and then “Train on this picture”")
    page.locator(".at-picture").get_by_role("button", name="top", exact=True).click()
    page.get_by_role("button", name="Train on this picture").click()
    for moment in training.nudges(tn.Network.initial(seed=0), LINES["top"], times=4):
        expect(page.locator(".at-timeline")).to_contain_text(f"Training loss at this step: {moment.loss:.4f}")
        page.get_by_role("button", name="Next step").click()
