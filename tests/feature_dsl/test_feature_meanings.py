"""What operations mean, compared with NumPy, the statistics module, exact decimals and other algorithms for the same thing."""

from __future__ import annotations

import decimal
import itertools
import math
import random
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from feature_dsl.operations.base import latest

NUMBERS = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.5, 1e-9, 3.75, -7.25, 100.0, 700.0, 1e15, -1e300, math.inf, -math.inf]
rng = random.Random(7)


def mean_of(name: str, *values: Any) -> Any:
    operation = latest(name)
    assert operation is not None
    return operation.meaning(*values)


def vectors(size: int) -> list[tuple[float, ...]]:
    return [tuple(rng.uniform(-5, 5) for _ in range(size)) for _ in range(20)]


def words(most: int) -> tuple[str | None, ...]:
    return tuple(rng.choice(["a", "b", "c", "d", None]) for _ in range(rng.randint(0, most)))


def kept(values: tuple[Any, ...]) -> list[Any]:
    return [value for value in values if value is not None]


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("sin", np.sin), ("cos", np.cos), ("tan", np.tan), ("asin", np.arcsin), ("acos", np.arccos), ("atan", np.arctan),
        ("sinh", np.sinh), ("cosh", np.cosh), ("tanh", np.tanh), ("asinh", np.arcsinh), ("acosh", np.arccosh), ("atanh", np.arctanh),
        ("square", np.square), ("sign", lambda value: np.sign(value) if np.isfinite(value) else math.copysign(1, value)),
    ],
)  # fmt: skip
def test_functions_of_one_number(name: str, function: Callable[..., Any]) -> None:
    for value in NUMBERS:
        with np.errstate(all="ignore"):
            expected = float(function(np.float64(value)))
        found = mean_of(name, value)
        if math.isfinite(expected):
            assert found == pytest.approx(expected, rel=4e-15, abs=0), value
        else:
            assert found is None, value
    assert mean_of(name, None) is None


def test_angle_of_a_point() -> None:
    for y, x in itertools.product(NUMBERS, NUMBERS):
        assert mean_of("atan2", y, x) == pytest.approx(float(np.arctan2(y, x)), rel=1e-15)
    assert mean_of("atan2", None, 1.0) is None


def test_rounding_against_decimals() -> None:
    values = [
        0.5,
        -0.5,
        1.5,
        2.5,
        0.49999999999999994,
        1e15 + 0.5,
        4503599627370495.5,
        -2.3,
        7.0,
        1e300,
        *(rng.uniform(-1e6, 1e6) for _ in range(300)),
    ]
    for value in values:
        exact = decimal.Decimal(value).quantize(decimal.Decimal(1), decimal.ROUND_HALF_UP, decimal.Context(prec=400))
        assert mean_of("round", value) == float(exact), value
    assert math.copysign(1, mean_of("round", -0.3)) == -1
    assert mean_of("round", math.inf) is None
    for value, digits in itertools.product([*values[-300:], 3.14159, 1234.5678], range(-3, 7)):
        unit = decimal.Decimal(1).scaleb(-digits)
        exact = float(decimal.Decimal(value).quantize(unit, decimal.ROUND_HALF_UP))
        assert mean_of("roundp", value, digits) == pytest.approx(exact, rel=1e-15, abs=1e-300), (value, digits)
    assert mean_of("roundp", 1e300, 15) == 1e300
    assert mean_of("roundp", 1.7e308, -15) == pytest.approx(1.7e308)
    assert mean_of("roundp", 123456789.125, 2) == 123456789.13


def test_limits_totals_and_normalisers() -> None:
    for _ in range(200):
        value, *rest = (rng.uniform(-10, 10) for _ in range(4))
        low, high = sorted(rest[:2])
        assert mean_of("clip", value, low, high) == float(np.clip(value, low, high))
        assert mean_of("min", value, *rest) == min(value, *rest)
        assert mean_of("max", value, *rest) == max(value, *rest)
        assert mean_of("sum", value, *rest) == sum(rest, value)
        assert mean_of("avg", value, *rest) == pytest.approx(statistics.fmean([value, *rest]), rel=1e-12, abs=1e-12)
        assert mean_of("zscore", value, low, 2.5) == (value - low) / 2.5
        assert mean_of("minmax", value, low, high) == (value - low) / (high - low)
        assert mean_of("log10_above", value, 0.5, -3.0) == pytest.approx(float(np.log10(value)) if value > 0.5 else -3.0)
    assert mean_of("sum", 2**62, 2**62, -(2**62)) is None
    assert mean_of("avg", 1e308, 1e308) is None
    assert mean_of("square", 3037000500) is None
    assert mean_of("square", -3037000499) == 3037000499**2
    assert [mean_of("is_finite", value) for value in (1, 2.0, math.inf, None)] == [True, True, False, False]
    assert [mean_of("replace_value", value, None, 7) for value in (1, None)] == [1, 7]


