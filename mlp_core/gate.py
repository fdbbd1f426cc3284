"""Whether a newly trained model may replace the one that serves, and the reasons in words."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Measures(msgspec.Struct, frozen=True, kw_only=True):
    """How a model does on a test set. calibration: mean score over mean label, 1 where they agree."""

    rows: int
    auc: float
    gauc: float
    logloss: float
    calibration: float


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """AUC of the challenger less that of the champion on the same rows, with a 95 % confidence interval."""

    auc: float
    low: float
    high: float


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """The bars that a challenger has to pass.

    min_rows: of the test set; min_auc: the absolute bar, which alone decides where there is no champion;
    min_improvement: least AUC over the champion's, negative to tolerate a loss; significant: the whole confidence
    interval has to lie above min_improvement; calibration: the range for mean score over mean label.
    """

    min_rows: int = 1_000
    min_auc: float = 0.6
    min_improvement: float = 0.0
    significant: bool = False
    calibration: tuple[float, float] = (0.5, 2.0)


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One bar, whether it was passed, and what was found."""

    bar: str
    passed: bool
    found: str


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate says: `promoted` if every bar was passed."""

    promoted: bool
    reasons: tuple[Reason, ...]


class _Case(msgspec.Struct, frozen=True):
    gate: Gate
    challenger: Measures
    difference: Difference | None


def decide(gate: Gate, challenger: Measures, difference: Difference | None) -> Decision:
    """Hold `challenger` against every bar of `gate`. difference: to the champion; None where there is no champion."""
    case = _Case(gate, challenger, difference)
    reasons = tuple(reason for bar in _BARS if (reason := bar(case)) is not None)
    return Decision(promoted=all(reason.passed for reason in reasons), reasons=reasons)


def _enough_rows(case: _Case) -> Reason:
    rows, least = case.challenger.rows, case.gate.min_rows
    return Reason(bar=f"at least {least} test rows", passed=rows >= least, found=f"{rows} rows")


def _absolute(case: _Case) -> Reason:
    auc, least = case.challenger.auc, case.gate.min_auc
    return Reason(bar=f"AUC at least {least}", passed=auc >= least, found=f"AUC {auc:.4f}")


def _calibrated(case: _Case) -> Reason:
    (low, high), found = case.gate.calibration, case.challenger.calibration
    return Reason(bar=f"calibration from {low} to {high}", passed=low <= found <= high, found=f"calibration {found:.3f}")


def _better(case: _Case) -> Reason | None:
    difference, gate = case.difference, case.gate
    if difference is None:
        return None
    reached = difference.low if gate.significant else difference.auc
    found = f"ΔAUC {difference.auc:+.4f} (95 % interval {difference.low:+.4f} to {difference.high:+.4f})"
    what = "surely better" if gate.significant else "better"
    bar = f"{what} than the champion: ΔAUC at least {gate.min_improvement:+.4f}"
    return Reason(bar=bar, passed=reached >= gate.min_improvement, found=found)


# A NaN measure passes no bar: every comparison with it is false.
_BARS: tuple[Callable[[_Case], Reason | None], ...] = (_enough_rows, _absolute, _calibrated, _better)


def auc_difference(labels: npt.ArrayLike, challenger: npt.ArrayLike, champion: npt.ArrayLike) -> Difference:
    """AUC of `challenger` less AUC of `champion`, both scores of the same rows, with DeLong's confidence interval.

    All arrays have shape (n,). Sources: DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988); the n log n form by
    midranks: Sun and Xu, IEEE Signal Processing Letters 21 (2014). NaN where one class is absent.
    """
    positive = np.asarray(labels).astype(bool)
    scores = np.stack([np.asarray(challenger, dtype=np.float64), np.asarray(champion, dtype=np.float64)])
    m, n = int(positive.sum()), int((~positive).sum())
    if not m or not n:
        return Difference(auc=math.nan, low=math.nan, high=math.nan)
    inside_positive = np.stack([_midranks(row[positive]) for row in scores])
    inside_negative = np.stack([_midranks(row[~positive]) for row in scores])
    overall = np.stack([_midranks(row) for row in scores])
    v01 = (overall[:, positive] - inside_positive) / n
    v10 = 1.0 - (overall[:, ~positive] - inside_negative) / m
    aucs = v01.mean(axis=1)
    contrast = np.array([1.0, -1.0])
    variance = 0.0
    for values, count in ((v01, m), (v10, n)):
        if count > 1:
            variance += float(contrast @ np.cov(values) @ contrast) / count
    difference, margin = float(aucs[0] - aucs[1]), 1.959964 * math.sqrt(max(variance, 0.0))
    return Difference(auc=difference, low=difference - margin, high=difference + margin)


def _midranks(values: Floats) -> Floats:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    middle = last - (counts - 1) / 2
    ranks: Any = middle[inverse.reshape(-1)]
    return ranks  # type: ignore[no-any-return]
