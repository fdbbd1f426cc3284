"""Processes that train one model together: data parallel over gloo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch.distributed as dist
from torch import nn
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


def parallel(module: nn.Module, context: TrainContext) -> nn.Module:
    """The module with gradients averaged over all ranks, row-sparse ones as well."""
    return module if context.world_size == 1 else DistributedDataParallel(module)


def from_chief(value: Any, context: TrainContext) -> Any:
    """What rank 0 passes here, on every rank."""
    if context.world_size == 1:
        return value
    box = [value]
    dist.broadcast_object_list(box, src=0)
    return box[0]
