"""One training step of a larger network as loops.

The loops over nodes and weights contain the sheet's formulas.

The formula of node 0 is the formula of every node of a layer. Therefore it is emitted once, inside a loop.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from tinynet.core import formulas, optimizers
from tinynet.core.architecture import Architecture
from tinynet.core.formulas import Formula
from tinynet.kernels.emit import Number, ScalarF64, SimdF32
from tinynet.kernels.rewriting import Cells
from tinynet.kernels.unrolled import Emitter, InputAccessor, WeightAccessor
from tinynet.numerics.llvm import I64, Index, Pointer
from tinynet.recipe import Recipe

ONE = Architecture((1, 1))  # the update of its only weight is the update of every parameter
WEIGHT = ONE.parameter_names[0]
CELL = re.compile(r"(?:layer(\d+)\.)?(z|a|slope|delta|target|loss\.error)\[(\d+)\]")
ROWS = 4  # unroll by 4 to hide latency: each input is loaded once for four weighted sums


def workspace_size(architecture: Architecture) -> int:
    """Return the number of values in the workspace of `Looped`."""
    return architecture.parameter_count + 3 * sum(architecture.sizes) + 2 * architecture.sizes[-1]


class Looped:
    """One training step in loops.

    Parameters p and optimizer state s stay in memory; `work` is the workspace.
    """

    def __init__(
        self,
        arithmetic: ScalarF64,
        architecture: Architecture,
        recipe: Recipe,
        settings: Mapping[str, Number],
        work: Pointer,
    ) -> None:
        self.arithmetic, self.f = arithmetic, arithmetic.f
        self.architecture, self.recipe, self.settings = architecture, recipe, settings
        sizes, nodes = architecture.sizes, sum(architecture.sizes)
        self.first = [sum(sizes[:n]) for n in range(len(sizes))]  # index of the first node of each layer
        self.gradients = work
        offsets = {
            "a": 0,
            "z": nodes,
            "slope": 2 * nodes,
            "target": 3 * nodes,
            "error": 3 * nodes + sizes[-1],
        }
        offset = architecture.parameter_count
        self.areas = {
            kind: self.f.gep(arithmetic.float_type, work, offset + k) for kind, k in offsets.items()
        }
        self.areas["delta"] = self.areas["slope"]  # a delta overwrites its slope
        self.loss = self.f.alloca(arithmetic.float_type)

    def begin(self, p: Pointer, s: Pointer) -> None:
        """Set the addresses of parameters and optimizer state."""
        self.p, self.s = p, s

    def step(
        self,
        batch: int,
        input_: InputAccessor,
        target: InputAccessor,
        sample_weight: WeightAccessor | None = None,
    ) -> None:
        """Emit a step on a batch.

        The sum of the losses of its examples is stored in `self.loss`.

        sample_weight : the sample weights; None for a training without them.
        """
        weighted = sample_weight is not None
        alone = batch == 1 and isinstance(
            self.arithmetic, SimdF32
        )  # each gradient is used at once and not stored
        zero = self.arithmetic.constant(0.0)
        self.f.store(self.arithmetic.float_type, zero, self.loss)
        if not alone:
            with self._loop(self.architecture.parameter_count) as q:
                self._store(self.gradients, q, zero)
        with self.f.loop(0, batch) as k:
            self.store_inputs(lambda i: input_(k, i))
            with self._loop(self.architecture.sizes[-1]) as j:
                self._store(self.areas["target"], j, target(k, j))
            if sample_weight is not None:
                self.weight = self.f.alloca(self.arithmetic.float_type)
                self._store(self.weight, 0, sample_weight(k))
            for n in range(1, len(self.architecture.sizes)):
                self.forward(n)
            self._losses(weighted)
            self._deltas(batch, weighted)
            self.example_done(k)
            if not alone:
                self._add_gradients()
        powers = self._powers()
        for n, (weight, bias) in enumerate(self.architecture.slices, 1):
            inputs = self.architecture.sizes[n - 1]
            with self._loop(self.architecture.sizes[n]) as j:
                delta = self._load(self._node_place("delta", n, j)) if alone else None
                with self._loop(inputs) as i:
                    gradient = None
                    if delta is not None:
                        a = self._load(self._node_place("a", n - 1, i))
                        gradient = self.arithmetic.binary("fmul", delta, a)
                    self._update(
                        self._add(weight.start, self.f.int_op("mul", j, inputs), i), powers, gradient
                    )
                self._update(self._add(bias.start, j), powers, delta)

    def example_done(self, k: I64) -> None:
        """Emit code at the end of example k.

        The recording kernel overrides this method.
        """

    def forward(self, n: int) -> None:
        """Emit z = w a + b and a = activation(z)."""
        outputs = self.architecture.sizes[n]
        with self._loop(outputs // ROWS) as number:
            self._sums(n, [self._add(self.f.int_op("mul", number, ROWS), r) for r in range(ROWS)])
        if outputs % ROWS:
            with self.f.loop(outputs - outputs % ROWS, outputs) as j:
                self._sums(n, [j])
        kind = self.architecture.activations[n - 1]
        cells = formulas.activation(self.architecture, None, "", n)
        if kind == "softmax":
            emitter = self._emitter(cells, n)
            for k in range(outputs):
                self._store(*self._node_place("a", n, k), emitter.cell(f"layer{n}.a[{k}]"))
            return
        with self._loop(outputs) as j:
            self._store(
                *self._node_place("a", n, j), self._emitter([next(cells)], n, j).cell(f"layer{n}.a[0]")
            )

    def _sums(self, n: int, rows: list[Index]) -> None:
        """Emit the weighted sums of some nodes of layer n.

        The terms are added from left to right.
        """
        inputs, (weight, bias) = self.architecture.sizes[n - 1], self.architecture.slices[n - 1]
        sums = [self.f.alloca(self.arithmetic.float_type) for _ in rows]
        firsts = [self._add(weight.start, self.f.int_op("mul", j, inputs)) for j in rows]

        def products(i: Index) -> list[Number]:
            a = self._load(self._node_place("a", n - 1, i))
            return [self.arithmetic.binary("fmul", self._load((self.p, self._add(q, i))), a) for q in firsts]

        self._accumulate(sums, inputs, products)
        for j, z in zip(rows, sums, strict=True):
            b = self._load((self.p, self._add(bias.start, j)))
            self._store(*self._node_place("z", n, j), self.arithmetic.binary("fadd", self._load((z, 0)), b))

    def _accumulate(self, sums: list[Pointer], count: int, terms: Callable[[Index], list[Number]]) -> None:
        for total, term in zip(sums, terms(0), strict=True):
            self._store(total, 0, term)
        with self.f.loop(1, count) as i:
            for total, term in zip(sums, terms(i), strict=True):
                self._store(total, 0, self.arithmetic.binary("fadd", self._load((total, 0)), term))

    def _losses(self, weighted: bool) -> None:
        """Emit the loss of this example.

        SIMD kernels do not record the loss.
        """
        last = len(self.architecture.sizes) - 1
        if isinstance(self.arithmetic, SimdF32):
            return
        cells = dict(formulas.activation(self.architecture, self.recipe, "", last))
        cells |= dict(formulas.loss(self.architecture, self.recipe, "", weighted))
        emitter = self._emitter([(k, v) for k, v in cells.items() if ".a[" not in k], last)
        total = self.arithmetic.binary("fadd", self._load((self.loss, 0)), emitter.cell("loss"))
        self._store(self.loss, 0, total)

    def _deltas(self, batch: int, weighted: bool) -> None:
        """Emit dL/dz of every layer.

        The last layer comes first.
        """
        last = len(self.architecture.sizes) - 1
        outputs = self.architecture.sizes[last]
        cells = dict(formulas.loss(self.architecture, self.recipe, ""))
        cells = {name: formula for name, formula in cells.items() if name.startswith("loss.error")}
        cells |= dict(formulas.output_deltas(self.architecture, self.recipe, batch, "", weighted))
        if self.architecture.output == "softmax":
            emitter = self._emitter(cells.items(), last)
            for k, value in enumerate([emitter.cell(f"layer{last}.delta[{k}]") for k in range(outputs)]):
                self._store(*self._node_place("delta", last, k), value)
        else:
            with self._loop(outputs) as j:
                value = self._emitter(cells.items(), last, j).cell(f"layer{last}.delta[0]")
                self._store(*self._node_place("delta", last, j), value)
        for n in range(last - 1, 0, -1):
            with self._loop(self.architecture.sizes[n]) as j:
                slope = self._slope(n, j)
                cell = next(formulas.deltas(self.architecture, "", n))
                emitter = self._emitter([cell], n, j)
                emitter.values[f"layer{n}.slope[0]"] = slope
                self._store(*self._node_place("delta", n, j), emitter.cell(f"layer{n}.delta[0]"))

    def _slope(self, n: int, j: Index) -> Number:
        """Return dL/da of node j of layer n.

        The terms are summed over the next layer.
        """
        inputs, start = self.architecture.sizes[n], self.architecture.slices[n][0].start
        total = self.f.alloca(self.arithmetic.float_type)

        def products(k: Index) -> list[Number]:
            w = self._load((self.p, self._add(start, self.f.int_op("mul", k, inputs), j)))
            return [self.arithmetic.binary("fmul", w, self._load(self._node_place("delta", n + 1, k)))]

        self._accumulate([total], self.architecture.sizes[n + 1], products)
        return self._load((total, 0))

    def _add_gradients(self) -> None:
        for n, (weight, bias) in enumerate(self.architecture.slices, 1):
            inputs = self.architecture.sizes[n - 1]
            with self._loop(self.architecture.sizes[n]) as j:
                delta = self._load(self._node_place("delta", n, j))
                with self._loop(inputs) as i:
                    q = self._add(weight.start, self.f.int_op("mul", j, inputs), i)
                    share = self.arithmetic.binary("fmul", delta, self._load(self._node_place("a", n - 1, i)))
                    self._store(
                        self.gradients,
                        q,
                        self.arithmetic.binary("fadd", self._load((self.gradients, q)), share),
                    )
                q = self._add(bias.start, j)
                self._store(
                    self.gradients, q, self.arithmetic.binary("fadd", self._load((self.gradients, q)), delta)
                )

    def _powers(self) -> dict[Formula, Number]:
        """Emit Adam's two powers, once for all parameters."""
        if self.recipe.optimizer != "adam":
            return {}
        count = 2 * self.architecture.parameter_count
        emitter = Emitter(
            self.arithmetic,
            self._prepare(optimizers.update(ONE, self.recipe)),
            lambda name: (
                self.settings[name]
                if name in self.settings
                else self._load((self.s, count + int(name == "decay2")))
            ),
        )
        powers: dict[Formula, Number] = {
            name: emitter.cell(name) for name in ("decay1.after", "decay2.after")
        }
        for k, value in enumerate(powers.values()):
            self._store(self.s, count + k, value)
        return powers

    def _update(self, q: Index, powers: Mapping[Formula, Number], gradient: Number | None) -> None:
        """Emit the update of parameter q."""
        count = self.architecture.parameter_count
        state: dict[str, Index] = {f"{WEIGHT}.velocity": q, f"{WEIGHT}.mean": q}
        if self.recipe.optimizer == "adam":
            state[f"{WEIGHT}.square"] = self._add(count, q)

        def read_cell(name: str) -> Number:
            if name in self.settings:
                return self.settings[name]
            if name == WEIGHT:
                return self._load((self.p, q))
            return self._load((self.s, state[name]) if name in state else (self.gradients, q))

        emitter = Emitter(self.arithmetic, self._prepare(optimizers.update(ONE, self.recipe)), read_cell)
        emitter.values |= powers
        if gradient is not None:
            emitter.values[f"{WEIGHT}.gradient"] = gradient
        after = emitter.cell(f"{WEIGHT}.after")
        for name, place in state.items():
            if f"{name}.after" in emitter.values:
                self._store(self.s, place, emitter.values[f"{name}.after"])
        self._store(self.p, q, after)

    def store_inputs(self, input_: Callable[[I64], Number]) -> None:
        """Store the inputs of an example."""
        with self._loop(self.architecture.sizes[0]) as i:
            self._store(*self._node_place("a", 0, i), input_(i))

    def outputs(self) -> list[Number]:
        """Return the activations of the last layer."""
        last = len(self.architecture.sizes) - 1
        return [self._load(self._node_place("a", last, j)) for j in range(self.architecture.sizes[last])]

    def _emitter(self, cells: Cells, n: int, j: Index | None = None) -> Emitter:
        """Return an emitter of the cells of layer n.

        The emitter serves all nodes of the layer, or node j as node 0.
        """

        def read_cell(name: str) -> Number:
            if name in self.settings:
                return self.settings[name]
            if name == formulas.SAMPLE_WEIGHT:
                return self._load((self.weight, 0))
            match = CELL.fullmatch(name)
            assert match is not None, name
            kind, index = match[2].removeprefix("loss."), I64(match[3]) if j is None else j
            if kind in ("target", "error"):
                return self._load((self.areas[kind], index))
            return self._load(self._node_place(kind, n, index))

        return Emitter(self.arithmetic, self._prepare(cells), read_cell)

    def _prepare(self, cells: Cells) -> dict[str, Formula | None]:
        return self.arithmetic.prepare(cells, self.architecture, self.recipe)

    def _node_place(self, kind: str, n: int, j: Index) -> tuple[Pointer, Index]:
        return self.areas[kind], self._add(self.first[n], j)

    def _add(self, *numbers: Index) -> Index:
        result = numbers[0]
        for number in numbers[1:]:
            if isinstance(result, int) and isinstance(number, int):
                result += number
            elif number != 0:
                result = number if result == 0 else self.f.int_op("add", result, number)
        return result

    def _loop(self, count: int) -> AbstractContextManager[I64]:
        return self.f.loop(0, count)

    def _load(self, place: tuple[Pointer, Index]) -> Number:
        return self.f.load(
            self.arithmetic.float_type, self.f.gep(self.arithmetic.float_type, *place), align=4
        )

    def _store(self, pointer: Pointer, index: Index, value: Number) -> None:
        self.f.store(
            self.arithmetic.float_type, value, self.f.gep(self.arithmetic.float_type, pointer, index), align=4
        )
