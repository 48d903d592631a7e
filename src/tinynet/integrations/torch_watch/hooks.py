"""Listening to a PyTorch model at work: its forward passes, what met its outputs, and its backward passes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet.errors import TinyNetError
from tinynet.formats.torch_reader import ReadLayer
from tinynet.integrations.torch_watch.loss_matching import Candidate, Heard
from tinynet.numerics import arrays

if TYPE_CHECKING:
    import torch
    from torch import nn

MAX_CANDIDATES = 8  # tensors that may be the targets, of one forward pass


@dataclass
class Pass:
    """One forward pass.

    number : in the order of the passes. below : what each Linear layer was given, with the layer's number.
    slopes : of the loss by the outputs. candidates : with the tensors themselves, so that none takes another's place.
    trouble : what went wrong in listening to it, if anything did.
    """

    number: int
    below: list[tuple[int, np.ndarray]] = field(default_factory=list)
    outputs: "np.ndarray | None" = None
    slopes: "np.ndarray | None" = None
    candidates: "dict[int, tuple[torch.Tensor, Candidate]]" = field(default_factory=dict)
    trouble: Exception | None = None

    def attempt(self, look: Callable[[], None]) -> None:
        """Look at the model at work; what goes wrong is said when its step is taken, if it ever is."""
        try:
            look()
        except Exception as error:
            self.trouble = self.trouble or error


class Hook:
    """A function that a model calls; a copy of the model, or the model in a file, has a silent one in its place."""

    def __init__(self, act: Callable[..., None]) -> None:
        self.act = act

    def __call__(self, *arguments: Any) -> None:
        self.act(*arguments)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Hook":
        return Hook(_silent)

    def __reduce__(self) -> tuple[Any, ...]:
        return Hook, (_silent,)


def _silent(*arguments: Any) -> None:
    """Hear nothing."""


class Listener:
    """Keeps the passes since the gradients were last empty; it changes no number and draws none.

    layers : as they were read, in order.
    """

    def __init__(self, model: "nn.Module", layers: tuple[ReadLayer, ...]) -> None:
        self.model, self.layers = model, layers
        self.passes: list[Pass] = []
        self.loss = 0.0
        self.deaf = False  # while an optimizer evaluates its closure again
        self._present: Pass | None = None
        self._begins = 0  # passes so far
        self._backward = self._reached = False
        self._handles: list[Any] = []
        self._backwards: set[Any] = set()
        self._mode: Any = None

    def begin(self) -> None:
        """Put the hooks in place, and listen to PyTorch's functions."""
        import torch

        self._backwards = {torch.Tensor.backward, torch.autograd.backward}
        self._handles = [
            self.model.register_forward_pre_hook(Hook(self._begun)),
            *(
                layer.linear.register_forward_hook(Hook(self._of_layer(n)), with_kwargs=True)
                for n, layer in enumerate(self.layers)
            ),
            self.model.register_forward_hook(Hook(self._ended)),
        ]
        self._mode = _mode(self._called)
        self._mode.__enter__()

    def end(self) -> None:
        """Take everything away again."""
        self._mode.__exit__(None, None, None)
        for handle in self._handles:
            handle.remove()
        self.deaf = True  # hooks may still hang on the outputs of a last pass

    def rest(self) -> None:
        """Hear nothing until the next forward pass; what was heard stays."""
        self._present = None

    def forget(self) -> None:
        """Leave the passes heard so far behind."""
        self.passes, self.loss, self._present = [], 0.0, None

    # --- forward -----------------------------------------------------------------------------------------------

    def _begun(self, model: "nn.Module", arguments: Any) -> None:
        import torch

        self._begins += 1
        self._present = Pass(self._begins) if torch.is_grad_enabled() and not self.deaf else None

    def _of_layer(self, n: int) -> Callable[..., None]:
        def heard(linear: "nn.Linear", arguments: Any, named: dict[str, Any], output: "torch.Tensor") -> None:
            present = self._present
            if present is not None and present.outputs is None:
                taken = arguments[0] if arguments else named["input"]
                present.attempt(lambda: self._passed(present, n, taken, output))

        return heard

    def _passed(self, present: Pass, n: int, taken: "torch.Tensor", output: "torch.Tensor") -> None:
        name, own = self.layers[n].name, self.layers[n].linear.weight.dtype
        if output.dtype != own:
            raise TinyNetError(
                f"layer {name!r} computed in {output.dtype} and its numbers are {own}, as under autocast; watch the loop without"
            )
        present.below.append((n, _numbers(taken).reshape(-1, taken.shape[-1])))

    def _ended(self, model: "nn.Module", arguments: Any, output: "torch.Tensor") -> None:
        present = self._present
        if present is None or present.outputs is not None:
            return
        if not output.requires_grad:
            self._present = None
            return
        hooked: Any = output
        hooked.register_hook(lambda slopes: self._blamed(present, slopes))
        present.attempt(lambda: setattr(present, "outputs", _numbers(output)))

    # --- between -----------------------------------------------------------------------------------------------

    def _called(self, function: Any, arguments: Any, named: dict[str, Any]) -> Any:
        if function in self._backwards and not self.deaf:
            return self._gone_back(function, arguments, named)
        present, name = self._present, getattr(function, "__name__", "")
        if present and present.outputs is not None and name != "__get__":  # that looks at an attribute
            present.attempt(lambda: self._met(present, arguments, named))
        return function(*arguments, **named)

    def _met(self, present: Pass, arguments: Any, named: dict[str, Any]) -> None:
        """Keep the plain tensors that a function takes together with one that autograd follows."""
        tensors = _tensors((arguments, named))
        assert present.outputs is not None
        if not any(tensor.requires_grad for tensor in tensors):
            return
        smoothing = float(named.get("label_smoothing") or 0.0)
        rows = present.below[0][1].shape[0] if present.below else 0
        for tensor in tensors:
            if tensor.requires_grad or tensor.numel() not in (rows, present.outputs.size):
                continue
            if len(present.candidates) < MAX_CANDIDATES and id(tensor) not in present.candidates:
                present.candidates[id(tensor)] = (tensor, Candidate(_numbers(tensor), smoothing))

    # --- backward ----------------------------------------------------------------------------------------------

    def _gone_back(self, function: Any, arguments: Any, named: dict[str, Any]) -> Any:
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        if not any(bool(gradient.any()) for gradient in gradients):
            self.passes, self.loss = [], 0.0  # they were set to zero: what went before counts no more
        self._backward, self._reached = True, False
        try:
            return function(*arguments, **named)
        finally:
            self._backward = False
            if self._reached:
                total = lambda: setattr(self, "loss", self.loss + _value(arguments, named))  # noqa: E731
                self.passes[-1].attempt(total)

    def _blamed(self, heard: Pass, slopes: "torch.Tensor") -> None:
        if not self._backward or self.deaf:
            return
        self._reached = True
        if not any(one is heard for one in self.passes):
            self.passes = sorted([*self.passes, heard], key=lambda one: one.number)
            heard.slopes = None
        before = 0.0 if heard.slopes is None else heard.slopes
        heard.attempt(lambda: setattr(heard, "slopes", _numbers(slopes) + before))

    # --- all together ------------------------------------------------------------------------------------------

    def together(self, ending: str, precision: float) -> Heard:
        """Return the passes as one batch.

        Raises TinyNetError where there were none, where they showed nothing, and where the model did not do what was read.
        """
        if not self.passes:
            raise TinyNetError(
                "this step came after no backward pass through the model; call model(inputs), loss.backward() and "
                "optimizer.step() inside the block"
            )
        for one in self.passes:
            if one.trouble is not None:
                raise one.trouble
            if [n for n, _ in one.below] != list(range(len(self.layers))):
                names = ", ".join(repr(self.layers[n].name) for n, _ in one.below)
                raise TinyNetError(
                    f"this pass went through the layers {names}, and "
                    f"{', '.join(repr(layer.name) for layer in self.layers)} were read"
                )
        below = [
            np.concatenate([one.below[n][1] for one in self.passes]).astype(float)
            for n in range(len(self.layers))
        ]
        if not len(below[0]):
            raise TinyNetError("this step's batch is empty; leave a batch without rows out")
        shape = (-1, self.layers[-1].linear.out_features)
        outputs, slopes = (
            np.concatenate([np.reshape(getattr(one, name), shape) for one in self.passes]).astype(float)
            for name in ("outputs", "slopes")
        )
        return Heard(below[0], below[1:], outputs, slopes, self.loss, self._candidates(), ending, precision)

    def _candidates(self) -> list[Candidate]:
        """Return what may be the targets of the whole batch: one tensor, or one of each pass, in their order."""
        found = [[candidate for _, candidate in one.candidates.values()] for one in self.passes]
        if len(found) == 1:
            return found[0]
        each = [
            Candidate(np.concatenate([one.values.ravel() for one in ones]), ones[0].smoothing)
            for ones in zip(*found, strict=False)
            if len({one.values.dtype for one in ones}) == 1
        ]
        return [*each, *found[-1]]


