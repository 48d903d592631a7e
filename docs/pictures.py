"""Make the README's pictures: `python docs/pictures.py`."""

import sys
from pathlib import Path

import tinynet as tn
from tinynet import plots

HERE = Path(__file__).parent / "images"

SIZE = {"width": 1440, "height": 1000}


def figure() -> None:
    """Draw a network at birth, and what many trained ones say of gray."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(12, 4.6), layout="constrained")
    left, right = drawn.subplots(1, 2, width_ratios=(1.5, 1))
    plots.architecture(tn.Network.initial(seed=0), picture=[1, 1, 0, 0], ax=left)
    crowd = tn.population(tn.Recipe(epochs=10_000), networks=4096)
    gaps = crowd.margins(tn.pictures.stress()["gray"])[crowd.all_right, 0]
    plots.population_histogram(gaps, ax=right, label="answers to gray, networks that learned")
    drawn.savefig(HERE / "tinynet.png", dpi=80, metadata={"Software": None})


def page() -> None:
    """Photograph the laboratory, with a branch at a larger learning rate."""
    sys.path.insert(0, str(HERE.parents[1] / "tests"))
    from PIL import Image
    from playwright.sync_api import sync_playwright

    import laboratory

    path = HERE / "laboratory.png"
    with laboratory.running() as address, sync_playwright() as playwright:
        browser = laboratory.launch(playwright)
        shown = browser.new_page(viewport=SIZE, color_scheme="light")
        shown.goto(address)
        shown.get_by_label("learning rate").fill("5")
        shown.get_by_role("button", name="branch at nudge 0").click()
        shown.get_by_role("slider", name="nudge").fill("377")
        shown.locator('[data-cell="layer1.weight[0,2]"]').click()
        shown.get_by_role("button", name="change of the weight").first.click()
        shown.locator(".lab[aria-busy=false]").wait_for()
        shown.screenshot(path=path)
        browser.close()
    with Image.open(path) as taken:
        taken.convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(path, optimize=True)


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    figure()
    page()
