"""The training in JAX: a first version, and the fastest of several forms."""

import os
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from harness import EPOCHS, INPUTS, RATE, TARGETS, Implementation, MissingError, initial_parameters, timed
from tinynet.numerics.integers import ceil_div
from vectors import Vectors, forward, sgd_step

# One thread, and the widest vectors of the processor. By default XLA uses 256 bits and is a third slower. The flags
# for fast mathematics and other ways to write the loops make no further difference.
FLAGS = "--xla_cpu_multi_thread_eigen=false --xla_cpu_prefer_vector_width=512"


class Form(NamedTuple):
    """A way to write the training; networks are always the last axis."""

    block: int | None  # networks that are trained in one step of `lax.map`; None for all at once
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
    """Return JAX, configured for one thread of the processor."""
    if find_spec("jax") is None:
        raise MissingError('JAX is not installed: pip install -e ".[bench]"')
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {FLAGS}"
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax

    return jax


def first_form() -> Callable[[Any], Any]:
    """Return the training as scan over grad, vmap over networks."""
    j = jax()
    pictures, targets = j.numpy.tile(INPUTS, (EPOCHS, 1)), j.numpy.tile(TARGETS, (EPOCHS, 1))

    def loss(p: Any, x: Any, t: Any) -> Any:
        h = j.nn.sigmoid(p[:12].reshape(3, 4) @ x + p[12:15])
        return j.numpy.mean((j.nn.sigmoid(p[15:21].reshape(2, 3) @ h + p[21:]) - t) ** 2)

    def step(p: Any, batch: Any) -> tuple[Any, None]:
        return p - RATE * j.grad(loss)(p, *batch), None

    return j.jit(j.vmap(lambda p: j.lax.scan(step, p, (pictures, targets))[0]))  # (n, 23) -> (n, 23)


def best_form(form: Form) -> Callable[[Any], Any]:
    """Return the training of parameters (23, n) in a form."""
    j = jax()
    sigmoid = j.nn.sigmoid if form.sigmoid == "logistic" else lambda x: 0.5 * j.numpy.tanh(0.5 * x) + 0.5

    def loss(p: Vectors, x: Any, t: Any) -> Any:
        outputs = forward(p, x, sigmoid)[1]
        return j.numpy.sum(sum((a - t[k]) ** 2 for k, a in enumerate(outputs)) / 2)

    def step(p: Vectors, x: Any, t: Any) -> Vectors:
        if form.gradient == "by hand":
            return sgd_step(p, x, t, RATE, sigmoid)
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
    """Return initial parameters of at least this many networks. -> (23, n)

    n is a multiple of every block.
    """
    block = max(form.block or 1 for form in FORMS)
    return np.ascontiguousarray(initial_parameters(ceil_div(networks, block) * block).T)


def fastest(quick: bool, networks: int) -> tuple[Form, Callable[[Any], Any]]:
    """Return the fastest form on this machine, and its training."""
    array, found = jax().numpy.asarray(whole_blocks(networks)), []
    for form in QUICK if quick else FORMS:
        train = best_form(form)
        train(array).block_until_ready()
        seconds = min(timed(lambda: train(array).block_until_ready()) for _ in range(3))  # noqa: B023
        found.append((seconds, form, train))
    return min(found, key=lambda each: each[0])[1:]


class Best:
    """The fastest form, searched at the first use."""

    def __init__(self, quick: bool, networks: int) -> None:
        self.quick, self.networks = quick, networks
        self.form: Form | None = None

    def prepare(self, networks: int) -> Any:
        """Return initial parameters as a JAX array."""
        if self.form is None:
            self.form, self._train = fastest(self.quick, self.networks)
        return jax().numpy.asarray(whole_blocks(networks))

    def train(self, p: Any) -> Any:
        """Train, and wait until the result is computed."""
        return self._train(p).block_until_ready()


class First:
    """The first version, compiled at the first use."""

    def prepare(self, networks: int) -> Any:
        """Return initial parameters (n, 23) as a JAX array."""
        return jax().numpy.asarray(initial_parameters(networks))

    def train(self, p: Any) -> Any:
        """Train, and wait until the result is computed."""
        if not hasattr(self, "_train"):
            self._train = first_form()
        return self._train(p).block_until_ready()


def implementations(quick: bool) -> tuple[list[Implementation], Best]:
    """Return both implementations, and the search for the fastest form."""
    networks = 16384 if quick else 65536
    first, best = First(), Best(quick, networks // 2)
    return [
        Implementation(
            "JAX, first version", first.prepare, first.train, np.asarray, (4096,) if quick else (1024, 4096)
        ),
        Implementation("JAX, fastest form", best.prepare, best.train, lambda p: np.asarray(p).T, (networks,)),
    ], best