def _value(arguments: Any, named: dict[str, Any]) -> float:
    """Return what went back: the loss, times the gradient it was given, if it was given one."""
    import torch

    everything = dict(zip(("tensors", "gradients"), arguments, strict=False)) | named
    losses: Any = everything.get("tensors", everything.get("self"))
    losses = [losses] if isinstance(losses, torch.Tensor) else list(losses)
    given = everything.get("gradients", everything.get("gradient", everything.get("grad_tensors")))
    given = given if isinstance(given, list | tuple) else [given] * len(losses)
    total = 0.0
    for loss, gradient in zip(losses, given, strict=True):
        value = _numbers(loss).astype(float)
        weighted = value if gradient is None else value * _numbers(gradient)
        total += float(arrays.total(np.ravel(weighted)))
    return total


def _numbers(tensor: "torch.Tensor") -> np.ndarray:
    """Return a copy of the tensor's numbers, from whatever device."""
    return np.array(tensor.detach().to("cpu").numpy())


def _tensors(value: Any) -> "list[torch.Tensor]":
    import torch

    if isinstance(value, torch.Tensor):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [tensor for part in parts for tensor in _tensors(part)]


def _mode(called: Callable[[Any, Any, dict[str, Any]], Any]) -> Any:
    """Return a mode of PyTorch that has every function called through `called`."""
    from torch.overrides import TorchFunctionMode

    class Listening(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return called(func, args, kwargs or {})

    return Listening()
