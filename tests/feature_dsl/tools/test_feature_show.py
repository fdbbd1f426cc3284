"""Every kind's feature printed as a script of public operations is the same feature: the same plan, the same fingerprint."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import feature_dsl
from feature_dsl import FeatureError
from feature_dsl.kinds.base import kinds
from feature_dsl.tools.diff import fingerprints

COLUMNS = {
    "s": "utf8", "a b": "utf8", 'q"\\': "utf8", "n": "int64", "f": "float64", "ok": "bool",
    "ls": "list<utf8>", "li": "list<int64>", "lf": "list<float64>",
}  # fmt: skip
# Letters that a printed script has to write in another way, or that YAML would take for something else.
_TEXT = st.text(st.sampled_from("abAB01 |,:#'\"\\\n\t\r\x00\x1b\x85\u2028\ufeffé日😀{}[]&*!%@`-~"), min_size=1, max_size=8)
_BUCKETS = st.integers(2, 2**40)
_NUMBER = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
_FLAG = st.booleans()
_LENGTH = st.integers(1, 99)
_RISING = st.lists(_NUMBER, min_size=1, unique_by=float).map(sorted)
_EXPRESSIONS = st.sampled_from(
    ["n + 1", "-n * 2.5e-3", 'if(x("a b") == "x\\ny", 1, f)', "!ok || n < -9", 'x("q\\"\\\\").length()', "1e300", "9223372036854775807",
     'concat(s, "\\u0001\\u2028").hash_bucket(9)', "list_sum(li)", "take(lf, 2).get(0) - 1"]
)  # fmt: skip
_SCRIPTS = st.sampled_from(
    [
        'def meta(){ initArray(3, -1) }\ndef setup(){ w = array("a", "") ; n = 2 }\ndef main(){ index(w, x("ls")) }',
        "def meta(){ initList(4) }\ndef main(){ v = x(\"li\")\n  v = v + 1; v % 7 }  # a comment",
        'def meta(){ initValue() }\ndef main(){ array(x("f"), 0.1, 1e-7, "") }',
        'def meta(){ initArray(1, 0.5) }\ndef main(){ x("n") / 3 }',
    ]
)  # fmt: skip


def _fields(required: dict[str, st.SearchStrategy[Any]], optional: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


def _source(*names: str) -> st.SearchStrategy[str]:
    return st.sampled_from(names)


_POSITIVE = st.floats(1e-9, 1e9)
_NORMALIZERS = st.one_of(
    st.sampled_from(["log1p", "log10", {"expression": "sqrt(abs(value)) * sign(value) + n"}]),
    st.builds(lambda mean, sd: {"zscore": {"mean": mean, "sd": sd}}, _NUMBER, _POSITIVE),
    st.builds(lambda low, size: {"minmax": {"min": low, "max": low + size}}, st.floats(-1e6, 1e6), _POSITIVE),
    st.builds(lambda threshold, default: {"log10": {"threshold": threshold, "default": default}}, _POSITIVE, _NUMBER),
)
_DEFAULTS: dict[str, st.SearchStrategy[Any]] = {"default": _NUMBER, "default_after": _NUMBER}
_MEASURES = st.sampled_from(["query_ratio", "title_ratio", "jaccard", "count", "contains", "equal", "index", "cover", "distance_min"])
_SHAPE: dict[str, st.SearchStrategy[Any]] = {
    "max_length": st.integers(1, 50), "keep": st.sampled_from(["first", "last"]), "pad": st.sampled_from(["none", "left", "right"]),
}  # fmt: skip
_HASHES = st.sampled_from(["xxh64", "murmur", "farm"])
_COMBINERS = st.sampled_from(["sum", "mean", "min", "max", "count", "gap_min", "gap_max"])
_PAIRS: dict[str, st.SearchStrategy[Any]] = {"kv_separator": _TEXT, "max_length": st.integers(1, 99)}
TEXTS, NUMBERS = _source("s", "a b", 'q"\\'), _source("n", "f")
ENTRIES: dict[str, list[st.SearchStrategy[dict[str, Any]]]] = {
    "enum_feature": [
        _fields({"source": TEXTS, "values": st.lists(_TEXT, min_size=1, unique=True)}, {"default": st.integers(0, 20)}),
        _fields({"source": _source("n"), "values": st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, unique=True)}, {}),
        _fields({"source": NUMBERS, "values": st.lists(_NUMBER.filter(bool), min_size=1, unique=True)}, {}),
    ],
    "boundary_feature": [
        _fields({"source": NUMBERS, "boundaries": _RISING}, {"default": st.integers(0, 9)})
    ],
    "list_feature": [
        _fields({"source": TEXTS, "separator": _TEXT, "hash_buckets": _BUCKETS}, {**_PAIRS, "hash": _HASHES, "reserve_missing": _FLAG}),
        _fields({"source": _source("ls", "li"), "hash_buckets": _BUCKETS}, {"max_length": st.integers(1, 99)}),
    ],
    "id_feature": [
        _fields({"source": _source("s", "a b", "n")}, {"hash_buckets": _BUCKETS}).flatmap(
            lambda entry: st.just(entry) if "hash_buckets" not in entry else _FLAG.map(lambda flag: {**entry, "reserve_missing": flag})
        ),
        _fields({"source": _source("s", "n"), "hash_buckets": _BUCKETS}, {"prefix": _TEXT, "hash": _HASHES, "reserve_missing": _FLAG}),
        _fields({"source": TEXTS, "separator": _TEXT}, {"hash_buckets": _BUCKETS, "prefix": _TEXT, **_PAIRS}),
        _fields({"source": TEXTS, "vocabulary": st.lists(_TEXT, min_size=1, unique=True)}, {"oov_buckets": st.integers(1, 99)}),
        _fields({"source": TEXTS, "separator": _TEXT, "num_buckets": _BUCKETS}, _PAIRS),
        _fields({"source": _source("n"), "num_buckets": _BUCKETS}, {"default": st.integers(0, 9)}),
    ],
    "weight_feature": [_fields({"source": TEXTS, "separator": _TEXT, **_PAIRS}, {"default": _NUMBER})],
    "match_feature": [
        _fields({"map": TEXTS, "outer": _source("s", "n", "*"), "inner": _source("a b", "*"), "combiner": _COMBINERS}, _DEFAULTS),
        _fields({"map": TEXTS, "outer": _source("s"), "inner": _source("n"), "normalizer": _NORMALIZERS}, _DEFAULTS),
    ],
    "cross_feature": [
        _fields(
            {"inputs": st.lists(_source("s", "a b", "n", "ls", "li", "other"), min_size=2, max_size=5), "hash_buckets": _BUCKETS},
            {"max_length": st.integers(1, 1_024)},
        )
    ],
    "raw_feature": [
        _fields({"source": _source("n", "f", "ok")}, {"default": _NUMBER}),
        _fields({"source": _source("li", "lf"), "length": st.integers(2, 9)}, {"default": _NUMBER}),
        _fields({"script": _SCRIPTS}, {}),
        _fields({"source": NUMBERS, "normalizer": _NORMALIZERS}, _DEFAULTS),
        _fields({"source": _source("li", "lf"), "length": st.integers(2, 9), "normalizer": _NORMALIZERS}, _DEFAULTS),
        _fields({"source": TEXTS, "length": st.integers(2, 9), "separator": _TEXT}, {"default": _NUMBER}),
    ],
    "expr_feature": [
        _fields({"expr": _EXPRESSIONS}, {"default": _NUMBER}), _fields({"expr": _EXPRESSIONS, "normalizer": _NORMALIZERS}, _DEFAULTS),
    ],
    "overlap_feature": [
        _fields({"query": TEXTS, "title": TEXTS, "measure": _MEASURES, "separator": _TEXT}, {"default": _NUMBER}),
        _fields({"query": _source("li"), "title": _source("li"), "measure": _MEASURES, "normalizer": _NORMALIZERS}, _DEFAULTS),
    ],
    "sequence_feature": [
        _fields({"source": _source("ls", "li"), "hash_buckets": _BUCKETS}, {**_SHAPE, "reserve_missing": _FLAG, "align": _source("lf")}),
        _fields({"source": TEXTS, "separator": _TEXT, "values": st.lists(_TEXT, min_size=1, unique=True)}, {**_SHAPE, "align": TEXTS}),
        _fields({"source": _source("li", "lf"), "boundaries": st.lists(st.integers(-99, 99), min_size=1, unique=True).map(sorted)}, _SHAPE),
        _fields({"source": _source("li", "lf"), "normalizer": _NORMALIZERS}, {**_SHAPE, **_DEFAULTS}),
        _fields({"source": TEXTS, "separator": _TEXT, "output": st.just("length")}, {"max_length": st.integers(1, 50)}),
    ],
    "lookup_feature": [
        _fields({"source": TEXTS, "map": st.dictionaries(_TEXT, _NUMBER, min_size=1)}, {"default": _NUMBER}),
        _fields({"source": TEXTS, "separator": _TEXT, "map": st.dictionaries(_TEXT, _NUMBER, min_size=1)}, {"combiner": _COMBINERS}),
        _fields({"source": _source("s", "n"), "map_source": TEXTS}, {"pair_separator": _TEXT, "map_separator": _TEXT, "default": _NUMBER}),
        _fields({"sources": st.lists(TEXTS, min_size=1), "map_source": TEXTS, "normalizer": _NORMALIZERS}, _DEFAULTS),
    ],
}  # fmt: skip
_OTHER = {"name": "other", "kind": "id_feature", "source": "n", "hash_buckets": 7}


def _text(*entries: dict[str, Any]) -> str:
    document = {"version": 1, "columns": COLUMNS, "features": list(entries)}
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


def test_every_kind_is_tried() -> None:
    assert kinds().keys() == ENTRIES.keys(), "a kind that is new needs entries above"


@pytest.mark.parametrize("kind", sorted(ENTRIES))
@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_a_printed_feature_is_the_same_feature(kind: str, data: st.DataObject) -> None:
    entry = {"name": "a", "kind": kind, **data.draw(st.one_of(ENTRIES[kind]))}
    try:
        features = feature_dsl.load(_text(entry, _OTHER))
        plan = features.compile()
    except FeatureError:
        return  # a wrong entry (numbers of two kinds in one list …) is no feature to print
    again = feature_dsl.load(features.lowered())
    assert again.compile() == plan
    assert again.compile().fingerprint == plan.fingerprint
    assert again.lowered() == features.lowered()
    assert {feature.kind for feature in again.features} == {"raw_feature"}
    printed = {"name": "a", "kind": "raw_feature", "override": True, "script": features.script("a")}
    replaced = feature_dsl.load(_text(entry, _OTHER, printed)).compile()
    assert fingerprints(replaced) == fingerprints(plan)
