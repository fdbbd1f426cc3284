"""All parts of tables in one place: on disk, a piece at a time, so that a table may be larger than the memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp_train.tables.growing import KEYS, WAITING
from mlp_train.tables.sharded import ShardedTables

Array = npt.NDArray[Any]
CHIEF = 0
# Rows that a part sends at once.
PIECE = 1 << 16


def collect(tables: ShardedTables, folder: Path) -> dict[str, Array]:
    """The whole state, as `Tables.state()` has it, on the chief; nothing on others. All parts call it at the same time.

    Rows are mapped from files in `folder`, which need as many bytes as the tables and their optimizer's slots.
    """
    mine, parts = tables.state(), tables.part.count
    found: dict[str, Array] = {}
    for number, name in enumerate(tables.names):
        prefix = f"table/{name}"
        own = {key: value for key, value in mine.items() if key == prefix or key.startswith(prefix + "/")}
        keys = own.pop(f"{prefix}/{KEYS}", None)
        waiting = own.pop(f"{prefix}/{WAITING}", None)
        places: list[Array] | None = None
        if keys is not None:
            # Row 0 is the chief's alone.
            begin = 0 if tables.part.number == CHIEF else 1
            own = {key: value[begin:] for key, value in own.items()}
            found[f"{prefix}/{KEYS}"], places = _in_order(_all(tables, keys[begin:]))
        size = tables.sizes[name] or len(found[f"{prefix}/{KEYS}"]) if tables.part.number == CHIEF else 0
        for at, (key, value) in enumerate(sorted(own.items())):
            whole = np.lib.format.open_memmap(folder / f"{number}-{at}.npy", "w+", value.dtype, (size, *value.shape[1:])) if size else None
            for part, first, rows in _pieces(tables, value):
                if whole is not None:
                    last = first + len(rows)
                    where = slice(part + first * parts, part + last * parts, parts) if places is None else places[part][first:last]
                    whole[where] = rows
            if whole is not None:
                found[key] = whole
        if waiting is not None:
            found[f"{prefix}/{WAITING}"] = np.sort(np.concatenate(_all(tables, waiting)))
    if tables.part.number != CHIEF:
        return {}
    return found | {name: value for name, value in mine.items() if not name.startswith("table/")}


def join(states: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    """The states of all parts as one of the whole, in memory; what is no table's is the first part's."""
    if len(states) == 1:
        return dict(states[0])
    growing = [name.removesuffix(f"/{KEYS}") for name in states[0] if name.endswith(f"/{KEYS}")]
    orders: dict[str, Array] = {}
    for table in growing:
        _, places = _in_order([state[f"{table}/{KEYS}"][min(part, 1) :] for part, state in enumerate(states)])
        orders[table] = np.argsort(np.concatenate(places))
    found: dict[str, Array] = {}
    for name, value in states[0].items():
        grows = next((each for each in growing if name == each or name.startswith(f"{each}/")), None)
        if not name.startswith("table/"):
            found[name] = value
        elif grows is None:
            found[name] = np.empty((sum(len(state[name]) for state in states), *value.shape[1:]), value.dtype)
            for part, state in enumerate(states):
                found[name][part :: len(states)] = state[name]
        elif name.endswith(f"/{WAITING}"):
            found[name] = np.sort(np.concatenate([state[name] for state in states]))
        else:
            found[name] = np.concatenate([state[name][min(part, 1) :] for part, state in enumerate(states)])[orders[grows]]
    return found


def _in_order(keys: list[Array]) -> tuple[Array, list[Array]]:
    """All keys in order, 0 first, and where those of each part belong."""
    together = np.concatenate(keys)
    order = np.concatenate([np.zeros(min(1, together.size), np.int64), 1 + np.argsort(together[1:], kind="stable")])
    places = np.empty_like(order)
    places[order] = np.arange(order.size)
    return together[order], np.split(places, np.cumsum([len(each) for each in keys])[:-1])


def _all(tables: ShardedTables, array: Array) -> list[Array]:
    """All parts' arrays on the chief; empty ones elsewhere."""
    found: list[list[Array]] = [[array[:0]] for _ in range(tables.part.count)]
    for part, _, piece in _pieces(tables, array):
        found[part].append(piece)
    return [np.concatenate(pieces) for pieces in found]


def _pieces(tables: ShardedTables, array: Array) -> Iterator[tuple[int, int, Array]]:
    """On the chief, all parts' arrays: the part, the number of the first row, and some rows."""
    parts, is_chief = tables.part.count, tables.part.number == CHIEF
    lengths = tables.exchange(np.full((parts, 1), len(array)), [1] * parts, [1] * parts)[:, 0].tolist()
    for first in range(0, max(lengths), PIECE):
        counts = [min(PIECE, max(0, length - first)) for length in lengths]
        send = [counts[tables.part.number] if part == CHIEF else 0 for part in range(parts)]
        got = tables.exchange(np.ascontiguousarray(array[first : first + PIECE]), send, counts if is_chief else [0] * parts)
        if is_chief:
            for part, rows in enumerate(np.split(got, np.cumsum(counts)[:-1])):
                if len(rows):
                    yield part, first, rows
