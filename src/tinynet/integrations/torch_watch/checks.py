"""Checks that `watch` supports a PyTorch model and its options."""

import math
from typing import TYPE_CHECKING, Any

from tinynet.errors import TinyNetError, counted
from tinynet.formats.torch_reader import ReadLayer
from tinynet.integrations.torch_watch.row_names import WatchOptions

if TYPE_CHECKING:
    import torch


def parameters_of(layers: tuple[ReadLayer, ...]) -> "list[torch.nn.Parameter]":
    """Return weight and bias of each layer, in order.

    Raises TinyNetError for layers without a bias, with computed, shared or missing numbers, or of another precision.
    """
    found: list[Any] = []
    for name, linear in ((layer.name, layer.linear) for layer in layers):
        if linear.bias is None:
            raise TinyNetError(f"layer {name!r} has no bias. Create the layer with Linear(..., bias=True).")
        check_stored(name, linear)
        for parameter in (linear.weight, linear.bias):
            _check_parameter(name, parameter, layers[0].linear.weight.dtype)
            if any(parameter is other for other in found):
                raise TinyNetError(
                    f"layer {name!r} shares its parameters with another layer. Each layer must have its own parameters."
                )
            found.append(parameter)
    return found


def check_stored(name: str, linear: "torch.nn.Linear") -> None:
    """Raise TinyNetError if a layer computes its weight or bias in each pass.

    Pruning, weight normalization and other parametrizations replace the parameter by a computed tensor.
    """
    for part in ("weight", "bias"):
        if part not in linear._parameters:
            raise TinyNetError(
                f"the {part} of layer {name!r} is computed from other parameters in each pass, because the layer is pruned or "
                "parametrized. Watch the loop before pruning, or make the change permanent first, with prune.remove(), "
                "remove_weight_norm() or remove_parametrizations()."
            )


def _check_parameter(name: str, parameter: Any, dtype: Any) -> None:
    import torch

    if parameter.dtype not in (torch.float32, torch.float64) or parameter.dtype != dtype:
        raise TinyNetError(
            f"layer {name!r} is {parameter.dtype}. All layers must be float32, or all layers must be float64."
        )
    if parameter.is_meta:
        raise TinyNetError(
            f"layer {name!r} is on the device meta and has no numbers. Move the model to another device."
        )


def check_options(options: WatchOptions, sizes: tuple[int, ...]) -> None:
    """Raise TinyNetError if an option does not fit the model.

    The options are shape, target_names and examples.
    """
    if options.shape is not None and math.prod(options.shape) != sizes[0]:
        raise TinyNetError(
            f"is {options.shape} and the model takes {counted(sizes[0], 'input')}. Rows times columns must be {sizes[0]:,}.",
            parameter="shape",
        )
    if options.target_names is not None and len(options.target_names) != sizes[-1]:
        raise TinyNetError(
            f"has {counted(len(options.target_names), 'name')} and the model has {counted(sizes[-1], 'output')}. Give one name for each output.",
            parameter="target_names",
        )
    if options.examples is not None and options.examples.inputs.shape[1] != sizes[0]:
        width = options.examples.inputs.shape[1]
        raise TinyNetError(
            f"the examples have {counted(width, 'input')} and the model takes {sizes[0]:,}. Give the examples of the training."
        )
