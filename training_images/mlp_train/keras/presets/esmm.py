"""ESMM: clicks and conversions over all impressions."""

from __future__ import annotations

from collections.abc import Mapping

from keras import ops

from mlp_core.specs.presets import EsmmParams
from mlp_train.keras.base import Inputs
from mlp_train.keras.layers import Mlp
from mlp_train.keras.losses import HeadLoss, Rows, Tensor, log_loss
from mlp_train.keras.presets.forms import VectorModel

CLICK, AFTER = "click", "conversion_after_click"


class Esmm(VectorModel):
    """Ma et al., "Entire Space Multi-Task Model: An Effective Approach for Estimating Post-Click Conversion Rate" (SIGIR 2018).

    Two towers over the same embeddings: a click, and a conversion once there was one. What is learned and scored is the click, and the
    product of the two, the conversion of an impression.
    """

    Params = EsmmParams
    params: EsmmParams

    def user_model(self, inputs: Inputs) -> dict[str, Tensor]:
        """Logits of both towers, (n,) each."""
        row = self.columns(inputs).row()
        return {name: Mlp(self.params.hidden, dropout=self.params.dropout, name=name)(row)[:, 0] for name in (CLICK, AFTER)}

    def user_score(self, outputs: Mapping[str, Tensor]) -> Tensor:
        """(n, 2): probability of a click, and of a click with a conversion."""
        click, after = ops.sigmoid(outputs[CLICK]), ops.sigmoid(outputs[AFTER])
        return ops.stack([click, click * after], axis=1)

    def user_loss(self, outputs: Mapping[str, Tensor], rows: Rows) -> Mapping[str, HeadLoss]:
        """Log losses of both probabilities of `user_score`, over all rows."""
        weights: Mapping[str, float] = self.params.label_weights
        losses = (
            log_loss(outputs[CLICK], rows.labels[:, 0]),
            product_log_loss(outputs[CLICK], outputs[AFTER], rows.labels[:, 1]),
        )
        return {label: HeadLoss(values, weights.get(label, 1.0)) for label, values in zip(self.shape.labels, losses, strict=True)}


def product_log_loss(first: Tensor, second: Tensor, labels: Tensor) -> Tensor:
    """The log loss of the product of two logits' probabilities, (n,): from the logits, for a product near 1 leaves no digits."""
    both = ops.log_sigmoid(first) + ops.log_sigmoid(second)
    # 1 − σ(a) σ(b) = (e⁻ᵃ + e⁻ᵇ + e⁻ᵃ⁻ᵇ) σ(a) σ(b)
    not_both = both + ops.logsumexp(ops.stack([-first, -second, -first - second]), axis=0)
    return -(labels * both + (1.0 - labels) * not_both)