def test_distances_on_the_sphere_against_vectors() -> None:
    def vector(longitude: float, latitude: float) -> Any:
        a, b = np.radians(longitude), np.radians(latitude)
        return np.array([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)])

    for _ in range(200):
        points = [rng.uniform(-180, 180), rng.uniform(-90, 90), rng.uniform(-180, 180), rng.uniform(-90, 90)]
        one, other = vector(*points[:2]), vector(*points[2:])
        angle = math.atan2(float(np.linalg.norm(np.cross(one, other))), float(one @ other))
        assert mean_of("haversine", *points) == pytest.approx(6371.0 * angle, rel=1e-9)
        assert mean_of("sphere_dist", *points) == pytest.approx(6371.0 * angle, rel=1e-6, abs=1e-3)
    assert mean_of("haversine", 1.0, 90.5, 0.0, 0.0) is None
    assert mean_of("haversine", 361.0, 10.0, 1.0, 10.0) == pytest.approx(0, abs=1e-9)
    assert mean_of("haversine", 10.0, 50.0, 10.0, 50.00001) == pytest.approx(6371.0 * math.radians(1e-5), rel=1e-6)


def test_vectors_against_numpy() -> None:
    for a, b in itertools.pairwise(vectors(6)):
        left, right = np.array(a), np.array(b)
        assert mean_of("dot", a, b) == pytest.approx(left @ right, rel=1e-12)
        assert mean_of("l2_norm", a) == pytest.approx(np.linalg.norm(left), rel=1e-14)
        assert mean_of("squared_norm", a) == pytest.approx(left @ left, rel=1e-14)
        assert mean_of("euclid_dist", a, b) == pytest.approx(math.dist(a, b), rel=1e-14)
        assert mean_of("cosine", a, b) == pytest.approx(left @ right / np.linalg.norm(left) / np.linalg.norm(right), rel=1e-12)
        assert mean_of("corr", a, b) == pytest.approx(statistics.correlation(a, b), rel=1e-9)
    for name in ("dot", "euclid_dist", "cosine", "corr"):
        assert mean_of(name, (1.0, 2.0), (1.0,)) is None
        assert mean_of(name, (), ()) is None
        assert mean_of(name, (1.0, None), (1.0, 2.0)) is None
        assert mean_of(name, (1.0, 2.0), (1.0, 2.0, None)) is None
        assert mean_of(name, (1e300, -1e300), (1e300, 1e300)) is None
    for name in ("l2_norm", "squared_norm"):
        assert [mean_of(name, values) for values in ((), (1.0, None), (1e200,))] == [None, None, None]
    assert -1.0 <= mean_of("cosine", (0.1, 0.2, 0.3), (0.1, 0.2, 0.3)) <= 1.0


def test_statistics_against_the_module() -> None:
    for values in vectors(7):
        with_gaps = (*values[:3], None, *values[3:], None)
        assert mean_of("variance", with_gaps) == pytest.approx(statistics.variance(values), rel=1e-12)
        assert mean_of("pop_variance", with_gaps) == pytest.approx(statistics.pvariance(values), rel=1e-12)
        assert mean_of("std_dev", with_gaps) == pytest.approx(statistics.stdev(values), rel=1e-12)
        assert mean_of("pop_std_dev", with_gaps) == pytest.approx(statistics.pstdev(values), rel=1e-12)
        assert mean_of("list_prod", with_gaps) == pytest.approx(math.prod(values), rel=1e-14)
        gaps = np.abs(np.diff(np.array(values)))
        assert (mean_of("list_gap_min", with_gaps), mean_of("list_gap_max", with_gaps)) == (gaps.min(), gaps.max())
        weights = tuple(rng.uniform(0, 1) for _ in with_gaps)
        present = [(value, weight) for value, weight in zip(with_gaps, weights, strict=True) if value is not None]
        numbers, masses = map(np.array, zip(*present, strict=True))
        assert mean_of("weighted_sum", with_gaps, weights) == pytest.approx(float(numbers @ masses), rel=1e-12)
        assert mean_of("weighted_mean", with_gaps, weights) == pytest.approx(float(np.average(numbers, weights=masses)), rel=1e-12)
        assert mean_of("list_count", with_gaps) == 7
    assert [mean_of(name, (1.0, None)) for name in ("variance", "std_dev", "pop_variance", "pop_std_dev")] == [None, None, 0.0, 0.0]
    assert [mean_of(name, ()) for name in ("list_prod", "list_gap_min", "variance", "pop_std_dev")] == [None] * 4
    assert mean_of("list_prod", (2**62, 4, 0)) is None
    assert mean_of("list_gap_max", (-(2**63), 2**63 - 1)) is None
    assert mean_of("weighted_sum", (1.0,), (1.0, 2.0)) is None


