"""What a pass over the data finds, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp_train.data import check_labels, scan
from mlp_train.data.scanning import Moments
from mlp_train.errors import TrainError

from .conftest import MakeInventory, inventory, table


def test_a_pass_counts_and_measures(make_inventory: MakeInventory) -> None:
    found = scan(make_inventory((70, 0, 130, 1), 32))
    half = (np.arange(201) / 2).astype(np.float64)
    assert (found.rows, found.positives, found.largest) == (201, {"label": 100}, {"place": 200, "small": 99, "seen": 199})
    assert found.dense.mean == pytest.approx([half.mean()], rel=1e-15)
    assert found.dense.deviation == pytest.approx([half.std()], rel=1e-14)
    assert found.sizes({"place": 500}) == {"place": 500, "small": 100, "seen": 200}
    both = found + scan(make_inventory((300,), 300), growing=("seen",))
    assert (both.rows, both.positives) == (501, {"label": 250})
    assert both.largest == {"place": 299, "small": 99, "seen": 199}
    all_halves = np.concatenate([half, np.arange(300) / 2])
    assert both.dense.deviation == pytest.approx([all_halves.std()], rel=1e-14)
    check_labels(both)


def test_footers_without_a_maximum_are_made_up_for(tmp_path: Path) -> None:
    unsigned = pa.table({"label": [0, 1, 1], "u": pa.array([2**63 + 5, 7, None], pa.uint64()), "n": pa.array([None, -4, None], pa.int64())})
    pq.write_table(unsigned, tmp_path / "one.parquet", row_group_size=1)
    pq.write_table(unsigned.slice(1), tmp_path / "two.parquet", write_statistics=False)
    assert scan(inventory(tmp_path, weight=None, group=None)).largest == {"u": 7, "n": 0}


values = st.lists(st.one_of(st.floats(-1e6, 1e6, width=32), st.sampled_from([0.0, 1e8])), min_size=1, max_size=60)


@given(values, st.lists(st.integers(0, 60), max_size=3))
def test_moments_do_not_depend_on_the_cut(column: list[float], cuts: list[int]) -> None:
    numbers = np.array(column, np.float32)[:, None]
    total = Moments(0, np.zeros(1), np.zeros(1))
    for part in np.split(numbers, sorted(cuts)):
        if len(part):
            total += Moments.of(part)
    exact = numbers.astype(np.float64)
    assert total.rows == len(column)
    assert total.mean == pytest.approx(exact.mean(axis=0), rel=1e-12, abs=1e-9)
    constant = exact.std() < max(1.001e-6 * abs(exact.mean()), 1.001e-30)
    assert total.deviation[0] == pytest.approx(exact.std(), rel=1e-9) or (constant and total.deviation[0] == 1)


def test_small_differences_far_from_zero_are_measured() -> None:
    numbers = (1e7 + np.arange(100_000) % 3 * 16).astype(np.float32)[:, None]
    total = sum((Moments.of(part) for part in np.split(numbers, 10)), Moments(0, np.zeros(1), np.zeros(1)))
    assert total.deviation == pytest.approx(numbers.astype(np.float64).std(axis=0), rel=1e-12)
    assert Moments.of(np.full((1000, 1), 0.1, np.float32)).deviation.tolist() == [1.0]


def changed(name: str, values: Any) -> pa.Table:
    rows = table(100)
    return rows.set_column(rows.column_names.index(name), name, values)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (changed("label", pa.array([None, 1] * 50)), r"train: label column 'label' is null in 50 rows; .* .*two.parquet"),
        (changed("label", pa.array([float("nan"), 1] * 50)), r"label column 'label' holds NaN or infinity; .*double in .*two.parquet"),
        (changed("label", pa.array([0, 3] * 50)), r"label column 'label' holds 3; labels are 0 or 1: .*int64 in .*two.parquet"),
        (changed("label", pa.array(["0", "1"] * 50)), r"label column 'label' has type string; it must be a number .in .*two.parquet"),
        (changed("weight", pa.array([-1.5, 3] * 50)), r"weight column 'weight' holds -1.5; weights are not negative .double in .*two"),
        (changed("weight", pa.array([None, 3.0] * 50)), r"weight column 'weight' is null in 50 rows"),
        (changed("weight", pa.array([float("inf"), 3] * 50)), r"weight column 'weight' holds NaN or infinity"),
        (changed("place", pa.array([2**40] * 100)), "column 'place' holds the id 1099511627776 and states no cardinality; hash it"),
        (changed("place", pa.array([0.5] * 100)), r"train: column 'place' has type double in .*two.parquet, expected integers as in the"),
        (changed("seen", pa.array([1] * 100)), r"column 'seen' has type int64 in .*two.parquet, expected lists of integers"),
        (changed("half", pa.array(["a"] * 100)), r"column 'half' has type string in .*two.parquet, expected numbers"),
        (table(100).drop_columns(["seen", "half"]), r"train: file:.*two.parquet lacks column.s. seen, half; compute all partitions"),
    ],
)
def test_bad_data_is_refused_with_its_place(tmp_path: Path, second: pa.Table, message: str) -> None:
    pq.write_table(table(100), tmp_path / "one.parquet")
    pq.write_table(second, tmp_path / "two.parquet")
    with pytest.raises(TrainError, match=message):
        scan(inventory(tmp_path))


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    pq.write_table(table(10), tmp_path / "one.parquet")
    (tmp_path / "two.parquet").write_bytes(b"PAR1 but no more")
    with pytest.raises(TrainError, match=r"train: file:.*two.parquet cannot be read as Parquet"):
        inventory(tmp_path)


def test_columns_may_widen_and_be_all_missing(tmp_path: Path) -> None:
    pq.write_table(table(100), tmp_path / "one.parquet")
    wider = {"small": pa.array([1] * 100, pa.int64()), "half": pa.array([2] * 100, pa.int16()), "seen": pa.nulls(100)}
    rows = table(100)
    for name, column in wider.items():
        rows = rows.set_column(rows.column_names.index(name), name, column)
    pq.write_table(rows, tmp_path / "two.parquet")
    found = scan(inventory(tmp_path))
    assert found.largest == {"place": 99, "small": 99, "seen": 99}
    assert found.dense.mean[0] == pytest.approx((np.arange(100).mean() / 2 + 2) / 2)


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ([], "the training set has no rows; check the window and the filters of the steps before"),
        ([1] * 9, "label column 'label' is 1 in all 9 training rows; a model needs both 0 and 1: check how it is made"),
        ([0.0] * 9, "label column 'label' is 0 in all 9 training rows"),
    ],
)
def test_labels_have_to_differ(tmp_path: Path, label: list[float], message: str) -> None:
    rows = pa.table({"label": pa.array(label, pa.float64()), "x": pa.array(range(len(label)), pa.int64())})
    pq.write_table(rows, tmp_path / "one.parquet")
    found = scan(inventory(tmp_path, weight=None, group=None))
    with pytest.raises(TrainError, match=message):
        check_labels(found)
