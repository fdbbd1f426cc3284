"""Hostile text ends in a FeatureError: no hang, no stack overflow, no other exception."""

from __future__ import annotations

import random
import time

import pyarrow as pa
import pytest

import feature_dsl
from feature_dsl import FeatureError

SCHEMA = pa.schema([("s", pa.utf8()), ("n", pa.int64())])
SEEDS = [
    'def meta(){ initArray(1,0) }\ndef main(){\n  a = x("s").eq("") || x("n") < 3; b = index(array("a", \'b\'), x("s"))\n'
    "  array(if(a, -1, b))\n}\n",
    "version: 1\ngroup: g\ndomains:\n  user: {key: s, columns: {s: utf8, n: int64}}\nfeatures:\n"
    "  - {name: a, kind: enum_feature, source: s, values: [x, y]}\n"
    "  - {name: b, kind: cross_feature, inputs: [a, s], hash_buckets: 10}\n"
    "  - name: c\n    kind: raw_feature\n    script: |\n"
    '      def meta(){ initList(2) }\n      def main(){ split(x("s"), "|").hash_bucket(9) }\n',
]
PIECES = ["(", ")", "{", "}", '"', "'", "\\", ",", ";", "\n", ".", "=", "-", "1e999", "9" * 30, "def ", "x(", "[", "]", ": ",
          "&a ", "*a", "!!python/object:os.system ", "\t", "\0", "\ud800", "é", "if", "&&", "|", ">", "- ", "null", "~", "#"]  # fmt: skip


def _mutated(source: random.Random) -> str:
    text = source.choice(SEEDS)
    for _ in range(source.randint(1, 6)):
        start = source.randrange(len(text) + 1)
        end = min(len(text), start + source.choice([0, 0, 1, 3, 20]))
        text = text[:start] + source.choice(PIECES) * source.choice([1, 1, 1, 2, 200]) + text[end:]
    return text


def test_mutated_text_gives_features_or_a_feature_error() -> None:
    refused = 0
    for seed in range(1_500):
        text = _mutated(random.Random(seed)) + "\n{"[:1]
        try:
            feature_dsl.load(text).compile(schema=SCHEMA)
        except FeatureError:
            refused += 1
    assert refused > 500


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    ["(" * 50_000, "abs(" * 50_000, "-" * 50_000 + 'x("n")', "!" * 50_000, "1" + ".abs()" * 50_000, "1" + "+1" * 50_000,
     "array(" + "1," * 300_000 + "1)", "a = 1\n" * 90_000, '"' + "x" * 2_000_000 + '"'],
)  # fmt: skip
def test_huge_scripts_are_refused_soon(body: str) -> None:
    begin = time.monotonic()
    with pytest.raises(FeatureError):
        feature_dsl.load(f"def meta(){{ initArray(1,0) }}\ndef main(){{\n{body}\n}}\n").compile(schema=SCHEMA)
    assert time.monotonic() - begin < 20


def test_nested_yaml_is_refused() -> None:
    for text in ("[" * 100_000 + "\n", "{a: " * 50_000 + "\n", "- " * 50_000 + "\n", "a: &a [*a]\n"):
        with pytest.raises(FeatureError):
            feature_dsl.load(text)
