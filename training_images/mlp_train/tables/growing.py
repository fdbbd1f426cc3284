"""A table for ids without bound: a key gets a row once it was seen often enough, and loses it when others are worth more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mlp_train.tables.dealing import WHOLE, Part
from mlp_train.tables.kernels import controls as fields
from mlp_train.tables.kernels.growing import enter_keys, enter_waiting
from mlp_train.tables.kernels.moving import put, take
from mlp_train.tables.storage import VALUES, Floats, Plane, Storage, Words, address, zeros

Array = npt.NDArray[Any]
KEYS, MARKS, WAITING = "keys", "marks", "waiting"
_MARKINGS = {"age": fields.AGE, "least_used": fields.USES}
_LEAST_BITS = 10


@dataclass(frozen=True)
class Growing:
    """When an id of a growing table gets a row of its own, and when it loses it.

    admit_after: the time it is seen, counted from 1, from which on it has a row (at most 255); before that, as id 0, it shares row 0;
    max_rows: keys that have rows after a step, None for no bound: when there are more, those worth least lose theirs until seven eighths
    of max_rows are left, so that this happens seldom;
    evict: who is worth least: `age`, those not seen for the most steps, or `least_used`, those seen least often, older times counting
    half at each eviction; among equals the smaller id;
    max_waiting: ids that are counted while they wait for admission (13 to 26 bytes each): when there are more, all counts are halved and
    those that come to nothing forgotten.
    """

    admit_after: int = 1
    max_rows: int | None = None
    evict: Literal["age", "least_used"] = "age"
    max_waiting: int = 2**22

    def __post_init__(self) -> None:
        if not 1 <= self.admit_after <= fields.COUNT_MASK:
            raise ValueError(f"admit_after is {self.admit_after}; it must be between 1 and {fields.COUNT_MASK}")
        if self.max_rows is not None and self.max_rows < 1:
            raise ValueError(f"max_rows is {self.max_rows}; it must be at least 1, or None for no bound")
        if self.evict not in _MARKINGS:
            raise ValueError(f"evict is {self.evict!r}; it must be one of {', '.join(_MARKINGS)}")
        if self.max_waiting < 1:
            raise ValueError(f"max_waiting is {self.max_waiting}; it must be at least 1")


class GrowingTable:
    """One growing table, or a part of one. control: its line of the matrix that kernels read; row 0 is there from the start.

    A part keeps to its share of the rule's bounds.
    """

    def __init__(self, rule: Growing, storage: Storage, control: Words, seed: np.uint64, part: Part = WHOLE) -> None:
        most = None if rule.max_rows is None else part.fair(rule.max_rows)
        rule = replace(rule, max_rows=most, max_waiting=part.fair(rule.max_waiting))
        self.rule, self.part, self.evictions, self._storage, self._control = rule, part, 0, storage, control
        control[fields.ADMIT], control[fields.MOST_LIVE] = rule.admit_after, rule.max_waiting
        control[fields.MARKING] = fields.UNMARKED if rule.max_rows is None else _MARKINGS[rule.evict]
        control[fields.SEED] = seed.astype(np.int64)
        self._spare = storage.page()[::-1].copy()
        self.shared = int(self._spare[-1])
        for plane in storage.planes:
            put(plane.pages, plane.width, np.array([self.shared]), address(np.zeros(plane.width, dtype=np.float32)))
        control[fields.SHARED] = self.shared
        self._set_spare(self._spare[:-1])
        self._set_map(np.zeros((0, 2), dtype=np.int64), _LEAST_BITS)
        self._set_waiting(np.zeros(0, dtype=np.int64), 0)

    @property
    def used(self) -> int:
        """Keys that have rows of their own."""
        return int(self._control[fields.USED])

    def serve(self) -> None:
        """Give the kernel what it stopped for."""
        need = int(self._control[fields.NEED])
        if need == fields.MAP_ROOM:
            self._set_map(self._entries(), int(self._control[fields.BITS]) + 1)
        elif need == fields.ROWS:
            self._set_spare(np.concatenate([self._storage.page()[::-1], self._left()]))
        elif need in {fields.WAITING_ROOM, fields.SWEEP}:
            self._set_waiting(self._waiting, int(need == fields.SWEEP))

    def evict(self) -> None:
        """Take the rows of the keys that are worth least, if there are too many."""
        if self.rule.max_rows is None or self.used <= self.rule.max_rows:
            return
        entries, keep = self._entries(), max(1, self.rule.max_rows * 7 // 8)
        worst = _worst(entries[:, 0], entries[:, 1] >> fields.ROW_BITS, len(entries) - keep)
        gone, kept = entries[worst], entries[~worst]
        if self.rule.evict == "least_used":
            kept[:, 1] = (kept[:, 1] & fields.ROW_MASK) | ((kept[:, 1] >> fields.ROW_BITS >> 1) << fields.ROW_BITS)
        self._set_spare(np.concatenate([self._left(), gone[:, 1] & fields.ROW_MASK]))
        self._set_map(kept, int(self._control[fields.BITS]))
        self.evictions += 1

    def keys(self) -> Words:
        """0, whose row is row 0, then the keys that have rows, by size: the order of `values` and of the state."""
        return self._ordered()[:, 0].copy()

    def values(self, plane: Plane) -> Floats:
        """A copy of the rows' floats in a plane, (keys, width)."""
        rows = self._ordered()[:, 1] & fields.ROW_MASK
        found = np.empty((rows.size, plane.width), dtype=np.float32)
        take(plane.pages, plane.width, rows, address(found))
        return found

    def state(self, planes: Mapping[str, Plane]) -> dict[str, Array]:
        """Copies of the rows in planes by name, `keys`, and where the rule needs them `marks` of the keys, and ids that are `waiting`."""
        found: dict[str, Array] = {name: self.values(plane) for name, plane in planes.items()}
        found[KEYS] = self.keys()
        if self.rule.max_rows is not None:
            found[MARKS] = self._ordered()[:, 1] >> fields.ROW_BITS
        if self.rule.admit_after > 1:
            found[WAITING] = np.sort(self._waiting[(self._waiting & fields.COUNT_MASK) > 0])
        return found

    def load(self, states: Sequence[Mapping[str, Array]], planes: Mapping[str, Plane]) -> list[str]:
        """Have the keys of the states of all parts, as far as they fall to this one, in place of all that were there.

        Returns the names of what was taken, none without keys and values.
        """
        state = states[0] if len(states) == self.part.count == 1 else _fallen(states, self.part)
        keys = state.get(KEYS)
        fitting = [name for name, plane in planes.items() if keys is not None and _fits(state.get(name), (keys.size, plane.width))]
        if keys is None or VALUES not in fitting:
            return []
        marks, waiting = (np.array(state.get(name, np.zeros(0)), dtype=np.int64) for name in (MARKS, WAITING))
        taken = [*fitting, KEYS]
        if self.rule.max_rows is not None and marks.size == keys.size:
            taken.append(MARKS)
        else:
            marks = np.zeros(keys.size, dtype=np.int64)
        if self.rule.admit_after > 1 and WAITING in state:
            taken.append(WAITING)
        rows = self._replace(np.asarray(keys, dtype=np.int64), marks, waiting if WAITING in taken else waiting[:0])
        for name, plane in planes.items():
            source = np.asarray(state[name], np.float32) if name in fitting else np.zeros((rows.size, plane.width), np.float32)
            source = np.ascontiguousarray(source)
            put(plane.pages, plane.width, rows, address(source))
        return taken

    def _replace(self, keys: Words, marks: Words, waiting: Words) -> Words:
        """Forget all keys and have these; returns their row numbers."""
        others = keys != 0
        spare = np.concatenate([self._left(), self._entries()[:, 1] & fields.ROW_MASK])
        while spare.size < others.sum():
            spare = np.concatenate([spare, self._storage.page()])
        rows = np.full(keys.size, self.shared, dtype=np.int64)
        rows[others], spare = np.split(spare, [int(others.sum())])
        self._set_spare(spare)
        self._set_map(np.stack([keys, rows | (marks << fields.ROW_BITS)], axis=1)[others], _LEAST_BITS)
        self._set_waiting(waiting, 0)
        self.evictions += 1
        return rows

    def _ordered(self) -> Words:
        """Key and packed row, (keys, 2)."""
        entries = self._entries()
        return np.concatenate([[[0, self.shared]], entries[np.argsort(entries[:, 0], kind="stable")]])

    def _left(self) -> Words:
        return self._spare[: int(self._control[fields.SPARES])]

    def _entries(self) -> Words:
        entries = self._map.reshape(-1, 2)
        found: Words = entries[entries[:, 0] != 0]
        return found

    def _set_spare(self, spare: Words) -> None:
        self._spare = np.ascontiguousarray(spare)
        self._control[fields.SPARE], self._control[fields.SPARES] = address(self._spare), self._spare.size

    def _set_map(self, entries: Words, bits: int) -> None:
        """A map of at least 2^bits slots, at most five eighths of them taken by these keys."""
        while 5 << bits < 8 * len(entries):
            bits += 1
        self._map = zeros(2 << bits)
        enter_keys(np.ascontiguousarray(entries), self._map, bits)
        control = self._control
        control[fields.MAP], control[fields.BITS], control[fields.USED] = address(self._map), bits, len(entries)
        control[fields.LIMIT] = (5 << bits) // 8

    def _set_waiting(self, waiting: Words, shift: int) -> None:
        """A map of the ids that wait, with room for twice as many; without a rule of admission there is none."""
        counting = int(((waiting & fields.COUNT_MASK) >> shift > 0).sum())
        bits = _LEAST_BITS if self.rule.admit_after > 1 else 1
        while 5 << bits < 16 * counting:
            bits += 1
        fresh = zeros(1 << bits)
        control, live = self._control, enter_waiting(np.ascontiguousarray(waiting), fresh, bits, shift)
        self._waiting = fresh
        control[fields.WAITING], control[fields.WAITING_BITS] = address(fresh), bits
        control[fields.OCCUPIED] = control[fields.LIVE] = live


