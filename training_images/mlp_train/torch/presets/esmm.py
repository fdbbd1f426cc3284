"""Entire space multi-task model."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from mlp_core.specs.presets import EsmmParams
from mlp_train.torch.base import Inputs, mean_over_rows
from mlp_train.torch.layers import Mlp, flat
from mlp_train.torch.presets.forms import VectorModel


class Esmm(VectorModel):
    """Ma et al., "Entire Space Multi-Task Model: An Effective Approach for Estimating Post-Click Conversion Rate" (SIGIR 2018).

    The first label is the click. The second, conversion, is scored for every impression: the probability of a click times that of a
    conversion after it, which is never learned from clicked rows alone.
    """

    Params = EsmmParams
    params: EsmmParams

    def build(self) -> None:
        """An MLP for the click, one for the conversion after it."""
        self.click = Mlp(self.inputs, self.params.hidden, dropout=self.params.dropout)
        self.conversion = Mlp(self.inputs, self.params.hidden, dropout=self.params.dropout)

    def forward(self, inputs: Inputs) -> Tensor:
        """(n, 2): logits of the click, and of the conversion where there was one."""
        row = flat(inputs)
        return torch.cat([self.click(row), self.conversion(row)], dim=1)

    def loss(self, outputs: Tensor, labels: Tensor, weights: Tensor | None) -> Tensor:
        """Log loss of the click and of click and conversion, over all rows."""
        click, conversion = outputs.unbind(dim=1)
        both = functional.logsigmoid(click) + functional.logsigmoid(conversion)
        # 1 − p q = (1 − p) + p (1 − q): in logarithms nothing is lost where p q is near 0 or 1.
        not_both = torch.logaddexp(functional.logsigmoid(-click), functional.logsigmoid(click) + functional.logsigmoid(-conversion))
        of_click = functional.binary_cross_entropy_with_logits(click, labels[:, 0], reduction="none")
        of_both = -(labels[:, 1] * both + (1 - labels[:, 1]) * not_both)
        return mean_over_rows(torch.stack([of_click, of_both], dim=1), self.params.label_weights, self.shape.labels, weights)

    def probabilities(self, outputs: Tensor) -> Tensor:
        """(n, 2): of the click, and of click and conversion."""
        click, conversion = torch.sigmoid(outputs).unbind(dim=1)
        return torch.stack([click, click * conversion], dim=1)
