"""The journey: ten chapters, each computed from runs. Terminal, report and notebook only show them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from tinynet import plots
from tinynet.core.architecture import Architecture
from tinynet.data import pictures
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.evaluation import comparison, diagnosis, predictions, verdicts
from tinynet.evaluation.exam import Exam
from tinynet.evaluation.verdicts import percent
from tinynet.experiments.ladder import Ladder
from tinynet.experiments.population import Population, population
from tinynet.model.network import Network
from tinynet.numerics import arrays
from tinynet.recipe import Recipe
from tinynet.story import environment
from tinynet.story.content import (
    Chapter,
    Figure,
    Link,
    Links,
    Part,
    Table,
    Text,
    answers_table,
    falls,
    ledger_table,
    loss_table,
    signed,
)
from tinynet.story.runbook import Runbook
from tinynet.training.recording import Recording
from tinynet.training.train import nudges, train

MAX_CLIMBERS, EXAM_PICTURES = 256, 5_000  # of the last chapter: seeds a rung, and what they are asked

RESOURCES = Links(
    "Learning resources",
    (
        Link(
            "3Blue1Brown's neural network series",
            "Videos that show how a network computes and how it learns.",
            "https://www.youtube.com/playlist?list=PLZHQObOWTQDNU6R1_67000Dx_ZCJB-3pi",
        ),
        Link(
            "PyTorch's tutorials",
            "The official guides, from the first tensor on.",
            "https://pytorch.org/tutorials/",
        ),
        Link(
            "Backpropagation",
            "The chain rule, applied from the loss back to every parameter. It gives each parameter its gradient.",
        ),
        Link(
            "Gradient descent",
            "The rule of every nudge: each parameter moves against its gradient, by the learning rate times the gradient.",
        ),
        Link(
            "Activation functions",
            "Functions such as the sigmoid after each layer. Without one, several layers compute no more than a single one.",
        ),
    ),
)


class Journey:
    """The runs behind the chapters, each made once, when a chapter first needs it.

    seed, recipe, architecture : of the network that is followed.
    bold_rate : the learning rate of the chapter that turns it up.
    networks : how many seeds each claim is put to.
    patience : how many times more epochs "long enough" is.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        recipe: Recipe | None = None,
        architecture: Architecture | None = None,
        bold_rate: float = 5.0,
        networks: int = 1000,
        patience: int = 100,
    ) -> None:
        self.seed, self.networks = seed, networks
        self.recipe = replace(recipe or Recipe(), seed=seed)
        self.architecture = architecture or Architecture()
        if (self.architecture.sizes[0], self.architecture.sizes[-1]) != (4, 2):
            raise TinyNetError(
                f"the journey is about 2x2 pictures and two answers, and the sizes are {self.architecture.sizes}; "
                "give sizes that begin with 4 and end with 2"
            )
        self.lines, self.stress = pictures.lines(), pictures.stress()
        self.bold_recipe = replace(self.recipe, learning_rate=bold_rate)
        self.long_recipe = replace(self.recipe, epochs=self.recipe.epochs * patience)

    @cached_property
    def network(self) -> Network:
        """The random start."""
        return Network.initial(self.architecture, seed=self.seed)

    @cached_property
    def run(self) -> Recording:
        """The followed network's training."""
        return _whole(train(self.network, self.lines, self.recipe))

    @cached_property
    def bold(self) -> Recording:
        """The same start at the bold learning rate."""
        return _whole(train(self.network, self.lines, self.bold_recipe))

    def crowd(self, recipe: Recipe, *, order: Examples | None = None) -> Population:
        """Return the population of a recipe (kept from the first time)."""
        key = (recipe, None if order is None else order.names)
        if key not in self._crowds:
            crowd = population(
                recipe, self.networks, examples=order or self.lines, architecture=self.architecture
            )
            if crowd.interrupted:  # a claim about fewer networks than were asked for is not the story's
                raise KeyboardInterrupt
            self._crowds[key] = crowd
        return self._crowds[key]

    @cached_property
    def _crowds(self) -> dict[Any, Population]:
        return {}

    @property
    def constant_loss(self) -> float:
        """The loss of the best answer that ignores the picture."""
        return diagnosis.constant_loss(self.lines, self.recipe)


