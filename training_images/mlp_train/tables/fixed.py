"""A table with a row for each id from 0 on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt

from mlp_train.tables.dealing import WHOLE, Part
from mlp_train.tables.storage import Floats, Plane

Array = npt.NDArray[Any]


class FixedTable:
    """One fixed table, or a part of one: `size` rows from row number `base` on."""

    def __init__(self, base: int, size: int, part: Part = WHOLE) -> None:
        self.base, self.size, self.part = base, size, part

    def keys(self) -> None:
        """None: the ids follow from the part."""
        return

    def values(self, plane: Plane) -> Floats:
        """The rows' floats in a plane, (size, width): a view."""
        return plane.fixed[self.base : self.base + self.size]

    def state(self, planes: Mapping[str, Plane]) -> dict[str, Array]:
        """The rows in planes by name: views."""
        return {name: self.values(plane) for name, plane in planes.items()}

    def load(self, states: Sequence[Mapping[str, Array]], planes: Mapping[str, Plane]) -> list[str]:
        """Take the entries of the states of all parts whose rows are as wide, as many rows as both have; returns their names."""
        taken = []
        for name, target in self.state(planes).items():
            if not all(name in state and state[name].shape[1:] == target.shape[1:] for state in states):
                continue
            for number, state in enumerate(states):
                if (places := Part(number, len(states)).shared(self.part)) is not None:
                    source, mine = state[name][places[0]], target[places[1]]
                    shared = min(len(source), len(mine))
                    mine[:shared] = source[:shared]
            taken.append(name)
        return taken
