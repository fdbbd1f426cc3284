"""Optimizers of a network's weights by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import nn
from torch.optim import Optimizer

from mlp_core.specs.presets import CommonParams

Maker = Callable[[list[nn.Parameter], float, float], Optimizer]


def _adagrad(parameters: list[nn.Parameter], rate: float, decay: float) -> Optimizer:
    return torch.optim.Adagrad(parameters, lr=rate, weight_decay=decay)


def _adam(parameters: list[nn.Parameter], rate: float, decay: float) -> Optimizer:
    return torch.optim.Adam(parameters, lr=rate, weight_decay=decay)


def _sgd(parameters: list[nn.Parameter], rate: float, decay: float) -> Optimizer:
    return torch.optim.SGD(parameters, lr=rate, momentum=0.9, weight_decay=decay)


OPTIMIZERS: dict[str, Maker] = {"adagrad": _adagrad, "adam": _adam, "sgd": _sgd}


def make_optimizers(params: CommonParams, parameters: list[nn.Parameter]) -> list[Optimizer]:
    """The optimizer that the hyper-parameters name; none without weights."""
    return [OPTIMIZERS[params.optimizer](parameters, params.learning_rate, params.weight_decay)] if parameters else []


def slots_of(optimizers: list[Optimizer], names: Mapping[torch.Tensor, str]) -> dict[str, torch.Tensor]:
    """The optimizers' tensors by `<parameter's name>/<slot>`."""
    found: dict[str, torch.Tensor] = {}
    for optimizer in optimizers:
        for parameter, slots in optimizer.state.items():
            found |= {f"{names[parameter]}/{slot}": value for slot, value in slots.items() if isinstance(value, torch.Tensor)}
    return found


def put_slots(optimizers: list[Optimizer], parameter: nn.Parameter, slots: Mapping[str, torch.Tensor]) -> list[str]:
    """Give a parameter these slots; returns the names of those taken: none where they are not what its optimizer keeps."""
    for optimizer in optimizers:
        if not any(parameter is each for group in optimizer.param_groups for each in group["params"]):
            continue
        known = set(_KEPT[type(optimizer)]) if type(optimizer) in _KEPT else set(slots)
        if set(slots) != known or any(value.dim() and value.shape != parameter.shape for value in slots.values()):
            return []
        optimizer.state[parameter] = dict(slots)
        return list(slots)
    return []


# What an optimizer keeps for each weight once it has changed it.
_KEPT: dict[type[Optimizer], tuple[str, ...]] = {
    torch.optim.Adagrad: ("step", "sum"),
    torch.optim.Adam: ("step", "exp_avg", "exp_avg_sq"),
    torch.optim.SGD: ("momentum_buffer",),
}
