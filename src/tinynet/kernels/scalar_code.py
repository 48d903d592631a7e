"""The code of the kernel that trains one network and records every number."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

import numpy as np

from tinynet.core import optimizers
from tinynet.core.architecture import Architecture
from tinynet.errors import TinyNetError
from tinynet.kernels.emit import Number, ScalarF64
from tinynet.kernels.looped import Looped, workspace_size
from tinynet.kernels.unrolled import NODE, Emitter, InputAccessor, Unrolled, batch_sizes
from tinynet.numerics.integers import ceil_div
from tinynet.numerics.kernel import Array, Kernel, Shape, arguments
from tinynet.numerics.llvm import I1, I64, WHOLE, Function, Index, Pointer
from tinynet.recipe import Recipe

NUMBER = ScalarF64.float_type
MAX_UNROLLED = 1024  # parameters times batch size; straight-line code above this compiles noticeably slowly

READ, WRITTEN = Array(float), Array(float, written=True)
ARRAYS = {
    "p": Array(float, written=True, finite=True), "s": WRITTEN, "start": WRITTEN, "settings": Array(float, finite=True),
    "work": WRITTEN, "rows": Array(np.int64, below="examples"), "inputs": READ, "targets": READ,
    "rates": Array(float, finite=True), "parameters": WRITTEN, "state": WRITTEN, "gradients": WRITTEN,
    "activations": WRITTEN, "losses": WRITTEN, "epoch_loss": WRITTEN, "epoch_movement": WRITTEN,
}  # fmt: skip
WEIGHTS = {"sample_weights": READ}  # only of a weighted training
WHOLES = ("first", "last", "stride", "spare", "examples", "epochs")


@lru_cache(maxsize=64)
def compiled(architecture: Architecture, recipe: Recipe, examples: int, weighted: bool) -> Kernel:
    """Return the kernel that trains one network of an architecture.

    examples : the number of examples in an epoch.
    weighted : whether each example has a sample weight.
    """
    arrays = ARRAYS | WEIGHTS if weighted else ARRAYS
    f = Function("record", arguments(arrays, WHOLES), WHOLE)
    _RecordingKernel(f, architecture, recipe, examples, weighted).write()
    shapes = _shapes(architecture, recipe, examples, weighted)
    return Kernel(f, arrays, shapes, ScalarF64.declarations)


def _shapes(
    architecture: Architecture, recipe: Recipe, examples: int, weighted: bool
) -> Callable[..., Sequence[Shape]]:
    """Return the shapes of the arrays, as a function of the whole numbers."""
    (inputs, *_, outputs), batch = architecture.sizes, recipe.batch_size
    count, size = architecture.parameter_count, optimizers.state_size(architecture, recipe)
    weights, nodes = architecture.slices[0][0].stop, sum(architecture.sizes[1:])
    settings, work = len(optimizers.settings(recipe)), workspace_size(architecture)
    per_epoch = ceil_div(examples, batch)

    def shapes(first: int, last: int, stride: int, spare: int, rows: int, epochs: int) -> Sequence[Shape]:
        if not (0 <= first <= last <= epochs * per_epoch and stride >= 1 and last <= spare * stride):
            raise TinyNetError(
                f"the steps {first:,} to {last:,} do not fit a recording of {epochs * per_epoch:,} steps, of which "
                f"{spare:,} are kept, each {stride:,} steps apart."
            )
        steps, kept = last - first, spare + 1
        return (
            (count,), (size,), (weights,), (settings,), (work,), (steps, batch), (rows, inputs), (rows, outputs), (steps,),
            (kept, count), (kept, size), (kept, count), (kept, batch, nodes), (kept,), (epochs,), (epochs,),
            *([(rows,)] if weighted else []),
        )  # fmt: skip

    return shapes


class _RecordingKernel:
    """The code of the loop over the steps.

    The code also records each step.
    """

    def __init__(
        self, f: Function, architecture: Architecture, recipe: Recipe, examples: int, weighted: bool
    ) -> None:
        self.f, self.exact, self.weighted = f, ScalarF64(f), weighted
        self.architecture, self.recipe, self.examples = architecture, recipe, examples
        self.count, self.nodes = architecture.parameter_count, sum(architecture.sizes[1:])
        self.state_size, self.weights = (
            optimizers.state_size(architecture, recipe),
            architecture.slices[0][0].stop,
        )
        settings = enumerate(optimizers.settings(recipe))
        self.settings = {name: f.load(NUMBER, f.gep(NUMBER, Pointer("%settings"), k)) for k, name in settings}

    def write(self) -> None:
        """Emit the whole function."""
        f, batch = self.f, self.recipe.batch_size
        per_epoch, sizes = ceil_div(self.examples, batch), batch_sizes(self.recipe, self.examples)
        whole = f.alloca(NUMBER)
        with f.loop(I64("%first"), I64("%last")) as number:
            epoch, place = f.int_op("udiv", number, per_epoch), f.int_op("urem", number, per_epoch)
            turn = f.int_op("sub", number, I64("%first"))
            self.turn = f.int_op("mul", turn, batch)  # the position of this step in `rows`
            self.settings["rate"] = f.load(NUMBER, f.gep(NUMBER, Pointer("%rates"), turn))
            kept = I1(f.emit(f"icmp eq i64 {f.int_op('urem', number, I64('%stride'))}, 0"))
            self.row = I64(
                f.emit(f"select i1 {kept}, i64 {f.int_op('udiv', number, I64('%stride'))}, i64 %spare")
            )
            with f.if_(self._equal(place, 0)):
                self._copy(Pointer("%p"), Pointer("%start"), self.weights)
            before = (
                self._row(Pointer("%parameters"), self.count),
                self._row(Pointer("%state"), self.state_size),
            )
            self._copy(Pointer("%p"), before[0], self.count)
            self._copy(Pointer("%s"), before[1], self.state_size)
            for k, size in enumerate(sizes):
                # A training has one or two batch sizes. With one, all batches have it. With
                # two, only the last batch of an epoch has the second.
                usual, only = k == 0, len(sizes) == 1
                test = "ule" if only else "ult" if usual else "eq"
                with f.if_(I1(f.emit(f"icmp {test} i64 {place}, {per_epoch - 1}"))):
                    f.store(NUMBER, self._step(size), whole)
            last_batch = self._equal(place, per_epoch - 1)
            last, usual_size = self.exact.constant(sizes[-1]), self.exact.constant(sizes[0])
            batch_size = Number(f.emit(f"select i1 {last_batch}, double {last}, double {usual_size}"))
            total = f.load(NUMBER, whole)
            with f.if_(self._not_finite(total)):
                self._copy(before[0], Pointer("%p"), self.count)
                self._copy(before[1], Pointer("%s"), self.state_size)
                f.ret(number)
            f.store(
                NUMBER,
                self.exact.binary("fdiv", total, batch_size),
                f.gep(NUMBER, Pointer("%losses"), self.row),
            )
            part = self.exact.binary("fdiv", total, self.exact.constant(self.examples))
            self._add(f.gep(NUMBER, Pointer("%epoch_loss"), epoch), part)
            with f.if_(self._equal(place, per_epoch - 1)):
                f.store(NUMBER, self._distance(), f.gep(NUMBER, Pointer("%epoch_movement"), epoch))
        f.ret(I64("%last"))

    def _step(self, size: int) -> Number:
        """Emit the step of a batch.

        Returns the sum of the losses of its examples.
        """
        accessors = (self._accessor("inputs", 0), self._accessor("targets", -1))
        weight = self._weight if self.weighted else None
        parts = (self.exact, self.architecture, self.recipe, self.settings)
        usual = batch_sizes(self.recipe, self.examples)[0]  # short batches get the same kind of code
        if self.count * usual > MAX_UNROLLED:
            looped = _RecordedLooped(
                *parts, self._activation_place, self._row(Pointer("%gradients"), self.count)
            )
            looped.begin(Pointer("%p"), Pointer("%s"))
            looped.step(size, *accessors, weight)
            return self.f.load(NUMBER, looped.loss)
        unrolled = Unrolled(*parts)
        unrolled.begin(Pointer("%p"), Pointer("%s"))
        emitter = unrolled.step(size, *accessors, weight)
        return self._record_step(emitter, size)

    def _record_step(self, emitter: Emitter, size: int) -> Number:
        """Emit the recording of gradients and activations.

        Returns the sum of the losses of the examples.
        """
        gradients = self._row(Pointer("%gradients"), self.count)
        for k, name in enumerate(self.architecture.parameter_names):
            self.f.store(NUMBER, emitter.cell(f"{name}.gradient"), self.f.gep(NUMBER, gradients, k))
        for k, node in enumerate([cell for cell in emitter.cells if NODE.fullmatch(cell)]):
            self.f.store(NUMBER, emitter.cell(node), self._activation_place(k // self.nodes, k % self.nodes))
        loss = emitter.cells["loss"]
        return emitter.value(loss[1]) if size > 1 and isinstance(loss, tuple) else emitter.cell("loss")

    def _activation_place(self, example: Index, node: Index) -> Pointer:
        """Return the address of a recorded activation."""
        row = self._row(Pointer("%activations"), self.recipe.batch_size * self.nodes)
        return self.f.gep(NUMBER, row, self.f.int_op("add", self.f.int_op("mul", example, self.nodes), node))

    def _accessor(self, array: str, side: int) -> InputAccessor:
        f, width = self.f, self.architecture.sizes[side]

        def value(k: Index, i: Index) -> Number:
            number = self._example(k)
            return f.load(
                NUMBER,
                f.gep(NUMBER, Pointer(f"%{array}"), f.int_op("add", f.int_op("mul", number, width), i)),
            )

        return value

    def _weight(self, k: Index) -> Number:
        """Return the sample weight of example k of the batch."""
        return self.f.load(NUMBER, self.f.gep(NUMBER, Pointer("%sample_weights"), self._example(k)))

    def _example(self, k: Index) -> I64:
        """Return the index of example k of the batch."""
        place = self.f.int_op("add", self.turn, k)
        return self.f.load(WHOLE, self.f.gep(WHOLE, Pointer("%rows"), place))

    def _equal(self, x: I64, y: int) -> I1:
        return I1(self.f.emit(f"icmp eq i64 {x}, {y}"))

    def _row(self, array: Pointer, width: int) -> Pointer:
        return self.f.gep(NUMBER, array, self.f.int_op("mul", self.row, width))

    def _not_finite(self, total: Number) -> I1:
        """Return whether the loss or any parameter is not finite.

        The test is x - x, which is 0 for finite numbers and NaN for others.
        """
        doubt = self.f.alloca(NUMBER)
        self.f.store(NUMBER, self.exact.binary("fsub", total, total), doubt)
        with self._loop(self.count) as (_, after):
            none = self.exact.binary("fsub", after, after)
            so_far = self.f.load(NUMBER, doubt)
            self.f.store(NUMBER, Number(self.f.emit(f"fadd reassoc double {so_far}, {none}")), doubt)
        return I1(self.f.emit(f"fcmp une double {self.f.load(NUMBER, doubt)}, {self.exact.constant(0.0)}"))

    def _distance(self) -> Number:
        """Return the distance of the first layer's weights.

        The distance is measured from the weights at the start of the epoch.
        """
        total = self.f.alloca(NUMBER)
        self.f.store(NUMBER, self.exact.constant(0.0), total)
        with self._loop(self.weights) as (k, now):
            way = self.exact.binary(
                "fsub", now, self.f.load(NUMBER, self.f.gep(NUMBER, Pointer("%start"), k))
            )
            self._add(total, self.exact.binary("fmul", way, way))
        return self.exact.sqrt(self.f.load(NUMBER, total))

    @contextmanager
    def _loop(self, count: int) -> Iterator[tuple[I64, Number]]:
        with self.f.loop(0, count) as k:
            yield k, self.f.load(NUMBER, self.f.gep(NUMBER, Pointer("%p"), k))

    def _add(self, place: Pointer, value: Number) -> None:
        self.f.store(NUMBER, self.exact.binary("fadd", self.f.load(NUMBER, place), value), place)

    def _copy(self, source: Pointer, target: Pointer, count: int) -> None:
        with self.f.loop(0, count) as k:
            self.f.store(
                NUMBER,
                self.f.load(NUMBER, self.f.gep(NUMBER, source, k)),
                self.f.gep(NUMBER, target, k),
            )


class _RecordedLooped(Looped):
    """A step in loops that records gradients and activations."""

    def __init__(
        self,
        exact: ScalarF64,
        architecture: Architecture,
        recipe: Recipe,
        settings: dict[str, Number],
        note: Callable[[Index, Index], Pointer],
        gradients: Pointer,
    ) -> None:
        super().__init__(exact, architecture, recipe, settings, Pointer("%work"))
        self.note, self.gradients = note, gradients

    def example_done(self, k: I64) -> None:
        """Record the activations of example k."""
        inputs = self.architecture.sizes[0]
        with self.f.loop(0, sum(self.architecture.sizes[1:])) as node:
            value = self._load((self.areas["a"], self._add(inputs, node)))
            self.f.store(NUMBER, value, self.note(k, node))
