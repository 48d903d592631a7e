"""Watch a PyTorch training loop: every step of its optimizer becomes a moment of a recording."""

import math
import warnings
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.formats.torch_reader import ReadLayer, architecture_of, read
from tinynet.integrations.torch_watch.hooks import Listener
from tinynet.integrations.torch_watch.loss_matching import Heard
from tinynet.integrations.torch_watch.optimizer_matching import Setting, setting_of
from tinynet.integrations.torch_watch.row_names import Wishes
from tinynet.integrations.torch_watch.tape import Step, Tape
from tinynet.plugins import extra
from tinynet.training.recording import StopReason
from tinynet.training.watched import WatchedRecording
from tinynet.validation import check_int

if TYPE_CHECKING:
    import torch
    from torch import nn


def watch(
    model: "nn.Module",
    optimizer: "torch.optim.Optimizer",
    *,
    examples: Examples | None = None,
    shape: tuple[int, int] | None = None,
    answers: Sequence[str] | None = None,
    steps_per_epoch: int | None = None,
) -> "Watching":
    """Watch a training loop: inside the `with`, every `optimizer.step()` becomes a moment of the recording.

    The loop's own numbers stay the same to the last bit. The model is a chain of Linear layers, sigmoid, tanh or relu after
    them; its loss and optimizer are any. What formulas here give is recognised by its numbers, at every step;
    what they do not give (a loss of one's own, RMSprop, clipped gradients) is PyTorch's, and the recording's `notes` say
    so. The recording is complete when the block ends, also by an exception or Ctrl-C.

    examples : names for the rows shown, where they are these examples'; rows of lines are named without.
    shape : of pictures, (rows, columns). answers : what each output stands for.
    steps_per_epoch : else the steps that show every row, each as often as before, again and again; or else 1.

    Raises TinyNetError, naming the layer, for a model that is another; ImportError where PyTorch is missing.

    >>> import torch
    >>> from torch import nn
    >>> import tinynet as tn
    >>> model = nn.Sequential(nn.Linear(4, 3), nn.Sigmoid(), nn.Linear(3, 2), nn.Sigmoid())
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> with tn.watch(model, optimizer) as recording:
    ...     for picture in torch.eye(4):
    ...         optimizer.zero_grad()
    ...         nn.functional.mse_loss(model(picture), torch.ones(2)).backward()
    ...         optimizer.step()
    >>> len(recording), recording.recipe.loss, recording[3].names
    (4, 'mse', ('row 3',))
    """
    torch = extra("torch", "watching a PyTorch loop", "torch")
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise TinyNetError(
            f"optimizer is a {type(optimizer).__name__}; watch(model, optimizer) takes one of torch.optim"
        )
    if steps_per_epoch is not None:
        check_int("steps_per_epoch", steps_per_epoch, 1)
    return Watching(model, optimizer, Wishes(examples, shape, answers, steps_per_epoch))


