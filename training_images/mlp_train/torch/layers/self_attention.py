"""Features that attend to one another."""

from __future__ import annotations

from torch import Tensor, nn


class SelfAttention(nn.Module):
    """relu(attention of each feature to all, heads side by side, + W x): (n, features, inputs) → (n, features, heads · dim).

    Song et al., "AutoInt" (CIKM 2019), equations 5 to 8: dot products without a scale. residual: whether W x is added.
    """

    def __init__(self, inputs: int, dim: int, heads: int, residual: bool = True) -> None:
        super().__init__()
        self.heads, self.width = heads, heads * dim
        self.query, self.key, self.value = (nn.Linear(inputs, self.width, bias=False) for _ in range(3))
        self.residual = nn.Linear(inputs, self.width, bias=False) if residual else None

    def forward(self, vectors: Tensor) -> Tensor:
        """(n, features, heads · dim)."""
        query, key, value = (self._split(layer(vectors)) for layer in (self.query, self.key, self.value))
        shares = (query @ key.transpose(2, 3)).softmax(dim=3)
        mixed = (shares @ value).transpose(1, 2).flatten(start_dim=2)
        found: Tensor = mixed if self.residual is None else mixed + self.residual(vectors)
        return found.relu()

    def _split(self, values: Tensor) -> Tensor:
        """(n, features, heads · dim) → (n, heads, features, dim)."""
        return values.reshape(*values.shape[:2], self.heads, -1).transpose(1, 2)
