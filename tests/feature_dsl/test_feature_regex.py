"""Regular expressions: against Python's ``re``, kernels against the reference, refusals, time."""

from __future__ import annotations

import importlib.util
import random
import re
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest

import feature_dsl
from feature_dsl.reference.regex import matches, search
from feature_dsl.regex.automaton import build
from feature_dsl.regex.parser import PatternProblem, parse
from feature_dsl.regex.replacement import read_replacement

Evaluate = Callable[..., list[Any]]


def _sibling(name: str) -> ModuleType:
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"feature_dsl_tests_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


patterns = _sibling("patterns")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _python(pattern: str) -> re.Pattern[str]:
    """The same pattern for ``re``, where ``$`` takes a newline before the end too and classes are of Unicode."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return re.compile(re.sub(r"(?<!\\)\$", r"\\Z", pattern), re.ASCII)


def _drawn(seed: int, nullable: bool) -> tuple[str, list[str]]:
    generator = patterns.Patterns(random.Random(seed), nullable)
    return generator.pattern() or "(?:)", [generator.text() for _ in range(12)]


def test_reference_equals_python() -> None:
    compared = 0
    for seed in range(1_500):
        pattern, texts = _drawn(seed, nullable=False)
        tree, python = parse(pattern), _python(pattern)
        for text in texts:
            found = [[span and text[slice(*span)] for span in spans] for spans in matches(tree, text)]
            assert found == [[match[0], *match.groups()] for match in python.finditer(text)], (pattern, text)
            compared += bool(found)
    assert compared > 4_000


def _is_too_large(pattern: str) -> bool:
    try:
        build(pattern)
    except PatternProblem as problem:
        return "too large" in str(problem)
    return False


@pytest.mark.parametrize("block", range(4))
def test_kernels_equal_reference_and_python(block: int, evaluate: Evaluate) -> None:
    for seed in range(2_000 + block * 75, 2_075 + block * 75):
        nullable = seed % 3 == 0
        pattern, texts = _drawn(seed, nullable)
        if _is_too_large(pattern):
            continue
        groups = min(parse(pattern).groups, 9)
        replacement = "<\\0" + "".join(f"|\\{group}" for group in range(1, groups + 1)) + ">"
        column = pa.array([*texts, None], pa.utf8())
        arguments = f'x("s"), {_quoted(pattern)}'
        found = evaluate(f"regex_matches({arguments})", s=column)
        parts = evaluate(f"regex_extract({arguments})", s=column)
        changed = evaluate(f"regex_replace({arguments}, {_quoted(replacement)})", s=column)
        if not nullable:
            python = _python(pattern)
            first = [python.search(text) if text else None for text in texts]
            assert found == [match is not None for match in first] + [False]
            assert parts == [(match[1 if groups else 0] or None) if match else None for match in first] + [None]
            expected = [re.sub(python, replacement.replace("\\0", "\\g<0>"), text) if text else None for text in texts]
            assert changed == [text or None for text in expected] + [None]


TABLE: list[tuple[str, str, Any]] = [
    ('regex_matches(x("s"), "(?i)iphone|ipad")', "Apple IPHONE 15", True),
    ('regex_matches(x("s"), "^(?:[a-z0-9.]+)@[a-z]+\\\\.(?:com|org)$")', "a.b@c.org", True),
    ('regex_matches(x("s"), "^a.b$")', "a\nb", False),
    ('regex_matches(x("s"), "(?s)^a.b$")', "a\nb", True),
    ('regex_matches(x("s"), "a$")', "a\n", False),
    ('regex_matches(x("s"), "\\\\Aä\\\\z")', "ä", True),
    ('regex_matches(x("s"), "[^a]")', "a", False),
    ('regex_extract(x("s"), "v(\\\\d+)(?:\\\\.(\\\\d+))?")', "app v12.7", "12"),
    ('regex_extract(x("s"), "日.")', "今日本", "日本"),
    ('regex_extract(x("s"), "(a)|b")', "b", None),
    ('regex_extract(x("s"), "a|ab")', "ab", "a"),
    ('regex_extract(x("s"), "<.+?>")', "<a><b>", "<a>"),
    ('regex_replace(x("s"), "(\\\\w)(\\\\w)", "\\\\2\\\\1")', "abcd日e", "badc日e"),
    ('regex_replace(x("s"), "(?:)", "-")', "aä", "-a-ä-"),
    ('regex_replace(x("s"), "a*", "-")', "baac", "-b--c-"),
    ('regex_replace(x("s"), "[0-9]", "")', "12", None),
    ('regex_replace(x("s"), "\\\\\\\\", "\\\\\\\\\\\\\\\\")', "a\\b", "a\\\\b"),
    ('regex_replace(x("s"), "^a", "b")', "aa", "ba"),
    ('regex_replace(x("s"), "x{2,3}", "y")', "xxxxxx x", "yy x"),
    ('regex_extract(split(x("s"), ","), "[0-9]")', "a1,b,2", ("1", None, "2")),
]


@pytest.mark.parametrize(("expression", "text", "expected"), TABLE, ids=[row[0] for row in TABLE])
def test_table(expression: str, text: str, expected: Any, evaluate: Evaluate) -> None:
    assert evaluate(expression, s=[text]) == [expected]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [("a**", "after a repetition at character 3"), ("*a", "nothing to repeat"), ("(a", "not closed at character 1"),
     ("a)", "closes nothing"),
     ("[a", "not closed"),
     ("[b-a]", "a later one"), ("[\\d-z]", "a later one"), (r"\b", "escape"), (r"\1", "escape"), ("\\", "escape"),
     ("(?=a)", "this is none"), ("a(?=a)", "this is neither"), ("(?P<n>a)", "this is none"), ("a{3,2}", "m ≤ n"),
     ("a{", "begins a repetition"),
     ("a{1001}", "m ≤ n"), ("{2}", "nothing to repeat"), ("^*", "anchor"), ("[[:alpha:]]", "alpha"), ("(?m)a", "this is none"),
     ("(a{100}){100}", "more than 500 parts"), ("(" * 60 + ")" * 60, "nest deeper"), ("[^\\d\\D]", "empty"),
     ("[ab]{18}a$|b[ab]{18}a", "too large"), ("(?:.{0,30}a.{0,30}b){4}", "too large"),
     ("(?:[ab]{0,40}a){4}[ab]{0,40}c", "too large"), ("[ab]{0,40}c", None)],
)  # fmt: skip
def test_refusals(pattern: str, message: str | None) -> None:
    begin = time.monotonic()
    if message is None:
        build(pattern)
    else:
        with pytest.raises(PatternProblem, match=re.escape(message)):
            build(pattern)
        script = f'def meta(){{ initArray(1,0) }}\ndef main(){{\nregex_matches(x("s"), {_quoted(pattern)})\n}}\n'
        with pytest.raises(feature_dsl.FeatureError, match="cannot take the pattern") as caught:
            feature_dsl.load(script).compile(schema=pa.schema([("s", pa.utf8())]))
        assert caught.value.line == 3
    assert time.monotonic() - begin < 10


def test_patterns_and_replacements_are_constants() -> None:
    schema = pa.schema([("s", pa.utf8())])
    for call, message in (
        ('regex_matches(x("s"), x("s"))', "constant text"), ('regex_matches(x("s"), "")', "not empty"),
        ('regex_replace(x("s"), "(a)", "\\\\2")', r"the group \\2, but the pattern has 1"),
        ('regex_replace(x("s"), "a", "\\\\x")', "backslash"),
    ):  # fmt: skip
        with pytest.raises(feature_dsl.FeatureError, match=message):
            feature_dsl.load(f"def meta(){{ initArray(1,0) }}\ndef main(){{\nlength(str({call}))\n}}\n").compile(schema=schema)
    assert read_replacement("a\\0\\\\b\\12") == ("a", 0, "\\b", 1, "2")


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|a)*b", "(a|aa)+$", "(.*)(.*)(.*)x", "(?:a?){40}a{40}b"])
def test_hostile_patterns_take_linear_time(pattern: str, evaluate: Evaluate) -> None:
    script = f'def meta(){{ initArray(1,0) }}\ndef main(){{\nlength(regex_replace(x("s"), {_quoted(pattern)}, "-\\\\0"))\n}}\n'
    plan = feature_dsl.load(script).compile(schema=pa.schema([("s", pa.utf8())]))
    batches = [pa.RecordBatch.from_pydict({"s": ["a" * size + "c"]}) for size in (1_000, 2_000_000)]
    assert plan.run(batches[0]).column(0).to_pylist() == [1_001]
    begin = time.monotonic()
    plan.run(batches[1])
    assert time.monotonic() - begin < 5
    evaluate(f'regex_extract(x("s"), {_quoted(pattern)})', s=["a" * 40, "a" * 39 + "b", "c"])


def test_hostile_constants_are_not_folded_for_long() -> None:
    text = "a" * 900_000
    script = f'def meta(){{ initArray(1,0) }}\ndef main(){{\nregex_matches("{text}", "(?:a?){{40}}a{{40}}b")\n}}\n'
    begin = time.monotonic()
    with pytest.raises(feature_dsl.FeatureError, match="too many steps"):
        feature_dsl.load(script).compile(schema=pa.schema([]))
    assert time.monotonic() - begin < 30


def test_texts_that_are_no_utf8_do_no_harm() -> None:
    source = random.Random(9)
    data = [bytes(source.choices([0x61, 0x80, 0xBF, 0xC3, 0xE6, 0xF0, 0xFF], k=source.randint(0, 9))) for _ in range(500)]
    column = pa.array(data, pa.binary()).view(pa.utf8())
    for call in ('regex_replace(x("s"), ".|[ä日]", "-")', 'regex_extract(x("s"), "(?:[^a]+)a")', 'substring(x("s"), 1, 2)'):
        script = f"def meta(){{ initArray(1,0) }}\ndef main(){{\nlength({call})\n}}\n"
        plan = feature_dsl.load(script).compile(schema=pa.schema([("s", pa.utf8())]))
        assert plan.run(pa.RecordBatch.from_arrays([column], ["s"])).num_rows == 500


def test_search_counts_steps() -> None:
    assert search(parse("(a|b)*c"), "abac") == ((0, 4), (2, 3))
    assert search(parse("x"), "abac") is None
