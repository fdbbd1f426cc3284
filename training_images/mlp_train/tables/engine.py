"""Embedding tables that one process holds whole: look-up for a batch, row-sparse update."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp_train.data.batches import Batch, Floats
from mlp_train.shape import Shape
from mlp_train.tables.columns import Column, Places, columns_of, place, point
from mlp_train.tables.kernels.gathering import gather
from mlp_train.tables.store import Plan, Store

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Embedded:
    """What a batch looks up. inputs: float32 arrays by the name of the network's input: pooled vectors, sequences and masks. The rest is
    the engine's own, for the update.
    """

    inputs: dict[str, Floats]
    places: Places = field(repr=False)
    learn: bool
    evictions: int


class Tables(Store):
    """Embedding tables, whole. Made by `make_tables`."""

    def __init__(self, shape: Shape, plan: Plan) -> None:
        super().__init__(plan)
        self._columns = columns_of(shape, self.names)

    def look_up(self, batch: Batch, learn: bool = True) -> Embedded:
        """The inputs that hold embedding rows. learn: the batch is there to learn from, so growing tables count ids and admit new ones;
        otherwise nothing changes, and an id without a row is given row 0.

        Look up and update one batch after the other where growing tables have `max_rows`.
        Raises ValueError when the batch is not laid out as its class says.
        """
        places = place(batch, self._columns, self.width)
        self.locate(places.segments, self._columns, learn)
        pages, threads = self.storage.pages[0], self.threads
        threads.run(lambda part: gather(places.segments, pages, self.width, *threads.share(batch.rows, part)))
        return Embedded(places.inputs, places, learn, self.evictions)

    def update(self, embedded: Embedded, gradients: Mapping[str, Array], rate: float = 1.0) -> None:
        """One step of the optimizer on the rows of the batch. gradients: of the loss by each input with vectors, shaped like it.

        Raises ValueError when one is missing or has another shape, and when the rows are no longer those that were looked up.
        """
        arrays = checked(embedded, self._columns, gradients, self.evictions)
        self.apply(point(embedded.places.segments, self._columns, arrays), rate)


def checked(embedded: Embedded, columns: tuple[Column, ...], gradients: Mapping[str, Array], evictions: int) -> dict[str, Floats]:
    """The gradients of a batch as kernels read them; they must live as long as their addresses. Raises as `Tables.update` says."""
    if not embedded.learn or embedded.evictions != evictions:
        why = "without `learn`" if not embedded.learn else "before rows changed hands"
        raise ValueError(f"the batch was looked up {why}; look it up to learn from it, and update before the next")
    return {name: _gradient(embedded, gradients, name) for name in dict.fromkeys(column.target for column in columns)}


def _gradient(embedded: Embedded, gradients: Mapping[str, Array], name: str) -> Floats:
    shape, gradient = embedded.inputs[name].shape, gradients.get(name)
    if gradient is None or gradient.shape != shape:
        raise ValueError(f"the gradient of {name!r} is {'missing' if gradient is None else gradient.shape}; the input is {shape}")
    return np.ascontiguousarray(gradient, dtype=np.float32)