def _whole(run: Recording) -> Recording:
    if run.stopped is not None and not run.stopped.cell:
        raise KeyboardInterrupt
    return run


def journey(key: str | None = None, **settings: Any) -> Iterator[Chapter]:
    """Tell the journey, chapter by chapter, or only the chapter `key`; settings as of `Journey`.

    Raises TinyNetError for an unknown chapter.

    >>> [chapter.key for chapter in journey("nudge", networks=10)]
    ['nudge']
    """
    if key is not None and key not in CHAPTERS:
        raise TinyNetError(f"is {key!r}; the chapters are {', '.join(CHAPTERS)}", parameter="chapter")
    one = Journey(**settings)
    return (chapter(one, name) for name in CHAPTERS if key in (None, name))


def chapter(one: Journey, key: str) -> Chapter:
    """Tell one chapter of a journey that has begun."""
    title, tell = CHAPTERS[key]
    return Chapter(key, title, tuple(tell(one)))


def _look(j: Journey) -> Iterator[Part]:
    sizes = "-".join(map(str, j.architecture.sizes))
    yield Text(
        f"A {sizes} network looks at pictures of four pixels. Each pixel is a brightness from 0, dark, to 1, bright. The two "
        "outputs say how sure it is of a horizontal and of a vertical line. The hidden nodes between them, "
        f"{sum(j.architecture.sizes[1:-1])} here, can learn to detect patterns of pixels. It has {j.architecture.parameter_count} "
        f"parameters, and it was born at random from seed {j.seed}: these are the numbers PyTorch draws for that seed."
    )
    yield Table("This machine", ("what", "found"), tuple(environment.summary().items()))
    yield Text(environment.device())
    yield Figure(
        "pictures",
        "The four pictures it will be shown, and the two answers that are right.",
        lambda: plots.pictures(j.lines),
    )
    top = j.lines.inputs[0]
    yield Figure(
        "architecture",
        "The network at birth, looking at the top line.",
        lambda: plots.architecture(j.network, picture=top),
    )
    rows = tuple((name, signed(value)) for name, value in j.network.named().items())
    yield Table("Every parameter, before any training", ("parameter", "value"), rows)
    yield answers_table("What it answers at birth", j.network, j.lines)


def _nudge(j: Journey) -> Iterator[Part]:
    moment, *more = nudges(j.network, j.lines[0], j.recipe, times=6)
    losses = [moment.loss, *(again.loss for again in more)]
    yield Text(
        f"One nudge: show the picture {moment.names[0]!r}, measure the loss, trace it back to every parameter, and move each "
        f"a little against its gradient. The loss on this picture goes from {losses[0]:.6f} to {losses[1]:.6f}."
    )
    ledger = moment.ledger()
    yield ledger_table("The ledger: before + change = after", moment)
    exact = sum(row.before + row.change == row.after for row in ledger)
    yield Text(f"It balances for {exact} of {len(ledger)} parameters, to the last bit.")
    name = "layer1.weight[0,0]"
    yield Text(f"Where the change of {name} comes from:\n{moment.explain(name, depth=3)}")
    yield Text(
        "The same nudge again and again: the loss on this one picture goes "
        f"{', '.join(f'{x:.4f}' for x in losses)}. {falls(losses)} The command tinynet nudge --repeat 6 does it too."
    )


