"""A PyTorch model, read: its Linear layers in their order, and the activation after each."""

import operator
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tinynet.core.activations import ACTIVATIONS
from tinynet.core.architecture import Architecture
from tinynet.errors import TinyNetError

if TYPE_CHECKING:
    from torch import nn

# what PyTorch calls an activation: classes, functions and methods, all in small letters
KINDS = {activation.module.lower(): name for name, activation in ACTIVATIONS.items() if name != "identity"}
KINDS |= {"softmax": "softmax", "logsoftmax": "log_softmax", "log_softmax": "log_softmax"}
PASSING = {
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
PARALLEL = ("DataParallel", "DistributedDataParallel")
READABLE = (
    f"a chain of Linear layers with {', '.join(name for name in ACTIVATIONS if name != 'identity')} or nothing after "
    "them, and any of these or a softmax at the end"
)


@dataclass(frozen=True)
class ReadLayer:
    """One Linear layer of a model: its name there, the module, and the activation after it.

    activation : one of `activations.ACTIVATIONS`; of the last layer also softmax or log_softmax.
    """

    name: str
    linear: "nn.Linear"
    activation: str


def read(model: "nn.Module") -> tuple[ReadLayer, ...]:
    """Return the Linear layers of a model in the order of its forward, with their activations.

    Activations may be modules or functions called in `forward`. Nothing is computed and nothing of the model changes.

    Raises TinyNetError, naming the layer, for whatever is no chain of Linear layers and known activations.

    >>> from torch import nn
    >>> [(layer.name, layer.activation) for layer in read(nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)))]
    [('0', 'tanh'), ('2', 'identity')]
    """
    from torch import nn

    if not isinstance(model, nn.Module):
        raise TinyNetError(f"model is a {type(model).__name__}, not an nn.Module; TinyNet reads {READABLE}")
    if hasattr(model, "_orig_mod"):
        raise TinyNetError(
            "this model came out of torch.compile, which hides its layers; give, and call, the one it was made of"
        )
    if type(model).__name__ in PARALLEL:
        raise TinyNetError(
            f"this model is a {type(model).__name__} around another; give the other, which is its .module"
        )
    if not list(model.children()):
        model = nn.Sequential(model)
    modules = dict(model.named_modules())
    found: list[ReadLayer] = []
    for name, kind in _chain(model):
        if kind == "linear":
            linear = modules[name]
            if any(layer.linear is linear for layer in found):
                raise TinyNetError(
                    f"layer {name!r} is used twice in one forward; a network here uses each layer once"
                )
            found.append(ReadLayer(name, linear, "identity"))
        elif not found:
            raise TinyNetError(f"{name} comes before the first Linear layer; TinyNet reads {READABLE}")
        elif found[-1].activation != "identity":
            raise TinyNetError(
                f"{name} comes after {found[-1].activation} on layer {found[-1].name!r}; a layer has one activation"
            )
        else:
            found[-1] = ReadLayer(found[-1].name, found[-1].linear, kind)
    if not found:
        raise TinyNetError(f"this model has no Linear layer; TinyNet reads {READABLE}")
    return tuple(found)


def architecture_of(layers: tuple[ReadLayer, ...]) -> Architecture:
    """Return the architecture of a model that was read; log_softmax counts as softmax.

    Raises TinyNetError where hidden layers have different activations, or sizes are out of range.
    """
    hidden = {layer.activation: layer.name for layer in reversed(layers[:-1])}
    if len(hidden) > 1:
        (one, first), (two, second), *_ = sorted(hidden.items())
        raise TinyNetError(
            f"layer {first!r} has {one} after it and layer {second!r} has {two}; hidden layers here have one activation"
        )
    for kind, name in hidden.items():
        if kind not in ACTIVATIONS:
            raise TinyNetError(f"layer {name!r} has {kind} after it; a softmax stands here at the end only")
    sizes = (layers[0].linear.in_features, *(layer.linear.out_features for layer in layers))
    output = layers[-1].activation.removeprefix("log_")
    return Architecture(sizes, next(iter(hidden), "sigmoid"), output)


def _chain(model: "nn.Module") -> Iterator[tuple[str, str]]:
    """Yield (name, "linear" or the activation) of each step of the forward, from input to output."""
    graph, modules = _graph(model), dict(model.named_modules())
    (output,) = (node for node in graph.nodes if node.op == "output")
    steps, node = [], output.args[0]
    if not hasattr(node, "op"):
        raise TinyNetError("this model's forward returns several things; let it return the outputs alone")
    while node.op != "placeholder":
        before = _before(node)
        steps.append(_step(node, modules))
        node = before
    yield from (step for step in reversed(steps) if step is not None)


def _graph(model: "nn.Module") -> Any:
    """Trace a copy of the model, so that what its forward keeps on itself stays as it is."""
    import torch
    from torch import fx

    try:
        with torch.random.fork_rng(devices=[]):
            return fx.Tracer().trace(_copied(model))
    except Exception as error:  # the forward is the user's and may do anything
        raise TinyNetError(
            f"the forward of {type(model).__name__} cannot be read ({str(error).splitlines()[0]}); TinyNet reads "
            f"{READABLE}, without decisions that depend on the numbers"
        ) from error


def _copied(model: "nn.Module") -> "nn.Module":
    """Copy the model; tensors that autograd made cannot be copied, so those it keeps are cloned."""
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


def _step(node: Any, modules: dict[str, "nn.Module"]) -> tuple[str, str] | None:
    """Return what a node does: (name, kind), or None where numbers pass it as they are."""
    from torch import nn

    if node.op == "call_module":
        module = modules[node.target]
        kind, name = type(module).__name__, f"layer {node.target!r}"
        if type(module) is nn.Linear:
            return node.target, "linear"
        if isinstance(module, nn.Dropout) and (module.p == 0 or not module.training):
            return None
        if isinstance(module, nn.modules.lazy.LazyModuleMixin):
            raise TinyNetError(f"{name} is a {kind} without sizes yet; run the model on one batch first")
        what, axis = f"{name} is {'an' if kind[0] in 'AEIOU' else 'a'} {kind}", getattr(module, "dim", None)
    else:
        kind = node.target if isinstance(node.target, str) else node.target.__name__
        name, what = f"{kind}()", f"forward calls {kind}()"
        axis = node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else None)
    known = kind.lower().strip("_")
    if known in PASSING:
        return None
    if known not in KINDS:
        raise TinyNetError(f"{what}, which TinyNet cannot read; it reads {READABLE}")
    if known in KINDS and KINDS[known] in ACTIVATIONS and _has_settings(node, modules):
        raise TinyNetError(f"{what} with settings of its own; TinyNet reads it with PyTorch's defaults")
    if "softmax" in known and axis not in (None, 1, -1):
        raise TinyNetError(f"{what} over dim {axis}; a softmax here is over the outputs, dim=1")
    return name, KINDS[known]


