"""Rows like those of an advertising log, made from a seed: 26 columns of ids, 13 of numbers, a label with a planted signal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

CATEGORICAL = tuple(f"c{place:02d}" for place in range(26))
DENSE = tuple(f"d{place:02d}" for place in range(13))
LATENT = 4


def write_rows(path: Path, rows: int, cardinality: int, seed: int, row_group: int = 100_000) -> None:
    """Write a Parquet file. cardinality: of each column of ids.

    Ids are drawn as u³ · cardinality, so that a few are frequent and most are rare. The logit is the sum of the ids' weights, of
    the products of neighbouring columns' vectors, and of the first four numbers.
    """
    random = np.random.default_rng(seed)
    schema = pa.schema([("label", pa.int8()), *((name, pa.int64()) for name in CATEGORICAL), *((name, pa.float32()) for name in DENSE)])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for first in range(0, rows, row_group):
            count = min(row_group, rows - first)
            ids = (random.random((count, len(CATEGORICAL))) ** 3 * cardinality).astype(np.int64)
            dense = random.normal(size=(count, len(DENSE))).astype(np.float32)
            clicked = random.random(count) < 1 / (1 + np.exp(-_logits(ids, dense)))
            columns = [pa.array(clicked.astype(np.int8)), *(pa.array(ids[:, place]) for place in range(len(CATEGORICAL)))]
            writer.write_table(pa.table([*columns, *(pa.array(dense[:, place]) for place in range(len(DENSE)))], schema=schema))


def _logits(ids: npt.NDArray[np.int64], dense: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    columns = np.arange(ids.shape[1])
    weights = _noise(ids, columns, 0)
    vectors = np.stack([_noise(ids, columns, 1 + place) for place in range(LATENT)], axis=2)
    products = (vectors[:, :-1] * vectors[:, 1:]).sum(axis=(1, 2))
    return 0.25 * weights.sum(axis=1) + 0.35 * products + dense[:, :4].sum(axis=1) * 0.3 - 0.5


def _noise(ids: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], which: int) -> npt.NDArray[np.float64]:
    """A number between -1 and 1 for each id of each column, the same in every file."""
    mixed = (ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) ^ (columns * 7919 + which * 104729 + 1).astype(np.uint64)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0x94D049BB133111EB)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2**52 - 1
