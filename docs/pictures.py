"""Make the README's picture: `python docs/pictures.py`."""

from pathlib import Path

import tinynet as tn
from tinynet import plots

HERE = Path(__file__).parent / "images"

if __name__ == "__main__":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.5, 1))
    plots.architecture(tn.Network.initial(seed=0), picture=[1, 1, 0, 0], ax=left)
    crowd = tn.population(tn.Recipe(epochs=10_000), networks=4096)
    gaps = crowd.gaps(tn.pictures.stress()["gray"])[crowd.all_right, 0]
    plots.population_histogram(
        gaps, ax=right, label="horizontal − vertical on a gray block, networks that learned"
    )
    HERE.mkdir(exist_ok=True)
    figure.set_dpi(80)
    figure.savefig(HERE / "tinynet.png", dpi=80, metadata={"Software": None})
