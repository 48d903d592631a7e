"""Record a PyTorch training loop.

Every step of the optimizer becomes a moment of a recording.
"""

import warnings
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError, counted
from tinynet.formats.torch_reader import architecture_of, read
from tinynet.integrations.torch_watch.checks import check_options, parameters_of
from tinynet.integrations.torch_watch.hooks import PassRecorder
from tinynet.integrations.torch_watch.loss_matching import Observation
from tinynet.integrations.torch_watch.optimizer_matching import OptimizerSnapshot, snapshot
from tinynet.integrations.torch_watch.row_names import WatchOptions
from tinynet.integrations.torch_watch.step_log import MAX_BYTES, Step, StepLog
from tinynet.plugins import extra
from tinynet.training.early_stopping import StopReason
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
    target_names: Sequence[str] | None = None,
    steps_per_epoch: int | None = None,
) -> "Watcher":
    """Record a PyTorch training loop inside a `with` block.

    Every `optimizer.step()` becomes a moment. The returned object has the `recording` when the block ends, also after an
    exception or Ctrl-C. The numbers of the loop do not change, not even in the last bit.

    TinyNet identifies a loss and an optimizer by their numbers. If TinyNet has no formula (for a custom loss, RMSprop or
    clipped gradients), the recording contains PyTorch's numbers, and its `notes` list the parts without a formula.

    model : nn.Module. A chain of Linear layers with sigmoid, tanh, relu or softplus after them.
    optimizer : torch.optim.Optimizer. The optimizer of the model's parameters.
    examples : Examples, optional. Names for the rows of the batches. Rows that are lines are named without examples.
    shape : (rows, columns), optional. The shape of the inputs as pictures.
    target_names : sequence of str, optional. The names of the outputs.
    steps_per_epoch : int, optional. By default the smallest number of steps that repeatedly show every row equally often, or 1.

    Raises TinyNetError, with the name of the layer, for other models. Raises ImportError without PyTorch.

    >>> import torch
    >>> from torch import nn
    >>> import tinynet as tn
    >>> model = nn.Sequential(nn.Linear(4, 3), nn.Sigmoid(), nn.Linear(3, 2), nn.Sigmoid())
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> with tn.watch(model, optimizer) as watcher:
    ...     for picture in torch.eye(4):
    ...         optimizer.zero_grad()
    ...         nn.functional.mse_loss(model(picture), torch.ones(2)).backward()
    ...         optimizer.step()
    >>> recording = watcher.recording
    >>> len(recording), recording.recipe.loss, recording[3].names
    (4, 'mse', ('row 3',))
    """
    torch = extra("torch", "watching a PyTorch loop", "torch")
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise TinyNetError(
            f"optimizer is of type {type(optimizer).__name__}. It must be an optimizer of torch.optim. Call watch(model, optimizer)."
        )
    if steps_per_epoch is not None:
        check_int("steps_per_epoch", steps_per_epoch, 1)
    return Watcher(model, optimizer, WatchOptions(examples, shape, target_names, steps_per_epoch))


