"""The kernel of many networks: a training of 64 side by side, the sheet compiled for this machine, in float32.

Number `i` of network `l` of a block of 64 stands at `block * count * 64 + i * 64 + l`.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tinynet import draws, formulas
from tinynet.arithmetic import LANES, Lanes
from tinynet.assembly import POINTER, WHOLE, Function, Index, aligned, compiled
from tinynet.network import Architecture
from tinynet.printing import Pictured, Unrolled, batches
from tinynet.recipe import Recipe
from tinynet.rolled import Rolled, room_for

# Parameters times pictures of a batch: beyond, a straight line would not fit the processor's instruction cache
MOST_UNROLLED = 256
GATHER = f"declare {Lanes.kind} @llvm.masked.gather.v{LANES}f32.v{LANES}p0(<{LANES} x ptr>, i32, {Lanes.marks}, {Lanes.kind})"


class Lockstep(NamedTuple):
    """The compiled training of 64 networks side by side, and the forward pass alone."""

    train: Callable[..., None]
    answer: Callable[..., None]


@lru_cache(maxsize=64)
def lockstep(architecture: Architecture, recipe: Recipe, examples: int) -> Lockstep:
    """Compile the kernels of a form of training. Rates and other numbers, seeds and epochs are arguments."""
    return Lockstep(
        compiled(_training(architecture, recipe, examples), f"{Lanes.declarations}\n{GATHER}"),
        compiled(_answering(architecture), Lanes.declarations),
    )


def _training(architecture: Architecture, recipe: Recipe, examples: int) -> Function:
    """Write `train`: p, s float32 in place, seeds uint32, inputs and targets float32, epochs first to last."""
    pointers = dict.fromkeys(("p", "s", "seeds", "inputs", "targets", "settings", "work"), POINTER)
    f = Function("train", {**pointers, "blocks": WHOLE, "first": WHOLE, "last": WHOLE})
    lanes, sizes = Lanes(f), batches(recipe, examples)
    settings = {name: _setting(lanes, k) for k, name in enumerate(formulas.settings(recipe) | {"noise": 0.0})}
    small = architecture.parameter_count * sum(sizes) <= MOST_UNROLLED
    arguments = (lanes, architecture, recipe, settings)
    nudger = Unrolled(*arguments) if small else Rolled(*arguments, "%work")
    memory, whole = formulas.memory_size(architecture, recipe), examples // sizes[0] * sizes[0]
    with f.loop(0, "%blocks") as block:
        p = f.at(lanes.kind, "%p", f.whole("mul", block, architecture.parameter_count))
        s = f.at(lanes.kind, "%s", f.whole("mul", block, memory))
        shown = _Shown(lanes, architecture, recipe, examples, settings["noise"], block)
        nudger.begin(p, s)
        with f.loop("%first", "%last") as epoch:
            shown.begin(epoch)
            with f.loop(0, examples // sizes[0]) as number:
                nudger.nudge(sizes[0], *shown.pictures(f.whole("mul", number, sizes[0])))
            if examples % sizes[0]:
                nudger.nudge(sizes[-1], *shown.pictures(str(whole)))
        nudger.finish(p, s)
    return f


def _setting(lanes: Lanes, k: int) -> str:
    return lanes.everywhere(lanes.f.load("float", lanes.f.at("float", "%settings", k)))


class _Shown:
    """The pictures that the lanes see: all the same in a fixed order, each its own where they are shuffled."""

    def __init__(
        self, lanes: Lanes, architecture: Architecture, recipe: Recipe, examples: int, noise: str, block: str
    ) -> None:
        self.lanes, self.f, self.recipe = lanes, lanes.f, recipe
        self.widths, self.examples, self.noise = architecture.sizes, examples, noise
        self.order = self.f.room(lanes.words, examples)
        if recipe.order == "shuffled" or recipe.noise:
            seeds = self.f.load(lanes.words, self.f.at(lanes.words, "%seeds", block), align=4)
            self.ordering = lanes.word(lanes.every(draws.ORDERS), seeds)
            self.noising = lanes.word(lanes.every(draws.NOISE), seeds)

    def begin(self, epoch: str) -> None:
        """Draw each lane's order of this epoch."""
        f, lanes, last = self.f, self.lanes, self.examples - 1
        self.shown = f.whole("mul", epoch, self.examples)  # pictures before this epoch
        if self.recipe.order != "shuffled":
            return
        with f.loop(0, self.examples) as i:
            f.store(lanes.words, self._everywhere(i), f.at(lanes.words, self.order, i))
        word, places = lanes.word(self.ordering, self._everywhere(epoch)), f.room(lanes.words)
        with f.loop(0, last) as done:
            i = f.whole("sub", last, done)
            f.store(lanes.words, lanes.place_of(lanes.word(word, self._everywhere(i)), i), places)
            with f.loop(0, LANES) as lane:
                k = f.new(f"zext i32 {f.load('i32', f.at('i32', places, lane))} to i64")
                here, there = (
                    f.at("i32", self.order, f.whole("add", f.whole("mul", place, LANES), lane))
                    for place in (i, k)
                )
                held, other = f.load("i32", here), f.load("i32", there)
                f.store("i32", other, here)
                f.store("i32", held, there)

    def pictures(self, first: str) -> tuple[Pictured, Pictured]:
        """Return how to find the pixels and the targets of the pictures from place `first` of the epoch on."""
        return lambda k, i: self._pixel(first, k, i), lambda k, j: self._value("%targets", -1, first, k, j)

    def _pixel(self, first: str, k: Index, i: Index) -> str:
        value = self._value("%inputs", 0, first, k, i)
        if not self.recipe.noise:
            return value
        lanes, place = self.lanes, self.f.whole("add", first, k)
        presentation = self._everywhere(self.f.whole("add", self.shown, place))
        drawn = lanes.normal(
            lanes.word(
                lanes.word(self.noising, presentation), i if isinstance(i, int) else self._everywhere(i)
            )
        )
        value = lanes.two("fadd", value, lanes.two("fmul", self.noise, drawn))
        none, full = lanes.constant(0.0), lanes.constant(1.0)
        value = lanes.chosen("olt", value, none, none, value)
        return lanes.chosen("ogt", value, full, full, value)

    def _value(self, array: str, side: int, first: str, k: Index, i: Index) -> str:
        f, lanes, width, place = self.f, self.lanes, self.widths[side], self.f.whole("add", first, k)
        if self.recipe.order != "shuffled":
            row = f.at("float", array, f.whole("mul", place, width))
            return lanes.everywhere(f.load("float", f.at("float", row, i)))
        which = f.load(lanes.words, f.at(lanes.words, self.order, place))
        index = lanes.whole(
            "add", lanes.whole("mul", which, width), i if isinstance(i, int) else self._everywhere(i)
        )
        places = f.new(f"getelementptr float, ptr {array}, {lanes.words} {index}")
        every = "splat (i1 true)"
        call = (
            f"call {lanes.kind} @llvm.masked.gather.v{LANES}f32.v{LANES}p0(<{LANES} x ptr> {places}, i32 4, "
        )
        return f.new(f"{call}{lanes.marks} {every}, {lanes.kind} poison)")

    def _everywhere(self, number: str) -> str:
        return self.lanes.everywhere(self.f.new(f"trunc i64 {number} to i32"), "i32")


