"""How columns are written: what many values cost, and that every kind of column comes back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mlp_core.artifacts.encoding import parquet_options
from mlp_core.artifacts.parts import write_part


def feature(name: str, kind: pa.DataType, cardinality: int | None = None) -> pa.Field:
    known = {} if cardinality is None else {"mlp.cardinality": str(cardinality)}
    return pa.field(name, kind, nullable=False, metadata={"mlp.role": '"categorical"', **known})


def test_ids_of_many_values_are_packed_in_their_bits(tmp_path: Path) -> None:
    kinds = [feature("few", pa.int64(), 10), feature("many", pa.int64(), 1_000_000), feature("lists", pa.list_(pa.int64()), 1_000_000)]
    schema = pa.schema(kinds)
    random = np.random.default_rng(0)
    columns = [pa.array(random.integers(0, 10, 10_000)), *[pa.array(random.integers(0, 1_000_000, 10_000))] * 2]
    columns[2] = pa.ListArray.from_arrays(pa.array(range(0, 10_001, 2), pa.int32()), columns[2])
    batch = pa.RecordBatch.from_arrays([columns[0].slice(5_000), columns[1].slice(5_000), columns[2]], schema=schema)
    write_part(tmp_path.as_uri(), "a.parquet", schema, [batch])
    chunks = pq.read_metadata(tmp_path / "a.parquet").row_group(0)
    encodings = [chunks.column(place).encodings for place in range(3)]
    assert "RLE_DICTIONARY" in encodings[0]
    assert all("DELTA_BINARY_PACKED" in found and "RLE_DICTIONARY" not in found for found in encodings[1:])
    assert chunks.column(1).total_compressed_size < 5_000 * 3
    assert pq.read_table(tmp_path / "a.parquet", schema=schema).equals(pa.Table.from_batches([batch]))


def test_every_kind_of_column_is_written_and_read(tmp_path: Path) -> None:
    table = pa.table(
        {
            "text": pa.array(["a", None, ""]),
            "a.dot": pa.array([1.5, None, float("nan")]),
            "struct": pa.array([{"a": 1, "b": ["x"]}, None, {"a": None, "b": []}]),
            "map": pa.array([[("k", 1)], None, []], pa.map_(pa.string(), pa.int64())),
            "large": pa.array([["x"], [], None], pa.large_list(pa.large_string())),
            "fixed": pa.array([[1, 2], [3, 4], [5, 6]], pa.list_(pa.int64(), 2)),
            "encoded": pa.array(["a", "b", "a"]).dictionary_encode(),
        }
    )
    write_part(tmp_path.as_uri(), "a.parquet", table.schema, table.to_batches())
    found = pq.read_table(tmp_path / "a.parquet")
    assert found.schema.equals(table.schema)
    assert str(found.to_pylist()) == str(table.to_pylist())
    chunks = pq.read_metadata(tmp_path / "a.parquet").row_group(0)
    assert {chunks.column(place).compression for place in range(chunks.num_columns)} == {"ZSTD"}


def test_a_schema_without_columns_has_options() -> None:
    assert parquet_options(pa.schema([]))["use_dictionary"] is False
