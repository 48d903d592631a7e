"""The job in JAX: as one writes it first, and in the quickest of the forms that are tried."""

import os
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from contest import EPOCHS, INPUTS, RATE, TARGETS, MissingError, Side, starts, timed
from vectors import Vectors, answers, nudged

# One thread, and vectors as wide as the machine has them: XLA keeps to 256 bits unless told, and is a third slower.
# Its flags for fast mathematics, and other ways to write the loops, change nothing more.
FLAGS = "--xla_cpu_multi_thread_eigen=false --xla_cpu_prefer_vector_width=512"


class Form(NamedTuple):
    """How the best form may be written; networks are the last axis in all."""

    block: int | None  # networks whose whole training is one step of `lax.map`; None: all at once
    gradient: str  # "by grad", or "by hand"
    sigmoid: str  # "logistic", or "tanh"
    unroll: int = 1  # epochs in one step of the scan

    def __str__(self) -> str:
        block = "all networks at once" if self.block is None else f"blocks of {self.block}"
        unrolled = f", {self.unroll} epochs unrolled" if self.unroll > 1 else ""
        return f"gradient {self.gradient}, {self.sigmoid}, {block}{unrolled}"


QUICK = (Form(2048, "by grad", "logistic"), Form(512, "by grad", "logistic"))
FORMS = (
    *QUICK,
    *(Form(block, "by grad", "logistic") for block in (128, 256, 1024, 4096, None)),
    *(Form(block, "by hand", "logistic") for block in (512, 1024, 2048)),
    Form(2048, "by grad", "tanh"),
    Form(2048, "by grad", "logistic", 2),
)


def jax() -> Any:
    """Return JAX, set up for one thread of the processor."""
    if find_spec("jax") is None:
        raise MissingError('JAX is not installed: pip install -e ".[bench]"')
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {FLAGS}"
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax

    return jax


def first_form() -> Callable[[Any], Any]:
    """Return the training as one writes it first: of one network by scan of grad, and vmap over networks."""
    j = jax()
    pictures, targets = j.numpy.tile(INPUTS, (EPOCHS, 1)), j.numpy.tile(TARGETS, (EPOCHS, 1))

    def loss(p: Any, x: Any, t: Any) -> Any:
        h = j.nn.sigmoid(p[:12].reshape(3, 4) @ x + p[12:15])
        return j.numpy.mean((j.nn.sigmoid(p[15:21].reshape(2, 3) @ h + p[21:]) - t) ** 2)

    def step(p: Any, shown: Any) -> tuple[Any, None]:
        return p - RATE * j.grad(loss)(p, *shown), None

    return j.jit(j.vmap(lambda p: j.lax.scan(step, p, (pictures, targets))[0]))  # (n, 23) -> (n, 23)


def best_form(form: Form) -> Callable[[Any], Any]:
    """Return the training of parameters (23, n) in one of the forms."""
    j = jax()
    sigmoid = j.nn.sigmoid if form.sigmoid == "logistic" else lambda x: 0.5 * j.numpy.tanh(0.5 * x) + 0.5

    def loss(p: Vectors, x: Any, t: Any) -> Any:
        outputs = answers(p, x, sigmoid)[1]
        return j.numpy.sum(sum((a - t[k]) ** 2 for k, a in enumerate(outputs)) / 2)

    def step(p: Vectors, x: Any, t: Any) -> Vectors:
        if form.gradient == "by hand":
            return nudged(p, x, t, RATE, sigmoid)
        return [a - RATE * slope for a, slope in zip(p, j.grad(loss)(p, x, t), strict=True)]

    def train(p: Any, pictures: Any, targets: Any) -> Any:
        def epoch(p: Vectors, _: None) -> tuple[Vectors, None]:
            for x, t in zip(pictures, targets, strict=True):
                p = step(p, x, t)
            return p, None

        return j.numpy.stack(j.lax.scan(epoch, list(p), length=EPOCHS, unroll=form.unroll)[0])

    def all_blocks(p: Any, pictures: Any, targets: Any) -> Any:
        if form.block is None:
            return train(p, pictures, targets)
        blocks = p.reshape(len(p), -1, form.block).transpose(1, 0, 2)  # (blocks, 23, block)
        trained = j.lax.map(partial(train, pictures=pictures, targets=targets), blocks)
        return trained.transpose(1, 0, 2).reshape(p.shape)

    return partial(j.jit(all_blocks), pictures=INPUTS, targets=TARGETS)


def whole_blocks(networks: int) -> np.ndarray:
    """Return the starts (23, n) of at least so many networks, a multiple of every block."""
    most = max(form.block or 1 for form in FORMS)
    return np.ascontiguousarray(starts(-(-networks // most) * most).T)


def quickest(quick: bool, networks: int) -> tuple[Form, Callable[[Any], Any]]:
    """Return the form that is quickest here, and its training."""
    array, found = jax().numpy.asarray(whole_blocks(networks)), []
    for form in QUICK if quick else FORMS:
        train = best_form(form)
        train(array).block_until_ready()
        seconds = min(timed(lambda: train(array).block_until_ready()) for _ in range(3))  # noqa: B023
        found.append((seconds, form, train))
    return min(found, key=lambda each: each[0])[1:]


class Best:
    """The quickest form, found when it is first asked."""

    def __init__(self, quick: bool, networks: int) -> None:
        self.quick, self.networks = quick, networks
        self.form: Form | None = None

    def fresh(self, networks: int) -> Any:
        """Return the starts of so many networks on JAX's side."""
        if self.form is None:
            self.form, self._train = quickest(self.quick, self.networks)
        return jax().numpy.asarray(whole_blocks(networks))

    def train(self, p: Any) -> Any:
        """Train, and wait for it."""
        return self._train(p).block_until_ready()


class First:
    """The first form, compiled when it is first asked."""

    def fresh(self, networks: int) -> Any:
        """Return the starts (n, 23)."""
        return jax().numpy.asarray(starts(networks))

    def train(self, p: Any) -> Any:
        """Train, and wait for it."""
        if not hasattr(self, "_train"):
            self._train = first_form()
        return self._train(p).block_until_ready()


def sides(quick: bool) -> tuple[list[Side], Best]:
    """Return both sides, and the second's search for its form."""
    networks = 16384 if quick else 65536
    first, best = First(), Best(quick, networks // 2)
    return [
        Side(
            "JAX, as first written", first.fresh, first.train, np.asarray, (4096,) if quick else (1024, 4096)
        ),
        Side("JAX, its best form", best.fresh, best.train, lambda p: np.asarray(p).T, (networks,)),
    ], best
