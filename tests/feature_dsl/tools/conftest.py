"""A feature file and a table for the tools' tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

FEATURES = """version: 1
group: ranking
domains:
  user: {key: user_id, columns: {user_id: utf8, age: utf8, gender: utf8}}
  item: {key: item_id, columns: {item_id: int64, genres: utf8, ctr_7d: float64}}
features:
  - {name: age_bucket, kind: enum_feature, source: age, values: ["NULL", "00", "10"], default: 0}
  - {name: ctr_bucket, kind: boundary_feature, source: ctr_7d, boundaries: [0.01, 0.05, 0.1]}
  - {name: genre, kind: list_feature, source: genres, separator: "|", hash_buckets: 1000, max_length: 2}
  - {name: uid, kind: id_feature, source: user_id, hash_buckets: 50}
  - {name: item, kind: id_feature, source: item_id}
  - {name: age_x_genre, kind: cross_feature, inputs: [age_bucket, genre], hash_buckets: 100000}
"""
ROWS = 1_000


@pytest.fixture(scope="session")
def rows() -> pa.Table:
    """1,000 rows: of four one has no age, of ten one no ctr; 40 users, 100 items, two genres in each row."""
    number = np.arange(ROWS)
    ages = [[None, "00", "10", "zz"][n % 4] for n in number]
    return pa.table(
        {
            "user_id": [f"u{n % 40}" for n in number],
            "age": ages,
            "gender": ["f" if n % 3 else "m" for n in number],
            "item_id": pa.array(number % 100, pa.int32()),
            "genres": [f"g{n % 7}|g{n % 11}" for n in number],
            "ctr_7d": [None if n % 10 == 0 else n / ROWS for n in number],
        }
    )


@pytest.fixture
def feature_file(tmp_path: Path) -> Path:
    """The feature file."""
    file = tmp_path / "features.yaml"
    file.write_text(FEATURES, encoding="utf-8")
    return file


@pytest.fixture
def table_file(tmp_path: Path, rows: pa.Table) -> Path:
    """The table, as Parquet of five row groups."""
    file = tmp_path / "rows.parquet"
    pq.write_table(rows, file, row_group_size=ROWS // 5)
    return file
