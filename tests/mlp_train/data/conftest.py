"""Small tables in files whose every row can be told apart, and readers of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlp_core.specs import TrainingSpec
from mlp_train.data import Batch, Inventory, open_sources, resolve, take_inventory


def table(rows: int, first: int = 0) -> pa.Table:
    """Row k has the id k, k % 4 times k in its list, k / 2 as number; label and weight follow from k too, as do twenty groups."""
    place = np.arange(first, first + rows)
    return pa.table(
        {
            "label": pa.array(place % 2),
            "place": pa.array(place),
            "small": pa.array((place % 100).astype(np.int8)),
            "seen": pa.array([[int(k)] * (k % 4) for k in place], pa.list_(pa.int64())),
            "half": pa.array(place / 2, pa.float32()),
            "weight": pa.array(place % 7 + 0.5),
            "user": pa.array([f"u{k % 20}" for k in place]),
        }
    )


def spec(**changes: Any) -> TrainingSpec:
    """A specification with the columns of `table`."""
    given = {"name": "x", "algorithm": "lr", "train": ("t",), "output": "o", "weight": "weight", "group": "user"}
    return TrainingSpec(**(given | changes))


def inventory(folder: Path, **changes: Any) -> Inventory:
    """Of the files in `folder`."""
    asked = spec(**changes)
    source = open_sources([str(folder)], "train")
    return take_inventory(source, resolve(asked, source.schema, None), asked, "train")


def check_rows(batch: Batch) -> list[int]:
    """Whose rows they are, having checked that each is whole."""
    place = batch.ids[:, 0]
    assert batch.weights is not None and batch.groups is not None
    assert (batch.ids[:, 1] == place % 100).all()
    assert (batch.dense[:, 0] == (place / 2).astype(np.float32)).all()
    assert (batch.labels[:, 0] == place % 2).all()
    assert (batch.weights == (place % 7 + 0.5).astype(np.float32)).all()
    offsets = batch.lists[0].offsets
    assert offsets[0] == 0 and (np.diff(offsets) == place % 4).all()
    assert batch.lists[0].ids.tolist() == np.repeat(place, place % 4).tolist()
    users = (place % 20).tolist()
    assert len(set(zip(users, batch.groups.tolist(), strict=True))) == len(set(users))
    assert all(array.flags.c_contiguous for array in (batch.ids, batch.dense, batch.labels, batch.weights, batch.groups))
    return [int(k) for k in place]


MakeInventory = Callable[[Sequence[int], int], Inventory]


@pytest.fixture(scope="session")
def make_inventory(tmp_path_factory: pytest.TempPathFactory) -> MakeInventory:
    """An inventory of files of so many rows each, in row groups of at most so many; made once for each cut."""
    made: dict[tuple[tuple[int, ...], int], Inventory] = {}

    def make(files: Sequence[int], group_rows: int) -> Inventory:
        key = (tuple(files), group_rows)
        if key not in made:
            folder = tmp_path_factory.mktemp("rows")
            ends = np.cumsum([0, *files]).tolist()
            for number, (first, last) in enumerate(pairwise(ends)):
                pq.write_table(table(last - first, first), folder / f"part-{number}.parquet", row_group_size=group_rows)
            made[key] = inventory(folder)
        return made[key]

    return make