def _train(j: Journey) -> Iterator[Part]:
    run = j.run
    yield Text(
        f"{run.recipe.epochs:,} passes over the four pictures, {len(run):,} nudges at a learning rate of "
        f"{run.recipe.learning_rate:g}. The loss goes from {run.loss_per_epoch[0]:.4f} to {run.loss_per_epoch[-1]:.4f}."
    )
    yield Figure(
        "loss", "The average loss of each epoch.", lambda: plots.loss_curve(run, constant=j.constant_loss)
    )
    yield loss_table(run)
    yield answers_table("What it says of the pictures it was trained on", run.final, j.lines)
    yield Text(
        "Does your own notebook print “Success! The model nails every training example.” here? A printed sentence checks "
        "nothing. Check your own percentages: for each picture, subtract the wrong answer's from the right answer's. Below 0 the "
        f"picture comes out wrong. Below {100 * predictions.UNSURE:g} the network is unsure. In Python: "
        "tinynet.evaluation.predictions.success(percentages, tinynet.pictures.lines()). From the numbers of this run:"
    )
    yield predictions.correct_margins(run.final(j.lines), j.lines)
    for finding in diagnosis.diagnose(run):
        yield Text(finding.sentence)
    yield Text(f"Is that this seed's bad luck, or a law? The same training for {j.networks:,} seeds:")
    yield j.crowd(j.recipe).share(
        j.crowd(j.recipe).all_right, f"get all four pictures right after {j.recipe.epochs:,} epochs"
    )
    patient = j.crowd(j.long_recipe)
    yield patient.share(patient.all_right, f"do after {j.long_recipe.epochs:,} epochs at the same rate")
    yield Text(
        "Every pixel is lit in one horizontal and in one vertical line, so no pixel by itself is a clue, and the pushes of the "
        "four pictures cancel: this is the XOR problem. A network first finds the best answer that ignores the picture, which "
        f"costs {j.constant_loss:.4f}, and has to leave that plateau before it learns."
    )


def _converge(j: Journey) -> Iterator[Part]:
    run, movement = j.run, j.run.movement_per_epoch
    yield Figure(
        "convergence",
        "The loss, and how far the first layer's weights move in each epoch.",
        lambda: plots.convergence(run),
    )
    kept = movement[-1] / movement[0] if movement[0] else float("nan")
    yield Text(
        f"In the first epoch the first layer's weights moved {movement[0]:.5f}, in the last {movement[-1]:.5f}: "
        f"{percent(float(kept))} of it."
    )
    learned = diagnosis.final_loss(run) < diagnosis.LEARNED * j.constant_loss
    if kept >= 1:
        yield Text("The nudges did not get smaller: it is not converging.")
    elif learned:
        yield Text("The nudges got smaller as the answers got right: it converges to a solution.")
    else:
        yield Text(
            "The nudges got smaller and the answers are still wrong. Small nudges mean a flat place, not a right answer: here it "
            "is the plateau."
        )
    walked, moved = diagnosis.walk(run)
    yield Text(
        f"Nudge by nudge, all parameters together walked {walked:.4f} in the last epoch and ended {moved:.5f} from where they began "
        f"it: {percent(moved / walked) if walked else '0 %'} of the way is kept."
    )
    patient = j.crowd(j.long_recipe)
    below = patient.losses < diagnosis.LEARNED * j.constant_loss
    yield patient.share(below, f"have left the plateau after {j.long_recipe.epochs:,} epochs")


def _fuzzy(j: Journey) -> Iterator[Part]:
    fuzzy = pictures.fuzzy()
    yield Figure("pictures", "A line that is not quite black and white.", lambda: plots.pictures(fuzzy))
    pixels = zip(pictures.PIXELS, fuzzy.inputs[0].tolist(), strict=True)
    yield Text(f"Its pixels: {', '.join(f'{name} {value:g}' for name, value in pixels)}.")
    yield answers_table("The clean and the fuzzy line", j.run.final, j.lines["top"], fuzzy)
    clean, blurred = (predictions.predictions(j.run.final, shown)[0] for shown in (j.lines["top"], fuzzy))
    yield Text(
        f"The clean line's answers differ by {clean.margin:.4f}, the fuzzy one's by {blurred.margin:.4f}. "
        + {(True, True): "The fuzz is not what makes it unsure: it is unsure of the clean line too.",
           (False, True): "It is sure of the clean line and unsure of the fuzzy one.",
           (True, False): "It is unsure of the clean line and sure of the fuzzy one.",
           (False, False): "It is sure of both."}[clean.unsure, blurred.unsure]
    )  # fmt: skip
    noisy = pictures.fuzzy_lines(100, noise=0.1, seed=j.seed)
    right = predictions.accuracy(j.run.final, noisy)
    yield Text(
        f"Of 100 noisy lines (brightness 0.9 and 0.1, noise 0.1) this network gets {round(100 * right)} right."
    )
    crowd = j.crowd(j.recipe)
    yield crowd.share(np.abs(crowd.margins(fuzzy)[:, 0]) < predictions.UNSURE, "are unsure of the fuzzy line")
    patient = j.crowd(j.long_recipe)
    sure = patient.margins(fuzzy)[:, 0] > predictions.UNSURE
    yield patient.share(sure, f"are sure of it, and right, after {j.long_recipe.epochs:,} epochs")


