"""Activations with learned parameters, for units in the last dimension."""

from __future__ import annotations

import torch
from torch import Tensor, nn

# Share of a batch's moments in the running ones.
_MOMENTUM = 0.1
_EPSILON = 1e-5


class Dice(nn.Module):
    """x · p + a · x · (1 − p), p being the sigmoid of x on the scale of the data. `a` is learned per unit; in training the scale is the
    batch's, later the running one.

    Zhou et al., "Deep Interest Network for Click-Through Rate Prediction" (KDD 2018), equation 3.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, units: int) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.zeros(units))
        self.register_buffer("mean", torch.zeros(units))
        self.register_buffer("variance", torch.ones(units))

    def forward(self, values: Tensor, filled: Tensor | None = None) -> Tensor:
        """(…, units) → (…, units). filled: (…), 1 or 0: places that count in the batch's moments, all where it is not given."""
        mean, variance = self._moments(values, filled) if self.training else (self.mean, self.variance)
        share = torch.sigmoid((values - mean) * torch.rsqrt(variance + _EPSILON))
        return values * (share + (1 - share) * self.slope)

    def _moments(self, values: Tensor, filled: Tensor | None) -> tuple[Tensor, Tensor]:
        flat = values.float().flatten(end_dim=-2)
        if filled is None:
            mean, variance = flat.mean(dim=0), flat.var(dim=0, unbiased=False)
            some: Tensor | float = 1.0
        else:
            weights = filled.flatten().unsqueeze(1)
            total = weights.sum()
            some = (total > 0).to(flat.dtype)
            mean = (flat * weights).sum(dim=0) / total.clamp(min=1)
            variance = ((flat - mean).square() * weights).sum(dim=0) / total.clamp(min=1)
        with torch.no_grad():
            # Nothing filled has no moments that could be remembered.
            self.mean.lerp_(mean.detach(), _MOMENTUM * some)
            self.variance.lerp_(variance.detach(), _MOMENTUM * some)
        return mean, variance


class PRelu(nn.Module):
    """x above 0, a · x below, `a` learned per unit of the last dimension: He et al., "Delving Deep into Rectifiers" (ICCV 2015)."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.full((units,), 0.25))

    def forward(self, values: Tensor) -> Tensor:
        """(…, units) → (…, units)."""
        return values.clamp(min=0) + self.slope * values.clamp(max=0)


class Relu(nn.ReLU):
    """x above 0, 0 below, for any number of units."""

    def __init__(self, units: int) -> None:
        super().__init__()


ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": Relu, "dice": Dice, "prelu": PRelu}
