"""`init`: the file that it writes loads, compiles without warnings, runs on the table, and is the same each time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import feature_dsl
from feature_dsl import FeatureError
from feature_dsl.tools.check import check
from feature_dsl.tools.data import Data, open_data
from feature_dsl.tools.init import init
from feature_dsl.tools.proposals import buckets_for


def _data(table: pa.Table, rows: int = 1_000) -> Data:
    def read(columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        yield from table.select(columns).to_batches(rows) if columns is not None else table.to_batches(rows)

    return Data("memory", table.schema, read)


def _written(table: pa.Table) -> tuple[str, feature_dsl.FeatureSet]:
    text = init(_data(table))
    assert init(_data(table)) == text
    report = check(text, table.schema)
    assert report.lines() == []
    assert report.plan is not None and check(text).plan == report.plan
    assert report.plan.run(table).num_rows == table.num_rows
    return text, feature_dsl.load(text)


def _entry(table: pa.Table) -> str:
    """The line of the only feature, without its comment."""
    text, _ = _written(table)
    (line,) = [line for line in text.splitlines() if line.startswith("  - {")]
    return line.removeprefix("  - ").split("  #")[0]


WORDS = ["b"] * 5 + ["a"] * 5 + ["c"] * 9 + [None, ""]


@pytest.mark.parametrize(
    ("column", "values", "entry"),
    [
        ("w", pa.array(WORDS), "{name: w_enum, kind: enum_feature, source: w, values: ['NULL', c, a, b], default: 0}"),
        ("w", pa.array(WORDS).dictionary_encode(), "{name: w_enum, kind: enum_feature, source: w, values: ['NULL', c, a, b], default: 0}"),
        ("w", pa.array(["no", "1", "NULL", "1:30"]),
         "{name: w_enum, kind: enum_feature, source: w, values: ['NULL', '1', '1:30', 'no'], default: 0}"),
        ("n", pa.array([3, 1, 1, None], pa.int16()), "{name: n_enum, kind: enum_feature, source: n, values: [1, 3], default: 2}"),
        ("n", pa.array(range(1_001)),
         "{name: n_bucket, kind: boundary_feature, source: n, boundaries: [100, 200, 300, 400, 500, 600, 700, 800, 900]}"),
        ("f", pa.array([0.0] * 99 + [1e-7]), "{name: f_bucket, kind: boundary_feature, source: f, boundaries: [1.0e-07]}"),
        ("item_id", pa.array([1, 2, 3]), "{name: item_id_hash, kind: id_feature, source: item_id, hash_buckets: 100}"),
        ("s", pa.array([f"s{n}" for n in range(900)]), "{name: s_hash, kind: id_feature, source: s, hash_buckets: 10000}"),
        ("g", pa.array([f"a{n % 7}|b{n % 11}|c{n % 5}" for n in range(500)]),
         "{name: g_list, kind: list_feature, source: g, separator: '|', hash_buckets: 500, max_length: 3}"),
        ("t", pa.array([f"The {n}, or so" for n in range(100)]), "{name: t_hash, kind: id_feature, source: t, hash_buckets: 1000}"),
        ("l", pa.array([["a"], [], None, ["b", "c"]]), "{name: l_list, kind: list_feature, source: l, hash_buckets: 100, max_length: 2}"),
        ("v", pa.array([[0.5, 1.0], [2.0, 3.0]]), "{name: v_vector, kind: raw_feature, source: v, length: 2}"),
        ("ok", pa.array([True, False, None]), "{name: ok_flag, kind: raw_feature, source: ok}"),
    ],
)  # fmt: skip
def test_a_column_becomes_a_feature(column: str, values: pa.Array, entry: str) -> None:
    assert _entry(pa.table({column: values})) == entry


@pytest.mark.parametrize(
    ("column", "values", "reason"),
    [
        ("label", pa.array([0, 1]), "its name is that of a label"),
        ("p", pa.array([0.5], pa.float32()), "the language has no type for float"),
        ("t", pa.array([dt.datetime(2000, 1, 1)]), "the language has no type for timestamp[us]"),
        ("ts", pa.array([1, 2]), "its name is that of a time"),
        ("z", pa.array([None, None], pa.utf8()), "it has no values"),
        ("one", pa.array(["x", "x"]), "it has one value in all rows"),
        ("v", pa.array([[0.5], [1.0, 2.0]]), "its lists are of 1 to 2 elements"),
        ("inf", pa.array([float("inf"), None]), "it has no finite values"),
        ("u", pa.array([2**63], pa.uint64()), "the language has no type for uint64"),
    ],
)
def test_a_column_that_is_left_out_says_why(column: str, values: pa.Array, reason: str) -> None:
    table = pa.table({column: values, "other": pa.array([str(n) for n in range(len(values))])})
    if len(values) == 1:
        table = pa.concat_tables([table, pa.table({column: values, "other": ["more"]})])
    text, _ = _written(table)
    assert f"  # {column}: left out, {reason}" in text
    with pytest.raises(FeatureError, match=r"no column of the table can become a feature"):
        init(_data(table.select([column])))


def test_domains_are_guessed_from_keys() -> None:
    names = ["user_id", "user_age", "item_id", "item_sub_id", "item_sub_size", "hour"]
    table = pa.table({name: [f"{name}{n}" for n in range(9)] for name in names})
    _, features = _written(table)
    assert {domain.name: (domain.key, list(domain.columns)) for domain in features.domains} == {
        "user": ("user_id", ["user_id", "user_age"]),
        "item": ("item_id", ["item_id"]),
        "item_sub": ("item_sub_id", ["item_sub_id", "item_sub_size"]),
        "context": (None, ["hour"]),
    }


def test_hostile_names_are_names_no_more() -> None:
    names = ["a b", "a_b", "日本", "x\ny: [", "#", "", "a_b_enum", "9", "yes", "\x1b[31m", "\U0001f600" * 80, "x" * 81]
    table = pa.Table.from_arrays([pa.array(["u", "v"])] * (len(names) + 2), [*names, "twice", "twice"])
    text = init(_data(table))
    assert check(text).lines() == []
    assert feature_dsl.load(text).names[:3] == ["a_b_enum_2", "a_b_enum_3", "___enum"]
    assert "'twice': left out, the table has it twice" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(("values", "buckets"), [(0, 100), (10, 100), (11, 200), (5_001, 100_000), (10**9, 10**8)])
def test_buckets_are_ten_for_each_value(values: int, buckets: int) -> None:
    assert buckets_for(values) == buckets


def test_files_are_read_as_run_reads_them(table_file: Path) -> None:
    text = init(open_data(table_file))
    assert "written by `mlp features init` from 1,000 rows" in text
    names = ["user_id_hash", "age_enum", "gender_enum", "item_id_hash", "genres_list", "ctr_7d_bucket"]
    assert feature_dsl.load(text).names == names


_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "utf8": st.text(max_size=6) | st.sampled_from(["", "a", "b", "a|b", "yes", "1e3", "1:30", "~"]),
    "int64": st.integers(-(2**63), 2**63 - 1) | st.integers(0, 40),
    "float64": st.floats() | st.sampled_from([0.0, -0.0, 1e-310, 1e308]),
    "bool": st.booleans(),
}
_ARROW = {"utf8": pa.utf8(), "int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_()}


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    rows = draw(st.integers(0, 60))
    columns = {}
    for number in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(["user_id", "age", "é", "a b", "ts", "yes"])) + str(number)
        kind, lists = draw(st.sampled_from(sorted(_VALUES))), draw(st.booleans())
        values = st.none() | _VALUES[kind]
        values = st.none() | st.lists(values, max_size=4) if lists else values
        column = draw(st.lists(values, min_size=rows, max_size=rows))
        columns[name] = pa.array(column, pa.list_(_ARROW[kind]) if lists else _ARROW[kind])
    return pa.table(columns)


@given(tables())
@settings(max_examples=60)
def test_any_table_gives_a_file_that_is_right_or_a_sentence(table: pa.Table) -> None:
    try:
        _written(table)
    except FeatureError as problem:
        assert "no column of the table can become a feature" in problem.message
