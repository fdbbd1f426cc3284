from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp_core import metrics

Rows = list[tuple[int, float, int, float]]
ROWS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]) | st.floats(0, 1),
        st.integers(0, 3),
        st.floats(0, 4).map(lambda x: round(x, 3)),
    ),
    max_size=40,
)


def slow_auc(labels: Sequence[int], scores: Sequence[float], weights: Sequence[float]) -> float:
    won = total = 0.0
    for y1, s1, w1 in zip(labels, scores, weights, strict=True):
        for y0, s0, w0 in zip(labels, scores, weights, strict=True):
            if y1 == 1 and y0 == 0:
                total += w1 * w0
                won += w1 * w0 * (1.0 if s1 > s0 else 0.5 if s1 == s0 else 0.0)
    return won / total if total else math.nan


def columns(rows: Rows) -> tuple[list[int], list[float], list[int], list[float]]:
    return [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], [r[3] for r in rows]


@given(ROWS)
def test_auc_is_the_share_of_pairs_in_order(rows: Rows) -> None:
    labels, scores, _, weights = columns(rows)
    assert metrics.auc(labels, scores) == pytest.approx(slow_auc(labels, scores, [1.0] * len(rows)), nan_ok=True)
    assert metrics.auc(labels, scores, weights) == pytest.approx(slow_auc(labels, scores, weights), nan_ok=True)


@given(ROWS)
def test_gauc_is_the_mean_over_groups_weighted_by_their_rows(rows: Rows) -> None:
    labels, scores, groups, _ = columns(rows)
    total = weighted = 0.0
    for group in set(groups):
        part = [i for i, g in enumerate(groups) if g == group]
        value = slow_auc([labels[i] for i in part], [scores[i] for i in part], [1.0] * len(part))
        if not math.isnan(value):
            total += len(part)
            weighted += len(part) * value
    expected = weighted / total if total else math.nan
    assert metrics.gauc(labels, scores, groups) == pytest.approx(expected, nan_ok=True)
    assert metrics.gauc(labels, scores, [f"u{g}" for g in groups]) == pytest.approx(expected, nan_ok=True)


@given(ROWS)
def test_logloss_and_calibration_are_weighted_means(rows: Rows) -> None:
    labels, scores, _, weights = columns(rows)
    total = sum(weights)
    clipped = [min(max(s, 1e-7), 1 - 1e-7) for s in scores]
    losses = [-math.log(s) if y else -math.log1p(-s) for y, s in zip(labels, clipped, strict=True)]
    expected = sum(x * w for x, w in zip(losses, weights, strict=True)) / total if total else math.nan
    assert metrics.logloss(labels, scores, weights) == pytest.approx(expected, nan_ok=True)
    positives = sum(y * w for y, w in zip(labels, weights, strict=True))
    ratio = sum(s * w for s, w in zip(scores, weights, strict=True)) / positives if positives else math.nan
    assert metrics.calibration(labels, scores, weights) == pytest.approx(ratio, nan_ok=True)


def test_auc_does_not_depend_on_the_order_of_rows() -> None:
    rng = np.random.default_rng(3)
    labels, scores = rng.integers(0, 2, 5000), rng.integers(0, 50, 5000) / 50
    order = rng.permutation(5000)
    assert metrics.auc(labels, scores) == metrics.auc(labels[order], scores[order])


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([0, 2], [0.1, 0.2], "labels must be 0 or 1"),
        ([0, 1], [0.1], "2 rows, the other column 1"),
        ([0, 1], [0.1, float("nan")], "scores hold NaN"),
        ([[0, 1]], [0.1, 0.2], "one dimension"),
    ],
)
def test_bad_columns_are_named(labels: list[int], scores: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        metrics.auc(labels, scores)
