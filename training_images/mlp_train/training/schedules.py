"""How the learning rate changes over a training."""

from __future__ import annotations

import math
from collections.abc import Callable

from mlp_core.specs.presets import CommonParams

# The share of the learning rate that is left, by the share of the steps that are done.
_DECAYS: dict[str, Callable[[float], float]] = {
    "constant": lambda done: 1.0,
    "linear": lambda done: 1.0 - done,
    "cosine": lambda done: 0.5 * (1.0 + math.cos(math.pi * done)),
}


def rate_factor(params: CommonParams, step: int, total: int) -> float:
    """What multiplies the learning rate at `step` (from 0) of `total`: a linear warm-up, then the decay that `schedule` names.

    The cosine is that of Loshchilov and Hutter, "SGDR" (ICLR 2017), without restarts.
    """
    warmup = params.warmup_steps
    if step < warmup:
        return (step + 1) / warmup
    done = (step - warmup) / max(1, total - warmup)
    return _DECAYS[params.schedule](min(1.0, done))
