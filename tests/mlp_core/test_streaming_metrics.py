from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp_core import metrics
from mlp_core.streaming_metrics import Measured, Rows, StreamingMeasures

SCORES = st.sampled_from([0.0, 0.25, 0.5, 0.50000006, 0.5000001, 1.0]) | st.floats(0, 1, width=32)
ROWS = st.lists(st.tuples(st.integers(0, 1), SCORES, st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=60)


def measure(rows: list[tuple[int, float, int, int]], weighted: bool, size: int, memory_rows: int, exact_rows: int = 10**8) -> Measured:
    with StreamingMeasures(memory_rows=memory_rows, exact_rows=exact_rows) as measures:
        for first in range(0, len(rows), size):
            labels, scores, groups, weights = (np.array(column) for column in zip(*rows[first : first + size], strict=True))
            measures.add(Rows(labels, scores.astype(np.float32), weights.astype(np.float64) if weighted else None, groups))
        return measures.result()


def same(one: float | None, other: float | None) -> bool:
    return (one is None or math.isnan(one)) == (other is None or math.isnan(other)) and (
        one is None or math.isnan(one) or one == pytest.approx(other, rel=1e-12)
    )


@given(ROWS, st.booleans(), st.integers(1, 20), st.integers(1, 30))
def test_rows_in_files_give_what_rows_in_memory_give(rows: list[tuple[int, float, int, int]], weighted: bool, size: int, held: int) -> None:
    labels, scores, groups, weights = (np.array(column) for column in zip(*rows, strict=True))
    scores = scores.astype(np.float32)
    found, given_weights = measure(rows, weighted, size, held), weights.astype(np.float64) if weighted else None
    assert same(found.auc, metrics.auc(labels, scores, given_weights))
    assert same(found.gauc, metrics.gauc(labels, scores, groups))
    assert same(found.logloss, metrics.logloss(labels, scores, given_weights))
    assert same(found.calibration, metrics.calibration(labels, scores, given_weights))
    assert found.auc_error == 0


@given(ROWS, st.integers(1, 20))
def test_binned_auc_is_as_near_as_it_says(rows: list[tuple[int, float, int, int]], size: int) -> None:
    found = measure(rows, False, size, 1, exact_rows=1 if len(rows) > 1 else 0)
    exact = measure(rows, False, size, 100)
    if math.isnan(exact.auc):
        assert math.isnan(found.auc)
    else:
        assert abs(found.auc - exact.auc) <= found.auc_error + 1e-12


def test_bins_are_fine_enough_for_real_scores() -> None:
    random = np.random.default_rng(1)
    labels, scores = random.integers(0, 2, 100_000), random.random(100_000).astype(np.float32)
    with StreamingMeasures(memory_rows=1000, exact_rows=1000) as measures:
        measures.add(Rows(labels, scores, None, None))
        found = measures.result()
    assert 0 < found.auc_error < 1e-4
    assert found.auc == pytest.approx(metrics.auc(labels, scores), abs=found.auc_error)


def test_files_are_removed(tmp_path: Path) -> None:
    with StreamingMeasures(memory_rows=1, folder=tmp_path) as measures:
        measures.add(Rows(np.array([0, 1]), np.array([0.1, 0.2], np.float32), None, None))
        assert list(tmp_path.iterdir())
        assert measures.result().auc == 1
    assert not list(tmp_path.iterdir())


def test_scores_are_probabilities() -> None:
    with StreamingMeasures() as measures, pytest.raises(ValueError, match="between 0 and 1"):
        measures.add(Rows(np.array([1]), np.array([1.5], np.float32), None, None))


def test_no_rows_are_not_measured() -> None:
    with StreamingMeasures() as measures:
        assert math.isnan(measures.result().auc)