def _worst(keys: Words, marks: Words, count: int) -> npt.NDArray[np.bool_]:
    """Which `count` keys have the lowest marks, the smallest keys among equals; without sorting all of them."""
    border = np.partition(marks, count - 1)[count - 1]
    worst: npt.NDArray[np.bool_] = marks < border
    equals = np.flatnonzero(marks == border)
    more = count - int(worst.sum())
    worst[equals[np.argpartition(keys[equals], more - 1)[:more]]] = True
    return worst


def _fits(array: Array | None, shape: tuple[int, int]) -> bool:
    return array is not None and array.shape == shape


def _fallen(states: Sequence[Mapping[str, Array]], part: Part) -> dict[str, Array]:
    """What falls to a part of the states of all parts. Row 0 is the first part's."""
    if not all(KEYS in state for state in states):
        return {}
    taken = [part.has_keys(state[KEYS]) & ((state[KEYS] != 0) | (number == 0)) for number, state in enumerate(states)]
    found: dict[str, Array] = {}
    for name in set.intersection(*(set(state) for state in states)):
        chosen = [part.has_waiting(state[name]) for state in states] if name == WAITING else taken
        if all(len(which) == len(state[name]) for which, state in zip(chosen, states, strict=True)):
            found[name] = np.concatenate([state[name][which] for which, state in zip(chosen, states, strict=True)])
    return found
