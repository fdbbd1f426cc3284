"""What a job may use of machines, and how many of them."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from msgspec import Meta

from mlp_core.specs.decoding import decode

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_MEMORY = r"^[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti|K|M|G|T)?$"


class Resources(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Resources of each worker, in Kubernetes' units.

    cpu: cores of a worker (also the number of threads that it computes with); memory: bytes with a unit, "4Gi"; gpu: devices of a
    worker; gpu_type: the extended resource's name; workers: processes that train together; parameter_servers: of an asynchronous
    TensorFlow job.
    """

    cpu: Annotated[float, Meta(gt=0)] = 2
    memory: Annotated[str, Meta(pattern=_MEMORY)] = "4Gi"
    gpu: Annotated[int, Meta(ge=0)] = 0
    gpu_type: str = "nvidia.com/gpu"
    workers: Annotated[int, Meta(ge=1)] = 1
    parameter_servers: Annotated[int, Meta(ge=0)] = 0

    @property
    def threads(self) -> int:
        """Threads for one worker: its whole cores, at least one."""
        return max(1, int(self.cpu))

    @property
    def memory_bytes(self) -> int:
        """Memory of a worker in bytes."""
        number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", self.memory).groups()  # type: ignore[union-attr]
        return int(float(number) * _UNITS[unit])

    @classmethod
    def from_json(cls, text: bytes | str) -> Resources:
        """Read what `to_json` has written; SpecError names the field that is wrong."""
        return decode(text, cls, "resources")

    def to_json(self) -> bytes:
        """The resources as one JSON object."""
        return msgspec.json.encode(self)
