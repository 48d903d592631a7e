"""Hooks on the passes of a PyTorch model.

The hooks record the forward and backward passes.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet.errors import TinyNetError
from tinynet.formats.torch_reader import ReadLayer
from tinynet.integrations.torch_watch.checks import check_stored
from tinynet.integrations.torch_watch.loss_matching import Candidate, Observation
from tinynet.integrations.torch_watch.passes import Pass, array, loss_of

if TYPE_CHECKING:
    import torch
    from torch import nn


class Hook:
    """A hook that does nothing in copies and pickled models."""

    def __init__(self, act: Callable[..., None]) -> None:
        self.act = act

    def __call__(self, *arguments: Any) -> None:
        self.act(*arguments)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Hook":
        return Hook(_nothing)

    def __reduce__(self) -> tuple[Any, ...]:
        return Hook, (_nothing,)


def _nothing(*arguments: Any) -> None:
    """Do nothing."""


class PassRecorder:
    """A recorder of the passes since the last `zero_grad()`.

    The recorder covers forward and backward passes.

    The recorder changes no number of the model and draws no random numbers.

    layers : tuple of ReadLayer. The layers of the model in order.
    passes : list of Pass. The forward passes whose outputs were reached by a backward pass.
    loss : float. The sum of the losses of the backward passes.
    ignoring : bool. Whether passes are ignored, for example while an optimizer calls its closure again.
    """

    def __init__(self, model: "nn.Module", layers: tuple[ReadLayer, ...]) -> None:
        self.model, self.layers = model, layers
        self.passes: list[Pass] = []
        self.loss = 0.0
        self.ignoring = False
        self._current: Pass | None = None
        self._count = 0  # forward passes so far
        self._in_backward = self._reached_model = False
        self._gradients_were_zero = False  # after the last backward pass
        self._handles: list[Any] = []
        self._backward_functions: set[Any] = set()
        self._mode: Any = None

    def attach(self) -> None:
        """Attach the hooks, and intercept the functions of PyTorch."""
        import torch

        self._backward_functions = {torch.Tensor.backward, torch.autograd.backward}
        self._handles = [
            self.model.register_forward_pre_hook(Hook(self._on_forward_start)),
            *(
                layer.linear.register_forward_hook(Hook(self._layer_hook(n)), with_kwargs=True)
                for n, layer in enumerate(self.layers)
            ),
            self.model.register_forward_hook(Hook(self._on_forward_end)),
        ]
        self._mode = _function_mode(self._on_function)
        self._mode.__enter__()

    def detach(self) -> None:
        """Remove all hooks."""
        self._mode.__exit__(None, None, None)
        for handle in self._handles:
            handle.remove()
        self.ignoring = True  # the outputs of the last pass may still have hooks

    def pause(self) -> None:
        """Record nothing until the next forward pass.

        The recorded passes are kept.
        """
        self._current = None

    def reset(self) -> None:
        """Discard the recorded passes."""
        self.passes, self.loss, self._current = [], 0.0, None

    # --- forward -----------------------------------------------------------------------------------------------

    def _on_forward_start(self, model: "nn.Module", arguments: Any) -> None:
        import torch

        self._count += 1
        self._current = Pass(self._count) if torch.is_grad_enabled() and not self.ignoring else None

    def _layer_hook(self, n: int) -> Callable[..., None]:
        def on_layer(
            linear: "nn.Linear", arguments: Any, named: dict[str, Any], output: "torch.Tensor"
        ) -> None:
            current = self._current
            if current is not None and current.outputs is None:
                with current.deferred_errors():
                    self._add_layer_input(current, n, arguments[0] if arguments else named["input"], output)

        return on_layer

    def _add_layer_input(
        self, current: Pass, n: int, layer_input: "torch.Tensor", output: "torch.Tensor"
    ) -> None:
        name, linear = self.layers[n].name, self.layers[n].linear
        check_stored(name, linear)  # the loop may prune a layer
        dtype = linear.weight.dtype
        if output.dtype != dtype:
            raise TinyNetError(
                f"layer {name!r} computed in {output.dtype} and its parameters are {dtype}, as under autocast. "
                "Watch the loop without autocast."
            )
        current.layer_inputs.append((n, array(layer_input).reshape(-1, layer_input.shape[-1])))

    def _on_forward_end(self, model: "nn.Module", arguments: Any, output: "torch.Tensor") -> None:
        current = self._current
        if current is None or current.outputs is not None:
            return
        if not output.requires_grad:
            self._current = None
            return
        hooked: Any = output
        hooked.register_hook(lambda slopes: self._on_output_gradient(current, slopes))
        with current.deferred_errors():
            current.outputs = array(output)

    # --- between forward and backward --------------------------------------------------------------------------

    def _on_function(self, function: Any, arguments: Any, named: dict[str, Any]) -> Any:
        if function in self._backward_functions and not self.ignoring:
            return self._run_backward(function, arguments, named)
        current, name = self._current, getattr(function, "__name__", "")
        if current and current.outputs is not None and name != "__get__":  # __get__ reads an attribute
            with current.deferred_errors():
                current.add_candidates(arguments, named)
        return function(*arguments, **named)

    # --- backward ----------------------------------------------------------------------------------------------

    def _run_backward(self, function: Any, arguments: Any, named: dict[str, Any]) -> Any:
        if not self._continues():
            self.passes, self.loss = [], 0.0  # zero_grad() was called, so earlier passes do not count
        self._in_backward, self._reached_model = True, False
        try:
            return function(*arguments, **named)
        finally:
            self._in_backward = False
            if self._reached_model:
                self._gradients_were_zero = not self._has_gradients()
                with self.passes[-1].deferred_errors():
                    self.loss += loss_of(arguments, named)

    def _continues(self) -> bool:
        """Return whether the next backward pass adds to the gradients of the last one.

        Gradients of 0 are those after zero_grad(), unless the last backward pass gave exactly 0.
        """
        kept = any(p.grad is not None for p in self.model.parameters())
        return self._has_gradients() or (kept and self._gradients_were_zero)

    def _has_gradients(self) -> bool:
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        return any(bool(gradient.any()) for gradient in gradients)

    def _on_output_gradient(self, reached: Pass, slopes: "torch.Tensor") -> None:
        if not self._in_backward or self.ignoring:
            return
        self._reached_model = True
        if not any(one is reached for one in self.passes):
            self.passes = sorted([*self.passes, reached], key=lambda one: one.number)
            reached.slopes = None
        with reached.deferred_errors():
            reached.add_slopes(array(slopes))

    # --- all passes of a step ----------------------------------------------------------------------------------

    def collect(self, ending: str, precision: float) -> Observation:
        """Return the recorded passes as one batch.

        Raises TinyNetError without passes, for an empty batch, for passes through other layers, and for errors while
        recording.
        """
        self._check_passes()
        layer_inputs = [
            np.concatenate([one.layer_inputs[n][1] for one in self.passes]).astype(float)
            for n in range(len(self.layers))
        ]
        if not len(layer_inputs[0]):
            raise TinyNetError("the batch of this step is empty. Skip batches without rows.")
        shape = (-1, self.layers[-1].linear.out_features)
        outputs, slopes = (
            np.concatenate([np.reshape(getattr(one, name), shape) for one in self.passes]).astype(float)
            for name in ("outputs", "slopes")
        )
        inputs, *hidden = layer_inputs
        return Observation(inputs, hidden, outputs, slopes, self.loss, self._candidates(), ending, precision)

    def _check_passes(self) -> None:
        if not self.passes:
            raise TinyNetError(
                "no backward pass through the model came before this step. Call model(inputs), loss.backward() and "
                "optimizer.step() inside the `with` block."
            )
        for one in self.passes:
            if one.error is not None:
                raise one.error
            used = [n for n, _ in one.layer_inputs]
            if used != list(range(len(self.layers))):
                names = ", ".join(repr(self.layers[n].name) for n in used)
                expected = ", ".join(repr(layer.name) for layer in self.layers)
                raise TinyNetError(
                    f"the layers of this forward pass are {names}. They must be {expected}, each once and in this order."
                )

    def _candidates(self) -> list[Candidate]:
        """Return the tensors that may be the targets.

        A candidate is one tensor for the whole batch, or one tensor for each pass.
        """
        found = [[candidate for _, candidate in one.candidates.values()] for one in self.passes]
        if len(found) == 1:
            return found[0]
        joined = [
            Candidate(np.concatenate([one.values.ravel() for one in ones]), ones[0].smoothing)
            for ones in zip(*found, strict=False)
            if len({one.values.dtype for one in ones}) == 1
        ]
        return [*joined, *found[-1]]


def _function_mode(call: Callable[[Any, Any, dict[str, Any]], Any]) -> Any:
    """Return a PyTorch mode that calls every function through `call`."""
    from torch.overrides import TorchFunctionMode

    class Interception(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return call(func, args, kwargs or {})

    return Interception()
