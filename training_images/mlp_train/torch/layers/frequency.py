"""How often items come up in batches, estimated as they stream by."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_MIX = 0x9E3779B97F4A7C15 - 2**64
# Share of the latest interval in an item's mean interval.
_RATE = 0.05


class BatchFrequency(nn.Module):
    """The probability that an item is in a batch, from the mean number of steps between batches that have it.

    Yi et al., "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations" (RecSys 2019), algorithm 2, with one hash
    function of `buckets` values; an item's first interval is the number of steps so far.
    """

    step: Tensor
    last: Tensor
    interval: Tensor

    def __init__(self, buckets: int = 2**18) -> None:
        super().__init__()
        self.register_buffer("step", torch.zeros((), dtype=torch.int64))
        self.register_buffer("last", torch.zeros(buckets, dtype=torch.int64))
        self.register_buffer("interval", torch.zeros(buckets))

    @torch.no_grad()
    def observe(self, items: Tensor) -> Tensor:
        """Take the next batch's items, (n,) int64, into account; returns their probabilities, (n,) float32 in (0, 1]."""
        self.step += 1
        buckets = items % self.last.numel()
        passed = (self.step - self.last[buckets]).float()
        known = self.last[buckets] > 0
        interval = torch.where(known, torch.lerp(self.interval[buckets], passed, _RATE), passed)
        # Rows with the same item write the same value.
        self.interval[buckets] = interval
        self.last[buckets] = self.step
        return 1 / interval.clamp(min=1)


def identity(ids: Tensor) -> Tensor:
    """One number for each row of ids, (n, columns) int64 → (n,) int64, equal where the ids are; other rows hardly ever share it."""
    mixed = torch.zeros_like(ids[:, 0])
    for column in ids.unbind(dim=1):
        # Multiplication wraps around, as it should.
        mixed = (mixed ^ column) * _MIX
        mixed = mixed ^ (mixed >> 29)
    return mixed
