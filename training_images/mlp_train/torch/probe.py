"""A look inside a PyTorch network, with module hooks and torch's own profiler."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import nn
from torch.profiler import ProfilerActivity, profile, record_function

from mlp_train.probing import Layer, Operation, Trace
from mlp_train.torch.learner import TorchLearner

_MARK = "layer of the network: "
_BACKWARD = "autograd::engine::evaluate_function: "
_MICROSECOND = 1e-6


def gradient_norms(learner: TorchLearner) -> dict[str, float]:
    """Of the last step, by weight; weights without a gradient are left out."""
    found = learner.network.named_parameters()
    return {name: float(weight.grad.norm()) for name, weight in found if weight.grad is not None}


def trace(learner: TorchLearner, step: Callable[[], None], steps: int) -> Trace:
    """Call `step` so many times, and share out its time.

    What happens in `forward` outside of any inner layer is the layer's own. A backward operation is a layer's whose forward operation
    has the same sequence number: autograd gives both one.
    """
    with _marked(learner.network), profile(activities=[ProfilerActivity.CPU]) as found:
        for _ in range(steps):
            step()
    events = sorted(found.events() or [], key=lambda event: event.time_range.start)
    forward: dict[str, float] = defaultdict(float)
    backward: dict[str, float] = defaultdict(float)
    owners: dict[int, str] = {}
    for event in events:
        layer = _layer(event)
        if event.name.startswith(_BACKWARD):
            # An operation that makes no node has the number of the next one that does, so the last owner is the right one.
            if event.sequence_nr in owners:
                backward[owners[event.sequence_nr]] += event.cpu_time_total
        elif layer is not None:
            if event.name.startswith(_MARK):
                forward[layer] += event.cpu_time_total
                if (outer := _layer(event.cpu_parent)) is not None:
                    forward[outer] -= event.cpu_time_total
            elif event.sequence_nr >= 0:
                owners[event.sequence_nr] = layer
    scale = _MICROSECOND / steps
    modules = {name or "network": type(module).__name__ for name, module in learner.network.named_modules()}
    layers = tuple(Layer(name, kind, forward[name] * scale, backward[name] * scale) for name, kind in modules.items() if name in forward)
    return Trace(layers, _operations(found, steps))


def _operations(found: Any, steps: int) -> tuple[Operation, ...]:
    shown = [each for each in found.key_averages() if each.key.startswith("aten::") or each.key.startswith("Optimizer.step")]
    scale = _MICROSECOND / steps
    each = (Operation(item.key.removeprefix("aten::"), item.count / steps, item.self_cpu_time_total * scale) for item in shown)
    return tuple(sorted(each, key=lambda operation: -operation.seconds))


def _layer(event: Any) -> str | None:
    """The innermost layer that an event lies in."""
    while event is not None:
        if event.name.startswith(_MARK):
            return str(event.name.removeprefix(_MARK))
        event = event.cpu_parent
    return None


@contextmanager
def _marked(network: nn.Module) -> Iterator[None]:
    """Let the profiler know when a layer begins and ends."""
    with ExitStack() as stack:
        for name, module in network.named_modules():
            running: list[Any] = []

            def enter(_: nn.Module, __: Any, name: str = name, running: list[Any] = running) -> None:
                mark: Any = record_function(_MARK + (name or "network"))
                mark.__enter__()
                running.append(mark)

            def leave(_: nn.Module, __: Any, ___: Any, running: list[Any] = running) -> None:
                running.pop().__exit__(None, None, None)

            for handle in (module.register_forward_pre_hook(enter), module.register_forward_hook(leave)):
                stack.callback(handle.remove)
        yield
