"""A table with a row for each id from 0 on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt

from mlp_train.tables.storage import Floats, Plane

Array = npt.NDArray[Any]


class FixedTable:
    """One fixed table: `size` rows from row number `base` on."""

    def __init__(self, base: int, size: int) -> None:
        self.base, self.size = base, size

    def keys(self) -> None:
        """None: the ids are 0, 1, 2, …"""
        return

    def values(self, plane: Plane) -> Floats:
        """The rows' floats in a plane, (size, width): a view."""
        return plane.fixed[self.base : self.base + self.size]

    def state(self, planes: Mapping[str, Plane]) -> dict[str, Array]:
        """The rows in planes by name: views."""
        return {name: self.values(plane) for name, plane in planes.items()}

    def load(self, state: Mapping[str, Array], planes: Mapping[str, Plane]) -> list[str]:
        """Take the entries of a state whose rows are as wide, as many rows as both have; returns their names."""
        taken = []
        for name, target in self.state(planes).items():
            if name in state and state[name].shape[1:] == target.shape[1:]:
                shared = min(len(target), len(state[name]))
                target[:shared] = state[name][:shared]
                taken.append(name)
        return taken
