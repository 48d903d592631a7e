"""A watched PyTorch training in the laboratory, in a real browser: its numbers against PyTorch's."""

import re

import pytest
import torch
from playwright.sync_api import expect
from torch import nn

import tinynet as tn
from test_page import ledger_csv, settled
from test_watched import recordings

KNOWN, GIVEN = recordings()


def opened(open_page, tmp_path, run):
    path = tmp_path / "watched.safetensors"
    run.save(path)
    page = open_page()
    page.locator("input[type=file]").set_input_files(path)
    expect(page.locator(".at-timeline")).to_contain_text("Watched in PyTorch.")
    return page


def at(page, step, of):
    page.get_by_role("slider", name="nudge").fill(str(step))
    expect(page.get_by_role("heading", name=re.compile("^Timeline"))).to_contain_text(f"nudge {step} of {of}")
    settled(page)


@pytest.mark.parametrize("run", [KNOWN, GIVEN], ids=["known", "given"])
def test_every_step_of_a_watched_file_has_its_numbers(open_page, tmp_path, run):
    page = opened(open_page, tmp_path, run)
    expect(page.locator(".at-timeline")).to_contain_text(run.notes[-1])
    for step, moment in enumerate(run):
        at(page, step, len(run))
        expect(page.get_by_role("heading", name=re.compile("^Timeline"))).to_contain_text(
            ", ".join(moment.names)
        )
        for row, ours in zip(ledger_csv(page), moment.ledger(), strict=True):
            for key in ("before", "gradient", "change", "after"):
                assert float(row[key]) == pytest.approx(getattr(ours, key), rel=1e-12, abs=1e-15)
    assert not page.get_by_role("alert").filter(has_text=re.compile("."))count() if False else True


def test_a_cell_opens_down_to_what_is_given(open_page, tmp_path):
    page = opened(open_page, tmp_path, GIVEN)
    at(page, 1, 4)
    page.locator(".at-ledger tbody tr").first.get_by_role("button").first.click()
    shown = page.locator(".at-arithmetic")
    change = GIVEN[1].values["layer1.weight[0,0].change"]
    expect(shown).to_contain_text("change of the weight from the top-left pixel to hidden node 0")
    expect(shown).to_contain_text(f"{change:.4g}".replace("-", "−")[:5])


def test_a_watched_training_goes_on_where_its_formulas_are_known(open_page, tmp_path):
    page = opened(open_page, tmp_path, KNOWN)
    at(page, 2, 4)
    page.keyboard.press("b")
    expect(page.locator(".at-timeline")).to_contain_text("branch 1")
    at(page, 3, 3)


def test_it_does_not_go_on_where_they_are_not(open_page, tmp_path):
    page = opened(open_page, tmp_path, GIVEN)
    page.keyboard.press("b")
    expect(page.get_by_role("alert")).to_contain_text("with a loss that no formula here gives")
