"""A nudge on paper: blanks to fill in, a paper for each student by seed, its solution, and the teacher's key."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tinynet import files
from tinynet.core.architecture import Architecture
from tinynet.data.examples import Examples
from tinynet.data.pictures import lines
from tinynet.errors import TinyNetError
from tinynet.exports.worksheets.compose import key_of, paper_of
from tinynet.exports.worksheets.content import Paper, Table
from tinynet.exports.worksheets.rounding import Solved
from tinynet.model.network import Network
from tinynet.recipe import Recipe

MAX_STUDENTS, MAX_PARAMETERS, MAX_INPUTS, MAX_DECIMALS = 1000, 120, 16, 6
KINDS = ("questions", "solutions", "key")
FORMATS = ("pdf", "html")


@dataclass(frozen=True)
class Worksheet:
    """The papers of a class, one for each seed, and the key to them.

    papers : in the order of the seeds.
    key : a row for each seed with the numbers to check.
    """

    papers: tuple[Paper, ...]
    key: Table

    def html(self, kind: str = "questions") -> str:
        """Return the questions, the solutions or the key as one HTML file that prints well."""
        from tinynet.exports.worksheets.html import document

        return document(self.papers, self.key, _one_of("kind", kind, KINDS))

    def pdf(self, kind: str = "questions") -> bytes:
        """Return the questions, the solutions or the key as a PDF file.

        Raises ImportError where fpdf2 is missing.
        """
        from tinynet.exports.worksheets.pdf import document

        return document(self.papers, self.key, _one_of("kind", kind, KINDS))

    def save(self, folder: str | os.PathLike[str], formats: Iterable[str] = FORMATS) -> list[Path]:
        """Write questions, solutions and key into a folder, as PDF and HTML unless said, and return their paths."""
        made = {Path(folder) / name: data for name, data in self.files(formats).items()}
        for path, data in made.items():
            files.write(path, data)
        return list(made)

    def files(self, formats: Iterable[str] = FORMATS) -> dict[str, bytes]:
        """Return the files of `save` by their names, such as `questions.pdf`."""
        return {
            f"{kind}.{form}": self.pdf(kind) if form == "pdf" else self.html(kind).encode()
            for form in [_one_of("format", form, FORMATS) for form in formats]
            for kind in KINDS
        }


def worksheet(
    seeds: Iterable[int] = (0,),
    picture: Examples | None = None,
    *,
    architecture: Architecture | None = None,
    recipe: Recipe | None = None,
    decimals: int = 3,
) -> Worksheet:
    """Return one nudge as a worksheet, with a network for each seed.

    Every number is rounded to `decimals` before it is used again, as a student does it, so that the answers are what a
    student finds.

    picture : one example with up to 16 inputs; the line "top" unless said.
    architecture : of the networks; three hidden nodes unless said.
    recipe : its learning rate and its loss; a learning rate of 1 and mse unless said, so that few decimals show a nudge.

    Raises TinyNetError for what does not fit on paper: several pictures, a large network, an optimizer with a memory.

    >>> small = Architecture((4, 2, 2))
    >>> worksheet([7], architecture=small).papers[0].sections[0].questions[2]
    Question(formula='a¹₀ = σ(z¹₀)', numbers='σ(−0.401)', answer='0.401', room='half')
    """
    picture, recipe, seeds = picture or lines()["top"], recipe or Recipe(learning_rate=1.0), _few(seeds)
    if picture.targets is None:
        raise TinyNetError("this picture has no target, so no nudge follows from it")
    sizes = (picture.inputs.shape[1], 3, picture.targets.shape[1])
    architecture = architecture or Architecture(sizes)
    _check(seeds, picture, architecture, recipe, decimals)
    solved = [
        Solved.of(Network.initial(architecture, seed=seed), picture, recipe, decimals) for seed in seeds
    ]
    return Worksheet(tuple(map(paper_of, solved, seeds)), key_of(solved, seeds))


def _few(seeds: Iterable[int]) -> tuple[int, ...]:
    """Return the seeds of a class; there may be far too many to count."""
    few = tuple(islice(seeds, MAX_STUDENTS + 1))
    if not 1 <= len(few) <= MAX_STUDENTS:
        found = f"more than {MAX_STUDENTS:,}" if few else "0"
        raise TinyNetError(f"{found} students were asked; there can be 1 to {MAX_STUDENTS:,}")
    return few


def _check(
    seeds: Sequence[int], picture: Examples, architecture: Architecture, recipe: Recipe, decimals: int
) -> None:
    if len(set(seeds)) < len(seeds):
        raise TinyNetError("two students have the same seed; give each its own")
    if len(picture) != 1:
        raise TinyNetError(
            f"{len(picture)} pictures were given and a worksheet has one; choose one: examples[0]"
        )
    count, inputs = architecture.parameter_count, architecture.sizes[0]
    if count > MAX_PARAMETERS or inputs > MAX_INPUTS:
        raise TinyNetError(
            f"a network of sizes {architecture.sizes} has {count:,} parameters and {inputs} inputs; "
            f"on paper it may have {MAX_PARAMETERS} and {MAX_INPUTS}"
        )
    if recipe.optimizer != "sgd" or recipe.momentum or recipe.weight_decay:
        raise TinyNetError(
            "a worksheet has plain gradient descent: optimizer 'sgd', momentum 0, weight_decay 0; change the recipe"
        )
    if isinstance(decimals, bool) or not isinstance(decimals, int) or not 1 <= decimals <= MAX_DECIMALS:
        raise TinyNetError(
            f"is {decimals!r}; it must be a whole number from 1 to {MAX_DECIMALS}", parameter="decimals"
        )


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise TinyNetError(f"is {value!r}; it must be one of {', '.join(map(repr, allowed))}", parameter=name)
    return value
