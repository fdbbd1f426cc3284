"""Two towers: a vector for the user's side, one for the item's."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from mlp_core.specs.presets import TwoTowerParams
from mlp_train.roles import towers
from mlp_train.shape import Shape
from mlp_train.torch.base import Inputs, Targets
from mlp_train.torch.layers import BatchFrequency, Mlp, identity
from mlp_train.torch.presets.forms import VectorModel

# Vectors of length 1: the user's side and the item's, (n, output_dim) each.
Outputs = tuple[Tensor, Tensor]


class Tower(nn.Module):
    """The vector of one side's columns: the network's inputs → (n, output_dim), of length 1."""

    def __init__(self, shape: Shape, columns: Sequence[str], params: TwoTowerParams) -> None:
        super().__init__()
        self.pooled = [place for place, name in enumerate(shape.pooled) if name in columns]
        self.dense = [place for place, name in enumerate(shape.dense) if name in columns]
        inputs = len(self.pooled) * params.embedding_dim + len(self.dense)
        self.mlp = Mlp(inputs, params.hidden, outputs=params.output_dim, dropout=params.dropout)

    def forward(self, inputs: Inputs) -> Tensor:
        """(n, output_dim)."""
        parts = [inputs["pooled"][:, place] for place in self.pooled] + [inputs["dense"][:, place, None] for place in self.dense]
        return functional.normalize(self.mlp(torch.cat(parts, dim=1)), dim=1)


class TwoTower(VectorModel):
    """Yi et al., "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations" (RecSys 2019).

    A row's label rewards the choice of its item among all items of the batch, whose popularity is taken off again. What the bundle
    scores is a probability all the same: a slope and an offset over the dot product are learned from the labels by log loss.
    """

    Params = TwoTowerParams
    params: TwoTowerParams

    def build(self) -> None:
        """Both towers, the frequencies of items, and the way from dot products to probabilities."""
        sides = towers(self.shape, self.params.user, self.params.item)
        self.user, self.item = Tower(self.shape, sides.user, self.params), Tower(self.shape, sides.item, self.params)
        ids = [column.name for column in self.shape.columns if column.kind == "id"]
        self.item_ids = [place for place, name in enumerate(ids) if name in sides.item]
        self.frequency = BatchFrequency() if self.params.correction and self.item_ids else None
        self.slope = nn.Parameter(torch.ones(()))
        self.offset = nn.Parameter(torch.zeros(()))

    def forward(self, inputs: Inputs) -> Outputs:
        """The two sides' vectors."""
        return self.user(inputs), self.item(inputs)

    def batch_loss(self, outputs: Outputs, targets: Targets) -> Tensor:
        """The reward-weighted softmax over the batch's items, and the log loss of slope and offset."""
        user, item = outputs
        logits = user @ item.T / self.params.temperature
        if self.item_ids:
            items = identity(targets.ids[:, self.item_ids])
            if self.frequency is not None:
                logits = logits - self.frequency.observe(items).log()
            # The same item in another row is no negative.
            again = (items.unsqueeze(1) == items).fill_diagonal_(False)
            logits = logits.masked_fill(again, float("-inf"))
        chosen = functional.cross_entropy(logits, torch.arange(len(logits), device=logits.device), reduction="none")
        reward = targets.labels[:, 0] if targets.weights is None else targets.labels[:, 0] * targets.weights
        return (reward * chosen).mean() + self.loss(outputs, targets.labels, targets.weights)

    def loss(self, outputs: Outputs, labels: Tensor, weights: Tensor | None) -> Tensor:
        """The log loss of the scores, which moves slope and offset alone."""
        return super().loss(self._logits((outputs[0].detach(), outputs[1].detach())), labels, weights)

    def probabilities(self, outputs: Outputs) -> Tensor:
        """(n,)."""
        return torch.sigmoid(self._logits(outputs))

    def _logits(self, outputs: Outputs) -> Tensor:
        user, item = outputs
        # The slope stays positive, so that nearer is always likelier.
        return functional.softplus(self.slope) * (user * item).sum(dim=1) + self.offset
