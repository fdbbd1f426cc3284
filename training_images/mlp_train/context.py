"""Where this process stands among those that train together, and what it may use."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from mlp_core.specs import Resources
from mlp_train.errors import TrainError

RESOURCES = "MLP_RESOURCES"


@dataclass(frozen=True)
class TrainContext:
    """The topology and the resources of one process.

    rank: of this process among all; world_size: how many there are; local_rank: of this process on its machine; threads: that it
    computes with; memory: bytes that it may use.
    """

    rank: int = 0
    world_size: int = 1
    local_rank: int = 0
    threads: int = 1
    memory: int = Resources().memory_bytes

    @property
    def is_chief(self) -> bool:
        """Whether this process speaks, validates and publishes for all."""
        return self.rank == 0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> TrainContext:
        """Read `RANK`, `WORLD_SIZE` and `LOCAL_RANK` (a PyTorchJob's or torchrun's) and `MLP_RESOURCES` (JSON of Resources).

        Without `MLP_RESOURCES` the threads are those of default resources, not the machine's cores: sums depend on how they are shared out.
        """
        rank, world = _number(environment, "RANK", 0), _number(environment, "WORLD_SIZE", 1)
        if not 0 <= rank < world:
            raise TrainError(f"RANK is {rank} with WORLD_SIZE {world}; ranks count from 0 to WORLD_SIZE - 1")
        if world > 1 and not environment.get("MASTER_ADDR"):
            raise TrainError(f"WORLD_SIZE is {world}, but MASTER_ADDR is not set; name the host of rank 0")
        text = environment.get(RESOURCES)
        resources = Resources.from_json(text) if text else Resources()
        return cls(rank, world, _number(environment, "LOCAL_RANK", 0), resources.threads, resources.memory_bytes)


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, str(default))
    if not text.isdigit():
        raise TrainError(f"the environment variable {name} is {text!r}; it must be a whole number")
    return int(text)
