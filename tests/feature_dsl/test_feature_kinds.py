"""Numbers, vectors, sequences and overlaps as configured kinds: defaults before and after normalisers, padding, alignment, errors."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pytest

import feature_dsl
from feature_dsl import FeatureError
from feature_dsl.reference import run_row

HEAD = """version: 1
columns: {n: int64, f: float64, s: utf8, t: utf8, li: list<int64>, lf: list<float64>, ls: list<utf8>}
features:
"""
ROWS: list[dict[str, Any]] = [
    {"n": 100, "f": 5.0, "s": "b c", "t": "a b c d", "li": [1, 2, 3], "lf": [1.0, None, 3.0], "ls": ["a", None, "c", "d"]},
    {"n": None, "f": None, "s": None, "t": "a", "li": None, "lf": [], "ls": None},
    {"n": -4, "f": 0.0, "s": "x  c", "t": "1 2 x", "li": [7], "lf": [10.0], "ls": ["zz"]},
]
TYPES = [
    ("n", pa.int64()), ("f", pa.float64()), ("s", pa.utf8()), ("t", pa.utf8()), ("li", pa.list_(pa.int64())),
    ("lf", pa.list_(pa.float64())), ("ls", pa.list_(pa.utf8())),
]  # fmt: skip


def values(fields: str) -> list[Any]:
    """A feature's value of each row: kernels, reference and the lowered file agree."""
    features = feature_dsl.load(f"{HEAD}  - {{name: a, {fields}}}\n")
    plan = features.compile()
    again = feature_dsl.load(features.lowered())
    assert again.compile().fingerprint == plan.fingerprint, features.script("a")
    found = [run_row(features, row)["a"] for row in ROWS]
    batch = pa.RecordBatch.from_pylist(ROWS, schema=pa.schema(TYPES))
    assert plan.run(batch).column("a").to_pylist() == found
    return found


