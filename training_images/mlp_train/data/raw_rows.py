"""Raw rows behind a feature table, for the check rows of a bundle: found by lineage, since feature tables do not hold them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from mlp_core.artifacts import Artifact, ArtifactError
from mlp_core.artifacts.digest import hash_column

_GENERATIONS = 4
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def raw_rows(uris: Sequence[str], columns: Sequence[str], count: int) -> pa.Table | None:
    """Up to `count` rows of `columns` from the newest partition behind the feature tables `uris` that has them; None if none has.

    Which rows is decided by their hash, so that it does not depend on the order in which a table happens to lie.
    """
    for uri in reversed([part for each in uris for part in _partitions(each)]):
        table = _ancestor(uri, columns)
        if table is not None and table.rows:
            return _smallest(table, columns, count)
    return None


def _partitions(uri: str) -> list[str]:
    artifact = _load(uri)
    return [entry.uri for entry in artifact.entries] if artifact is not None and artifact.kind == "reference" else [uri]


def _ancestor(uri: str, columns: Sequence[str]) -> Artifact | None:
    """The nearest table in the lineage of `uri` that has all of `columns`; None if there is none, or it was removed."""
    generation = [uri]
    for _ in range(_GENERATIONS):
        artifacts = [artifact for each in generation if (artifact := _load(each)) is not None]
        for artifact in artifacts:
            if artifact.kind == "table" and set(columns) <= set(artifact.schema.names):
                return artifact
        generation = [item.uri for artifact in artifacts for item in artifact.manifest.inputs]
    return None


def _load(uri: str) -> Artifact | None:
    try:
        return Artifact.load(uri)
    except ArtifactError:
        return None  # data that lie elsewhere, or an artifact that was removed: no rows from there


def _smallest(table: Artifact, columns: Sequence[str], count: int) -> pa.Table:
    """The `count` rows with the smallest hashes, duplicates once, in the order of their hashes."""
    kept: dict[int, pa.RecordBatch] = {}
    for batch in table.batches(columns):
        hashes = _hashes(batch.select(list(columns)))
        for place in np.argsort(hashes, kind="stable")[:count]:
            kept.setdefault(int(hashes[place]), batch.select(list(columns)).slice(int(place), 1))
        kept = dict(sorted(kept.items())[:count])
    return pa.Table.from_batches(list(kept.values())).combine_chunks()


def _hashes(batch: pa.RecordBatch) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    combined = np.zeros(batch.num_rows, dtype=np.uint64)
    for column in batch.columns:
        combined = combined * _MULTIPLIER + hash_column(column)
    return combined