def _answering(architecture: Architecture) -> Function:
    """Write `answer`: out[block, picture, output, lane] of each block's networks, by the pictures in `inputs`."""
    pointers = dict.fromkeys(("p", "inputs", "out", "work"), POINTER)
    f = Function("answer", {**pointers, "blocks": WHOLE, "pictures": WHOLE})
    lanes, sizes = Lanes(f), architecture.sizes
    forward = Rolled(lanes, architecture, Recipe(), {}, "%work")
    with f.loop(0, "%blocks") as block:
        forward.begin(f.at(lanes.kind, "%p", f.whole("mul", block, architecture.parameter_count)), "")
        with f.loop(0, "%pictures") as picture:
            row = f.at("float", "%inputs", f.whole("mul", picture, sizes[0]))
            forward.show(lambda i: lanes.everywhere(f.load("float", f.at("float", row, i))))
            for n in range(1, len(sizes)):
                forward.forward(n)
            shown = f.whole("add", f.whole("mul", block, "%pictures"), picture)
            out = f.at(lanes.kind, "%out", f.whole("mul", shown, sizes[-1]))
            for j, value in enumerate(forward.outputs()):
                f.store(lanes.kind, value, f.at(lanes.kind, out, j), align=4)
    return f


def working_room(architecture: Architecture) -> np.ndarray:
    """Return working memory for a kernel of 64 lanes."""
    return np.asarray(aligned((room_for(architecture) * LANES,), np.float32))