CASES: list[tuple[str, list[Any]]] = [
    ("kind: raw_feature, source: f, normalizer: {zscore: {mean: 3, sd: 2}}", [1.0, -1.5, -1.5]),
    ("kind: raw_feature, source: f, normalizer: {zscore: {mean: 3, sd: 2}}, default: 3", [1.0, 0.0, -1.5]),
    ("kind: raw_feature, source: f, normalizer: {zscore: {mean: 3, sd: 2}}, default_after: 9", [1.0, 9.0, -1.5]),
    ("kind: raw_feature, source: n, normalizer: log10", [2.0, 0.0, 0.0]),
    ("kind: raw_feature, source: n, normalizer: log10, default: 1000, default_after: -7", [2.0, 3.0, -7.0]),
    ("kind: raw_feature, source: n, normalizer: {log10: {threshold: 0, default: -10}}", [2.0, -10.0, -10.0]),
    ("kind: raw_feature, source: f, normalizer: {minmax: {min: 0, max: 10}}", [0.5, 0.0, 0.0]),
    ("kind: raw_feature, source: n, normalizer: {expression: \"sqrt(abs(value)) + f\"}", [15.0, 0.0, 2.0]),
    ("kind: expr_feature, expr: n / 10, normalizer: {zscore: {mean: 0, sd: 0.5}}, default: 1", [20.0, 2.0, -0.8]),
    ("kind: raw_feature, source: lf, length: 2, normalizer: {zscore: {mean: 1, sd: 2}}", [[0.0, -0.5], [-0.5, -0.5], [4.5, -0.5]]),
    ("kind: raw_feature, source: lf, length: 2, normalizer: {zscore: {mean: 1, sd: 2}}, default_after: 8",
     [[0.0, 8.0], [8.0, 8.0], [4.5, 8.0]]),
    ("kind: raw_feature, source: t, separator: \" \", length: 2, default: -1", [[-1.0, -1.0], [-1.0, -1.0], [1.0, 2.0]]),
    ("kind: overlap_feature, query: s, title: t, measure: query_ratio, separator: \" \"", [1.0, 0.0, 0.5]),
    ("kind: overlap_feature, query: s, title: t, measure: title_ratio, separator: \" \"", [0.5, 0.0, 1 / 3]),
    ("kind: overlap_feature, query: s, title: t, measure: index, separator: \" \", default: 5", [1.0, -1.0, -1.0]),
    ("kind: overlap_feature, query: s, title: t, measure: contains, separator: \" \"", [1, 0, 0]),
    ("kind: overlap_feature, query: s, title: t, measure: distance_min, separator: \" \", default: 99", [1.0, 99.0, 99.0]),
    ("kind: overlap_feature, query: ls, title: ls, measure: jaccard", [1.0, 0.0, 1.0]),
    ("kind: sequence_feature, source: li", [[1, 2, 3], [], [7]]),
    ("kind: sequence_feature, source: li, max_length: 2", [[1, 2], [], [7]]),
    ("kind: sequence_feature, source: li, max_length: 2, keep: last", [[2, 3], [], [7]]),
    ("kind: sequence_feature, source: li, max_length: 2, pad: right, default: -1", [[1, 2], [-1, -1], [7, -1]]),
    ("kind: sequence_feature, source: li, max_length: 2, keep: last, pad: left", [[2, 3], [0, 0], [0, 7]]),
    ("kind: sequence_feature, source: lf, default: 0.5", [[1.0, 0.5, 3.0], [], [10.0]]),
    ("kind: sequence_feature, source: lf, boundaries: [2, 5], default: 3", [[0, 3, 1], [], [2]]),
    ("kind: sequence_feature, source: ls, values: [z, a, c]", [[1, 0, 2, 0], [], [0]]),
    ("kind: sequence_feature, source: ls, values: [a, c], default: 2, max_length: 3, pad: right", [[0, 2, 1], [2, 2, 2], [2, 2, 2]]),
    ("kind: sequence_feature, source: lf, normalizer: {zscore: {mean: 1, sd: 2}}", [[0.0, -0.5, 1.0], [], [4.5]]),
    ("kind: sequence_feature, source: lf, normalizer: {zscore: {mean: 1, sd: 2}}, default_after: 7", [[0.0, 7.0, 1.0], [], [4.5]]),
    ("kind: sequence_feature, source: li, align: ls", [[1, 2, 3, 0], [], [7]]),
    ("kind: sequence_feature, source: t, separator: \" \", align: s, default: -1", [[-1.0, -1.0], [], [1.0, 2.0, -1.0]]),
    ("kind: sequence_feature, source: t, separator: \" \", output: length", [4, 1, 3]),
    ("kind: sequence_feature, source: t, separator: \" \", output: length, max_length: 2", [2, 1, 2]),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "expected"), CASES, ids=[fields for fields, _ in CASES])
def test_values(fields: str, expected: list[Any]) -> None:
    assert values(fields) == expected


def test_elements_of_a_hashed_sequence_keep_their_places() -> None:
    plain = values("kind: sequence_feature, source: ls, hash_buckets: 100")
    assert [len(row) for row in plain] == [4, 0, 1] and plain[0][1] == 0 and 0 not in plain[2]
    padded = values("kind: sequence_feature, source: ls, hash_buckets: 100, max_length: 5, pad: left")
    assert padded[0] == [0, *plain[0]] and padded[1] == [0] * 5


def test_outputs_say_what_a_model_needs() -> None:
    text = f"""{HEAD}  - {{name: a, kind: sequence_feature, source: ls, hash_buckets: 100, max_length: 5}}
  - {{name: b, kind: sequence_feature, source: ls, values: [x, y, z], default: 3, max_length: 5, pad: left}}
  - {{name: c, kind: sequence_feature, source: lf, boundaries: [1, 2], max_length: 5, keep: last}}
  - {{name: d, kind: sequence_feature, source: lf, normalizer: log1p}}
  - {{name: e, kind: sequence_feature, source: lf, output: length, max_length: 5}}
  - {{name: f, kind: overlap_feature, query: ls, title: ls, measure: count}}
  - {{name: g, kind: overlap_feature, query: ls, title: ls, measure: equal}}
"""
    outputs = feature_dsl.load(text).compile().outputs
    facts = [(output.role, output.cardinality, output.max_length, output.length) for output in outputs]
    assert facts == [
        ("categorical", 100, 5, None), ("categorical", 4, 5, 5), ("categorical", 3, 5, None), ("dense", None, None, None),
        ("categorical", 6, None, None), ("dense", None, None, None), ("categorical", 2, None, None),
    ]  # fmt: skip


