"""Two towers: a vector for the user, one for the item, learned from the other items of a batch."""

from __future__ import annotations

from collections.abc import Mapping

from keras import ops

import tensorflow as tf
from mlp_core.specs.presets import TwoTowerParams
from mlp_train.keras.base import Inputs
from mlp_train.keras.layers import Calibration, Mlp, flat, join
from mlp_train.keras.layers.frequency import BatchFrequency, identity
from mlp_train.keras.losses import HeadLoss, Rows, Tensor
from mlp_train.keras.presets.forms import VectorModel
from mlp_train.roles import Towers, towers
from mlp_train.shape import DENSE, POOLED, Shape

USER, ITEM, CHOICE = "user", "item", "choice"
_NEVER = -1e9


class TwoTower(VectorModel):
    """Yi et al., "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations" (RecSys 2019).

    A row's label rewards the choice of its item among all items of the batch, whose popularity is taken off again. What a bundle scores
    is a probability all the same: a slope and an offset over the dot product are learned from the labels by log loss.
    """

    Params = TwoTowerParams
    params: TwoTowerParams

    def __init__(self, shape: Shape, params: TwoTowerParams) -> None:
        super().__init__(shape, params)
        self._sides: Towers = towers(self.shape, params.user, params.item)
        self._item_ids = [column.name for column in self.shape.columns if column.kind == "id" and column.name in self._sides.item]
        self._frequency = BatchFrequency() if params.correction and self._item_ids else None

    def user_model(self, inputs: Inputs) -> dict[str, Tensor]:
        """The label's logits, (n,), and the two sides' vectors, (n, output_dim) each, of length 1."""
        user, item = self._tower(USER, self._sides.user, inputs), self._tower(ITEM, self._sides.item, inputs)
        return {self.shape.labels[0]: Calibration(name="calibration")(ops.sum(user * item, axis=1)), USER: user, ITEM: item}

    def user_loss(self, outputs: Mapping[str, Tensor], rows: Rows) -> Mapping[str, HeadLoss]:
        """The label's log loss, which moves slope and offset alone, and for rows with label 1 how unlikely the choice of their item is."""
        logits = tf.cast(tf.matmul(outputs[USER], outputs[ITEM], transpose_b=True), tf.float32) / self.params.temperature
        if self._item_ids:
            items = identity(tf.stack([rows.ids_of(column) for column in self._item_ids], axis=1))
            if self._frequency is not None:
                logits -= tf.math.log(self._frequency.observe(items))
            # The row's own item in another row is no negative.
            again = tf.linalg.set_diag(items[:, None] == items[None, :], tf.zeros_like(items, tf.bool))
            logits = tf.where(again, _NEVER, logits)
        unlikely = tf.reduce_logsumexp(logits, axis=1) - tf.linalg.diag_part(logits)
        return {**super().user_loss(outputs, rows), CHOICE: HeadLoss(unlikely * rows.labels[:, 0])}

    def user_state(self) -> dict[str, object]:
        """How often items came up so far."""
        return {} if self._frequency is None else dict(self._frequency.variables)

    def _tower(self, side: str, columns: tuple[str, ...], inputs: Inputs) -> Tensor:
        parts = []
        for name, order, put in ((POOLED, self.shape.pooled, flat), (DENSE, self.shape.dense, lambda values: values)):
            places = [place for place, column in enumerate(order) if column in columns]
            if places:
                parts.append(put(ops.take(inputs[name], places, axis=1)))
        vector = Mlp(self.params.hidden, self.params.output_dim, self.params.dropout, name=side)(join(*parts))
        return ops.normalize(vector, axis=1)
