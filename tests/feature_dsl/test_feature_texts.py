"""Parts of texts, pairs, look-ups and matches, by tables."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

import feature_dsl

Evaluate = Callable[..., list[Any]]
LETTERS = ["a", "b", "ab", "-", "ä", "日", "😀", "|", ":", ",", "^", "*", " "]


def _texts(seed: int, count: int = 200) -> list[str | None]:
    source = random.Random(seed)
    return [None, "", *("".join(source.choices(LETTERS, k=source.randint(0, 9))) for _ in range(count))]


TABLE: list[tuple[str, list[str | None], list[Any]]] = [
    ('substring(x("s"), 1, 2)', ["aä日😀", "a", "ab", None], ["ä日", None, "b", None]),
    ('substring(x("s"), -2, 1)', ["aä日😀", "a", "日b", ""], ["日", "a", "日", None]),
    ('substring(x("s"), -9, 3)', ["aä日😀", "a"], ["aä日", "a"]),
    ('substring(x("s"), 0, 9223372036854775807)', ["aä", None], ["aä", None]),
    ('substring(x("s"), 0, -1)', ["aä", "b"], [None, None]),
    ('substring(x("s"), int(""), 1)', ["aä", "b"], [None, None]),
    ('replace(x("s"), "aa", "b")', ["aaaaa", "aa", "a", None, "baab"], ["bba", "b", "a", None, "bbb"]),
    ('replace(x("s"), "ä", "日本")', ["äaä", "a"], ["日本a日本", "a"]),
    ('replace(x("s"), "a", "")', ["aaa", "aba"], [None, "b"]),
    ('prefix("ü_", x("s"))', ["a", "", None], ["ü_a", None, None]),
    ('starts_with(x("s"), "ä")', ["äb", "a", "ä", None], [True, False, True, False]),
    ('ends_with(x("s"), "日本")', ["x日本", "本", "日本", None], [True, False, True, False]),
    ('starts_with(x("s"), "")', ["a", "", None], [False, False, False]),
    ('tokenise(x("s"), " ,日")', ["a, b日日c", " ,", "äöü", None, ",x"], [("a", "b", "c"), (), ("äöü",), (), ("x",)]),
    ('join(split(x("s"), ","), "--")', ["a,,b,c", ",", "a", None], ["a--b--c", None, "a", None]),
    ('join(split(x("s"), ","), "")', ["a,,b", ",,"], ["ab", None]),
    ('kv_keys(x("s"), "|", ":")', ["a:1|b|:3|c:|d:4:5", None, "||"], [("a", "b", "c", "d"), (), ()]),
    ('kv_values(x("s"), "|", ":")', ["a:1|b|:3|c:|d:4:5", None, "||"], [("1", None, None, "4:5"), (), ()]),
    ('kv_values(x("s"), ", ", "=>")', ["a=>1, b=>2", "=>", "a=>"], [("1", "2"), (), (None,)]),
    ('lookup(kv_keys(x("s"), ",", ":"), float(kv_values(x("s"), ",", ":")), "b")', ["a:1,b:2,b:3", "b",
    "c:1", None], [2.0, None, None, None]),
    ('lookup(array("a", "", "b"), array(1, 2), x("s"))', ["a", "b", "", "c"], [1, None, None, None]),
    ('lookup(array("a", "b"), array("x", ""), x("s"))', ["a", "b", None], ["x", None, None]),
    ('lookup(array("a", "b"), array(1, 2), split(x("s"), ","))', ["b,a,,z", None], [(2, 1, None, None), ()]),
    ('match(x("s"), "a", "y")', ["a^x:1,y:2|b^y:3", "a^y", "a^y:1,y:2|a^y:3", "^y:1|y:1", None], [("2",), (None,), ("1", "2", "3"), (),
    ()]),
    ('match(x("s"), "*", "y")', ["a^x:1,y:2|b^y:3", "^y:1", "c^:5,y:6"], [("2", "3"), (), ("6",)]),
    ('match(x("s"), "a", "*")', ["a^x:1,y:2|b^y:3", "a", "a^", "a^:5,,q:"], [("1", "2"), (), (), (None,)]),
    ('match("a^x:1,日:2", "a", x("s"))', ["x", "日", "", None], [("1",), ("2",), (), ()]),
    ('vocab_index(array("a", "日"), x("s"), 1)', ["a", "日", "z", "", None], [2, 3, 1, 0, 0]),
    ('within(int(x("s")), 10)', ["0", "9", "10", "-1", None], [0, 9, None, None, None]),
]


@pytest.mark.parametrize(("expression", "texts", "expected"), TABLE, ids=[row[0] for row in TABLE])
def test_table(expression: str, texts: list[str | None], expected: list[Any], evaluate: Evaluate) -> None:
    assert evaluate(expression, s=pa.array(texts, pa.utf8())) == expected


EXPRESSIONS = [
    'substring(x("s"), x("n"), x("m"))', 'starts_with(x("s"), x("t"))', 'ends_with(x("s"), x("t"))', 'match(x("s"), x("t"), x("t"))',
    'match(x("s"), "*", x("t"))', 'join(split(x("s"), x_sep), "ä")', 'replace(x("s"), "a", "bb")', 'replace(x("s"), "ab", "")',
    'tokenise(x("s"), "-日")', 'kv_keys(x("s"), "|", ":")', 'kv_values(x("s"), "a", "ä")', 'prefix("p", split(x("s"), "a"))',
    'lookup(split(x("s"), "a"), split(x("t"), "b"), x("t"))', 'lookup(x("l"), split(x("t"), "b"), x("n"))',
    'lookup(x("l"), x("l"), array(x("n"), x("m"), 1))', 'vocab_index(array("a", "ab", "ä"), split(x("s"), "-"), 7)',
]  # fmt: skip


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_kernels_equal_reference(expression: str, evaluate: Evaluate) -> None:
    source = random.Random(11)
    texts = _texts(1)
    parts = [source.choice([None, "a", "ä", "*", "日", "ab", text]) for text in texts]
    numbers = [source.choice([None, 0, 1, 2, -1, -3, 5, 2**63 - 1, -(2**63)]) for _ in texts]
    lists = [source.choice([None, [], [1], [1, None, -3], [5, 5, 0]]) for _ in texts]
    columns = {"s": pa.array(texts), "t": pa.array(parts), "n": pa.array(numbers, pa.int64()), "m": pa.array(numbers[::-1], pa.int64()),
               "l": pa.array(lists, pa.list_(pa.int64()))}  # fmt: skip
    evaluate(expression.replace("x_sep", '"-"'), **columns)


@pytest.mark.parametrize(
    ("call", "message"),
    [('join(x("s"), ",")', "wants a list of texts"), ('replace(x("s"), "", "a")', "not empty"),
     ('replace(x("s"), x("s"), "a")', "constant text"),
     ('kv_keys(x("s"), ":", ":")', "differ"), ('lookup(x("s"), array(1), "a")', "wants a list"),
     ('lookup(array(1.5), array(1), 1.5)', "does not look up"),
     ('vocab_index(array("a", ""), x("s"), 1)', "missing has the id 0"), ('vocab_index(array("a", "a"), x("s"), 1)', "twice"),
     ('vocab_index(array("a"), x("s"), 0)', "at least 1|from 1"), ('within(x("s"), 3)', "wants an int64"),
     ('tokenise(x("s"), "")', "not empty"),
     ('murmur_mod(3, 10)', "hashes texts")],
)  # fmt: skip
def test_refusals(call: str, message: str) -> None:
    script = f"def meta(){{ initValue() }}\ndef main(){{\nlength(str({call}))\n}}\n"
    with pytest.raises(feature_dsl.FeatureError, match=message):
        feature_dsl.load(script).compile(schema=pa.schema([("s", pa.utf8())]))


@pytest.mark.parametrize(
    "call",
    ['replace({0}, "a", "aaaaaaaaaa")', 'regex_replace({0}, ".", "\\\\0\\\\0")', 'join(split({0}, "a"), "aaaaaaaaaa")',
     'join(prefix("aaaaaaaaaa", split({0}, "a")), "a")'],
)  # fmt: skip
def test_texts_may_not_outgrow_their_columns(call: str) -> None:
    text = 'x("s")'
    for _ in range(8):
        text = call.format(text)
    script = f"def meta(){{ initValue() }}\ndef main(){{\nlength({text})\n}}\n"
    with pytest.raises(feature_dsl.FeatureError, match="1,000 times as long"):
        feature_dsl.load(script).compile(schema=pa.schema([("s", pa.utf8())]))
