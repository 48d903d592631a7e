"""Make the README's pictures: `python docs/pictures.py`."""

import sys
from pathlib import Path

import tinynet as tn
from tinynet import plots

HERE = Path(__file__).parent / "images"

SIZE = {"width": 1440, "height": 1000}


def figure() -> None:
    """Draw a network, and the predictions of many networks.

    The left network is untrained. The predictions are those of trained networks for gray.
    """
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(12, 4.6), layout="constrained")
    left, right = drawn.subplots(1, 2, width_ratios=(1.5, 1))
    plots.architecture(tn.Network.initial(seed=0), example=tn.pictures.lines()["top"], ax=left)
    trained = tn.population(tn.Recipe(epochs=10_000), networks=4096)
    margins = trained.margins(tn.pictures.stress()["gray"])[trained.all_right, 0]
    plots.population_histogram(margins, ax=right, label="H − V on gray")
    drawn.savefig(HERE / "tinynet.png", dpi=80, metadata={"Software": None})


def page() -> None:
    """Take a screenshot of the laboratory.

    The screenshot shows a branch at a larger learning rate.
    """
    sys.path.insert(0, str(HERE.parents[1] / "tests"))
    from PIL import Image
    from playwright.sync_api import sync_playwright

    import laboratory

    path = HERE / "laboratory.png"
    with laboratory.running() as address, sync_playwright() as playwright:
        browser = laboratory.launch(playwright)
        view = browser.new_page(viewport=SIZE, color_scheme="light")
        view.goto(address)
        view.get_by_label("Learning rate").fill("5")
        view.get_by_role("button", name="Branch at step 0").click()
        view.get_by_role("slider", name="Step").fill("377")
        view.locator('[data-cell="layer1.weight[0,2]"]').click()
        view.get_by_role("button", name="change of the weight").first.click()
        view.locator(".lab[aria-busy=false]").wait_for()
        view.screenshot(path=path)
        browser.close()
    with Image.open(path) as screenshot:
        screenshot.convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(path, optimize=True)


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    figure()
    page()
