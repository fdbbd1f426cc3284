"""Processes that train one model together: data parallel over gloo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from mlp_train.context import TrainContext
from mlp_train.errors import WorkerLost

# The group of `to_chief`, while there is one.
_beside: list[dist.ProcessGroup] = []


# How long a worker waits for what another one has to send: one that is alive may be reading, or writing a checkpoint.
PATIENCE = timedelta(minutes=10)
# Where every message of gloo's errors begins.
_GLOO = "/gloo/"


@contextmanager
def process_group(context: TrainContext) -> Iterator[None]:
    """Join the other ranks at MASTER_ADDR:MASTER_PORT while the block runs; nothing for one process.

    Raises WorkerLost when another rank is not there, or ends before its time.
    """
    if context.world_size == 1:
        yield
        return
    try:
        dist.init_process_group("gloo", rank=context.rank, world_size=context.world_size, timeout=PATIENCE)
        _beside.append(dist.new_group(timeout=PATIENCE))
        yield
    except RuntimeError as error:
        if not isinstance(error, dist.DistError) and _GLOO not in str(error):
            raise
        raise WorkerLost(context.rank, context.world_size) from error
    finally:
        _beside.clear()
        if dist.is_initialized():
            dist.destroy_process_group()


def parallel(module: nn.Module, context: TrainContext, device: torch.device) -> nn.Module:
    """The module with gradients averaged over all ranks."""
    if context.world_size == 1 or not any(weight.requires_grad for weight in module.parameters()):
        return module
    devices = [device] if device.type == "cuda" else None
    # Buffers begin equal; those that learn (running means) are served as the chief has them, so nothing is gained by sending its own.
    return DistributedDataParallel(module, devices, forward_sync_buffers=False, gradient_as_bucket_view=True)


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


def to_chief(value: Any) -> list[Any]:
    """All ranks' objects at rank 0, nothing elsewhere. May run in a thread beside everything else here: it has a group of its own."""
    if not _beside:
        return [value]
    found: list[Any] | None = [None] * dist.get_world_size() if dist.get_rank() == 0 else None
    dist.gather_object(value, found, group=_beside[0])
    return found or []


def exchange(array: npt.NDArray[Any], send: Sequence[int], receive: Sequence[int]) -> npt.NDArray[Any]:
    """Rows to and from all ranks: the first send[0] go to rank 0, …; returns receive[0] rows from rank 0, …"""
    found = np.empty((sum(receive), *array.shape[1:]), array.dtype)
    dist.all_to_all_single(torch.from_numpy(found), torch.from_numpy(array), list(receive), list(send))
    return found


def gather(array: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], list[int]]:
    """All ranks' arrays, (rows, …), one after the other, from this rank's own; and the rows of each, which may differ."""
    own, world = torch.from_numpy(np.ascontiguousarray(array)), dist.get_world_size()
    counted = torch.empty(world, dtype=torch.int64)
    dist.all_gather_single(counted, torch.tensor([len(own)]))
    counts: list[int] = counted.tolist()
    most = max(counts)
    padded = own if len(own) == most else torch.cat([own, own.new_zeros(most - len(own), *own.shape[1:])])
    found = own.new_empty(world * most, *own.shape[1:])
    dist.all_gather_single(found, padded)
    if min(counts) < most:
        found = torch.cat([found[rank * most :][:count] for rank, count in enumerate(counts)])
    return found.numpy(), counts
