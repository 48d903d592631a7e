"""Read a PyTorch model.

The result is its Linear layers in order, and the activation after each layer.
"""

import operator
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tinynet.core.activations import ACTIVATIONS
from tinynet.core.architecture import Architecture
from tinynet.errors import TinyNetError

if TYPE_CHECKING:
    from torch import nn

# PyTorch's classes, functions and methods in lower case -> activation
ACTIVATION_OF = {
    activation.module.lower(): name for name, activation in ACTIVATIONS.items() if name != "identity"
}
ACTIVATION_OF |= {"softmax": "softmax", "logsoftmax": "log_softmax", "log_softmax": "log_softmax"}
NO_OPERATIONS = {  # these change no number
    "identity",
    "flatten",
    "view",
    "reshape",
    "squeeze",
    "unsqueeze",
    "float",
    "double",
    "to",
    "contiguous",
}
PARALLEL_WRAPPERS = ("DataParallel", "DistributedDataParallel")
READABLE = (
    f"a chain of Linear layers with {', '.join(name for name in ACTIVATIONS if name != 'identity')} or nothing after "
    "them, and any of these or a softmax at the end"
)


@dataclass(frozen=True)
class ReadLayer:
    """One Linear layer of a model.

    A layer has a name, a module, and the activation after it.

    activation : "sigmoid", "tanh", "relu" or "identity"; after the last layer also "softmax" or "log_softmax".
    """

    name: str
    linear: "nn.Linear"
    activation: str


def read(model: "nn.Module") -> tuple[ReadLayer, ...]:
    """Return the Linear layers of a model.

    The order is that of the forward pass. Activations can be modules or functions called in `forward`. The model
    is traced symbolically and does not change.

    Raises TinyNetError with the name of the first part that is not a Linear layer or a known activation in a chain.

    >>> from torch import nn
    >>> [(layer.name, layer.activation) for layer in read(nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)))]
    [('0', 'tanh'), ('2', 'identity')]
    """
    from torch import nn

    if not isinstance(model, nn.Module):
        raise TinyNetError(
            f"model is of type {type(model).__name__}, not an nn.Module. TinyNet reads {READABLE}."
        )
    if hasattr(model, "_orig_mod"):
        raise TinyNetError(
            "this model is the result of torch.compile, which hides its layers. Use the model that was compiled."
        )
    if type(model).__name__ in PARALLEL_WRAPPERS:
        raise TinyNetError(
            f"this model is wrapped in {type(model).__name__}. Use the inner model, its .module."
        )
    if not list(model.children()):
        model = nn.Sequential(model)
    modules = dict(model.named_modules())
    layers: list[ReadLayer] = []
    for name, kind in _chain(model):
        if kind == "linear":
            linear = modules[name]
            if any(layer.linear is linear for layer in layers):
                raise TinyNetError(
                    f"layer {name!r} is used twice in one forward pass. Each layer must be used once."
                )
            layers.append(ReadLayer(name, linear, "identity"))
        elif not layers:
            raise TinyNetError(f"{name} comes before the first Linear layer. TinyNet reads {READABLE}.")
        elif layers[-1].activation != "identity":
            last = layers[-1]
            raise TinyNetError(
                f"{name} comes after {last.activation} on layer {last.name!r}. A layer must have one activation."
            )
        else:
            layers[-1] = replace(layers[-1], activation=kind)
    if not layers:
        raise TinyNetError(f"this model has no Linear layer. TinyNet reads {READABLE}.")
    return tuple(layers)


def architecture_of(layers: tuple[ReadLayer, ...]) -> Architecture:
    """Return the architecture of these layers.

    log_softmax counts as softmax.

    Raises TinyNetError if hidden layers have different activations, or if a size is out of range.
    """
    hidden = {layer.activation: layer.name for layer in reversed(layers[:-1])}
    if len(hidden) > 1:
        (one, first), (two, second), *_ = sorted(hidden.items())
        raise TinyNetError(
            f"layer {first!r} has {one} after it and layer {second!r} has {two}. All hidden layers must have the same "
            "activation."
        )
    for kind, name in hidden.items():
        if kind not in ACTIVATIONS:
            raise TinyNetError(f"layer {name!r} has {kind} after it. A softmax must be at the end.")
    sizes = (layers[0].linear.in_features, *(layer.linear.out_features for layer in layers))
    output = layers[-1].activation.removeprefix("log_")
    return Architecture(sizes, next(iter(hidden), "sigmoid"), output)


def _chain(model: "nn.Module") -> Iterator[tuple[str, str]]:
    """Yield the operations of the forward pass in order.

    Each operation is its name, and "linear" or an activation.
    """
    graph, modules = _graph(model), dict(model.named_modules())
    (output,) = (node for node in graph.nodes if node.op == "output")
    operations, node = [], output.args[0]
    if not hasattr(node, "op"):
        raise TinyNetError("this model's forward returns several values. It must return the outputs alone.")
    while node.op != "placeholder":
        previous = _previous(node)
        operations.append(_operation(node, modules))
        node = previous
    yield from (operation for operation in reversed(operations) if operation is not None)


