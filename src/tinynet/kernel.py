"""The kernel: networks trained in lockstep, many at once in float32 or one, recorded, in float64.

Arrays come in blocks: number `i` of lane (network) `l` stands at `block[i * L + l]`, so that the innermost
loop runs over the lanes and vectorises. `L` is the length of a tuple: Numba knows it while compiling.
With one lane every operation comes in the order of the sheet's formulas, so both agree to the last bit.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from tinynet import shuffle
from tinynet.network import OUTPUTS, Architecture
from tinynet.recipe import Recipe

F = TypeVar("F", bound=Callable[..., Any])

LANES = (0,) * 64
ONE_LANE = (0,)

SIGMOID, TANH, RELU, IDENTITY, SOFTMAX = range(5)
ACTIVATION_CODES = dict(zip(OUTPUTS, range(5), strict=True))
MSE, BCE, CROSS_ENTROPY = range(3)
LOSS_CODES = {"mse": MSE, "bce": BCE, "cross_entropy": CROSS_ENTROPY}
SGD, MOMENTUM, ADAM = range(3)
LARGEST_EXPONENT = 709.782712893384  # exp of anything larger is infinite in float64


class Plan(NamedTuple):
    """What to compute: a network's layout and a recipe, as numbers that compiled code can read."""

    sizes: np.ndarray  # (layers + 1,) nodes of each layer, pixels first
    weights: np.ndarray  # (layers,) where each layer's weights start among the parameters
    biases: np.ndarray  # (layers,) and where its biases do
    nodes: np.ndarray  # (layers + 1,) where each layer's activations start, pixels first
    activations: np.ndarray  # (layers,) codes
    settings: np.ndarray  # rate, momentum, weight_decay, beta1, beta2, epsilon in the kernel's precision
    loss: int
    optimizer: int
    nesterov: bool
    shuffled: bool
    batch: int
    parameters: int
    state: int


class Block(NamedTuple):
    """The numbers of L networks on their way; every array is flat, lane innermost."""

    parameters: np.ndarray  # (parameters * L,)
    state: np.ndarray  # (state * L,) of the optimizer
    seeds: np.ndarray  # (L,) of the shuffling
    gradients: np.ndarray  # (parameters * L,)
    acts: np.ndarray  # (nodes * L,) pixels, then each layer's activations
    slopes: np.ndarray  # (nodes * L,) dL/da, then in place the deltas dL/dz
    order: np.ndarray  # (pictures * L,)
    targets: np.ndarray  # (outputs * L,)


class Trace(NamedTuple):
    """Where the one-lane kernel writes a recording; row r is step r * stride."""

    stride: int
    parameters: np.ndarray  # (kept + 1, parameters)
    state: np.ndarray  # (kept + 1, state)
    gradients: np.ndarray  # (kept, parameters)
    activations: np.ndarray  # (kept, batch, nodes after the pixels)
    losses: np.ndarray  # (kept,)
    pictures: np.ndarray  # (kept, batch) which picture, -1 where a last batch is short
    epoch_loss: np.ndarray  # (epochs,)
    epoch_movement: np.ndarray  # (epochs,)
    epoch_start: np.ndarray  # (parameters,) as the present epoch began
    before: np.ndarray  # (parameters + state,) as the present step began


def jit(function: F) -> F:
    """Compile with Numba, cached on disk where a folder can be written.

    `error_model="numpy"`: a check for division by zero would stop vectorisation.
    """
    from numba import njit

    compiled: Any
    try:
        compiled = njit(cache=True, error_model="numpy", nogil=True)(function)
    except RuntimeError:  # neither beside the source nor in the user's folder can a cache be written
        compiled = njit(error_model="numpy", nogil=True)(function)
    return compiled


