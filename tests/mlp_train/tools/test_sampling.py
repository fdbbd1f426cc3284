"""Samples of any data, split by the rows' own values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlp_core.artifacts import Artifact
from mlp_train.errors import TrainError
from mlp_train.tools.sampling import make_sample

MakeRows = Callable[[int, int], pa.Table]


def read(uri: str) -> pa.Table:
    return pa.Table.from_batches(list(Artifact.load(uri).batches()))


def rows_of(table: pa.Table) -> list[str]:
    return sorted(map(str, table.to_pylist()))


def test_a_row_is_on_one_side_by_its_values_alone(tmp_path: Path, planted_rows: MakeRows) -> None:
    table = planted_rows(1000, 5)
    twice = pa.concat_tables([table, table])
    pq.write_table(twice, tmp_path / "all.parquet", row_group_size=300)
    train, validation = (read(uri) for uri in make_sample([str(tmp_path / "all.parquet")], [], 10_000, (tmp_path / "one").as_uri()))
    assert rows_of(pa.concat_tables([train, validation])) == rows_of(twice)
    assert 120 < validation.num_rows < 280
    assert not set(rows_of(train)) & set(rows_of(validation))

    pq.write_table(table.slice(500), tmp_path / "half.parquet")
    _, other = (read(uri) for uri in make_sample([str(tmp_path / "half.parquet")], [], 10_000, (tmp_path / "two").as_uri()))
    assert set(rows_of(other)) <= set(rows_of(validation))


def test_a_sample_is_spread_over_the_data(tmp_path: Path) -> None:
    table = pa.table({"label": [0, 1] * 5000, "place": range(10_000)})
    pq.write_table(table, tmp_path / "all.parquet", row_group_size=100)
    train, validation = (read(uri) for uri in make_sample([str(tmp_path / "all.parquet")], [], 1000, (tmp_path / "out").as_uri()))
    places = sorted([*train["place"].to_pylist(), *validation["place"].to_pylist()])
    assert len(places) == len(set(places)) == 1000
    assert places[0] == 0 and places[-1] == 9999 and 4500 < places[500] < 5500


def test_a_side_without_rows_is_an_error(tmp_path: Path) -> None:
    pq.write_table(pa.table({"label": [1]}), tmp_path / "one.parquet")
    with pytest.raises(TrainError, match=r"the sample has no row to (learn|measure)"):
        make_sample([str(tmp_path / "one.parquet")], [], 10, (tmp_path / "out").as_uri())