class Watcher:
    """The context manager of `watch`.

    The manager has the recording when the `with` block ends.
    """

    def __init__(self, model: "nn.Module", optimizer: "torch.optim.Optimizer", options: WatchOptions) -> None:
        if getattr(model, "_compiled_call_impl", None) is not None:
            raise TinyNetError(
                "the model is compiled, so its layers have no hooks. Watch the model without model.compile()."
            )
        layers = read(model)
        architecture = architecture_of(layers)
        self.model, self.optimizer, self.options = model, optimizer, options
        self.parameters = parameters_of(layers)
        snapshot(optimizer, self.parameters)  # raises for an optimizer of other parameters
        self.ending, self.dtype = layers[-1].activation, self.parameters[0].dtype
        kind, origin = type(optimizer).__name__, f"a watched {type(model).__name__}"
        self.log = StepLog(architecture, [layer.name for layer in layers], self.ending, kind, origin)
        check_options(options, architecture.sizes)
        self.passes = PassRecorder(model, layers)
        self.stopped: StopReason | None = None
        self._recording: WatchedRecording | None = None
        self._why_missing = "the recording is available when the `with` block ends"
        self._before: tuple[np.ndarray, OptimizerSnapshot]
        self._taken: tuple[np.ndarray, Observation] | None = None
        self._handles: list[Any] = []

    @property
    def recording(self) -> WatchedRecording:
        """The recording of the loop.

        Raises TinyNetError inside the `with` block, and after a loop without any recorded step.
        """
        if self._recording is None:
            raise TinyNetError(self._why_missing)
        return self._recording

    def __enter__(self) -> "Watcher":
        self._handles = [
            self.optimizer.register_step_pre_hook(self._on_step_start),
            self.optimizer.register_step_post_hook(self._on_step_end),
        ]
        self.passes.attach()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.passes.detach()
        for handle in self._handles:
            handle.remove()
        if kind is not None and self.stopped is None:
            what = "interrupted" if issubclass(kind, KeyboardInterrupt) else f"ended by {kind.__name__}"
            self.stopped = StopReason(len(self.log), "", f"{what} after {counted(len(self.log), 'step')}")
        try:
            self._recording = self._finished_recording()
        except Exception as problem:
            self._why_missing = str(problem)
            if kind is None:  # an exception of the loop has priority
                raise

    def _finished_recording(self) -> WatchedRecording:
        if not len(self.log):
            reason = "no optimizer.step() came after a backward pass"
            if self.stopped is not None:
                reason = self.stopped.reason
            raise TinyNetError(f"nothing was recorded: {reason}")
        return self.log.recording(self.options, self.stopped, str(self.dtype).removeprefix("torch."))

    # --- a step ------------------------------------------------------------------------------------------------

    def _on_step_start(self, optimizer: Any, arguments: Any, named: dict[str, Any]) -> Any:
        """Record the state and the gradients before the step.

        A closure is recorded at its first call.
        """
        self._taken = None
        self.passes.pause()
        if self.stopped is not None:
            return None
        self._attempt(self._record_before)
        closure = named.get("closure", arguments[1] if len(arguments) > 1 else None)
        if closure is None:
            self._attempt(self._record_gradients)
            return None

        def recorded_closure() -> Any:
            result = closure()
            if not self.passes.ignoring:
                self._attempt(self._record_gradients)
                self.passes.ignoring = True  # further calls are the optimizer's line search
            return result

        if "closure" in named:
            return arguments, named | {"closure": recorded_closure}
        return (arguments[0], recorded_closure, *arguments[2:]), named

    def _record_before(self) -> None:
        self._before = _flat(self.parameters), snapshot(self.optimizer, self.parameters)

    def _record_gradients(self) -> None:
        if all(p.grad is None for p in self.parameters) and not self.passes.passes:
            return  # the optimizer does nothing without gradients
        gradients = np.concatenate(
            [np.zeros(p.numel()) if p.grad is None else _flat([p.grad]) for p in self.parameters]
        )
        self._taken = gradients, self.passes.collect(self.ending, _precision(self.dtype))

    def _on_step_end(self, optimizer: Any, arguments: Any, named: dict[str, Any]) -> None:
        self.passes.ignoring = self.stopped is not None
        self.passes.reset()
        if self._taken is not None and self.stopped is None:
            self._attempt(self._record_after)

    def _record_after(self) -> None:
        assert self._taken is not None
        (before, optimizer), (gradients, seen) = self._before, self._taken
        state_after = snapshot(self.optimizer, self.parameters).state
        self._add(Step(before, _flat(self.parameters), gradients, optimizer, state_after, seen))

    def _add(self, step: Step) -> None:
        count = len(self.log)
        not_finite = self._not_finite(step, count)
        if not_finite is not None:
            self._stop(not_finite)
            return
        self.log.add(step)
        if self.log.full:
            full = (
                f"the recording has reached {MAX_BYTES // 2**20} MB. The training continues without recording"
            )
            self._stop(StopReason(count + 1, "", f"recorded up to step {count + 1:,}: {full}"))

    def _not_finite(self, step: Step, number: int) -> StopReason | None:
        """Return the reason to stop at a non-finite number.

        The number is one of the step.
        """
        cells = {"loss": np.array([step.seen.loss]), "gradient": step.gradients, "after": step.after}
        for cell, values in cells.items():
            bad = np.flatnonzero(~np.isfinite(values))
            if len(bad):
                parameter = self.log.architecture.parameter_names[bad[0]]
                name = cell if cell == "loss" else f"{parameter}.{cell}"
                detail = f"The learning rate is {step.optimizer.rate:g}"
                return StopReason.not_finite(number, name, float(values[bad[0]]), detail)
        return None

    def _attempt(self, action: Callable[[], None]) -> None:
        """Record a part of a step.

        An error in the first step is raised. A later error ends the recording.
        """
        try:
            action()
        except Exception as error:
            if not len(self.log) or self.stopped is not None:
                raise
            self._stop(StopReason(len(self.log), "", f"recorded up to step {len(self.log):,}: {error}"))

    def _stop(self, stopped: StopReason) -> None:
        self.stopped, self.passes.ignoring = stopped, True
        warnings.warn(f"tinynet.watch stopped: {stopped.reason}", stacklevel=2)


def _flat(tensors: "list[Any]") -> np.ndarray:
    """Return the numbers of all tensors. -> (P,) float64"""
    return np.concatenate([np.asarray(t.detach().to("cpu").numpy(), float).ravel() for t in tensors])


def _precision(dtype: Any) -> float:
    """Return the distance from 1 to the dtype's next number."""
    import torch

    return float(torch.finfo(dtype).eps)