def _graph(model: "nn.Module") -> Any:
    """Return the graph of the forward pass of a copy.

    The model itself is not traced, because its forward may set attributes.
    """
    import torch
    from torch import fx

    try:
        with torch.random.fork_rng(devices=[]):
            return fx.Tracer().trace(_copied(model))
    except Exception as error:  # the forward pass of a user may raise anything
        raise TinyNetError(
            f"the forward of {type(model).__name__} cannot be read ({str(error).splitlines()[0]}). TinyNet reads "
            f"{READABLE}, without decisions that depend on the numbers."
        ) from error


def _copied(model: "nn.Module") -> "nn.Module":
    """Return a copy of the model.

    Attributes with a gradient history cannot be deep-copied, so they are cloned.
    """
    import copy

    memo: dict[int, Any] = {}
    for module in model.modules():
        memo |= {id(tensor): tensor.detach().clone() for tensor in _tensors(vars(module))}
    return copy.deepcopy(model, memo)


def _tensors(value: Any) -> Iterator[Any]:
    import torch

    if isinstance(value, torch.Tensor):
        if not isinstance(value, torch.nn.Parameter):
            yield value
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _tensors(part)


def _operation(node: Any, modules: dict[str, "nn.Module"]) -> tuple[str, str] | None:
    """Return (name, kind) of a node.

    The result is None if the node changes no number.
    """
    from torch import nn

    if node.op == "call_module":
        module = modules[node.target]
        kind, name = type(module).__name__, f"layer {node.target!r}"
        if _is_linear(module):
            return node.target, "linear"
        if isinstance(module, nn.Dropout) and (module.p == 0 or not module.training):
            return None
        if isinstance(module, nn.modules.lazy.LazyModuleMixin):
            raise TinyNetError(
                f"{name} is of type {kind} and has no sizes. Run the model on one batch first."
            )
        article = "an" if kind[0] in "AEIOU" else "a"
        text, axis = f"{name} is {article} {kind}", getattr(module, "dim", None)
    else:
        kind = node.target if isinstance(node.target, str) else node.target.__name__
        name, text = f"{kind}()", f"forward calls {kind}()"
        axis = node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else None)
    known = kind.lower().replace("_", "")
    if known in NO_OPERATIONS:
        return None
    if known not in ACTIVATION_OF:
        raise TinyNetError(f"{text}, which TinyNet cannot read. TinyNet reads {READABLE}.")
    if ACTIVATION_OF[known] in ACTIVATIONS and _has_settings(node, modules):
        raise TinyNetError(f"{text} with settings of its own. TinyNet reads it with PyTorch's defaults.")
    if "softmax" in known and axis not in (None, 1, -1):
        raise TinyNetError(f"{text} over dim {axis}. A softmax must be over the outputs, dim=1.")
    return name, ACTIVATION_OF[known]


def _is_linear(module: "nn.Module") -> bool:
    """Return whether a module is a Linear layer, with or without a parametrization."""
    from torch import nn
    from torch.nn.utils import parametrize

    kind = type(module)
    return kind is nn.Linear or (parametrize.is_parametrized(module) and kind.__base__ is nn.Linear)


def _has_settings(node: Any, modules: dict[str, "nn.Module"]) -> bool:
    """Return whether an activation has settings besides the defaults.

    `inplace` does not count.
    """
    if node.op == "call_module":
        module = modules[node.target]
        usual = type(module)()
        settings = [name for name in getattr(module, "__constants__", []) if name != "inplace"]
        return any(getattr(module, name) != getattr(usual, name) for name in settings)
    settings = [*node.args[1:], *(value for name, value in node.kwargs.items() if name != "out")]
    return any(not isinstance(value, bool) for value in settings)


def _previous(node: Any) -> Any:
    """Return the node whose numbers this node uses.

    Nodes that are sizes do not count.
    """
    sources = [source for source in node.all_input_nodes if not _is_size(source)]
    if len(sources) == 1 and sources[0].op != "get_attr":
        return sources[0]
    names = ", ".join(str(source.name) for source in sources)
    if not sources:
        problem = f"{node.name} does not use the input"
    elif any(source.op == "get_attr" for source in (*sources, node)):
        problem = f"{node.name} uses a tensor of the model ({names}) that is not a layer"
    else:
        problem = f"{node.name} joins several paths ({names}), as a skip connection does"
    raise TinyNetError(f"{problem}. TinyNet reads {READABLE}.")


def _is_size(node: Any) -> bool:
    """Return whether a node is a size or dtype.

    Such nodes are not numbers of the model.
    """
    if node.op == "call_method" and node.target in ("size", "dim", "numel"):
        return True
    if node.op == "call_function" and node.target is getattr:
        return node.args[1] in ("shape", "ndim", "dtype", "device")
    return node.op == "call_function" and node.target is operator.getitem and _is_size(node.args[0])
