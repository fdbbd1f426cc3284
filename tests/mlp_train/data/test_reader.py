"""Every row once per epoch, in an order that seed, epoch and shards decide, wherever reading begins and whoever reads."""

from __future__ import annotations

import threading
from collections.abc import Generator
from itertools import islice
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlp_train.data import Batch, Reader, files, open_sources, sample
from mlp_train.data import reader as reading
from mlp_train.errors import TrainError

from .conftest import MakeInventory, check_rows, inventory, table

# Files and row groups that are smaller and larger than a batch and a chunk; one empty file.
CUTS = st.sampled_from([((90,), 90), ((20, 0, 37, 1), 12), ((30, 30), 7), ((5,), 2)])
SETUPS = {
    "cut": CUTS,
    "batch_size": st.sampled_from([3, 8, 50, 1000]),
    "buffer_rows": st.sampled_from([1, 26, 60, 10_000]),
    "shards": st.integers(1, 4),
    "seed": st.integers(0, 3),
}


def epoch(reader: Reader, number: int = 0, start: int = 0) -> list[list[int]]:
    return [check_rows(batch) for batch in reader.epoch(number, start)]


def flat(batches: list[list[int]]) -> list[int]:
    return [row for batch in batches for row in batch]


@settings(max_examples=30)
@given(**SETUPS)
def test_every_row_once_in_batches_of_one_size(
    make_inventory: MakeInventory, cut: Any, batch_size: int, buffer_rows: int, shards: int, seed: int
) -> None:
    rows = sum(cut[0])
    reader = Reader([make_inventory(*cut)], batch_size, seed, shards=shards, buffer_rows=buffer_rows)
    batches = epoch(reader)
    seen = flat(batches)
    assert len(seen) == len(set(seen)) == rows - reader.left_out
    assert reader.rows == rows and reader.left_out == rows % shards
    assert len(batches) == reader.steps
    assert {len(batch) for batch in batches[:-1]} <= {max(1, batch_size // shards) * shards}
    assert len(batches[-1]) <= max(1, batch_size // shards) * shards
    assert epoch(reader) == batches
    assert flat([check_rows(batch) for batch in reader.in_order()]) == list(range(rows))


@settings(max_examples=30)
@given(**SETUPS, place=st.floats(0, 1))
def test_resuming_anywhere_gives_the_batches_that_were_left(
    make_inventory: MakeInventory, cut: Any, batch_size: int, buffer_rows: int, shards: int, seed: int, place: float
) -> None:
    def reader() -> Reader:
        return Reader([make_inventory(*cut)], batch_size, seed, shards=shards, buffer_rows=buffer_rows)

    whole = epoch(reader(), 3)
    start = round(place * len(whole))
    assert epoch(reader(), 3, start) == whole[start:]


@settings(max_examples=30)
@given(**SETUPS)
def test_workers_together_read_what_one_would(
    make_inventory: MakeInventory, cut: Any, batch_size: int, buffer_rows: int, shards: int, seed: int
) -> None:
    def reader(mine: tuple[int, ...] | None) -> Reader:
        return Reader([make_inventory(*cut)], batch_size, seed, shards=shards, mine=mine, buffer_rows=buffer_rows)

    alone = epoch(reader(None))
    each = [epoch(reader((shard,))) for shard in range(shards)]
    assert [flat(list(parts)) for parts in zip(*each, strict=True)] == alone
    pairs = [epoch(reader(mine)) for mine in ((0, 1), tuple(range(2, shards))) if mine and max(mine) < shards]
    if len(pairs) == 2:
        assert [one + other for one, other in zip(*pairs, strict=True)] == alone
    assert all(len({len(part) for part in parts}) == 1 for parts in zip(*each, strict=True))
    ordered = [row for shard in range(shards) for batch in reader((shard,)).in_order() for row in check_rows(batch)]
    assert ordered == list(range(sum(cut[0])))


@pytest.mark.parametrize("buffer_rows", [120, 1000])
def test_the_order_changes_with_epoch_and_seed(make_inventory: MakeInventory, buffer_rows: int) -> None:
    rows = make_inventory((100, 100), 7)
    orders = {tuple(flat(epoch(Reader([rows], 10, seed, buffer_rows=buffer_rows), number))) for seed in range(3) for number in range(3)}
    assert len(orders) == 9
    assert tuple(range(200)) not in orders


def test_neighbours_part(make_inventory: MakeInventory) -> None:
    """Once chunks have grown to a quarter of the rows, a batch holds rows of many row groups, far from each other."""
    reader = Reader([make_inventory((100, 100), 7)], 10, 1, buffer_rows=134)
    for batch in epoch(reader)[5:]:
        assert len({row // 7 for row in batch}) >= 4
    apart = np.abs(np.diff(flat(epoch(reader))))
    assert np.median(apart) > 30


def test_several_data_sets_are_read_as_one(make_inventory: MakeInventory) -> None:
    parts = [make_inventory((100, 100), 7), make_inventory((70, 0, 130, 1), 32)]
    seen = flat(epoch(Reader(parts, 16, 1, buffer_rows=100)))
    assert sorted(seen) == sorted([*range(200), *range(201)])


def test_chunks_bound_the_memory(make_inventory: MakeInventory, monkeypatch: pytest.MonkeyPatch) -> None:
    filled: list[int] = []
    made = reading.Filling

    def note(columns: Any, rows: int) -> Any:
        filled.append(rows)
        return made(columns, rows)

    monkeypatch.setattr(reading, "Filling", note)
    rows = make_inventory((300,), 300)
    assert len(epoch(Reader([rows], 10, 1, buffer_rows=90))) == 30
    assert max(filled) <= 90 and sum(filled) == 300
    filled.clear()
    # A row takes 44 bytes, and 14 more for what is in its list.
    assert len(epoch(Reader([rows], 10, 1, buffer_bytes=64 * 100))) == 30
    assert 20 <= max(filled) <= 50
    filled.clear()
    reader = Reader([rows], 10, 1)
    for number in range(3):
        epoch(reader, number)
    assert filled == [300]


def readers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "read-ahead"]


@pytest.mark.parametrize("taken", [0, 1, 9])
def test_a_consumer_that_stops_leaves_no_thread(make_inventory: MakeInventory, taken: int) -> None:
    reader = Reader([make_inventory((300,), 300)], 10, 1, buffer_rows=180)
    for make in (lambda: reader.epoch(0), reader.in_order):
        batches = cast(Generator[Batch], make())
        assert len(list(islice(batches, taken))) == taken
        assert bool(readers()) == bool(taken)
        batches.close()
        assert not readers()


def test_what_goes_wrong_in_the_background_is_said(tmp_path: Path) -> None:
    file = tmp_path / "part-0.parquet"
    pq.write_table(table(100), file, row_group_size=10)
    reader = Reader([inventory(tmp_path)], 10, 1, buffer_rows=40)
    pq.write_table(table(50), file, row_group_size=10)
    with pytest.raises(TrainError, match=r"train: file:///.*part-0.parquet cannot be read as Parquet .*; write it again, or leave it out"):
        epoch(reader)
    pq.write_table(table(90), file, row_group_size=9)
    with pytest.raises(TrainError, match=r"part-0.parquet cannot be read as Parquet .a row group has fewer rows than it had before"):
        epoch(reader)
    file.unlink()
    with pytest.raises(TrainError, match=r"cannot be read as Parquet .*No such file"):
        epoch(reader)
    assert not readers()


def test_more_workers_than_rows_is_an_error(make_inventory: MakeInventory) -> None:
    with pytest.raises(TrainError, match="train has 5 rows for 6 workers, so a worker would have none; use fewer workers"):
        Reader([make_inventory((5,), 2)], 10, 1, shards=6)


def test_no_rows_are_no_batches(make_inventory: MakeInventory) -> None:
    reader = Reader([make_inventory((0,), 1)], 10, 1)
    assert (reader.rows, reader.steps, list(reader.epoch(0)), list(reader.in_order())) == (0, 0, [], [])


def test_files_elsewhere_are_read_through_fsspec(make_inventory: MakeInventory, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = make_inventory((30, 30), 7)
    here = epoch(Reader([rows], 8, 1, buffer_rows=30))
    monkeypatch.setattr(files.storage, "local_path", lambda uri: None)
    assert epoch(Reader([rows], 8, 1, buffer_rows=30)) == here


def test_threads_of_arrow_change_nothing(make_inventory: MakeInventory) -> None:
    rows, threads = make_inventory((30, 30), 7), pa.cpu_count()
    try:
        assert epoch(Reader([rows], 8, 1, threads=2)) == epoch(Reader([rows], 8, 1))
        assert pa.cpu_count() == 2
    finally:
        pa.set_cpu_count(threads)


def test_shards_in_one_large_row_group_keep_their_places(make_inventory: MakeInventory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the shards begins to decode the group once, however many chunks there are."""
    begun: list[str] = []
    batches = files.Files._batches

    def note(self: files.Files, uri: str, group: int) -> Any:
        begun.append(uri)
        return batches(self, uri, group)

    monkeypatch.setattr(files.Files, "_batches", note)
    assert len(epoch(Reader([make_inventory((90,), 90)], 6, 1, shards=3, buffer_rows=36))) == 15
    assert len(begun) == 3


def test_a_sample_is_spread_over_the_first_rows_there_are(tmp_path: Path) -> None:
    pq.write_table(table(0), tmp_path / "part-0.parquet")
    pq.write_table(table(100), tmp_path / "part-1.parquet", row_group_size=50)
    source = open_sources([str(tmp_path)], "train")
    assert sample(source, 3).column("place").to_pylist() == [0, 24, 49]
    assert sample(source, 1000, ["place", "other"]).to_pydict() == {"place": list(range(50))}


TYPES = [
    *(pa.array([1, None, 3, 0] * 3, kind) for kind in (pa.int8(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64())),
    pa.array([True, None, False, True] * 3),
    pa.array([2**64 - 1, None, 2**63, 1] * 3, pa.uint64()),
    *(pa.array([[1, 2], None, [], [None, 3]] * 3, kind(pa.int32())) for kind in (pa.list_, pa.large_list)),
    pa.array([[1, 2], None, [5, 6], [None, 3]] * 3, pa.list_(pa.int64(), 2)),
    *(pa.array([1.5, None, float("nan"), float("inf")] * 3, kind) for kind in (pa.float16(), pa.float32(), pa.float64())),
]


@pytest.mark.parametrize("values", TYPES, ids=lambda values: str(values.type))
def test_columns_mean_what_the_bundle_reads_in_them(tmp_path: Path, values: pa.Array) -> None:
    from mlp_core.bundle import columns as bundled

    data = pa.table({"label": pa.array([0, 1] * 6), "x": values})
    pq.write_table(data, tmp_path / "part.parquet", row_group_size=5)
    found = inventory(tmp_path, weight=None, group=None)
    (whole,) = Reader([found], 12, 1).in_order()
    column = bundled.read_column(data.column("x"), found.columns.features[0])
    match column:
        case bundled.IdColumn(ids):
            np.testing.assert_array_equal(whole.ids[:, 0], ids)
        case bundled.ListColumn(ids, offsets):
            np.testing.assert_array_equal(whole.lists[0].ids, ids)
            np.testing.assert_array_equal(whole.lists[0].offsets, offsets)
        case bundled.DenseColumn(numbers):
            np.testing.assert_array_equal(whole.dense[:, 0], numbers)
