"""One forward pass, and the numbers of tensors.

The pass is that of a PyTorch model.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet.integrations.torch_watch.loss_matching import Candidate
from tinynet.numerics import arrays

if TYPE_CHECKING:
    import torch

MAX_CANDIDATES = 8  # tensors of one forward pass that may be the targets


@dataclass
class Pass:
    """One forward pass.

    number : int. The position in the order of the passes.
    layer_inputs : list of (index of the Linear layer, its input).
    outputs : (rows, outputs), optional. Set at the end of the pass.
    slopes : (rows, outputs), optional. The derivatives of the loss by the outputs, set in the backward pass.
    candidates : dict by id. The tensors are kept, so that their ids are not reused.
    error : Exception, optional. The first error while recording the pass.
    """

    number: int
    layer_inputs: list[tuple[int, np.ndarray]] = field(default_factory=list)
    outputs: "np.ndarray | None" = None
    slopes: "np.ndarray | None" = None
    candidates: "dict[int, tuple[torch.Tensor, Candidate]]" = field(default_factory=dict)
    error: Exception | None = None

    @contextmanager
    def deferred_errors(self) -> Iterator[None]:
        """Keep an error until a step uses this pass.

        A pass without a step must not stop the loop.
        """
        try:
            yield
        except Exception as error:
            self.error = self.error or error

    def add_candidates(self, arguments: Any, named: dict[str, Any]) -> None:
        """Keep tensors that may be the targets.

        Such tensors are arguments together with a tensor that has gradients.
        """
        found = tensors((arguments, named))
        assert self.outputs is not None
        if not any(tensor.requires_grad for tensor in found):
            return
        smoothing = float(named.get("label_smoothing") or 0.0)
        rows = self.layer_inputs[0][1].shape[0] if self.layer_inputs else 0
        for tensor in found:
            if tensor.requires_grad or tensor.numel() not in (rows, self.outputs.size):
                continue
            if len(self.candidates) < MAX_CANDIDATES and id(tensor) not in self.candidates:
                self.candidates[id(tensor)] = (tensor, Candidate(array(tensor), smoothing))

    def add_slopes(self, slopes: np.ndarray) -> None:
        """Add the derivatives of one backward pass."""
        self.slopes = slopes + (0.0 if self.slopes is None else self.slopes)


def array(tensor: "torch.Tensor") -> np.ndarray:
    """Return a copy of a tensor's numbers, from any device."""
    return np.array(tensor.detach().to("cpu").numpy())


def tensors(value: Any) -> "list[torch.Tensor]":
    import torch

    if isinstance(value, torch.Tensor):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [tensor for part in parts for tensor in tensors(part)]


def loss_of(arguments: Any, named: dict[str, Any]) -> float:
    """Return the loss of a call of backward().

    The loss is the sum of the tensors, weighted by the given gradients.
    """
    import torch

    everything = dict(zip(("tensors", "gradients"), arguments, strict=False)) | named
    losses: Any = everything.get("tensors", everything.get("self"))
    losses = [losses] if isinstance(losses, torch.Tensor) else list(losses)
    weights = everything.get("gradients", everything.get("gradient", everything.get("grad_tensors")))
    weights = weights if isinstance(weights, list | tuple) else [weights] * len(losses)
    total = 0.0
    for loss, weight in zip(losses, weights, strict=True):
        value = array(loss).astype(float)
        weighted = value if weight is None else value * array(weight)
        total += float(arrays.total(np.ravel(weighted)))
    return total
