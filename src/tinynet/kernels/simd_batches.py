"""Batches in SIMD lanes.

A seed has the same examples, noise and augmentation as in `data.batches`.
"""

from tinynet import rng
from tinynet.core.architecture import Architecture
from tinynet.data.world import World
from tinynet.kernels.emit import Mask, Number, SimdF32, Words
from tinynet.kernels.unrolled import InputAccessor
from tinynet.numerics.llvm import FLOAT, I64, INT32, Index, Pointer
from tinynet.recipe import Recipe

FEW = 8  # up to this many examples are shuffled without a loop over the lanes


class SimdBatches:
    """The batches of a block of networks.

    The batches are equal in all lanes, or differ by seed.

    lanes : the arithmetic.
    examples : the number of examples in an epoch.
    seeds : one seed per lane.
    noise : the standard deviation.
    order : memory for a shuffled order, one word per lane and example.
    """

    def __init__(
        self,
        lanes: SimdF32,
        architecture: Architecture,
        recipe: Recipe,
        examples: int,
        seeds: Words,
        noise: Number,
        order: Pointer,
    ) -> None:
        self.lanes, self.f, self.recipe = lanes, lanes.f, recipe
        self.examples, self.noise, self.order = examples, noise, order
        self.widths = architecture.sizes[0], architecture.sizes[-1]
        self.ordering, self.noising, self.viewing = (
            lanes.rng_word(lanes.splat_int(stream), seeds) for stream in (rng.ORDERS, rng.NOISE, rng.VIEWS)
        )

    def begin(self, epoch: I64) -> None:
        """Emit the start of an epoch: each lane's shuffled order."""
        f, lanes = self.f, self.lanes
        self.examples_before = f.int_op("mul", epoch, self.examples)
        if self.recipe.order != "shuffled":
            return
        word = lanes.rng_word(self.ordering, self._everywhere(epoch))
        if self.examples <= FEW:
            for k, which in enumerate(self._shuffled_few(word)):
                f.store(lanes.int_type, which, f.gep(lanes.int_type, self.order, k), align=4)
            return
        with f.loop(0, self.examples) as i:
            f.store(lanes.int_type, self._everywhere(i), f.gep(lanes.int_type, self.order, i), align=4)
        places = f.alloca(lanes.int_type)
        with f.loop(0, self.examples - 1) as done:
            i = f.int_op("sub", self.examples - 1, done)
            f.store(lanes.int_type, lanes.shuffle_index(lanes.rng_word(word, self._everywhere(i)), i), places)
            with f.loop(0, lanes.count) as lane:
                self._swap(
                    i, I64(f.emit(f"zext i32 {f.load(INT32, f.gep(INT32, places, lane))} to i64")), lane
                )

    def _shuffled_few(self, word: Words) -> list[Words]:
        """Return the shuffled orders of a few examples.

        i is swapped with each j, under a mask of lanes.
        """
        lanes, order = self.lanes, [self.lanes.splat_int(i) for i in range(self.examples)]
        for i in range(self.examples - 1, 0, -1):
            place, held = lanes.shuffle_index(lanes.rng_word(word, i), i), order[i]
            for j in range(i):
                mark = lanes.equals(place, j)
                order[i] = lanes.select_mask(mark, order[j], order[i])
                order[j] = lanes.select_mask(mark, held, order[j])
        return order

    def _swap(self, i: I64, k: I64, lane: I64) -> None:
        f = self.f
        here, there = (
            f.gep(INT32, self.order, f.int_op("add", f.int_op("mul", place, self.lanes.count), lane))
            for place in (i, k)
        )
        held, other = f.load(INT32, here), f.load(INT32, there)
        f.store(INT32, other, here)
        f.store(INT32, held, there)

    def batch(self, first: I64) -> tuple[InputAccessor, InputAccessor]:
        """Return the accessors of a batch's inputs and targets.

        The batch begins at position `first` of the epoch.
        """
        return (
            lambda k, i: self._input(self.f.int_op("add", first, k), i),
            lambda k, j: self._target(self.f.int_op("add", first, k), j),
        )

    def _input(self, place: I64, i: Index) -> Number:
        """Return input i of the example at a position.

        The position is one of the epoch.
        """
        lanes, width = self.lanes, self.widths[0]
        if self.recipe.augment:
            view = lanes.int_op("mul", self._view(place), width)
            index = self.lanes.gather(Pointer("%views"), lanes.int_op("add", view, self._word(i)))
            lane_index = Words(self.f.emit(f"bitcast {lanes.float_type} {index} to {lanes.int_type}"))
            value = self.lanes.gather(
                Pointer("%inputs"), lanes.int_op("add", self._row(place, width), lane_index)
            )
        else:
            value = self._value(Pointer("%inputs"), place, width, i)
        if not self.recipe.noise:
            return value
        return self._noisy(
            value, lanes.rng_word(lanes.rng_word(self.noising, self._presentation(place)), self._word(i))
        )

    def _target(self, place: I64, j: Index) -> Number:
        lanes, width = self.lanes, self.widths[1]
        if not self.recipe.augment:
            return self._value(Pointer("%targets"), place, width, j)
        turned = lanes.int_op(
            "xor", lanes.int_op("and", self._view(place), 1), self._word(j)
        )  # exactly two targets
        return self.lanes.gather(Pointer("%targets"), lanes.int_op("add", self._row(place, width), turned))

    def _noisy(self, value: Number, bits: Words) -> Number:
        """Return an input with noise, clipped to 0 to 1.

        The noise comes from a random word.
        """
        lanes, none, full = self.lanes, self.lanes.constant(0.0), self.lanes.constant(1.0)
        value = lanes.binary("fadd", value, lanes.binary("fmul", self.noise, lanes.normal(bits)))
        value = lanes.select("olt", value, none, none, value)
        return lanes.select("ogt", value, full, full, value)

    def _value(self, array: Pointer, place: I64, width: int, i: Index) -> Number:
        """Return a number of the example at a position.

        The number is equal in all lanes, or different in each lane.
        """
        if self.recipe.order == "shuffled":
            return self.lanes.gather(array, self.lanes.int_op("add", self._row(place, width), self._word(i)))
        row = self.f.gep(FLOAT, array, self.f.int_op("mul", place, width))
        return self.lanes.splat(self.f.load(FLOAT, self.f.gep(FLOAT, row, i)))

    def _row(self, place: I64, width: int) -> Words:
        """Return the index at which each lane's example begins."""
        which = self._everywhere(place)
        if self.recipe.order == "shuffled":
            which = self.f.load(
                self.lanes.int_type, self.f.gep(self.lanes.int_type, self.order, place), align=4
            )
        return self.lanes.int_op("mul", which, width)

    def _presentation(self, place: I64) -> Words:
        """Return the number of the presentation in the training, counted from 0."""
        return self._everywhere(self.f.int_op("add", self.examples_before, place))

    def _view(self, place: I64) -> Words:
        """Return which of the eight views each lane uses."""
        return self.lanes.int_op("lshr", self.lanes.rng_word(self.viewing, self._presentation(place)), 29)

    def _word(self, number: Index) -> Words:
        return self.lanes.splat_int(number) if isinstance(number, int) else self._everywhere(number)

    def _everywhere(self, number: I64) -> Words:
        return self.lanes.splat_low(number)


