"""Compare a watched PyTorch training in the laboratory, in a real browser, with the recording."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from torch import nn

import laboratory
import tinynet as tn
from page_actions import TIMELINE, assert_ledger_equals, wait_until_settled
from watched_recordings import recordings

KNOWN, EXTERNAL = recordings()


def open_recording(open_page, tmp_path, run, steps):
    path = tmp_path / "watched.safetensors"
    run.save(path)
    page = open_page()
    page.get_by_label("Open a recording").set_input_files(path)
    expect(page.locator(".at-timeline")).to_contain_text("Watched in PyTorch.")
    expect(heading(page)).to_contain_text(f"step {steps - 1} of {steps}")
    return page


def heading(page):
    return page.get_by_role("heading", name=TIMELINE)


def go_to_step(page, step, of):
    page.get_by_role("slider", name="Step").fill(str(step))
    expect(heading(page)).to_contain_text(f"step {step} of {of}")
    wait_until_settled(page)


@pytest.mark.parametrize("run", [KNOWN, EXTERNAL], ids=["known", "external"])
def test_every_step_equals_the_watched_recording(open_page, tmp_path, run):
    page = open_recording(open_page, tmp_path, run, 4)
    expect(page.locator(".at-timeline")).to_contain_text(run.notes[-1])
    for step, moment in enumerate(run):
        go_to_step(page, step, 4)
        expect(heading(page)).to_contain_text(", ".join(moment.names))
        assert_ledger_equals(page, moment)
    assert np.abs(run[3].after.parameters - run.final.parameters).max() < 1e-6
    expect(page.get_by_role("alert")).to_be_empty()


def test_a_cell_without_a_formula_shows_the_recorded_value(open_page, tmp_path):
    page = open_recording(open_page, tmp_path, EXTERNAL, 4)
    go_to_step(page, 0, 4)
    page.locator('[data-cell="layer2.weight[0,1]"]').click()
    shown = page.locator(".at-arithmetic")
    expect(shown).to_contain_text("change of the weight from hidden node 1 to output 0")
    change = EXTERNAL[0].values["layer2.weight[0,1].change"]
    expect(shown).to_contain_text(f"{change:.5g}".replace("-", "−"))


def test_a_watched_training_continues_with_known_formulas(open_page, tmp_path):
    page = open_recording(open_page, tmp_path, KNOWN, 4)
    go_to_step(page, 2, 4)
    page.get_by_role("button", name="Branch here").click()
    expect(page.locator(".at-timeline")).to_contain_text("from step 2: no changes")
    expect(page.get_by_role("alert")).to_be_empty()
    recipe = replace(KNOWN.recipe, schedule="constant", learning_rate=KNOWN.learning_rate(2), epochs=1)
    continued = tn.train(KNOWN[2].network, KNOWN.examples, recipe)
    page.get_by_role("slider", name="Step").fill("3")
    expect(heading(page)).to_contain_text("step 3 of 4")
    assert_ledger_equals(page, continued[1])


def test_training_cannot_continue_without_formulas(open_page, tmp_path):
    page = open_recording(open_page, tmp_path, EXTERNAL, 4)
    page.get_by_role("button", name="Branch here").click()
    expect(page.get_by_role("alert")).to_contain_text(
        "Loss is external, and TinyNet has no formula for it. Choose another loss"
    )


def test_a_reload_without_the_file_has_a_message(open_page, tmp_path):
    page = open_recording(open_page, tmp_path, KNOWN, 4)
    expect(page).to_have_url(re.compile("#1"))
    laboratory.wait_for_timers(page)
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text(
        "Only the file of this PyTorch training has its steps. Open the file again."
    )


def test_a_watched_training_has_no_link(open_page, tmp_path):
    page = open_recording(open_page, tmp_path, KNOWN, 4)
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("status").first).to_have_text(
        "A link cannot hold the steps of a PyTorch training. Save the recording and share the file."
    )


def test_a_regression_has_no_correct_count(open_page, tmp_path):
    torch.manual_seed(0)
    x = 3 * torch.randn(6, 3)
    net = nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 1))
    optimizer = torch.optim.Adam(net.parameters())
    with tn.watch(net, optimizer) as watcher:
        for k in range(0, 6, 2):
            optimizer.zero_grad()
            nn.functional.mse_loss(net(x[k : k + 2]), x[k : k + 2].sum(1, keepdim=True)).backward()
            optimizer.step()
    run = watcher.recording
    page = open_recording(open_page, tmp_path, run, 3)
    target = float(run[2].batch.targets[0, 0])
    expect(page.locator(".at-picture")).to_contain_text(f"target {target:.5g}".replace("-", "−"))
    expect(page.locator(".at-timeline")).not_to_contain_text("Correct:")
    assert_ledger_equals(page, run[2])
