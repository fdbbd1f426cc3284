"""Measures of binary predictions, exact over all rows, in NumPy.

Every function takes one-dimensional arrays of the same length. Labels are 0 or 1 (any numeric or boolean type), scores are finite
numbers, weights are not negative. A measure that the rows do not define (AUC of one class, no group with two classes) is NaN;
arrays that do not fit together raise ValueError.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


def auc(labels: npt.ArrayLike, scores: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    """Area under the ROC curve: P(score of a positive > score of a negative) + ½ P(equal).

    The Mann-Whitney statistic over sorted scores; ties count one half, so the order of the rows does not matter. Without weights the
    pairs are counted in integers, hence exactly. NaN when one class is absent (or has no weight).
    """
    positive, score = _labels(labels), _column("scores", scores)
    _same_length(positive, score)
    if positive.size == 0:
        return float("nan")
    order = np.argsort(score, kind="stable")
    starts = _run_starts(score[order])
    if weights is None:
        pos = np.add.reduceat(positive[order].astype(np.int64), starts)
        neg = np.diff(np.append(starts, score.size)) - pos
        wins = 2 * int(pos @ (np.cumsum(neg) - neg)) + int(pos @ neg)
        pairs = 2 * int(pos.sum()) * int(neg.sum())
        return wins / pairs if pairs else float("nan")
    weight = _weights(weights, positive)[order]
    hit = positive[order]
    pos_weight = np.add.reduceat(np.where(hit, weight, 0.0), starts)
    neg_weight = np.add.reduceat(np.where(hit, 0.0, weight), starts)
    total = float(pos_weight.sum() * neg_weight.sum())
    below = np.cumsum(neg_weight) - neg_weight
    return float(pos_weight @ (below + 0.5 * neg_weight)) / total if total else float("nan")


def gauc(labels: npt.ArrayLike, scores: npt.ArrayLike, groups: npt.ArrayLike) -> float:
    """Mean of the groups' AUCs, each weighted by the number of its rows; groups with one class are skipped.

    The measure of Zhu et al., "Optimized Cost per Click in Taobao Display Advertising" (KDD 2017), with rows (impressions) as weight.
    NaN when no group has both classes.
    """
    return gauc_and_rows(labels, scores, groups)[0]


def gauc_and_rows(labels: npt.ArrayLike, scores: npt.ArrayLike, groups: npt.ArrayLike) -> tuple[float, int]:
    """GAUC, and how many rows the groups have that it is a mean over: what the GAUC of several sets of groups is put together from."""
    positive, score = _labels(labels), _column("scores", scores)
    _same_length(positive, score)
    key = np.asarray(groups)
    if key.shape != positive.shape:
        raise ValueError(f"groups have shape {key.shape}, labels {positive.shape}; give one group per row")
    if positive.size == 0:
        return float("nan"), 0
    _, group = np.unique(key, return_inverse=True)
    group = group.reshape(-1)
    order = np.lexsort((score, group))
    group, score, hit = group[order], score[order], positive[order].astype(np.int64)

    first = _run_starts(group)
    tied = np.union1d(first, _run_starts(score))
    pos = np.add.reduceat(hit, tied)
    neg = np.diff(np.append(tied, hit.size)) - pos
    # negatives below a run of ties = negatives before it − negatives before its group
    before = np.cumsum(neg) - neg
    run_of_group = np.searchsorted(tied, first)
    sizes = np.diff(np.append(first, hit.size))
    base = np.repeat(before[run_of_group], np.diff(np.append(run_of_group, tied.size)))
    wins = np.add.reduceat(2 * pos * (before - base) + pos * neg, run_of_group)
    group_pos = np.add.reduceat(hit, first)
    pairs = 2 * group_pos * (sizes - group_pos)
    both = pairs > 0
    if not both.any():
        return float("nan"), 0
    return float(np.average(wins[both] / pairs[both], weights=sizes[both])), int(sizes[both].sum())


def logloss(labels: npt.ArrayLike, scores: npt.ArrayLike, weights: npt.ArrayLike | None = None, epsilon: float = 1e-7) -> float:
    """Mean negative log likelihood in nats; probabilities are clipped to [epsilon, 1 − epsilon]. NaN for no rows."""
    return _mean(logloss_of_rows(labels, scores, epsilon), None if weights is None else _weights(weights, _labels(labels)))


def logloss_of_rows(labels: npt.ArrayLike, scores: npt.ArrayLike, epsilon: float = 1e-7) -> Floats:
    """Each row's negative log likelihood in nats, (rows,)."""
    positive, score = _labels(labels), np.clip(_column("scores", scores), epsilon, 1.0 - epsilon)
    _same_length(positive, score)
    return np.asarray(-np.where(positive, np.log(score), np.log1p(-score)))


def calibration(labels: npt.ArrayLike, scores: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    """Mean score over mean label: 1 is calibrated, above 1 predicts too much. NaN without positives."""
    positive, score = _labels(labels), _column("scores", scores)
    _same_length(positive, score)
    weight = None if weights is None else _weights(weights, positive)
    actual = _mean(positive.astype(np.float64), weight)
    return _mean(score, weight) / actual if actual > 0 else float("nan")


def _mean(values: Floats, weights: Floats | None) -> float:
    if values.size == 0 or (weights is not None and not weights.any()):
        return float("nan")
    return float(np.average(values, weights=weights))


def _run_starts(values: Array) -> npt.NDArray[np.intp]:
    """Positions where a run of equal neighbours begins, the first one included; `values` is not empty."""
    return np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))


def _labels(labels: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    column = _column("labels", labels)
    positive: npt.NDArray[np.bool_] = column == 1.0
    if not np.all(positive | (column == 0.0)):
        raise ValueError("labels must be 0 or 1; turn them into such a column first (label = rating >= 4)")
    return positive


def _weights(weights: npt.ArrayLike, like: Array) -> Floats:
    column = _column("weights", weights)
    _same_length(like, column)
    if np.any(column < 0):
        raise ValueError("weights must not be negative")
    return column


def _column(name: str, values: npt.ArrayLike) -> Floats:
    column = np.asarray(values, dtype=np.float64)
    if column.ndim != 1:
        raise ValueError(f"{name} must have one dimension, not shape {column.shape}")
    if not np.isfinite(column).all():
        raise ValueError(f"{name} hold NaN or infinite values; look at the rows that made them before measuring")
    return column


def _same_length(labels: Array, other: Array) -> None:
    if labels.shape != other.shape:
        raise ValueError(f"labels have {labels.size} rows, the other column {other.size}; give one value per row")
