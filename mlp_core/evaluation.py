"""Measuring a model bundle on a test set, in streams: memory holds a label, a group and a score per row, no features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlp_core import metrics
from mlp_core.artifacts import Artifact, ArtifactError
from mlp_core.artifacts.lineage import partition_uris, raw_ancestor
from mlp_core.gate import Measures

if TYPE_CHECKING:
    import pyarrow as pa


def score_table(bundle_uri: str, test: Artifact, *, label: str, group: str | None, raw: bool = False) -> pa.Table:
    """The columns `label`, `group` (if any) and `score` (float64) for every row of `test`, in its order.

    raw: score the raw rows that `test` was computed from, found by lineage, through the bundle's own plan: for a bundle whose
    plan is another than that of `test`. Raises ArtifactError if there are no such columns, no rows, or labels that are null.
    """
    import pyarrow as pa

    from mlp_core import bundle

    model = bundle.load(bundle_uri)
    kept = [name for name in (label, group) if name is not None]
    missing = [name for name in kept if name not in test.schema.names]
    if missing:
        raise ArtifactError(f"the test set {test.uri} has no column {missing[0]!r}; it has {', '.join(test.schema.names)}")
    parts = []
    for table in _raw_tables(test, [*model.inputs, *kept]) if raw else [test]:
        for batch in table.batches():
            score = pa.array((model.score_raw if raw else model.score_features)(batch), type=pa.float64())
            parts.append(pa.table([*(batch[name] for name in kept), score], names=[*kept, "score"]))
    if not any(part.num_rows for part in parts):
        raise ArtifactError(f"the test set {test.uri} has no rows, so nothing can be measured on it")
    scored = pa.concat_tables(parts)
    if nulls := scored[label].null_count:
        raise ArtifactError(
            f"the label column {label!r} of the test set {test.uri} is null in {nulls} of {scored.num_rows} rows: "
            "give every row 0 or 1, or filter such rows out before"
        )
    return scored


def _raw_tables(test: Artifact, columns: list[str]) -> list[Artifact]:
    tables = []
    for uri in partition_uris([test.uri]):
        table = raw_ancestor(uri, columns)
        if table is None:
            raise ArtifactError(
                f"no table behind {uri} has the columns {', '.join(columns)}, so a model with another feature file cannot be measured on "
                "the same rows: keep the tables that features are computed from, or compare with no champion"
            )
        tables.append(table)
    return tables


def measure(scored: pa.Table, *, label: str, group: str | None) -> Measures:
    """The measures of what `score_table` gave. GAUC is NaN without a group."""
    import pyarrow as pa

    labels = scored[label].cast(pa.float64()).to_numpy()
    scores = scored["score"].to_numpy()
    groups = scored[group].combine_chunks().dictionary_encode() if group is not None else None
    codes = None if groups is None else groups.indices.fill_null(-1).to_numpy()
    return Measures(
        rows=scored.num_rows,
        auc=metrics.auc(labels, scores),
        gauc=float("nan") if codes is None else metrics.gauc(labels, scores, codes),
        logloss=metrics.logloss(labels, scores),
        calibration=metrics.calibration(labels, scores),
    )