class SimdWorldBatches(SimdBatches):
    """Pictures drawn from a world by each lane's seed.

    The pictures are those of `World.draw`, in SIMD.
    """

    def __init__(
        self, lanes: SimdF32, architecture: Architecture, world: World, examples: int, seeds: Words
    ) -> None:
        super().__init__(
            lanes, architecture, Recipe(), examples, seeds, lanes.constant(world.noise), Pointer("null")
        )
        self.world, self.drawing = world, lanes.rng_word(lanes.splat_int(rng.TRAINING), seeds)

    def _input(self, place: I64, i: Index) -> Number:
        lanes, world, one = self.lanes, self.world, self.lanes.constant(1.0)
        base, row = self._drawn(place)
        flat = self.lanes.gather(Pointer("%flat"), row)
        bright = self._level(world.bright, lanes.rng_word(base, 2))
        dark, gray = (self._level(levels, lanes.rng_word(base, 3)) for levels in (world.dark, world.flat))
        level = lanes.select("oeq", flat, one, gray, dark)
        mask = self.lanes.gather(
            Pointer("%inputs"), lanes.int_op("add", lanes.int_op("mul", row, self.widths[0]), self._word(i))
        )
        number = (
            lanes.splat_int(8 + i) if isinstance(i, int) else self._everywhere(self.f.int_op("add", i, 8))
        )
        return self._noisy(lanes.select("oeq", mask, one, bright, level), lanes.rng_word(base, number))

    def _target(self, place: I64, j: Index) -> Number:
        lanes, table = self.lanes, self.world.patterns
        base, row = self._drawn(place)
        if self.world.labels == "coin":  # the coin's results are the two rows after the patterns
            coin = lanes.int_op("add", lanes.int_op("lshr", lanes.rng_word(base, 4), 31), len(table.masks))
            row = lanes.select_mask(self._doubtful(base), coin, row)
        return self.lanes.gather(
            Pointer("%targets"), lanes.int_op("add", lanes.int_op("mul", row, 2), self._word(j))
        )

    def _drawn(self, place: I64) -> tuple[Words, Words]:
        """Return random words and pattern row of a picture.

        The picture is at a position of the epoch.
        """
        lanes, table = self.lanes, self.world.patterns
        base = lanes.rng_word(self.drawing, self._presentation(place))
        which, doubts = lanes.rng_word(base, 1), len(table.masks) - table.lines
        doubtful = lanes.int_op("add", lanes.shuffle_index(which, doubts - 1), table.lines)
        line = lanes.shuffle_index(which, table.lines - 1)
        return base, lanes.select_mask(self._doubtful(base), doubtful, line)

    def _doubtful(self, base: Words) -> Mask:
        """Return the mask of the lanes with an ambiguous picture."""
        limit = int(self.world.doubt * 2**32)
        if limit >= 2**32:
            return Mask("splat (i1 true)")
        return self.lanes.less_than(self.lanes.rng_word(base, 0), limit)

    def _level(self, levels: tuple[float, float], bits: Words) -> Number:
        """Return a uniform random level between two levels."""
        lanes, (low, high) = self.lanes, levels
        wide = lanes.binary("fmul", lanes.constant(high - low), lanes.uniform(bits))
        return lanes.binary("fadd", lanes.constant(low), wide)