class Watching:
    """The block in which a loop is watched; `with` gives the recording, which is filled when the block ends."""

    def __init__(self, model: "nn.Module", optimizer: "torch.optim.Optimizer", wishes: Wishes) -> None:
        if getattr(model, "_compiled_call_impl", None) is not None:
            raise TinyNetError(
                "this model is compiled, and its layers cannot be heard; watch it without model.compile()"
            )
        layers = read(model)
        architecture = architecture_of(layers)
        self.model, self.optimizer, self.wishes = model, optimizer, wishes
        self.parameters = _parameters(layers)
        setting_of(optimizer, self.parameters)
        self.ending, self.dtype = layers[-1].activation, self.parameters[0].dtype
        kind, origin = type(optimizer).__name__, f"a watched {type(model).__name__}"
        self.tape = Tape(architecture, [layer.name for layer in layers], self.ending, kind, origin)
        _fits(wishes, architecture.sizes)
        self.listener = Listener(model, layers)
        self.recording = WatchedRecording.awaited("the recording is complete when the `with` block ends")
        self.stopped: StopReason | None = None
        self._begun: tuple[np.ndarray, Setting]
        self._taken: tuple[np.ndarray, Heard] | None = None
        self._handles: list[Any] = []

    def __enter__(self) -> WatchedRecording:
        hooks = self.optimizer.register_step_pre_hook, self.optimizer.register_step_post_hook
        self._handles = [hooks[0](self._before), hooks[1](self._after)]
        self.listener.begin()
        return self.recording

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.listener.end()
        for handle in self._handles:
            handle.remove()
        if kind is not None and self.stopped is None:
            what = "interrupted" if issubclass(kind, KeyboardInterrupt) else f"ended by {kind.__name__}"
            self.stopped = StopReason(len(self.tape), "", f"{what} after {len(self.tape):,} steps")
        try:
            self.recording.fill(self._recording())
        except Exception as problem:  # the loop's own exception, if there is one, goes first
            self.recording.await_(str(problem))
            if kind is None:
                raise

    def _recording(self) -> WatchedRecording:
        if not len(self.tape):
            why = self.stopped and self.stopped.reason
            raise TinyNetError(
                f"nothing was recorded: {why or 'no optimizer.step() after a backward pass was seen'}"
            )
        return self.tape.recording(self.wishes, self.stopped, str(self.dtype).removeprefix("torch."))

    # --- a step ------------------------------------------------------------------------------------------------

    def _before(self, optimizer: Any, arguments: Any, named: dict[str, Any]) -> Any:
        """See the optimizer and the gradients as a step begins; with a closure, after it is first called."""
        self._taken = None
        self.listener.rest()
        if self.stopped is not None:
            return None
        self._attempt(self._look)
        closure = named.get("closure", arguments[1] if len(arguments) > 1 else None)
        if closure is None:
            self._attempt(self._take)
            return None

        def seen() -> Any:
            result = closure()
            if not self.listener.deaf:
                self._attempt(self._take)
                self.listener.deaf = True  # what follows is the optimizer's search
            return result

        if "closure" in named:
            return arguments, named | {"closure": seen}
        return (arguments[0], seen, *arguments[2:]), named

    def _look(self) -> None:
        """See parameters and optimizer as the step begins."""
        self._begun = _flat(self.parameters), setting_of(self.optimizer, self.parameters)

    def _take(self) -> None:
        """See the gradients and the passes they came of."""
        if all(p.grad is None for p in self.parameters) and not self.listener.passes:
            return  # nothing to learn from: the optimizer does nothing
        gradients = np.concatenate(
            [np.zeros(p.numel()) if p.grad is None else _flat([p.grad]) for p in self.parameters]
        )
        self._taken = gradients, self.listener.together(self.ending, _precision(self.dtype))

    def _after(self, optimizer: Any, arguments: Any, named: dict[str, Any]) -> None:
        self.listener.deaf = self.stopped is not None
        self.listener.forget()
        if self._taken is not None and self.stopped is None:
            self._attempt(self._end)

    def _end(self) -> None:
        """See what the step led to."""
        assert self._taken is not None
        (before, setting), (gradients, heard) = self._begun, self._taken
        memory = setting_of(self.optimizer, self.parameters).state
        self._keep(Step(before, _flat(self.parameters), gradients, setting, memory, heard))

    def _keep(self, step: Step) -> None:
        numbers = {"loss": np.array([step.heard.loss]), "gradient": step.gradients, "after": step.after}
        for what, values in numbers.items():
            bad = np.flatnonzero(~np.isfinite(values))
            if len(bad):
                value, names = values[bad[0]], self.tape.architecture.parameter_names
                cell = what if what == "loss" else f"{names[bad[0]]}.{what}"
                is_what = "not a number" if math.isnan(value) else "infinite"
                reason = f"{cell} is {is_what} at step {len(self.tape)} (the learning rate is {step.setting.rate:g})"
                return self._stop(StopReason(len(self.tape), cell, reason))
        self.tape.add(step)
        if self.tape.full:
            reason = f"recorded up to step {len(self.tape):,}: {self.tape.full}; the training went on unseen"
            self._stop(StopReason(len(self.tape), "", reason))
        return None

    def _attempt(self, action: Callable[[], None]) -> None:
        """Look at the loop: what goes wrong at the first step is an error; later the recording ends, and the loop goes on."""
        try:
            action()
        except Exception as error:
            if not len(self.tape) or self.stopped is not None:
                raise
            self._stop(StopReason(len(self.tape), "", f"recorded up to step {len(self.tape):,}: {error}"))

    def _stop(self, stopped: StopReason) -> None:
        self.stopped, self.listener.deaf = stopped, True
        warnings.warn(f"tinynet.watch stopped: {stopped.reason}", stacklevel=2)


def _parameters(layers: tuple[ReadLayer, ...]) -> "list[torch.nn.Parameter]":
    """Return weight and bias of each layer in their order.

    Raises TinyNetError for layers without a bias, with shared numbers or none, or of another precision.
    """
    import torch

    found: list[Any] = []
    for name, linear in ((layer.name, layer.linear) for layer in layers):
        if linear.bias is None:
            raise TinyNetError(f"layer {name!r} has no bias; a layer here has one: Linear(..., bias=True)")
        for parameter in (linear.weight, linear.bias):
            if (
                parameter.dtype not in (torch.float32, torch.float64)
                or parameter.dtype != layers[0].linear.weight.dtype
            ):
                raise TinyNetError(
                    f"layer {name!r} is {parameter.dtype}; watch takes models all of float32 or all of float64"
                )
            if parameter.is_meta:
                raise TinyNetError(
                    f"layer {name!r} is on the device meta and has no numbers; watch takes models that have"
                )
            if any(parameter is other for other in found):
                raise TinyNetError(
                    f"layer {name!r} shares its numbers with another layer; here each layer has its own"
                )
            found.append(parameter)
    return found


def _fits(wishes: Wishes, sizes: tuple[int, ...]) -> None:
    """Raise TinyNetError where shape, answers or examples do not fit the model."""
    if wishes.shape is not None and math.prod(wishes.shape) != sizes[0]:
        raise TinyNetError(
            f"shape is {wishes.shape} and the model takes {sizes[0]} numbers; rows times columns must be so many"
        )
    if wishes.answers is not None and len(wishes.answers) != sizes[-1]:
        raise TinyNetError(
            f"there are {len(wishes.answers)} answers and the model has {sizes[-1]} outputs; give as many"
        )
    if wishes.examples is not None and wishes.examples.inputs.shape[1] != sizes[0]:
        width = wishes.examples.inputs.shape[1]
        raise TinyNetError(
            f"these examples have {width} inputs and the model takes {sizes[0]}; give those it is trained on"
        )


def _flat(tensors: "list[Any]") -> np.ndarray:
    """Return the tensors' numbers in a row, in float64. -> (P,)"""
    return np.concatenate([np.asarray(t.detach().to("cpu").numpy(), float).ravel() for t in tensors])


def _precision(dtype: Any) -> float:
    """Return the distance from 1 to the next number of this kind."""
    import torch

    return float(torch.finfo(dtype).eps)
