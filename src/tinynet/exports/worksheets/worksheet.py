"""A training step as a worksheet.

The worksheet has one paper per student, the solutions, and the key.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tinynet import files
from tinynet.core.architecture import Architecture
from tinynet.data.examples import Examples
from tinynet.data.pictures import lines
from tinynet.errors import TinyNetError, counted
from tinynet.exports.worksheets.compose import compose_key, compose_paper, key_numbers
from tinynet.exports.worksheets.content import Paper, Table
from tinynet.exports.worksheets.rounding import Solved
from tinynet.model.network import Network
from tinynet.recipe import Recipe
from tinynet.signatures import check_arguments, fits
from tinynet.validation import check_choice, check_int, check_seed, shown

MAX_STUDENTS, MAX_PARAMETERS, MAX_INPUTS, MAX_DECIMALS = 1000, 120, 16, 6
KINDS = ("questions", "solutions", "key")
FORMATS = ("pdf", "html")


@dataclass(frozen=True)
class Worksheet:
    """The papers of a class, one for each seed.

    The worksheet also has their key.

    papers : In the order of the seeds.
    key : One row for each seed, with the numbers to check.
    numbers : The numbers of the key by symbol, one record for each seed.
    """

    papers: tuple[Paper, ...]
    key: Table
    numbers: tuple[dict[str, float], ...]

    def html(self, kind: str = "questions") -> str:
        """Return questions, solutions or key as one printable HTML file."""
        from tinynet.exports.worksheets.html import document

        return document(self.papers, self.key, check_choice("kind", kind, KINDS))

    def pdf(self, kind: str = "questions") -> bytes:
        """Return the questions, the solutions or the key as PDF.

        Raises ImportError without fpdf2.
        """
        from tinynet.exports.worksheets.pdf import document

        return document(self.papers, self.key, check_choice("kind", kind, KINDS))

    def save(self, folder: str | os.PathLike[str], formats: Iterable[str] = FORMATS) -> list[Path]:
        """Write questions, solutions and key into a folder.

        Returns the paths of the files.

        formats : "pdf" and "html" by default.
        """
        contents = {Path(folder) / name: data for name, data in self.files(formats).items()}
        for path, data in contents.items():
            files.write(path, data)
        return list(contents)

    def files(self, formats: Iterable[str] = FORMATS) -> dict[str, bytes]:
        """Return the files of `save` by name, such as `questions.pdf`."""
        return {
            f"{kind}.{form}": self.pdf(kind) if form == "pdf" else self.html(kind).encode()
            for form in [check_choice("format", form, FORMATS) for form in formats]
            for kind in KINDS
        }


@check_arguments(apart_from=("seeds", "decimals"))
def worksheet(
    seeds: Iterable[int] = (0,),
    example: Examples | None = None,
    *,
    architecture: Architecture | None = None,
    recipe: Recipe | None = None,
    decimals: int = 3,
) -> Worksheet:
    """Return one training step as a worksheet.

    Each seed has its own network.

    Every number is rounded before it is used again, as a student does, so that the solution has the student's
    numbers.

    seeds : One seed for each student.
    example : One example with up to 16 inputs; by default the line "top".
    architecture : By default three hidden nodes.
    recipe : Learning rate and loss; by default 1 and mse. With a learning rate of 1, a few decimals show the
        change.
    decimals : Decimals of every rounded number.

    Raises TinyNetError for several examples, a large network, or an optimizer with a state.

    >>> small = Architecture((4, 2, 2))
    >>> worksheet([7], architecture=small).papers[0].sections[0].questions[2]
    Question(formula='a¹₀ = σ(z¹₀)', numbers='σ(−0.401)', answer='0.401', room='half', equals=True)
    """
    example, recipe = example or lines()["top"], recipe or Recipe(learning_rate=1.0)
    seeds = _checked_seeds(seeds)
    if example.targets is None:
        raise TinyNetError("this example has no target. A worksheet needs a target.")
    sizes = (example.inputs.shape[1], 3, example.targets.shape[1])
    architecture = architecture or Architecture(sizes)
    decimals = check_int("decimals", decimals, 1, MAX_DECIMALS)
    _check(seeds, example, architecture, recipe)
    solved = [
        Solved.of(Network.initial(architecture, seed=seed), example, recipe, decimals) for seed in seeds
    ]
    papers = tuple(map(compose_paper, solved, seeds))
    return Worksheet(papers, compose_key(solved, seeds), key_numbers(solved, seeds))


def _checked_seeds(seeds: Iterable[int]) -> tuple[int, ...]:
    """Return the seeds of a class.

    Only the first seeds are read, because a range can have billions.
    """
    if not fits(seeds, Iterable):
        raise TinyNetError(f"is {shown(seeds)}. It must be a list of seeds.", parameter="seeds")
    first = tuple(check_seed(seed, f"seeds[{k}]") for k, seed in enumerate(islice(seeds, MAX_STUDENTS + 1)))
    if not 1 <= len(first) <= MAX_STUDENTS:
        count = f"more than {MAX_STUDENTS:,}" if first else "no"
        raise TinyNetError(
            f"has {count} seeds. It must have 1 to {MAX_STUDENTS:,}, one for each student.", parameter="seeds"
        )
    return first


def _check(seeds: Sequence[int], example: Examples, architecture: Architecture, recipe: Recipe) -> None:
    if len(set(seeds)) < len(seeds):
        raise TinyNetError("has a seed twice. Give each student a different seed.", parameter="seeds")
    if len(example) != 1:
        raise TinyNetError(
            f"{len(example):,} examples were given. A worksheet needs one. Choose one, such as examples[0]."
        )
    count, inputs = architecture.parameter_count, architecture.sizes[0]
    if inputs > MAX_INPUTS:
        raise TinyNetError(f"has {inputs:,} inputs. It must have at most {MAX_INPUTS}.", parameter="example")
    if count > MAX_PARAMETERS:
        raise TinyNetError(
            f"is {architecture.hidden_sizes}, which makes {counted(count, 'parameter')}. A worksheet allows {MAX_PARAMETERS} "
            "parameters. Use fewer nodes.",
            parameter="sizes[1:-1]",
        )
    if recipe.optimizer != "sgd" or recipe.momentum or recipe.weight_decay:
        raise TinyNetError(
            "a worksheet needs plain gradient descent. Use a recipe with optimizer 'sgd', momentum 0 and weight_decay 0."
        )