def _inside(j: Journey) -> Iterator[Part]:
    yield Text(
        "What a hidden node looks for is written in its weights: it fires for pixels bright where they are positive."
    )
    yield Figure("start", "At birth.", lambda: plots.hidden_nodes(j.network))
    yield Figure("trained", f"After {j.recipe.epochs:,} epochs.", lambda: plots.hidden_nodes(j.run.final))
    first, last = (net.layers[0].weight for net in (j.network, j.run.final))
    moved = np.abs(last - first).max()
    yield Text(
        f"No weight of the first layer moved by more than {moved:.3f}, and they are up to {np.abs(last).max():.3f} large: "
        + ("what the nodes look for is still mostly the chance of the start."
           if moved < 0.5 * np.abs(first).max() else "training has reshaped what the nodes look for.")
    )  # fmt: skip
    patient = _whole(train(j.network, j.lines, j.long_recipe))
    yield Figure("long", f"After {j.long_recipe.epochs:,} epochs.", lambda: plots.hidden_nodes(patient.final))
    yield Text(
        "; ".join(_looks_for(k, row) for k, row in enumerate(patient.final.layers[0].weight)).capitalize()
        + "."
    )


def _looks_for(k: int, row: np.ndarray) -> str:
    bright = [pictures.PIXELS[i] for i in range(4) if row[i] > 0]
    dark = [pictures.PIXELS[i] for i in range(4) if row[i] <= 0]
    wants = [f"{' and '.join(bright)} bright"] if bright else []
    wants += [f"{' and '.join(dark)} dark"] if dark else []
    return f"node {k} wants {' and '.join(wants)}"


def _stress(j: Journey) -> Iterator[Part]:
    yield Figure("pictures", "Pictures that are no lines.", lambda: plots.pictures(j.stress))
    found = predictions.predictions(j.run.final, j.stress)
    yield answers_table("The stress test", j.run.final, j.stress)
    yield Figure("answers", "Its two answers to each.", lambda: plots.confidence_bars(found))
    unsure = sum(answer.unsure for answer in found)
    clean = predictions.predictions(j.run.final, j.lines)
    yield Text(
        f"It is unsure of {unsure} of these {len(found)} pictures, and of {sum(a.unsure for a in clean)} of the "
        f"{len(clean)} lines. Doubt about a gray block is worth something only in a network that is sure of a line."
    )
    yield Text(str(diagnosis.order_effect(j.network, j.lines, j.recipe)))
    first, last = j.lines.target_names
    crowd, turned = j.crowd(j.recipe), j.crowd(j.recipe, order=j.lines.reversed())
    gray = j.stress["gray"]
    gaps = crowd.margins(gray)[:, 0]
    yield Figure(
        "population",
        f"Horizontal minus vertical on gray, {j.networks:,} seeds.",
        lambda: plots.population_histogram(gaps, mark=diagnosis.margin(j.run.final, gray)),
    )
    yield crowd.share(gaps < 0, f"lean to {last} on gray, shown {last} lines last")
    yield turned.share(turned.margins(gray)[:, 0] > 0, f"lean to {first} on gray, shown {first} lines last")


