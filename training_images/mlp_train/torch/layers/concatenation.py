"""A row as one vector: embeddings side by side, dense columns behind."""

from __future__ import annotations

import torch
from torch import Tensor

from mlp_train.shape import DENSE, POOLED


def flat(inputs: dict[str, Tensor], skip: int = 0) -> Tensor:
    """The network's pooled and dense inputs, those that are there: (n, features · (width − skip) + dense).

    skip: floats at the beginning of embedding rows that are no part of the vector.
    """
    parts = [inputs[POOLED][:, :, skip:].flatten(start_dim=1)] if POOLED in inputs else []
    if DENSE in inputs:
        parts.append(inputs[DENSE])
    return torch.cat(parts, dim=1)