def _has_settings(node: Any, modules: dict[str, "nn.Module"]) -> bool:
    """Whether an activation is called with other settings than the defaults of its module; `inplace` does not count."""
    if node.op == "call_module":
        module = modules[node.target]
        usual = type(module)()
        settings = [name for name in getattr(module, "__constants__", []) if name != "inplace"]
        return any(getattr(module, name) != getattr(usual, name) for name in settings)
    settings = [*node.args[1:], *(value for name, value in node.kwargs.items() if name != "out")]
    return any(not isinstance(value, bool) for value in settings)


def _before(node: Any) -> Any:
    """Return the node whose numbers this one takes; what it takes of shapes does not count."""
    sources = [source for source in node.all_input_nodes if not _of_shape(source)]
    if len(sources) == 1 and sources[0].op != "get_attr":
        return sources[0]
    joined = ", ".join(str(source.name) for source in sources)
    what = f"{node.name} joins several paths ({joined}), as a skip connection does"
    if any(source.op == "get_attr" for source in sources) or node.op == "get_attr":
        what = f"{node.name} uses a tensor of the model's own ({joined}), which is no layer"
    raise TinyNetError(
        f"{what if sources else f'{node.name} does not use the input'}; TinyNet reads {READABLE}"
    )


def _of_shape(node: Any) -> bool:
    """Whether a node is a size, not numbers."""
    if node.op == "call_method" and node.target in ("size", "dim", "numel"):
        return True
    if node.op == "call_function" and node.target is getattr:
        return node.args[1] in ("shape", "ndim", "dtype", "device")
    return node.op == "call_function" and node.target is operator.getitem and _of_shape(node.args[0])
