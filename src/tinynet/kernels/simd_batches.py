"""What each lane is shown, as instructions: the same pictures as `showing` gives a recording of its seed."""

from tinynet import rng
from tinynet.core.architecture import Architecture
from tinynet.data.world import World
from tinynet.kernels.emit import Lanes
from tinynet.kernels.unrolled import Pictured
from tinynet.numerics.llvm import Index
from tinynet.recipe import Recipe

FEW = 8  # pictures that are shuffled without a look at each lane


class ShownInLanes:
    """The pictures that the networks of a block see: the same for all, or each its own where seeds decide.

    lanes : where instructions are written. examples : pictures in an epoch. seeds : 32-bit numbers, one in each lane.
    noise : a float32 in each lane. order : where a shuffled order is kept, a 32-bit number in each lane for each picture.
    """

    def __init__(
        self,
        lanes: Lanes,
        architecture: Architecture,
        recipe: Recipe,
        examples: int,
        seeds: str,
        noise: str,
        order: str = "",
    ) -> None:
        self.lanes, self.f, self.recipe = lanes, lanes.f, recipe
        self.examples, self.noise, self.order = examples, noise, order
        self.widths = architecture.sizes[0], architecture.sizes[-1]
        self.ordering, self.noising, self.viewing = (
            lanes.word(lanes.every(stream), seeds) for stream in (rng.ORDERS, rng.NOISE, rng.VIEWS)
        )

    def begin(self, epoch: str) -> None:
        """Begin an epoch: draw each lane's order."""
        f, lanes = self.f, self.lanes
        self.shown = f.whole("mul", epoch, self.examples)  # pictures before this epoch
        if self.recipe.order != "shuffled":
            return
        word = lanes.word(self.ordering, self._everywhere(epoch))
        if self.examples <= FEW:
            for k, which in enumerate(self._shuffled_few(word)):
                f.store(lanes.words, which, f.at(lanes.words, self.order, k), align=4)
            return
        with f.loop(0, self.examples) as i:
            f.store(lanes.words, self._everywhere(i), f.at(lanes.words, self.order, i), align=4)
        places = f.room(lanes.words)
        with f.loop(0, self.examples - 1) as done:
            i = f.whole("sub", self.examples - 1, done)
            f.store(lanes.words, lanes.place_of(lanes.word(word, self._everywhere(i)), i), places)
            with f.loop(0, lanes.count) as lane:
                self._swap(i, f.new(f"zext i32 {f.load('i32', f.at('i32', places, lane))} to i64"), lane)

    def _shuffled_few(self, word: str) -> list[str]:
        """Return the orders of a few pictures, all lanes at once: swap i with each j, in the lanes that say so."""
        lanes, order = self.lanes, [self.lanes.every(i) for i in range(self.examples)]
        for i in range(self.examples - 1, 0, -1):
            place, held = lanes.place_of(lanes.word(word, i), str(i)), order[i]
            for j in range(i):
                mark = lanes.same(place, j)
                order[i] = lanes.picked(mark, order[j], order[i], lanes.words)
                order[j] = lanes.picked(mark, held, order[j], lanes.words)
        return order

    def _swap(self, i: str, k: str, lane: str) -> None:
        f = self.f
        here, there = (
            f.at("i32", self.order, f.whole("add", f.whole("mul", place, self.lanes.count), lane))
            for place in (i, k)
        )
        held, other = f.load("i32", here), f.load("i32", there)
        f.store("i32", other, here)
        f.store("i32", held, there)

    def pictures(self, first: str) -> tuple[Pictured, Pictured]:
        """Return how to find the pixels and the targets of the pictures from place `first` of the epoch on."""
        return (
            lambda k, i: self._pixel(self.f.whole("add", first, k), i),
            lambda k, j: self._target(self.f.whole("add", first, k), j),
        )

    def _pixel(self, place: str, i: Index) -> str:
        """Return pixel i of the picture at a place of the epoch."""
        lanes, width = self.lanes, self.widths[0]
        if self.recipe.augment:
            view = lanes.whole("mul", self._view(place), width)
            index = self.lanes.gathered("%views", lanes.whole("add", view, self._word(i)))
            pixel = self.f.new(f"bitcast {lanes.kind} {index} to {lanes.words}")
            value = self.lanes.gathered("%inputs", lanes.whole("add", self._row(place, width), pixel))
        else:
            value = self._value("%inputs", place, width, i)
        if not self.recipe.noise:
            return value
        return self._noisy(value, lanes.word(lanes.word(self.noising, self._showing(place)), self._word(i)))

    def _target(self, place: str, j: Index) -> str:
        lanes, width = self.lanes, self.widths[1]
        if not self.recipe.augment:
            return self._value("%targets", place, width, j)
        turned = lanes.whole("xor", lanes.whole("and", self._view(place), 1), self._word(j))  # of two targets
        return self.lanes.gathered("%targets", lanes.whole("add", self._row(place, width), turned))

    def _noisy(self, value: str, bits: str) -> str:
        """Return a pixel with the noise of a word, held between 0 and 1."""
        lanes, none, full = self.lanes, self.lanes.constant(0.0), self.lanes.constant(1.0)
        value = lanes.two("fadd", value, lanes.two("fmul", self.noise, lanes.normal(bits)))
        value = lanes.chosen("olt", value, none, none, value)
        return lanes.chosen("ogt", value, full, full, value)

    def _value(self, array: str, place: str, width: int, i: Index) -> str:
        """Return a number of the picture at a place: one for all lanes, or each lane's own."""
        if self.recipe.order == "shuffled":
            return self.lanes.gathered(array, self.lanes.whole("add", self._row(place, width), self._word(i)))
        row = self.f.at("float", array, self.f.whole("mul", place, width))
        return self.lanes.everywhere(self.f.load("float", self.f.at("float", row, i)))

    def _row(self, place: str, width: int) -> str:
        """Return where each lane's picture begins."""
        which = self._everywhere(place)
        if self.recipe.order == "shuffled":
            which = self.f.load(self.lanes.words, self.f.at(self.lanes.words, self.order, place), align=4)
        return self.lanes.whole("mul", which, width)

    def _showing(self, place: str) -> str:
        """Return which showing of the training it is."""
        return self._everywhere(self.f.whole("add", self.shown, place))

    def _view(self, place: str) -> str:
        """Return which of the eight views each lane has."""
        return self.lanes.whole("lshr", self.lanes.word(self.viewing, self._showing(place)), 29)

    def _word(self, number: Index) -> str:
        return self.lanes.every(number) if isinstance(number, int) else self._everywhere(number)

    def _everywhere(self, number: str) -> str:
        return self.lanes.everywhere(self.f.new(f"trunc i64 {number} to i32"), "i32")


