"""The measures of `mlp_core.metrics` over any number of rows: in memory while they fit, then in files, exact up to a hundred million rows.

Rows arrive in batches. Beyond `memory_rows` they are written to a temporary folder; AUC then looks at one range of scores after the
other, GAUC at one share of the groups after the other, each in memory. Beyond `exact_rows` AUC only counts rows in a million bins of
scores, and says how far it may be off: half the share of pairs that fall into one bin.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp_core import metrics

Array = npt.NDArray[Any]
# Scores between 0 and 1 as float32 have their bits in the order of their size, 30 of them at most: the upper 20 are a bin.
BINS, DROPPED_BITS = 1 << 20, 10
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Measured:
    """Measures of one label. NaN where the rows do not define one; gauc: None without groups; auc_error: AUC is within so much of exact."""

    auc: float
    gauc: float | None
    logloss: float
    calibration: float
    auc_error: float = 0.0


@dataclass(frozen=True)
class Rows:
    """Some rows of one label. labels: 0 or 1; scores: float32; weights, groups: or None."""

    labels: Array
    scores: Array
    weights: Array | None
    groups: Array | None


class StreamingMeasures:
    """Collects the rows of one label; `result` measures them. Use it as a context manager, which removes its files.

    memory_rows: that are held in memory at once; exact_rows: beyond which AUC is binned; folder: for the files, the system's
    temporary one by default.
    """

    def __init__(self, *, memory_rows: int = 1 << 24, exact_rows: int = 100_000_000, folder: Path | None = None) -> None:
        self._memory_rows, self._exact_rows, self._folder = memory_rows, exact_rows, folder
        self._held: list[Rows] = []
        self._spill: _Spill | None = None
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._sums = np.zeros(4)
        self.rows = 0

    def __enter__(self) -> StreamingMeasures:
        return self

    def __exit__(self, *_: object) -> None:
        if self._temporary is not None:
            self._temporary.cleanup()

    def add(self, rows: Rows) -> None:
        """Take some more rows. ValueError for labels other than 0 and 1, and scores that are not between 0 and 1."""
        scores = np.ascontiguousarray(rows.scores, dtype=np.float32)
        if scores.size and not (scores.min() >= 0 and scores.max() <= 1):
            raise ValueError("scores must lie between 0 and 1; look at the rows that made them before measuring")
        rows = Rows(np.asarray(rows.labels), scores, rows.weights, rows.groups)
        self.rows += scores.size
        weights = np.ones(scores.size) if rows.weights is None else np.asarray(rows.weights, dtype=np.float64)
        self._sums += _sums(rows.labels, scores, weights)
        if self._spill is None and self.rows <= self._memory_rows:
            self._held.append(rows)
            return
        if self._spill is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="measures-", dir=self._folder)
            self._spill = _Spill(Path(self._temporary.name))
            for held in self._held:
                self._spill.add(held)
            self._held = []
        self._spill.add(rows)

    def result(self) -> Measured:
        """The measures of all rows so far."""
        if self._spill is None:
            return _in_memory(self._held)
        loss, weight, expected, clicked = self._sums
        auc, error = _spilled_auc(self._spill, self._memory_rows if self.rows <= self._exact_rows else None)
        gauc = _spilled_gauc(self._spill, self._memory_rows) if self._spill.grouped else None
        return Measured(auc, gauc, float(loss / weight), float(expected / clicked) if clicked else float("nan"), error)


def _in_memory(held: list[Rows]) -> Measured:
    labels, scores, weights, groups = (
        np.concatenate([getattr(rows, name) for rows in held]) if held and getattr(held[0], name) is not None else None
        for name in ("labels", "scores", "weights", "groups")
    )
    if labels is None or scores is None:
        nothing = float("nan")
        return Measured(nothing, None, nothing, nothing)
    gauc = None if groups is None else metrics.gauc(labels, scores, groups)
    loss, calibration = metrics.logloss(labels, scores, weights), metrics.calibration(labels, scores, weights)
    return Measured(metrics.auc(labels, scores, weights), gauc, loss, calibration)


def _sums(labels: Array, scores: Array, weights: Array) -> Array:
    """Weighted sums of the log loss, of weights, of scores and of labels."""
    each = metrics.logloss_of_rows(labels, scores)
    return np.array([(each * weights).sum(), weights.sum(), (scores.astype(np.float64) * weights).sum(), (labels * weights).sum()])


class _Spill:
    """Rows in files, one for each of their parts, in the order in which they came."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.rows = folder, 0
        self.weighted = self.grouped = False

    def add(self, rows: Rows) -> None:
        """Append."""
        self.weighted, self.grouped = rows.weights is not None, rows.groups is not None
        self.rows += rows.scores.size
        self._append("scores", rows.scores.view(np.uint32))
        self._append("labels", rows.labels.astype(np.uint8))
        if rows.weights is not None:
            self._append("weights", np.asarray(rows.weights, dtype=np.float64))
        if rows.groups is not None:
            self._append("groups", np.asarray(rows.groups).astype(np.int64).view(np.uint64))

    def chunks(self) -> Iterator[Rows]:
        """The rows again, a million at a time; scores as their bits."""
        for first in range(0, self.rows, _CHUNK):
            count = min(_CHUNK, self.rows - first)
            yield Rows(
                self._read("labels", np.uint8, first, count),
                self._read("scores", np.uint32, first, count),
                self._read("weights", np.float64, first, count) if self.weighted else None,
                self._read("groups", np.uint64, first, count) if self.grouped else None,
            )

    def _append(self, name: str, values: Array) -> None:
        with (self.folder / name).open("ab") as file:
            file.write(np.ascontiguousarray(values).tobytes())

    def _read(self, name: str, kind: type[np.generic], first: int, count: int) -> Array:
        return np.fromfile(self.folder / name, dtype=kind, count=count, offset=first * np.dtype(kind).itemsize)