def test_a_list_is_no_longer_than_what_it_is_made_of() -> None:
    made = {
        "bucket(take(li, 7), array(1, 2))": 7, "slice(li, 2, 3)": 3, "concat_lists(take(li, 2), array(1))": 3, "align(li, take(ls, 4))": 4,
        "top_k(li, 6)": 6, "unique(reverse(take_last(li, 5)))": 5, "repeat(n, 9)": 9, "position(li, take(li, 8))": 8, "sort(li)": None,
    }  # fmt: skip
    for expression, longest in made.items():
        body = re.sub(r"\b(li|ls|n)\b", r'x("\1")', expression)
        script = f"def meta(){{ initList() }}\ndef main(){{ {body} }}\n"
        (output,) = feature_dsl.load(script).compile(schema=pa.schema(TYPES)).outputs
        assert output.max_length == longest, expression


MISTAKES = [
    ("kind: raw_feature, source: f, normalizer: {zscore: {mean: 3}}", "needs a field 'sd'"),
    ("kind: raw_feature, source: f, normalizer: {zscore: {mean: 3, sd: 0}}", "standard deviation above zero"),
    ("kind: raw_feature, source: f, normalizer: {zscore: {mean: 3, sd: 2, median: 1}}", "no field 'median'"),
    ("kind: raw_feature, source: f, normalizer: zscoer", "no normalizer 'zscoer' (did you mean 'zscore'?)"),
    ("kind: raw_feature, source: f, normalizer: [log1p]", "one name, or a mapping"),
    ("kind: raw_feature, source: f, normalizer: {minmax: {min: 3, max: 1}}", "least value below the greatest"),
    ("kind: raw_feature, source: f, normalizer: {expression: \"log(vlaue)\"}", "no column 'vlaue'"),
    ("kind: raw_feature, source: f, default_after: 1", "default_after and no normalizer"),
    ("kind: overlap_feature, query: s, title: t, measure: ratio", "no measure 'ratio'"),
    ("kind: overlap_feature, query: s, title: t, measure: jaccard", "wants a list, not utf8"),
    ("kind: overlap_feature, query: ls, title: li, measure: jaccard", "mixes list<utf8> and list<int64>"),
    ("kind: sequence_feature, source: li, hash_buckets: 9, boundaries: [1]", "has both hash_buckets and boundaries"),
    ("kind: sequence_feature, source: li, pad: left", "is padded and has no max_length"),
    ("kind: sequence_feature, source: li, keep: lats", "did you mean 'last'"),
    ("kind: sequence_feature, source: li, output: length, hash_buckets: 9", "gives a length and has hash_buckets"),
    ("kind: sequence_feature, source: ls", "mixes utf8 and int64"),
    ("kind: expr_feature, expr: \"clip(n, 5, 1)\"", "lowest value above its highest"),
    ("kind: expr_feature, expr: \"min(n)\"", "takes 2 to 32 arguments, not 1"),
    ("kind: expr_feature, expr: \"roundp(f, 99)\"", "from -15 to 15"),
    ("kind: expr_feature, expr: \"kv_dot(ls, ls, '::')\"", "one ASCII character"),
    ("kind: expr_feature, expr: \"dot(ls, ls)\"", "list of numbers, not list<utf8>"),
    ("kind: expr_feature, expr: \"rnd()\"", "no operation 'rnd'"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_mistakes(fields: str, message: str) -> None:
    with pytest.raises(FeatureError) as caught:
        feature_dsl.load(f"{HEAD}  - {{name: a, {fields}}}\n").compile()
    assert message in str(caught.value)
    assert caught.value.line == 4


def test_names_of_other_engines_are_the_language_s_own_in_plans() -> None:
    own = 'def meta(){ initArray(1,0) }\ndef main(){ log(list_sum(x("lf"))) }\n'
    other = own.replace("log(", "ln(").replace("list_sum", "reduce_sum")
    schema = pa.schema(TYPES)
    assert feature_dsl.load(own).compile(schema=schema).fingerprint == feature_dsl.load(other).compile(schema=schema).fingerprint
