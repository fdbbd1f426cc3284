"""Interests that evolve: recurrent units, and such that attention holds back."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from mlp_train.keras.layers.mlp import linear
from mlp_train.keras.losses import Tensor


class GatedCell(keras.layers.Layer):
    """One step of a gated recurrent unit whose update gate is multiplied: where that factor is 0, the state stays.

    Inputs of a step: the item's projections (n, 3 units), then the factor (n, 1).
    """

    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(**options)
        self.units = self.state_size = self.output_size = units

    def build(self, shape: tuple[int | None, ...]) -> None:
        """What the state is multiplied with."""
        self.recurrent = linear(3 * self.units)
        self.recurrent.build((shape[0], self.units))

    def call(self, inputs: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """The new state, twice: as output, and as what the next step gets."""
        units, state = self.units, states[0]
        gates, candidate, factor = ops.split(inputs, [2 * units, 3 * units], axis=1)
        of_gates, of_candidate = ops.split(self.recurrent(state), [2 * units], axis=1)
        update, reset = ops.split(ops.sigmoid(gates + of_gates), 2, axis=1)
        candidate = ops.tanh(candidate + reset * of_candidate)
        state = state + factor * update * (candidate - state)
        return state, [state]


class Evolution(keras.layers.Layer):
    """A gated recurrent unit along a sequence: items (n, length, dim) and factors (n, length) → states (n, length, units).

    With the mask for factors it is a plain unit, whose state stays over empty places. Attention, 0 there, makes it the unit with an
    attentional update gate (AUGRU) of Zhou et al., "Deep Interest Evolution Network" (AAAI 2019), equations 15 and 16.
    """

    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(**options)
        self.project = linear(3 * units)
        self.unroll = keras.layers.RNN(GatedCell(units), return_sequences=True)

    def call(self, items: Tensor, factors: Tensor) -> Tensor:
        """(n, length, units); the last place holds the state after the last item."""
        projected = self.project(items)
        return self.unroll(ops.concatenate([projected, ops.cast(ops.expand_dims(factors, axis=2), projected.dtype)], axis=2))
