"""A look inside a framework's network: what each layer and operation costs, and how large the gradients of weights are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

# Frameworks that can be looked into, by name: a module that is a Probe. Imported when used.
PROBES: dict[str, str] = {"torch": "mlp_train.torch.probe"}


@dataclass(frozen=True)
class Layer:
    """Seconds per step in a layer's own code, those of layers inside it left out, forward and backward."""

    name: str
    kind: str
    forward: float
    backward: float


@dataclass(frozen=True)
class Operation:
    """An operation of the framework: how often a step calls it, and seconds per step in itself."""

    name: str
    calls: float
    seconds: float


@dataclass(frozen=True)
class Trace:
    """Layers in the order of the network, and operations, the dearest first. Tracing itself makes both slower than they are."""

    layers: tuple[Layer, ...]
    operations: tuple[Operation, ...]


class Probe(Protocol):
    """What a framework's module has."""

    trace: Callable[[Any, Callable[[], None], int], Trace]
    gradient_norms: Callable[[Any], Mapping[str, float]]


def probe_of(framework: str) -> Probe | None:
    """The module that looks into this framework's learners, None where there is none: `trace(learner, step, steps)` calls `step` so many
    times; `gradient_norms(learner)` gives Euclidean norms of the last step's gradients by weight.
    """
    module = PROBES.get(framework)
    return None if module is None else cast(Probe, import_module(module))
