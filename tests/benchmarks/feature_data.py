"""The table, the feature file and the peers of the feature benchmarks: 20 features over 17 columns with gaps in them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    import polars as pl

BOUNDARIES = [-2.0, -1.5, -1.0, -0.5, -0.2, 0.0, 0.2, 0.5, 1.0, 1.5, 2.0]
BUCKETS = 100_000
VOCABULARY = 100
WORDS = {f"v{i}": ["NULL", *(f"word{i}_{j}" for j in range(VOCABULARY - 1))] for i in range(5)}
FEATURES = (
    [f"index_{name}" for name in WORDS]
    + [f"bucket_b{i}" for i in range(5)]
    + [f"hash_h{i}" for i in range(4)]
    + [f"cross_{i}" for i in range(3)]
    + [f"log_l{i}" for i in range(3)]
)
CROSSES = [name for name in FEATURES if name.startswith("cross")]


def table(rows: int, seed: int = 1) -> pa.RecordBatch:
    """Five columns of words, five of numbers, four of identities, three of amounts; 1 to 5 % null, "" or not in the vocabulary."""
    source = np.random.default_rng(seed)

    def texts(stem: str, known: int) -> pa.Array:
        choices = np.array([f"{stem}{j}" for j in range(known + 18)] + ["", None], dtype=object)
        return pa.array(choices[source.integers(0, len(choices), rows)], pa.utf8())

    def numbers(values: Any) -> pa.Array:
        return pa.array(values, mask=source.random(rows) < 0.05)

    columns = {name: texts(f"word{name[1:]}_", VOCABULARY) for name in WORDS}
    columns |= {f"b{i}": numbers(source.normal(0, 1, rows)) for i in range(5)}
    columns |= {f"h{i}": texts(f"some_longer_identity_{i}_", 50_000) for i in range(4)}
    columns |= {f"l{i}": numbers(source.exponential(100, rows)) for i in range(3)}
    return pa.RecordBatch.from_pydict(columns)


def feature_file() -> str:
    """The features as a feature file (JSON is YAML)."""
    columns = dict.fromkeys(table(0).schema.names, "utf8") | {f"b{i}": "float64" for i in range(5)} | {f"l{i}": "float64" for i in range(3)}
    entries: list[dict[str, Any]] = []
    entries += [{"name": f"index_{name}", "kind": "enum_feature", "source": name, "values": words} for name, words in WORDS.items()]
    entries += [{"name": f"bucket_b{i}", "kind": "boundary_feature", "source": f"b{i}", "boundaries": BOUNDARIES} for i in range(5)]
    entries += [{"name": f"hash_h{i}", "kind": "id_feature", "source": f"h{i}", "hash_buckets": BUCKETS} for i in range(4)]
    entries += [{"name": f"cross_{i}", "kind": "cross_feature", "inputs": [f"v{i}", f"h{i}"], "hash_buckets": BUCKETS} for i in range(3)]
    entries += [{"name": f"log_l{i}", "kind": "expr_feature", "expr": f'log10(x("l{i}"))'} for i in range(3)]
    domain = {"key": "h0", "columns": columns}
    return json.dumps({"version": 1, "group": "benchmark", "domains": {"user": domain}, "features": entries})


def polars_query(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The same as a hand-written Polars query, each part in the fastest of the ways that were tried.

    Crosses hash the joined texts, for the plugin cannot chain hashes: other numbers, the same work.
    """
    import polars as pl
    import polars_hash as plh

    def bucket(hashed: Any) -> Any:
        return 1 + hashed.reinterpret(signed=True) % (BUCKETS - 1)

    columns: list[Any] = []
    for name, words in WORDS.items():
        found = pl.col(name).cast(pl.Enum(words), strict=False).to_physical().cast(pl.Int64)
        columns.append(found.fill_null(0).alias(f"index_{name}"))
    for i in range(5):
        count = sum((pl.col(f"b{i}") >= edge).cast(pl.UInt8) for edge in BOUNDARIES)
        columns.append(count.cast(pl.Int64).fill_null(0).alias(f"bucket_b{i}"))  # type: ignore[union-attr]
    for i in range(4):
        value = pl.col(f"h{i}")
        hashed = bucket(plh.col(f"h{i}").nchash.xxhash64(seed=42))
        columns.append(pl.when(value.is_null() | (value == "")).then(0).otherwise(hashed).alias(f"hash_h{i}"))
    for i in range(3):
        joined = pl.concat_str([pl.col(f"v{i}").fill_null(""), pl.col(f"h{i}").fill_null("")])
        columns.append(bucket(joined.nchash.xxhash64(seed=42)).alias(f"cross_{i}"))  # type: ignore[attr-defined]
    for i in range(3):
        value = pl.col(f"l{i}").log10()
        columns.append(pl.when(value.is_finite()).then(value).otherwise(0.0).fill_null(0.0).alias(f"log_l{i}"))
    return frame.select(columns)


class Operation:
    """An operation as an object that is called per row: how feature scripts used to run."""

    def __init__(self, name: str, function: Callable[..., Any], *columns: str) -> None:
        self.name, self.function, self.columns = name, function, columns

    def __call__(self, row: dict[str, Any]) -> Any:
        return self.function(*(row[column] for column in self.columns))


def operations() -> list[Operation]:
    """The features as operation objects over a row of Python values, hashed by the ``xxhash`` package (in C)."""
    import xxhash

    def signed(text: str, seed: int) -> int:
        digest = xxhash.xxh64_intdigest(text.encode(), seed)
        return digest - 2**64 if digest >= 2**63 else digest

    def index(words: list[str]) -> Callable[[Any], int]:
        return lambda value: words.index(value) if value in words else 0

    def cross(first: str | None, second: str | None) -> int:
        return 1 + signed(second or "", signed(first or "", 42) % 2**64) % (BUCKETS - 1)

    def log(value: float | None) -> float:
        return math.log10(value) if value is not None and value > 0 else 0.0

    found = [Operation(f"index_{name}", index(words), name) for name, words in WORDS.items()]
    found += [
        Operation(f"bucket_b{i}", lambda value: 0 if value is None else sum(edge <= value for edge in BOUNDARIES), f"b{i}")
        for i in range(5)
    ]
    found += [Operation(f"hash_h{i}", lambda value: 1 + signed(value, 42) % (BUCKETS - 1) if value else 0, f"h{i}") for i in range(4)]
    found += [Operation(f"cross_{i}", cross, f"v{i}", f"h{i}") for i in range(3)]
    return found + [Operation(f"log_l{i}", log, f"l{i}") for i in range(3)]