class WorldInLanes(ShownInLanes):
    """Pictures drawn from a world, each lane's by its seed: `World.draw` as instructions."""

    def __init__(
        self, lanes: Lanes, architecture: Architecture, world: World, examples: int, seeds: str
    ) -> None:
        super().__init__(lanes, architecture, Recipe(), examples, seeds, lanes.constant(world.noise))
        self.world, self.drawing = world, lanes.word(lanes.every(rng.TRAINING), seeds)

    def _pixel(self, place: str, i: Index) -> str:
        lanes, world, one = self.lanes, self.world, self.lanes.constant(1.0)
        base, row = self._drawn(place)
        flat = self.lanes.gathered("%flat", row)
        bright = self._level(world.bright, lanes.word(base, 2))
        dark, gray = (self._level(levels, lanes.word(base, 3)) for levels in (world.dark, world.flat))
        level = lanes.chosen("oeq", flat, one, gray, dark)
        mask = self.lanes.gathered(
            "%inputs", lanes.whole("add", lanes.whole("mul", row, self.widths[0]), self._word(i))
        )
        number = lanes.every(8 + i) if isinstance(i, int) else self._everywhere(self.f.whole("add", i, 8))
        return self._noisy(lanes.chosen("oeq", mask, one, bright, level), lanes.word(base, number))

    def _target(self, place: str, j: Index) -> str:
        lanes, table = self.lanes, self.world.patterns
        base, row = self._drawn(place)
        if self.world.labels == "coin":  # two rows behind the patterns' are the coin's
            coin = lanes.whole("add", lanes.whole("lshr", lanes.word(base, 4), 31), len(table.masks))
            row = lanes.picked(self._doubtful(base), coin, row, lanes.words)
        return self.lanes.gathered("%targets", lanes.whole("add", lanes.whole("mul", row, 2), self._word(j)))

    def _drawn(self, place: str) -> tuple[str, str]:
        """Return the words of the picture at a place, and its row of the patterns."""
        lanes, table = self.lanes, self.world.patterns
        base = lanes.word(self.drawing, self._showing(place))
        which, doubts = lanes.word(base, 1), len(table.masks) - table.lines
        doubtful = lanes.whole("add", lanes.place_of(which, str(doubts - 1)), table.lines)
        line = lanes.place_of(which, str(table.lines - 1))
        return base, lanes.picked(self._doubtful(base), doubtful, line, lanes.words)

    def _doubtful(self, base: str) -> str:
        """Return in which lanes the picture is doubtful."""
        limit = int(self.world.doubt * 2**32)
        if limit >= 2**32:
            return "splat (i1 true)"
        return self.lanes.below(self.lanes.word(base, 0), limit)

    def _level(self, levels: tuple[float, float], bits: str) -> str:
        """Return a level between two, uniform."""
        lanes, (low, high) = self.lanes, levels
        wide = lanes.two("fmul", lanes.constant(high - low), lanes.uniform(bits))
        return lanes.two("fadd", lanes.constant(low), wide)
