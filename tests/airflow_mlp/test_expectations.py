"""Expectations of statistics: bounds, templates, sentences."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_mlp.expectations import parse_expectations, violations
from airflow_mlp.operators.base import BadInput

REPORT = {
    "rows": 100,
    "label_rate": 0.5,
    "columns": {"age": {"missing_share": 0.25, "distinct": 7, "mean": 30.0}, "tags": {"missing_share": 0.0}},
}
COLUMNS = ["age", "tags"]


@pytest.mark.parametrize(
    "expect",
    [
        {},
        {"min_rows": 100, "max_rows": "100"},
        {"label_rate": (0.5, 0.5), "missing_share": {"age": 0.25}, "distinct": {"age": [2, 10]}, "mean": {"age": ("1", "30.0")}},
    ],
)
def test_what_holds(expect: dict[str, Any]) -> None:
    assert violations(parse_expectations(expect, COLUMNS, "label"), REPORT) == []


@pytest.mark.parametrize(
    ("expect", "sentence"),
    [
        ({"min_rows": "1000000000000"}, "rows of the table is 100, expected at least 1e+12"),
        ({"max_rows": 99}, "rows of the table is 100, expected at most 99"),
        ({"label_rate": (0.6, 1)}, "label_rate of the table is 0.5, expected at least 0.6"),
        ({"missing_share": {"age": 0.1}}, "missing_share of the column 'age' is 0.25, expected at most 0.1"),
        ({"mean": {"tags": 1}}, "mean of the column 'tags' is not a number here (None), though bounds are expected of it"),
    ],
)
def test_what_does_not_hold_is_a_sentence(expect: dict[str, Any], sentence: str) -> None:
    assert violations(parse_expectations(expect, COLUMNS, "label"), REPORT) == [sentence]


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ({"rows": 1}, "expect does not know 'rows': it takes min_rows, max_rows"),
        ({"missing_share": {"agee": 0.1}}, "missing_share names the column 'agee', which the input does not have: it has age, tags"),
        ({"missing_share": 0.1}, "give a bound for each column"),
        ({"min_rows": "many"}, "min_rows is 'many', which is not a number"),
        ({"label_rate": (1, 2, 3)}, "give the least and the most"),
    ],
)
def test_expectations_that_make_no_sense(expect: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        parse_expectations(expect, COLUMNS, "label")


def test_a_label_rate_needs_a_label() -> None:
    with pytest.raises(BadInput, match="there is no label"):
        parse_expectations({"label_rate": (0, 1)}, COLUMNS, None)