def plan(architecture: Architecture, recipe: Recipe, dtype: Any) -> Plan:
    """Return the layout of `architecture` and the settings of `recipe` for a kernel in `dtype`."""
    sizes, count = np.array(architecture.sizes), architecture.parameter_count
    optimizer = ADAM if recipe.optimizer == "adam" else MOMENTUM if recipe.momentum else SGD
    return Plan(
        sizes=sizes,
        weights=np.array([weight.start for weight, _ in architecture.slices]),
        biases=np.array([bias.start for _, bias in architecture.slices]),
        nodes=np.concatenate([[0], np.cumsum(sizes)[:-1]]),
        activations=np.array([ACTIVATION_CODES[name] for name in architecture.activations]),
        settings=np.array(
            [
                recipe.learning_rate,
                recipe.momentum,
                recipe.weight_decay,
                recipe.beta1,
                recipe.beta2,
                recipe.epsilon,
            ],
            dtype,
        ),
        loss=LOSS_CODES[recipe.loss],
        optimizer=optimizer,
        nesterov=recipe.nesterov,
        shuffled=recipe.order == "shuffled",
        batch=recipe.batch_size,
        parameters=count,
        state=(0, count, 2 * count + 2)[optimizer],
    )


def initial_state(plan: Plan) -> np.ndarray:
    """Return the optimizer's state before the first nudge: zeros, and ones for Adam's two powers. (state,)"""
    state = np.zeros(plan.state)
    if plan.optimizer == ADAM:
        state[-2:] = 1.0
    return state


def block(plan: Plan, parameters: np.ndarray, state: np.ndarray, seeds: np.ndarray, pictures: int) -> Block:
    """Return a block of L networks.

    parameters (parameters, L) and state (state, L) are copied; seeds (L,).
    """
    lanes, dtype, nodes = parameters.shape[1], parameters.dtype, int(plan.sizes.sum())
    return Block(
        parameters=parameters.copy().ravel(),
        state=np.ascontiguousarray(state, dtype).copy().ravel(),
        seeds=np.asarray(seeds, np.int64),
        gradients=np.zeros(plan.parameters * lanes, dtype),
        acts=np.zeros(nodes * lanes, dtype),
        slopes=np.zeros(nodes * lanes, dtype),
        order=np.zeros(pictures * lanes, np.int64),
        targets=np.zeros(int(plan.sizes[-1]) * lanes, dtype),
    )


def no_trace(dtype: Any) -> Trace:
    """Return a trace for a kernel that records nothing."""
    empty = np.zeros((1, 1), dtype)
    one = empty[0]
    return Trace(1, empty, empty, empty, empty[None], one, np.zeros((1, 1), np.int64), one, one, one, one)


_place_of = jit(shuffle.place_of)


@jit
def _draw(lanes, seeds, low, high, starts):
    """Draw each lane's uniform numbers with its own Mersenne Twister (Matsumoto and Nishimura 1998).

    low, high (P,) float64; starts (P * L,) float32 is filled. A bound of 0 draws nothing: the number is 0.
    The same numbers as PyTorch's, by the rule that `Network.initial` states.
    """
    L = len(lanes)
    words = np.zeros(624 * L, np.uint32)
    for l in range(L):
        words[l] = seeds[l]
    for i in range(1, 624):
        for l in range(L):
            word = int(words[(i - 1) * L + l])
            words[i * L + l] = (1812433253 * (word ^ (word >> 30)) + i) & 0xFFFFFFFF
    drawn = 0
    for p in range(len(high)):
        if high[p] == 0.0:
            for l in range(L):
                starts[p * L + l] = 0.0
            continue
        i = drawn % 624
        near, far, drawn = (i + 1) % 624, (i + 397) % 624, drawn + 1
        for l in range(L):
            y = (int(words[i * L + l]) & 0x80000000) | (int(words[near * L + l]) & 0x7FFFFFFF)
            y = int(words[far * L + l]) ^ (y >> 1) ^ ((y & 1) * 0x9908B0DF)
            words[i * L + l] = y
            y ^= y >> 11
            y ^= (y << 7) & 0x9D2C5680
            y ^= (y << 15) & 0xEFC60000
            y ^= y >> 18
            u = (y & 0xFFFFFF) * 2.0**-24
            starts[p * L + l] = u * (high[p] - low[p]) + low[p]


