"""The content digest sees rows and schema, and neither order, cut into files nor encoding."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp_core.artifacts.digest import RowHash, hash_rows, schema_names, table_digest

ROW = st.fixed_dictionaries(
    {
        "s": st.none() | st.text(max_size=5),
        "i": st.none() | st.integers(-(2**63), 2**63 - 1),
        "f": st.none() | st.floats(),
        "b": st.none() | st.booleans(),
        "l": st.none() | st.lists(st.none() | st.text(max_size=2), max_size=3),
        "ll": st.none() | st.lists(st.lists(st.integers(-5, 5), max_size=2), max_size=2),
        "d": st.none() | st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)),
        "st": st.none() | st.fixed_dictionaries({"x": st.none() | st.integers(0, 3)}),
    }
)
SCHEMA = pa.schema(
    [
        ("s", pa.string()),
        ("i", pa.int64()),
        ("f", pa.float64()),
        ("b", pa.bool_()),
        ("l", pa.list_(pa.string())),
        ("ll", pa.list_(pa.list_(pa.int64()))),
        ("d", pa.date32()),
        ("st", pa.struct([("x", pa.int64())])),
    ]
)


def digest(table: pa.Table) -> str:
    return table_digest(schema_names(table.schema), sum(map(hash_rows, table.to_batches()), RowHash()))


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=SCHEMA)


@given(st.lists(ROW, max_size=8), st.randoms(use_true_random=False), st.integers(0, 8))
def test_neither_order_nor_cut_matters(rows: list[dict[str, Any]], random: Any, cut: int) -> None:
    shuffled = random.sample(rows, len(rows))
    whole = table(shuffled)
    parts = [whole.slice(0, cut), whole.slice(cut)] if cut <= len(rows) else [whole]
    split = sum((hash_rows(batch) for part in parts for batch in part.to_batches()), RowHash())
    assert table_digest(schema_names(SCHEMA), split) == digest(table(rows))


@given(st.lists(ROW, min_size=1, max_size=5), ROW, st.integers(0, 4))
def test_another_row_is_seen(rows: list[dict[str, Any]], other: dict[str, Any], place: int) -> None:
    place %= len(rows)
    changed = [*rows[:place], other, *rows[place + 1 :]]
    same = table(rows).slice(place, 1).equals(table([other]))
    if same or repr(rows[place]) == repr(other):
        return
    assert digest(table(changed)) != digest(table(rows))


def test_a_row_twice_is_not_a_row_once() -> None:
    assert len({digest(table([{"i": 1}] * n)) for n in range(4)}) == 4


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())])
def test_the_encoding_does_not_matter(kind: pa.DataType) -> None:
    plain = pa.table({"s": ["a", None, "a", "ü", ""]})
    assert digest(plain.cast(pa.schema([("s", kind)]))) == digest(plain)


def test_null_empty_and_missing_differ() -> None:
    rows: list[dict[str, Any]] = [{"s": None}, {"s": ""}, {"l": []}, {"l": [None]}, {"l": [""]}, {"l": ["", ""]}, {"i": 0}]
    rows.append({"f": float("nan")})
    assert len({digest(table([row])) for row in rows}) == len(rows)


def test_names_and_types_are_part_of_it() -> None:
    tables = [pa.table({"a": [1]}), pa.table({"b": [1]}), pa.table({"a": pa.array([1], pa.int32())}), pa.table({"a": [1.0]})]
    assert len({digest(t) for t in tables}) == 4


def test_a_feature_plan_is_part_of_it() -> None:
    names, rows = schema_names(SCHEMA), RowHash()
    assert len({table_digest(names, rows), table_digest(names, rows, "{}"), table_digest(names, rows, "{ }")}) == 3


def test_every_type_has_a_value() -> None:
    columns = {
        "binary": pa.array([b"\xff\x00", None]),
        "decimal": pa.array(["1.10", None]).cast(pa.decimal128(10, 2)),
        "time": pa.array([1, None], pa.int64()).cast(pa.time64("us")),
        "stamp": pa.array([1, None], pa.int64()).cast(pa.timestamp("us", "UTC")),
        "map": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
        "fixed": pa.array([[1, 2], None], pa.list_(pa.int64(), 2)),
        "nothing": pa.nulls(2),
        "small": pa.array([1, None], pa.uint8()),
        "half": pa.array([1.5, None], pa.float32()),
    }
    values = {name: digest(pa.table({"x": column})) for name, column in columns.items()}
    assert len(set(values.values())) == len(columns)


def test_a_sliced_batch_is_its_own_rows() -> None:
    whole = table([{"s": "a", "l": ["x"]}, {"s": "b", "l": ["y", "z"]}, {"s": None, "l": None}])
    assert hash_rows(whole.to_batches()[0].slice(1, 2)) == hash_rows(table(whole.to_pylist()[1:]).to_batches()[0])


def test_the_value_is_fixed() -> None:
    # A digest that changes makes every artifact anew: raise it knowingly, never by accident.
    rows = [{"s": "a", "i": -1, "f": 0.5, "b": True, "l": ["x", None], "ll": [[1], []], "d": dt.date(2000, 11, 20), "st": {"x": 1}}, {}]
    assert digest(table(rows)) == "56f8b36b2724f66fd07449a620aaeadb95d13e1768737f3e6337c3767d8291f3"