def _spilled_auc(spill: _Spill, memory_rows: int | None) -> tuple[float, float]:
    """AUC, and how far it may be off: by nothing with `memory_rows`, of which it then holds so many at once."""
    positive, negative, counts = np.zeros(BINS), np.zeros(BINS), np.zeros(BINS, dtype=np.int64)
    for rows in spill.chunks():
        bins, hit = rows.scores >> DROPPED_BITS, rows.labels == 1
        weights = np.ones(bins.size) if rows.weights is None else rows.weights
        positive += np.bincount(bins, np.where(hit, weights, 0.0), BINS)
        negative += np.bincount(bins, np.where(hit, 0.0, weights), BINS)
        counts += np.bincount(bins, minlength=BINS)
    total = float(positive.sum() * negative.sum())
    if not total:
        return float("nan"), 0.0
    below = np.cumsum(negative) - negative
    if memory_rows is None:
        return float(positive @ (below + 0.5 * negative)) / total, 0.5 * float(positive @ negative) / total
    won = float(positive @ below)
    for first, last in _ranges(counts, memory_rows):
        won += _won_within(spill, first, last)
    return won / total, 0.0


def _ranges(counts: Array, rows: int) -> Iterator[tuple[int, int]]:
    """Neighbouring bins that hold at most `rows` rows together, or one bin that holds more."""
    before = np.concatenate([[0], np.cumsum(counts)])
    first = 0
    while first < BINS and before[first] < before[-1]:
        last = max(first + 1, int(np.searchsorted(before, before[first] + rows, side="right")) - 1)
        yield first, last
        first = last


def _won_within(spill: _Spill, first: int, last: int) -> float:
    """Weight of the pairs in order (half of those that are equal) of one bin each, of the bins from `first` to before `last`."""
    parts = []
    for rows in spill.chunks():
        bins = rows.scores >> DROPPED_BITS
        chosen = (bins >= first) & (bins < last)
        weights = np.ones(bins.size) if rows.weights is None else rows.weights
        parts.append((rows.scores[chosen], rows.labels[chosen] == 1, weights[chosen]))
    scores, hit, weights = (np.concatenate([part[place] for part in parts]) for place in range(3))
    if not scores.size:
        return 0.0
    order = np.argsort(scores, kind="stable")
    scores, hit, weights = scores[order], hit[order], weights[order]
    starts = np.flatnonzero(np.concatenate(([True], scores[1:] != scores[:-1])))
    positive = np.add.reduceat(np.where(hit, weights, 0.0), starts)
    negative = np.add.reduceat(np.where(hit, 0.0, weights), starts)
    below = np.cumsum(negative) - negative
    bins = scores[starts] >> DROPPED_BITS
    of_bin = np.concatenate(([True], bins[1:] != bins[:-1]))
    before_bin = np.repeat(below[of_bin], np.diff(np.append(np.flatnonzero(of_bin), bins.size)))
    return float(positive @ (below - before_bin + 0.5 * negative))


def _spilled_gauc(spill: _Spill, memory_rows: int) -> float:
    """GAUC, one share of the groups after the other."""
    shares = 1 + 2 * spill.rows // memory_rows
    won = weight = 0.0
    for share in range(shares):
        parts = []
        for rows in spill.chunks():
            if rows.groups is not None:
                chosen = (rows.groups * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(32)) % np.uint64(shares) == share
                parts.append((rows.labels[chosen], rows.scores[chosen].view(np.float32), rows.groups[chosen]))
        labels, scores, groups = (np.concatenate([part[place] for part in parts]) for place in range(3))
        value, rows_of_both = metrics.gauc_and_rows(labels, scores, groups)
        if rows_of_both:
            won, weight = won + value * rows_of_both, weight + rows_of_both
    return won / weight if weight else float("nan")
