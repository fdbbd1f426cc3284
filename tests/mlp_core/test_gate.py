"""The gate: every bar on both of its sides, and DeLong's interval against its slow definition and a bootstrap."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp_core import metrics
from mlp_core.gate import Difference, Gate, Measures, auc_difference, decide

GOOD = Measures(rows=5_000, auc=0.75, gauc=0.7, logloss=0.5, calibration=1.0)
BETTER = Difference(auc=0.01, low=0.002, high=0.018)


def failed(gate: Gate, measures: Measures, difference: Difference | None) -> list[str]:
    decision = decide(gate, measures, difference)
    bars = [reason.bar for reason in decision.reasons if not reason.passed]
    assert decision.promoted == (not bars)
    return bars


def test_a_good_model_passes_with_a_reason_for_each_bar() -> None:
    decision = decide(Gate(), GOOD, BETTER)
    assert decision.promoted
    assert [reason.found for reason in decision.reasons] == [
        "5000 rows",
        "AUC 0.7500",
        "calibration 1.000",
        "ΔAUC +0.0100 (95 % interval +0.0020 to +0.0180)",
    ]


def test_without_a_champion_the_absolute_bars_decide() -> None:
    assert decide(Gate(), GOOD, None).promoted
    assert len(decide(Gate(), GOOD, None).reasons) == 3


@pytest.mark.parametrize(
    ("gate", "changed", "passes"),
    [
        ({"min_rows": 5_000}, {}, True),
        ({"min_rows": 5_001}, {}, False),
        ({"min_auc": 0.75}, {}, True),
        ({"min_auc": 0.7501}, {}, False),
        ({}, {"auc": math.nan}, False),
        ({"calibration": (0.9, 1.1)}, {"calibration": 1.1}, True),
        ({"calibration": (0.9, 1.1)}, {"calibration": 1.2}, False),
        ({"calibration": (0.9, 1.1)}, {"calibration": 0.8}, False),
        ({}, {"calibration": math.nan}, False),
    ],
)
def test_an_absolute_bar(gate: dict[str, Any], changed: dict[str, Any], passes: bool) -> None:
    bars = failed(Gate(**gate), msgspec.structs.replace(GOOD, **changed), BETTER)
    assert (bars == []) is passes
    assert len(bars) == (0 if passes else 1)


@pytest.mark.parametrize(
    ("gate", "difference", "passes"),
    [
        ({}, (0.0, -0.1, 0.1), True),
        ({}, (-0.001, -0.1, 0.1), False),
        ({"min_improvement": -0.01}, (-0.005, -0.1, 0.1), True),
        ({"min_improvement": 0.02}, (0.01, 0.002, 0.018), False),
        ({"significant": True}, (0.01, 0.002, 0.018), True),
        ({"significant": True}, (0.01, -0.002, 0.022), False),
        ({}, (math.nan, math.nan, math.nan), False),
    ],
)
def test_the_bar_of_the_champion(gate: dict[str, Any], difference: tuple[float, float, float], passes: bool) -> None:
    auc, low, high = difference
    bars = failed(Gate(**gate), GOOD, Difference(auc=auc, low=low, high=high))
    assert (bars == []) is passes


def test_all_reasons_are_given_not_only_the_first() -> None:
    bad = Measures(rows=10, auc=0.5, gauc=0.5, logloss=0.7, calibration=3.0)
    assert len(failed(Gate(), bad, Difference(auc=-0.2, low=-0.3, high=-0.1))) == 4


def by_definition(labels: list[bool], ours: list[int], theirs: list[int]) -> Difference:
    """DeLong, DeLong and Clarke-Pearson (1988), with the kernel over all pairs of a positive and a negative."""
    positives = [index for index, label in enumerate(labels) if label]
    negatives = [index for index, label in enumerate(labels) if not label]

    def kernel(scores: list[int], one: int, other: int) -> float:
        return 1.0 if scores[one] > scores[other] else 0.5 if scores[one] == scores[other] else 0.0

    pairs = {(i, j): kernel(ours, i, j) - kernel(theirs, i, j) for i, j in product(positives, negatives)}
    mean = sum(pairs.values()) / len(pairs)
    of_positive = [sum(pairs[i, j] for j in negatives) / len(negatives) for i in positives]
    of_negative = [sum(pairs[i, j] for i in positives) / len(positives) for j in negatives]
    variance = sum(
        sum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values)
        for values in (of_positive, of_negative)
        if len(values) > 1
    )
    margin = 1.959964 * math.sqrt(variance)
    return Difference(auc=mean, low=mean - margin, high=mean + margin)


rows = st.lists(st.tuples(st.booleans(), st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=40)


@given(rows.filter(lambda found: len({label for label, _, _ in found}) == 2))
def test_the_fast_form_is_the_definition(found: list[tuple[bool, int, int]]) -> None:
    labels, ours, theirs = (list(column) for column in zip(*found, strict=True))
    fast, slow = auc_difference(labels, ours, theirs), by_definition(labels, ours, theirs)
    assert fast.auc == pytest.approx(slow.auc, abs=1e-12)
    # The margin is a square root, so rounding in a variance that is 0 shows as its root.
    assert (fast.low, fast.high) == (pytest.approx(slow.low, abs=1e-6), pytest.approx(slow.high, abs=1e-6))
    assert fast.auc == pytest.approx(metrics.auc(labels, ours) - metrics.auc(labels, theirs), abs=1e-12)


@given(rows.filter(lambda found: len({label for label, _, _ in found}) == 2))
def test_exchanging_the_models_turns_the_sign(found: list[tuple[bool, int, int]]) -> None:
    labels, ours, theirs = (list(column) for column in zip(*found, strict=True))
    there, back = auc_difference(labels, ours, theirs), auc_difference(labels, theirs, ours)
    assert there.auc == pytest.approx(-back.auc, abs=1e-12)
    assert there.low == pytest.approx(-back.high, abs=1e-6)


def test_the_same_model_twice_differs_by_nothing() -> None:
    scores = np.random.default_rng(1).normal(size=200)
    assert auc_difference(scores > 0.3, scores, scores) == Difference(auc=0.0, low=0.0, high=0.0)


@pytest.mark.parametrize("labels", [[0, 0, 0], [1, 1, 1], []])
def test_one_class_gives_nan(labels: list[int]) -> None:
    found = auc_difference(labels, [0.1] * len(labels), [0.2] * len(labels))
    assert math.isnan(found.auc)
    assert math.isnan(found.low)


def test_the_interval_agrees_with_a_bootstrap() -> None:
    random = np.random.default_rng(3)
    labels = random.random(1_500) < 0.3
    ours, theirs = labels + random.normal(scale=1.2, size=1_500), labels + random.normal(scale=1.5, size=1_500)
    draws = []
    for _ in range(400):
        taken = random.integers(1_500, size=1_500)
        draws.append(metrics.auc(labels[taken], ours[taken]) - metrics.auc(labels[taken], theirs[taken]))
    low, high = np.quantile(draws, [0.025, 0.975])
    found = auc_difference(labels, ours, theirs)
    assert found.high - found.low == pytest.approx(high - low, rel=0.15)
    assert found.low == pytest.approx(low, abs=0.2 * (high - low))
