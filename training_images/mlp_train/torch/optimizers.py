"""Optimizers by name: one for dense weights, one that touches only the embedding rows of a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from mlp_core.specs.presets import CommonParams


@dataclass(frozen=True)
class Optimizers:
    """The optimizers of a model. l2: added to the gradient of an embedding row that a batch touches, times the row."""

    embedding: Optimizer
    dense: Optimizer | None
    l2: float = 0.0

    def all(self) -> dict[str, Optimizer]:
        """By name: `embedding`, and `dense` where there are dense weights."""
        return {"embedding": self.embedding} | ({"dense": self.dense} if self.dense is not None else {})

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for optimizer in self.all().values():
            optimizer.zero_grad(set_to_none=True)

    def step(self) -> None:
        """Change the weights by their gradients."""
        for parameter in self.embedding.param_groups[0]["params"]:
            _finish_gradient(parameter, self.l2)
        for optimizer in self.all().values():
            optimizer.step()


Maker = Callable[[list[nn.Parameter], float, float], Optimizer]


def _dense_adagrad(parameters: list[nn.Parameter], rate: float, decay: float) -> Optimizer:
    return torch.optim.Adagrad(parameters, lr=rate, weight_decay=decay)


def _dense_adam(parameters: list[nn.Parameter], rate: float, decay: float) -> Optimizer:
    return torch.optim.Adam(parameters, lr=rate, weight_decay=decay)


def _row_adagrad(parameters: list[nn.Parameter], rate: float, decay: float) -> Optimizer:
    # Equal to the dense Adagrad (Duchi et al. 2011): a row without a gradient would not change there either.
    return torch.optim.Adagrad(parameters, lr=rate)


def _row_adam(parameters: list[nn.Parameter], rate: float, decay: float) -> Optimizer:
    # "Lazy": the moments of rows that are not in the batch stay, unlike in dense Adam.
    return torch.optim.SparseAdam(parameters, lr=rate)


DENSE: dict[str, Maker] = {"adagrad": _dense_adagrad, "adam": _dense_adam}
ROW_SPARSE: dict[str, Maker] = {"adagrad": _row_adagrad, "adam": _row_adam}


def make_optimizers(params: CommonParams, embedding: nn.Parameter, dense: list[nn.Parameter]) -> Optimizers:
    """The optimizers that the hyper-parameters name."""
    rate = params.embedding_learning_rate or params.learning_rate
    return Optimizers(
        embedding=ROW_SPARSE[params.optimizer]([embedding], rate, 0.0),
        dense=DENSE[params.optimizer](dense, params.learning_rate, params.weight_decay) if dense else None,
        l2=params.l2,
    )


def state_tensors(optimizer: Optimizer, names: Mapping[torch.Tensor, str]) -> dict[str, torch.Tensor]:
    """The optimizer's tensors by `<parameter's name>/<slot>`."""
    found: dict[str, torch.Tensor] = {}
    for parameter, slots in optimizer.state.items():
        found |= {f"{names[parameter]}/{slot}": value for slot, value in slots.items() if isinstance(value, torch.Tensor)}
    return found


def _finish_gradient(parameter: Any, l2: float) -> None:
    """Add up the gradient's parts by row, and the pull of `l2` to it."""
    gradient = parameter.grad
    if gradient is None:
        return
    gradient = gradient.coalesce()
    if l2:
        rows = gradient.indices()[0]
        values = gradient.values() + l2 * parameter.detach()[rows]
        gradient = torch.sparse_coo_tensor(gradient.indices(), values, gradient.shape, is_coalesced=True)
    parameter.grad = gradient
