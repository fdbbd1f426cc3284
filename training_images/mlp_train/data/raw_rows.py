"""Raw rows behind a feature table, for the check rows of a bundle: found by lineage, since feature tables do not hold them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from mlp_core.artifacts import Artifact
from mlp_core.artifacts.digest import hash_column
from mlp_core.artifacts.lineage import partition_uris, raw_ancestor

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def raw_rows(uris: Sequence[str], columns: Sequence[str], count: int) -> pa.Table | None:
    """Up to `count` rows of `columns` from the newest partition behind the feature tables `uris` that has them; None if none has.

    Which rows is decided by their hash, so that it does not depend on the order in which a table happens to lie.
    """
    for uri in reversed(partition_uris(uris)):
        table = raw_ancestor(uri, columns)
        if table is not None and table.rows:
            return _smallest(table, columns, count)
    return None


def _smallest(table: Artifact, columns: Sequence[str], count: int) -> pa.Table:
    """The `count` rows with the smallest hashes, duplicates once, in the order of their hashes."""
    kept: dict[int, pa.RecordBatch] = {}
    for batch in table.batches(columns):
        hashes = row_hashes(batch.select(list(columns)))
        for place in np.argsort(hashes, kind="stable")[:count]:
            kept.setdefault(int(hashes[place]), batch.select(list(columns)).slice(int(place), 1))
        kept = dict(sorted(kept.items())[:count])
    return pa.Table.from_batches(list(kept.values())).combine_chunks()


def row_hashes(batch: pa.RecordBatch) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """A number for each row that depends on its values alone, (n,)."""
    combined = np.zeros(batch.num_rows, dtype=np.uint64)
    for column in batch.columns:
        combined = combined * _MULTIPLIER + hash_column(column)
    return combined