def _bold(j: Journey) -> Iterator[Part]:
    run = j.bold
    yield Text(
        f"The same start, at a learning rate of {run.recipe.learning_rate:g}. The loss goes from {run.loss_per_epoch[0]:.4f} to "
        f"{run.loss_per_epoch[-1]:.4f}."
    )
    yield Figure(
        "loss",
        "Both rates.",
        lambda: plots.loss_curve(
            {f"rate {j.recipe.learning_rate:g}": j.run, f"rate {run.recipe.learning_rate:g}": run},
            constant=j.constant_loss,
        ),
    )
    yield loss_table(run)
    yield answers_table("The pictures it was trained on", run.final, j.lines)
    yield predictions.correct_margins(run.final(j.lines), j.lines)
    yield answers_table("The stress test", run.final, j.stress)
    for finding in diagnosis.diagnose(run):
        yield Text(finding.sentence)
    crowd = j.crowd(j.bold_recipe)
    yield crowd.share(crowd.all_right, "get all four pictures right at this rate")
    longer = replace(j.bold_recipe, epochs=10 * j.bold_recipe.epochs)
    yield j.crowd(longer).share(j.crowd(longer).all_right, f"do after {longer.epochs:,} epochs at this rate")
    for outcome in comparison.compare(j.run, run).outcomes:
        yield Text(outcome[0].upper() + outcome[1:] + ".")


def _aha(j: Journey) -> Iterator[Part]:
    crowd, gray = j.crowd(j.long_recipe), j.stress["gray"]
    learned = crowd.all_right
    yield crowd.share(learned, f"get all four lines right after {j.long_recipe.epochs:,} epochs")
    if not learned.any():
        yield Text("None of them learned the lines, so what they say of gray says nothing about confidence.")
        return
    gaps = crowd.margins(gray)[learned, 0]
    winner = crowd.outputs(gray)[learned, 0].max(axis=1)
    yield Figure(
        "gray",
        "Horizontal minus vertical on gray, the networks that learned.",
        lambda: plots.population_histogram(gaps),
    )
    yield verdicts.share(
        np.abs(gaps) >= predictions.UNSURE, "networks that learned are sure of the gray block",
        f"on average they give their answer {percent(float(arrays.mean(winner)))}",
    )  # fmt: skip
    yield verdicts.share(gaps > 0, "networks that learned say gray is horizontal")
    flipped = j.crowd(j.long_recipe, order=j.lines.reversed())
    both = learned & flipped.all_right
    if both.any():
        same = np.sign(crowd.margins(gray)[both, 0]) == np.sign(flipped.margins(gray)[both, 0])
        yield verdicts.share(
            same, "networks that learned either way keep their answer when the order is reversed"
        )
    low, high = verdicts.wilson(int((gaps > 0).sum()), len(gaps))
    chance = low <= 0.5 <= high
    yield Text(
        "A gray block lies exactly between the classes: no answer to it is right. "
        + ("Which one a network gives is a coin flip of its seed, and it is sure of it all the same. "
           if chance and arrays.mean(np.abs(gaps)) > predictions.UNSURE else "")
        + "Confidence is not correctness: what a network was never shown as doubtful, it has no reason to doubt."
    )  # fmt: skip


def _learner(j: Journey) -> Iterator[Part]:
    ladder = Ladder(min(j.networks, MAX_CLIMBERS), exam=Exam(count=EXAM_PICTURES))
    yield Text(
        f"What would a network need to be right on noisy lines and unsure where nobody can tell? One ingredient at a time, each "
        f"put to {ladder.networks:,} seeds from 0 on; the command runbook asks more."
    )
    yield from Runbook(ladder, seed=j.seed).tell()
    yield RESOURCES


CHAPTERS: dict[str, tuple[str, Callable[[Journey], Iterator[Part]]]] = {
    "look": ("Look: the network at birth", _look),
    "nudge": ("The first nudge", _nudge),
    "train": ("A hundred epochs, or however many", _train),
    "converge": ("Convergence", _converge),
    "fuzzy": ("A fuzzy line", _fuzzy),
    "inside": ("Inside: what the hidden nodes look for", _inside),
    "stress": ("The stress test", _stress),
    "bold": ("A bold learning rate", _bold),
    "aha": ("Confidence is not correctness", _aha),
    "learner": ("From memorizer to learner", _learner),
}
