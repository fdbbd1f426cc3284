"""The demo's tables, and putting them into a local warehouse so that a reader sees a table whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

BEHAVIOUR = pa.schema(
    [("user_id", pa.string()), ("item_id", pa.string()), ("rating", pa.int64()), ("timestamp", pa.int64())]
)
USER_PROFILE = pa.schema(
    [("user_id", pa.string()), ("gender", pa.string()), ("age", pa.int64()), ("occupation", pa.int64()), ("zip", pa.string())]
)
ITEM_PROFILE = pa.schema([("item_id", pa.string()), ("title", pa.string()), ("year", pa.int64()), ("genres", pa.string())])
ITEM_STATISTICS = pa.schema([("item_id", pa.string()), ("ratings", pa.int64()), ("likes", pa.int64())])
NAMES = ("behaviour", "item_statistics", "user_profile", "item_profile")
DAY = 86_400
_NEITHER, _LIKED = 3, 4


@dataclass(frozen=True)
class Tables:
    """Behaviour (timestamp: seconds since 1970, UTC) and the profiles of users and items, one row per key.

    From them comes a fourth table, item_statistics: for every day how often each item was rated, and liked, on the days before.
    """

    behaviour: pa.Table
    user_profile: pa.Table
    item_profile: pa.Table

    def days(self) -> Iterator[tuple[str, int, pa.Table]]:
        """The behaviour of each UTC day that has some: its date, its last second, its rows by time."""
        ordered = self.behaviour.sort_by([(name, "ascending") for name in ("timestamp", "user_id", "item_id")])
        day = pc.divide(ordered["timestamp"], DAY)
        bounds = [0, *_changes(day), ordered.num_rows]
        for start, stop in pairwise(bounds):
            number = day[start].as_py()
            date = pa.scalar(number, pa.int32()).cast(pa.date32()).as_py()
            yield date.isoformat(), (number + 1) * DAY - 1, ordered.slice(start, stop - start)


    def statistics(self) -> Iterator[tuple[str, int, pa.Table]]:
        """For each day its date, the second before it begins, and what was known then of the items that had been rated.

        ratings: how many on all days strictly before, those of 3 aside; likes: how many of them were 4 or 5.
        """
        items = pc.unique(self.behaviour["item_id"])
        ratings, likes = (np.zeros(len(items), dtype=np.int64) for _ in range(2))
        for date, last, rows in self.days():
            known = np.flatnonzero(ratings)
            columns = [items.take(pa.array(known)), ratings[known], likes[known]]
            yield date, last - DAY, pa.table(columns, schema=ITEM_STATISTICS)
            item = pc.index_in(rows["item_id"], items).to_numpy()
            rating = rows["rating"].to_numpy()
            ratings += np.bincount(item[rating != _NEITHER], minlength=len(items))
            likes += np.bincount(item[rating >= _LIKED], minlength=len(items))


def load(tables: Tables, warehouse: Path) -> bool:
    """Write the tables below `warehouse`, behaviour and item statistics partitioned by `dt`. False if all were there already.

    Files get the time of the data that they hold, not of the writing: data that are loaded again are seen as the same.
    """
    parts = {
        "behaviour": ((f"dt={date}/part-00000.parquet", rows, last) for date, last, rows in tables.days()),
        "item_statistics": ((f"dt={date}/part-00000.parquet", rows, before) for date, before, rows in tables.statistics()),
        "user_profile": iter([("part-00000.parquet", tables.user_profile, 0)]),
        "item_profile": iter([("part-00000.parquet", tables.item_profile, 0)]),
    }
    missing = {name: files for name, files in parts.items() if not (warehouse / name).exists()}
    warehouse.mkdir(parents=True, exist_ok=True)
    for name, files in missing.items():
        staging = Path(tempfile.mkdtemp(dir=warehouse, prefix=f".{name}-"))
        for path, rows, modified in files:
            target = staging / path
            target.parent.mkdir(exist_ok=True)
            pq.write_table(rows, target, compression="zstd")
            os.utime(target, (modified, modified))
        staging.chmod(0o755)
        staging.rename(warehouse / name)
    for left in warehouse.glob(".*-*"):  # of a load that was killed
        shutil.rmtree(left)
    return bool(missing)


def is_loaded(warehouse: Path) -> bool:
    """True if all tables are there."""
    return all((warehouse / name).is_dir() for name in NAMES)


def _changes(column: pa.ChunkedArray) -> list[int]:
    values = column.to_numpy()
    return [int(index) for index in (values[1:] != values[:-1]).nonzero()[0] + 1]