def test_order_against_numpy() -> None:
    for _ in range(200):
        numbers = tuple(rng.choice([None, 1.0, 2.0, 0.0, -0.0, -3.5, math.inf]) for _ in range(rng.randint(0, 8)))
        present = np.array(kept(numbers))
        gaps = (None,) * (len(numbers) - len(present))
        rising = present[np.argsort(present, kind="stable")]
        falling = present[np.argsort(-present, kind="stable")]
        assert str(mean_of("sort", numbers)) == str((*rising.tolist(), *gaps))
        assert str(mean_of("sort", numbers, True)) == str((*falling.tolist(), *gaps))
        assert str(mean_of("top_k", numbers, 3)) == str(tuple(falling.tolist()[:3]))
        firsts = [value for place, value in enumerate(numbers) if value not in numbers[:place]]
        assert str(mean_of("unique", numbers)) == str(tuple(firsts))
    values = ("a", "b", "c", "d")
    assert mean_of("sort_by", values, (2, None, 1)) == ("c", "a", "b", "d")
    assert mean_of("sort_by", values, (2, 1, 2, 1, 0), True) == ("a", "c", "b", "d")
    assert mean_of("sort", ("ä", "z", "😀", "Z", "￿")) == tuple(sorted(("ä", "z", "😀", "Z", "￿"), key=lambda text: text.encode()))


def test_places_in_lists() -> None:
    values = (1, None, 3, 4, 5)
    for start, length in itertools.product(range(-7, 8), range(-1, 7)):
        first = start if start >= 0 else start + 5
        assert mean_of("slice", values, start, length) == tuple(values[place] for place in range(first, first + length) if 0 <= place < 5)
    assert mean_of("slice", values, -(2**63), 2**63 - 1) == values[: max(0, -(2**63) + 5 + 2**63 - 1)]
    assert mean_of("pad_left", values, 7, 0) == (0, 0, 1, 0, 3, 4, 5)
    assert mean_of("pad_left", values, 2, 0) == (4, 5)
    assert mean_of("align", values, ("a",) * 7) == (*values, None, None)
    assert mean_of("align", values, ()) == ()
    assert mean_of("mask", values, (True, None, False, True)) == (1, 4)
    assert mean_of("concat_lists", (1,), (), (None, 2)) == (1, None, 2)
    assert [mean_of("position", values, wanted) for wanted in (None, 5, 9)] == [1, 4, -1]
    assert [mean_of("contains_value", values, wanted) for wanted in (None, 5, 9)] == [True, True, False]
    assert mean_of("take_last", values, 9) == values


def _shortest_run(query: list[str], title: list[str]) -> int:
    """By two places that move on, where the meaning tries all runs."""
    wanted, best, start = set(query), 0, 0
    for end in range(1, len(title) + 1):
        while start < end and wanted <= set(title[start:end]):
            best = min(best or end - start, end - start)
            start += 1
    return best


def test_overlap_against_other_algorithms() -> None:
    for _ in range(400):
        query, title = words(4), words(7)
        first, second = kept(query), kept(title)
        one, other = set(first), set(second)
        both = bool(first and second)
        assert mean_of("overlap_count", query, title) == len([word for word in first if word in other])
        assert mean_of("overlap_ratio", query, title) == (np.isin(first, second).mean() if both else None)
        assert mean_of("jaccard", query, title) == (1 - len(one ^ other) / len(one | other) if both else None) or both
        assert mean_of("overlap_index", query, title) == ("".join(second).find("".join(first)) if both else -1)
        assert mean_of("overlap_equal", query, title) == (both and first == second)
        runs = itertools.combinations(second, len(first))
        assert mean_of("overlap_contains", query, title) == (both and any(list(run) == first for run in runs))
        assert mean_of("overlap_cover", query, title) == (_shortest_run(first, second) if both else 0)
        near = [
            min(abs(a - b) for a, b in itertools.product(range(len(second)), repeat=2) if (second[a], second[b]) == pair)
            for pair in itertools.combinations(sorted(one & other), 2)
        ]
        expected = (min(near), max(near), statistics.fmean(near)) if near else (None, None, None)
        assert tuple(mean_of(f"overlap_distance_{how}", query, title) for how in ("min", "max", "mean")) == expected
    assert mean_of("jaccard", ("a", "b", "b"), ("b", "c")) == 1 / 3


def test_dot_product_of_keys_and_weights() -> None:
    left, right = ("a:0.5", "b:0.5"), ("d:0.5", "b:0.5")
    assert mean_of("kv_dot", left, right) == 0.25
    assert mean_of("kv_dot", ("a", "b", "c"), ("a", "b", "d")) == 2.0
    assert mean_of("kv_dot", ("http://x:2",), ("http://x:3",)) == 6.0
    assert mean_of("kv_dot", ("a:x", "a:2", ":3", None), ("a:1", "a:10")) == 22.0
    assert mean_of("kv_dot", ("a",), ("b",)) == 0.0
    assert mean_of("kv_dot", (), ("b",)) is None
    assert mean_of("kv_dot", ("a:1e308",), ("a:10",)) is None