@jit
def _draw_blocks(lanes, seeds, low, high, starts):
    """Fill blocks of starts (blocks * P * L,), a block for every L seeds."""
    L, size = len(lanes), len(high) * len(lanes)
    for block in range(len(seeds) // L):
        some = starts[block * size : (block + 1) * size]
        _draw(lanes, seeds[block * L : (block + 1) * L], low, high, some)


def starts(architecture: Architecture, seeds: np.ndarray) -> np.ndarray:
    """Return blocks of initial parameters as `Network.initial` draws them, for a multiple of 64 seeds.

    -> (blocks, P, 64) float32
    """
    blocks, lanes, count = len(seeds) // len(LANES), len(LANES), architecture.parameter_count
    bounds = architecture.bounds()
    if bounds is None:  # normal starts are drawn one network at a time
        drawn = np.stack([architecture.initial(int(s)).parameters for s in seeds]).astype(
            np.float32
        )  # (N, P)
        return np.ascontiguousarray(drawn.reshape(blocks, lanes, count).transpose(0, 2, 1))
    out = np.empty((blocks, count, lanes), np.float32)
    _draw_blocks(LANES, np.asarray(seeds, np.int64), -bounds, bounds, out.reshape(-1))
    return out


@jit
def _exp(x):
    return math.inf if x > LARGEST_EXPONENT else math.exp(x)


@jit
def _sigmoid_over_x(real, x):
    """(sigmoid(x) - 1/2) / x for |x| <= 17; coefficients from benchmarks/fit_sigmoid.py, error below 3e-7."""
    y = x * x
    top = real(4.217138283024724e-08)
    top = top * y + real(4.5155349653214216e-05)
    top = top * y + real(0.00804221723228693)
    top = top * y + real(0.2499997317790985)
    bottom = real(8.837103826486725e-10)
    bottom = bottom * y + real(3.5968730571767082e-06)
    bottom = bottom * y + real(0.001472636591643095)
    bottom = bottom * y + real(0.115501269698143)
    bottom = bottom * y + real(1.0)
    return top / bottom


@jit
def _sigmoid(lanes, a, first, count):
    real = a.dtype.type
    for i in range(first * len(lanes), (first + count) * len(lanes)):
        if len(lanes) == 1:
            a[i] = 1.0 / (1.0 + _exp(-a[i]))
        else:
            x = min(max(a[i], real(-17.0)), real(17.0))
            a[i] = real(0.5) + x * _sigmoid_over_x(real, x) if a[i] == a[i] else a[i]


@jit
def _tanh(lanes, a, first, count):
    real = a.dtype.type
    for i in range(first * len(lanes), (first + count) * len(lanes)):
        if len(lanes) == 1:
            a[i] = math.tanh(a[i])
        else:  # tanh(x) = 2 sigmoid(2x) - 1, without the cancellation
            x = min(max(real(2.0) * a[i], real(-17.0)), real(17.0))
            a[i] = real(2.0) * x * _sigmoid_over_x(real, x) if a[i] == a[i] else a[i]


@jit
def _softmax(lanes, a, first, count):
    real, L = a.dtype.type, len(lanes)
    for l in range(L):
        top = a[first * L + l]
        for j in range(1, count):
            top = max(top, a[(first + j) * L + l])
        total = real(0.0)
        for j in range(count):
            a[(first + j) * L + l] = real(_exp(a[(first + j) * L + l] - top))
            total += a[(first + j) * L + l]
        for j in range(count):
            a[(first + j) * L + l] /= total


@jit
def _forward(plan, lanes, p, acts):
    """z = w @ a + b, a = activation(z), layer by layer."""
    L = len(lanes)
    for n in range(len(plan.activations)):
        first, inputs = plan.nodes[n + 1], plan.sizes[n]
        for j in range(plan.sizes[n + 1]):
            z = (first + j) * L
            for i in range(inputs):
                w, a = (plan.weights[n] + j * inputs + i) * L, (plan.nodes[n] + i) * L
                if i == 0:
                    for l in range(L):
                        acts[z + l] = p[w + l] * acts[a + l]
                else:
                    for l in range(L):
                        acts[z + l] += p[w + l] * acts[a + l]
            b = (plan.biases[n] + j) * L
            for l in range(L):
                acts[z + l] += p[b + l]
        _activate(plan.activations[n], lanes, acts, first, plan.sizes[n + 1])


@jit
def _activate(code, lanes, acts, first, count):
    if code == SIGMOID:
        _sigmoid(lanes, acts, first, count)
    elif code == TANH:
        _tanh(lanes, acts, first, count)
    elif code == SOFTMAX:
        _softmax(lanes, acts, first, count)
    elif code == RELU:
        for i in range(first * len(lanes), (first + count) * len(lanes)):
            acts[i] = max(acts[i], acts.dtype.type(0.0)) if acts[i] == acts[i] else acts[i]


@jit
def _delta(code, lanes, acts, slopes, first, count):
    """Turn slopes dL/da into deltas dL/dz, in place."""
    real, L = acts.dtype.type, len(lanes)
    start, stop = first * L, (first + count) * L
    if code == SIGMOID:
        for i in range(start, stop):
            slopes[i] = slopes[i] * acts[i] * (real(1.0) - acts[i])
    elif code == TANH:
        for i in range(start, stop):
            slopes[i] = slopes[i] * (real(1.0) - acts[i] * acts[i])
    elif code == RELU:  # a > 0 where z > 0
        for i in range(start, stop):
            slopes[i] = slopes[i] * (real(1.0) if acts[i] > 0 else real(0.0))
    elif code == SOFTMAX:
        for l in range(L):
            dot = slopes[start + l] * acts[start + l]
            for j in range(1, count):
                dot += slopes[start + j * L + l] * acts[start + j * L + l]
            for j in range(count):
                slopes[start + j * L + l] = acts[start + j * L + l] * (slopes[start + j * L + l] - dot)


@jit
def _output_delta(plan, lanes, block, pictures):
    """Fill the last layer's deltas: the derivative of the batch's loss by each weighted sum z."""
    last = len(plan.activations)
    first, count = plan.nodes[last] * len(lanes), plan.sizes[last] * len(lanes)
    acts, targets, slopes = block.acts, block.targets, block.slopes
    real = acts.dtype.type
    over = real(pictures if plan.loss == CROSS_ENTROPY else pictures * plan.sizes[last])
    for i in range(count):
        error = acts[first + i] - targets[i]
        slopes[first + i] = real(2.0) * error / over if plan.loss == MSE else error / over
    if plan.loss == MSE:
        _delta(plan.activations[last - 1], lanes, acts, slopes, plan.nodes[last], plan.sizes[last])


@jit
def _add_gradients(plan, lanes, block, is_first):
    """gradient += delta * a, delta of the layer before = (w^T delta) * activation'(z), layer by layer back."""
    L, p, g, acts, slopes = len(lanes), block.parameters, block.gradients, block.acts, block.slopes
    real = acts.dtype.type
    if is_first:
        for i in range(len(g)):
            g[i] = real(0.0)
    for n in range(len(plan.activations) - 1, -1, -1):
        inputs, outputs = plan.sizes[n], plan.sizes[n + 1]
        for j in range(outputs):
            d, b = (plan.nodes[n + 1] + j) * L, (plan.biases[n] + j) * L
            for i in range(inputs):
                w, a = (plan.weights[n] + j * inputs + i) * L, (plan.nodes[n] + i) * L
                for l in range(L):
                    g[w + l] += slopes[d + l] * acts[a + l]
            for l in range(L):
                g[b + l] += slopes[d + l]
        if n > 0:
            _slopes_before(plan, lanes, p, slopes, n)
            _delta(plan.activations[n - 1], lanes, acts, slopes, plan.nodes[n], inputs)


@jit
def _slopes_before(plan, lanes, p, slopes, n):
    L, inputs = len(lanes), plan.sizes[n]
    for i in range(inputs):
        s = (plan.nodes[n] + i) * L
        for j in range(plan.sizes[n + 1]):
            w, d = (plan.weights[n] + j * inputs + i) * L, (plan.nodes[n + 1] + j) * L
            if j == 0:
                for l in range(L):
                    slopes[s + l] = p[w + l] * slopes[d + l]
            else:
                for l in range(L):
                    slopes[s + l] += p[w + l] * slopes[d + l]


@jit
def _update(plan, lanes, block):
    """Nudge every parameter: p += change, by plain SGD, with momentum, or by Adam."""
    p, g, state = block.parameters, block.gradients, block.state
    rate, momentum, decay = plan.settings[0], plan.settings[1], plan.settings[2]
    if decay > 0:
        for i in range(len(p)):
            g[i] = g[i] + decay * p[i]
    if plan.optimizer == SGD:
        for i in range(len(p)):
            p[i] = p[i] + -rate * g[i]
    elif plan.optimizer == ADAM:
        _adam(plan, lanes, block)
    else:
        for i in range(len(p)):
            state[i] = momentum * state[i] + g[i]
            push = g[i] + momentum * state[i] if plan.nesterov else state[i]
            p[i] = p[i] + -rate * push


@jit
def _adam(plan, lanes, block):
    p, g, state = block.parameters, block.gradients, block.state
    real, count, L = p.dtype.type, len(p), len(lanes)
    rate, beta1, beta2, epsilon = plan.settings[0], plan.settings[3], plan.settings[4], plan.settings[5]
    for l in range(L):  # every lane has the same power beta**step
        state[2 * count + l] *= beta1
        state[2 * count + L + l] *= beta2
    rest1, rest2 = real(1.0) - state[2 * count], real(1.0) - state[2 * count + L]
    for i in range(count):
        state[i] = beta1 * state[i] + (real(1.0) - beta1) * g[i]
        state[count + i] = beta2 * state[count + i] + (real(1.0) - beta2) * g[i] * g[i]
        mean, square = state[i] / rest1, state[count + i] / rest2
        p[i] = p[i] + -rate * mean / (real(math.sqrt(square)) + epsilon)


@jit
def _show(plan, lanes, block, inputs, targets, place):
    """Put each lane's picture at `place` of this epoch's order, and its targets, into the block."""
    L, pixels, outputs = len(lanes), plan.sizes[0], plan.sizes[-1]
    for l in range(L):
        picture = block.order[place * L + l]
        for i in range(pixels):
            block.acts[i * L + l] = inputs[picture, i]
        for j in range(outputs):
            block.targets[j * L + l] = targets[picture, j]


@jit
def _reorder(plan, lanes, block, epoch):
    """Write this epoch's order of the pictures, lane by lane."""
    L = len(lanes)
    count = len(block.order) // L
    for l in range(L):
        for i in range(count):
            block.order[i * L + l] = i
        if plan.shuffled:
            for i in range(count - 1, 0, -1):  # Fisher and Yates 1938
                k = _place_of(int(block.seeds[l]), epoch, i)
                held = block.order[i * L + l]
                block.order[i * L + l] = block.order[k * L + l]
                block.order[k * L + l] = held


@jit
def _loss(plan, block):
    """Return the loss of the one lane's present picture."""
    last = len(plan.activations)
    first, outputs, total = plan.nodes[last], plan.sizes[last], 0.0
    if plan.loss == CROSS_ENTROPY:
        return _cross_entropy(plan, block)
    for j in range(outputs):
        a, t = block.acts[first + j], block.targets[j]
        if plan.loss == MSE:
            term = (a - t) * (a - t)
        else:
            term = -(t * _log(a, -100.0) + (1.0 - t) * _log(1.0 - a, -100.0))
        total = term if j == 0 else total + term
    return total / outputs


@jit
def _log(x, least):
    return max(math.log(x), least) if x > 0 else least


@jit
def _cross_entropy(plan, block):
    """From the weighted sums z again, as log a would lose digits where a is near 0."""
    n = len(plan.activations) - 1
    first, inputs, outputs = plan.nodes[n], plan.sizes[n], plan.sizes[n + 1]
    z, at = block.slopes, plan.nodes[n + 1]  # no slope has been written yet
    for j in range(outputs):
        w = plan.weights[n] + j * inputs
        z[at + j] = block.parameters[w] * block.acts[first]
        for i in range(1, inputs):
            z[at + j] += block.parameters[w + i] * block.acts[first + i]
        z[at + j] += block.parameters[plan.biases[n] + j]
    top, total, loss = z[at], 0.0, 0.0
    for j in range(1, outputs):
        top = max(top, z[at + j])
    for j in range(outputs):
        total = _exp(z[at + j] - top) if j == 0 else total + _exp(z[at + j] - top)
    for j in range(outputs):
        term = -(block.targets[j] * ((z[at + j] - top) - math.log(total)))
        loss = term if j == 0 else loss + term
    return loss


@jit
def _copy(source, target):
    """Copy number by number: a slice assignment compiles ten times as long."""
    for i in range(len(source)):
        target[i] = source[i]


@jit
def _begin(plan, block, trace, step, at_epoch):
    """Remember the one lane's numbers before a step, and keep them where the step's turn has come."""
    _copy(block.parameters, trace.before)
    for i in range(plan.state):
        trace.before[plan.parameters + i] = block.state[i]
    if at_epoch:
        _copy(block.parameters, trace.epoch_start)
    if step % trace.stride == 0:
        _copy(block.parameters, trace.parameters[step // trace.stride])
        _copy(block.state, trace.state[step // trace.stride])


@jit
def _keep_picture(plan, block, trace, step, k, place):
    if step % trace.stride == 0:
        row = step // trace.stride
        trace.pictures[row, k] = block.order[place]
        for i in range(len(block.acts) - plan.sizes[0]):
            trace.activations[row, k, i] = block.acts[plan.sizes[0] + i]


@jit
def _all_finite(block, loss):
    total = loss - loss  # 0, or NaN where any number is infinite or NaN
    for i in range(len(block.parameters)):
        total += block.parameters[i] - block.parameters[i]
    return total == 0.0


@jit
def _end(plan, block, trace, step, loss):
    """Close the one lane's step; False, with the numbers as before it, where it left the finite ones."""
    if not _all_finite(block, loss):
        for i in range(plan.parameters):
            block.parameters[i] = trace.before[i]
        for i in range(plan.state):
            block.state[i] = trace.before[plan.parameters + i]
        return False
    if step % trace.stride == 0:
        trace.losses[step // trace.stride] = loss
    return True


@jit
def _close_epoch(plan, block, trace, epoch):
    moved = 0.0
    for i in range(plan.sizes[0] * plan.sizes[1]):
        moved += (block.parameters[i] - trace.epoch_start[i]) ** 2
    trace.epoch_movement[epoch] = math.sqrt(moved)


@jit
def train(
    plan: Plan,
    lanes: tuple[int, ...],
    block: Block,
    pictures: tuple[np.ndarray, np.ndarray],
    trace: Trace,
    span: tuple[int, int],
) -> int:
    """Take the steps span[0] up to span[1] (not included); return how many are done in all.

    pictures is (inputs (n, pixels), targets (n, outputs)). One lane records into `trace`, and stops before
    a step that would leave a number infinite or NaN; more lanes record nothing and never stop.
    """
    inputs, targets = pictures
    count = len(inputs)
    per_epoch = (count + plan.batch - 1) // plan.batch
    for step in range(span[0], span[1]):
        epoch, first = step // per_epoch, step % per_epoch * plan.batch
        if first == 0 or step == span[0]:
            _reorder(plan, lanes, block, epoch)
        if len(lanes) == 1:
            _begin(plan, block, trace, step, first == 0)
        shown, loss = min(plan.batch, count - first), 0.0
        for k in range(shown):
            _show(plan, lanes, block, inputs, targets, first + k)
            _forward(plan, lanes, block.parameters, block.acts)
            if len(lanes) == 1:
                _keep_picture(plan, block, trace, step, k, first + k)
                loss = _loss(plan, block) if k == 0 else loss + _loss(plan, block)
            _output_delta(plan, lanes, block, shown)
            _add_gradients(plan, lanes, block, k == 0)
        if len(lanes) == 1 and step % trace.stride == 0:
            _copy(block.gradients, trace.gradients[step // trace.stride])
        _update(plan, lanes, block)
        if len(lanes) == 1:
            if not _end(plan, block, trace, step, loss / shown):
                return step
            trace.epoch_loss[epoch] += loss / count
            if first + shown == count:
                _close_epoch(plan, block, trace, epoch)
    return span[1]
