"""Processes that train one model together: data parallel over gloo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from mlp_train.context import TrainContext


@contextmanager
def process_group(context: TrainContext) -> Iterator[None]:
    """Join the other ranks at MASTER_ADDR:MASTER_PORT while the block runs; nothing for one process."""
    if context.world_size == 1:
        yield
        return
    dist.init_process_group("gloo", rank=context.rank, world_size=context.world_size)
    try:
        yield
        dist.barrier()
    finally:
        dist.destroy_process_group()


def parallel(module: nn.Module, context: TrainContext, device: torch.device) -> nn.Module:
    """The module with gradients averaged over all ranks."""
    if context.world_size == 1 or not any(weight.requires_grad for weight in module.parameters()):
        return module
    return DistributedDataParallel(module, device_ids=[device] if device.type == "cuda" else None)


def sum_over_ranks(value: Tensor, context: TrainContext) -> Tensor:
    """The sum of all ranks' values."""
    if context.world_size > 1:
        dist.all_reduce(value)
    return value


def from_chief(value: Any, context: TrainContext) -> Any:
    """What rank 0 passes here, on every rank."""
    if context.world_size == 1:
        return value
    box = [value]
    dist.broadcast_object_list(box, src=0)
    return box[0]


def gather(array: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    """All ranks' arrays, (rows, …) each, from this rank's own; the numbers of rows may differ."""
    own = torch.from_numpy(np.ascontiguousarray(array))
    counts = [torch.zeros(1, dtype=torch.int64) for _ in range(dist.get_world_size())]
    dist.all_gather(counts, torch.tensor([len(own)]))
    most = max(int(count) for count in counts)
    padded = own if len(own) == most else torch.cat([own, own.new_zeros(most - len(own), *own.shape[1:])])
    found = [torch.empty_like(padded) for _ in counts]
    dist.all_gather(found, padded)
    return [each[: int(count)].numpy() for each, count in zip(found, counts, strict=True)]
