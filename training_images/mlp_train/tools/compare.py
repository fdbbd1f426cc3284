"""`mlp_train compare`: how far two bundles are apart."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mlp_train.tools.rows import FIELD

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

    from mlp_train.tools.saved import Saved, SavedTable

    Array = npt.NDArray[Any]

EXAMPLE = """\
Weights and tables that have the same name and shape are compared number by number (of tables the rows that both have, of growing ones
the ids that both know), and so are the scores of the same rows: those of --data, or else the check rows that A brings.

example:
  mlp_train compare models/ctr-1 models/ctr-2 --data ratings.parquet
"""
_CHUNK = 1 << 18
_DIFFERENCES = ("largest difference", "mean difference", "cosine")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("first", metavar="A", help="a bundle")
    parser.add_argument("second", metavar="B", help="another")
    parser.add_argument(FIELD, nargs="+", metavar="URI", help="rows to score: raw or feature columns (default: the check rows of A)")


def run(options: argparse.Namespace) -> None:
    """Print the differences."""
    from mlp_train.errors import TrainError
    from mlp_train.tools.saved import open_saved

    first, second = open_saved(options.first), open_saved(options.second)
    for saved in (first, second):
        if saved.bundle is None:
            raise TrainError(f"{saved.uri} is a checkpoint; compare takes bundles")
    _print_weights(first, second)
    _print_tables(first, second)
    _print_scores(first, second, options.data)


def _print_weights(first: Saved, second: Saved) -> None:
    from mlp_train.tools.printing import table

    rows: list[tuple[Any, ...]] = []
    for name in dict.fromkeys([*first.weights, *second.weights]):
        a, b = first.weights.get(name), second.weights.get(name)
        same = a is not None and b is not None and a.shape == b.shape
        difference = _difference(iter([(a.ravel(), b.ravel())])) if a is not None and b is not None and same else (None, None, None)
        rows.append((name, *difference, _note(a, b, same)))
    table("weights", ("weight", *_DIFFERENCES, ""), rows)


def _note(first: Array | None, second: Array | None, same: bool) -> str:
    if first is None or second is None:
        return "only in B" if first is None else "only in A"
    return "" if same else f"{first.shape} in A, {second.shape} in B"


def _print_tables(first: Saved, second: Saved) -> None:
    from mlp_train.tools.printing import table

    rows: list[tuple[Any, ...]] = []
    for name in dict.fromkeys([*first.tables, *second.tables]):
        a, b = first.tables.get(name), second.tables.get(name)
        if a is None or b is None:
            rows.append((name, None, None, None, None, "only in B" if a is None else "only in A"))
            continue
        assert a.values is not None and b.values is not None
        if a.values.shape[1] != b.values.shape[1] or (a.keys is None) != (b.keys is None):
            rows.append((name, None, None, None, None, "of different kinds or widths"))
            continue
        common = _common_rows(a, b)
        note = f"{len(a.values):,} rows in A, {len(b.values):,} in B" if len(a.values) != len(b.values) else ""
        rows.append((name, len(common[0]), *_difference(_pairs(a, b, common)), note))
    if rows:
        table("tables", ("table", "rows in both", *_DIFFERENCES, ""), rows)


def _common_rows(first: SavedTable, second: SavedTable) -> tuple[Array, Array]:
    """Places in both of the rows that both have."""
    import numpy as np

    assert first.values is not None and second.values is not None
    if first.keys is None or second.keys is None:
        rows = np.arange(min(len(first.values), len(second.values)))
        return rows, rows
    _, left, right = np.intersect1d(first.keys, second.keys, assume_unique=True, return_indices=True)
    return left, right


def _pairs(first: SavedTable, second: SavedTable, common: tuple[Array, Array]) -> Iterator[tuple[Array, Array]]:
    assert first.values is not None and second.values is not None
    for start in range(0, len(common[0]), _CHUNK):
        left, right = (places[start : start + _CHUNK] for places in common)
        yield first.values[left].ravel(), second.values[right].ravel()


def _difference(pairs: Iterator[tuple[Array, Array]]) -> tuple[float | None, float | None, float | None]:
    """The largest and the mean absolute difference and the cosine, a few rows at a time; None for what is not defined."""
    import numpy as np

    largest, total, count = 0.0, 0.0, 0
    products = np.zeros(3)
    for first, second in pairs:
        a, b = first.astype(np.float64), second.astype(np.float64)
        apart = np.abs(a - b)
        largest, total, count = max(largest, float(apart.max(initial=0.0))), total + float(apart.sum()), count + a.size
        products += (a @ b, a @ a, b @ b)
    lengths = float(np.sqrt(products[1] * products[2]))
    return (largest, total / count, float(products[0]) / lengths if lengths else None) if count else (None, None, None)


def _print_scores(first: Saved, second: Saved, data: list[str] | None) -> None:
    import numpy as np

    from mlp_core import metrics
    from mlp_train.errors import TrainError
    from mlp_train.tools.printing import table

    a, b = first.bundle, second.bundle
    assert a is not None and b is not None
    if a.info.labels != b.info.labels:
        raise TrainError(f"A predicts {', '.join(a.info.labels)} and B {', '.join(b.info.labels)}; compare bundles of the same labels")
    left, right, truth = _scores_of_data(first, second, data) if data else _scores_of_check(first, second)
    rows = []
    for place, label in enumerate(a.info.labels):
        one, other, known = left[:, place].astype(np.float64), right[:, place].astype(np.float64), truth.get(label)
        auc = [None, None] if known is None else [_defined(metrics.auc(known, scores)) for scores in (one, other)]
        constant = not len(one) or np.ptp(one) == 0 or np.ptp(other) == 0
        correlation = None if constant else float(np.corrcoef(one, other)[0, 1])
        apart = np.abs(one - other)
        rows.append((label, len(one), float(apart.max(initial=0)), float(apart.mean()) if len(one) else None, correlation, *auc))
    names = ("label", "rows", "largest difference", "mean difference", "correlation", "auc of A", "auc of B")
    table(f"scores of {'the data' if data else 'the check rows of A'}", names, rows)


def _scores_of_data(first: Saved, second: Saved, data: list[str]) -> tuple[Array, Array, dict[str, Array]]:
    import numpy as np

    from mlp_train.errors import TrainError
    from mlp_train.tools.rows import open_rows
    from mlp_train.tools.scoring import Scored

    assert first.bundle is not None and second.bundle is not None
    source = open_rows(data)
    scored = Scored(first.bundle, source), Scored(second.bundle, source)
    labels = [label for label in first.bundle.info.labels if label in source.schema.names]
    found: tuple[list[Array], list[Array]] = [], []
    truth: dict[str, list[Array]] = {label: [] for label in labels}
    for batch in scored[0].batches():
        for scores, each in zip(found, scored, strict=True):
            scores.append(each.score(batch).reshape(batch.num_rows, -1))
        for label in labels:
            truth[label].append(batch.column(label).to_numpy(zero_copy_only=False))
    if not found[0]:
        raise TrainError(f"{FIELD} has no rows")
    return np.concatenate(found[0]), np.concatenate(found[1]), {label: np.concatenate(parts) for label, parts in truth.items()}


def _scores_of_check(first: Saved, second: Saved) -> tuple[Array, Array, dict[str, Array]]:
    from mlp_core.bundle import BundleError
    from mlp_train.errors import TrainError

    a, b = first.bundle, second.bundle
    assert a is not None and b is not None
    check = a.check_rows()
    table: pa.Table = check.features
    try:
        right = b.score_raw(check.raw) if check.raw is not None and b.plan is not None else b.score_features(table)
    except BundleError as error:
        raise TrainError(f"B does not score the check rows of A ({error}); give {FIELD} that both can read") from error
    left = a.score_raw(check.raw) if check.raw is not None and b.plan is not None else a.score_features(table)
    known = {} if check.raw is not None else {name: table.column(name).to_numpy() for name in a.info.labels if name in table.column_names}
    return left.reshape(len(left), -1), right.reshape(len(right), -1), known


def _defined(value: float) -> float | None:
    return None if value != value else value
