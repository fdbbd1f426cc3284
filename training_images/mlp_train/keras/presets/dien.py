"""DIEN: interests that evolve towards the item in question."""

from __future__ import annotations

from collections.abc import Mapping

from keras import ops

from mlp_core.specs.presets import DienParams
from mlp_train.keras.base import Inputs
from mlp_train.keras.layers import Evolution, Mlp, join, linear, masked_softmax
from mlp_train.keras.losses import HeadLoss, Rows, Tensor, log_loss
from mlp_train.keras.presets.histories import HistoryModel

AUXILIARY = "auxiliary"


class Dien(HistoryModel):
    """Zhou et al., "Deep Interest Evolution Network for Click-Through Rate Prediction" (AAAI 2019).

    The MLP gets the product of target and interest as well, as in the program that its authors published.
    """

    Params = DienParams
    params: DienParams

    def user_model(self, inputs: Inputs) -> dict[str, Tensor]:
        """The label's logits, and under `auxiliary` the loss by which states have to tell what comes next, (n,) each."""
        params, target = self.params, self.target(inputs)
        parts, auxiliary = [self.columns(inputs).row()], []
        for number, (items, mask) in enumerate(self.histories(inputs)):
            states = Evolution(params.embedding_dim, name=f"interest_{number}")(items, mask)
            if params.auxiliary:
                auxiliary.append(next_item_loss(states, items, mask))
            wanted = linear(params.embedding_dim, bias=False, name=f"relevance_{number}")(target)
            attention = masked_softmax(ops.einsum("nld,nd->nl", states, wanted), mask)
            evolved = Evolution(params.embedding_dim, name=f"evolution_{number}")(states, attention)
            parts += [evolved[:, -1], target * evolved[:, -1]]
        deep = Mlp(params.hidden, dropout=params.dropout, name="deep")(join(*parts))
        heads = {self.shape.labels[0]: deep[:, 0]}
        return heads | ({AUXILIARY: sum(auxiliary[1:], start=auxiliary[0])} if auxiliary else {})

    def user_loss(self, outputs: Mapping[str, Tensor], rows: Rows) -> Mapping[str, HeadLoss]:
        """The label's log loss, and the auxiliary one with its weight."""
        extra = {AUXILIARY: HeadLoss(outputs[AUXILIARY], self.params.auxiliary)} if AUXILIARY in outputs else {}
        return {**super().user_loss(outputs, rows), **extra}


def next_item_loss(states: Tensor, items: Tensor, mask: Tensor) -> Tensor:
    """How badly each state tells the history's next item from that of another row (the one before in the batch): (n,).

    states, items: (n, length, dim); mask: (n, length). Equation 6 of the article, with dot products in the sigmoid: a mean over places that
    have a next item, and one over those where the other row has one too; 0 where there is none.
    """
    states, following, there = states[:, :-1], items[:, 1:], mask[:, 1:]
    others, both = ops.roll(following, 1, axis=0), there * ops.roll(there, 1, axis=0)
    right = log_loss(ops.sum(states * following, axis=2), 1.0)
    wrong = log_loss(ops.sum(states * others, axis=2), 0.0)
    return _mean(right, there) + _mean(wrong, both)


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    return ops.sum(values * mask, axis=1) / ops.maximum(ops.sum(mask, axis=1), 1.0)
