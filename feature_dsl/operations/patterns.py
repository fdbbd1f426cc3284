"""Regular expressions, in time linear in the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from feature_dsl.operations.base import Argument, Operation, Signature, TypeProblem, register
from feature_dsl.operations.rules import count
from feature_dsl.operations.texts import constant_text
from feature_dsl.reference.regex import Spans, TooLong, matches, search
from feature_dsl.regex.automaton import build
from feature_dsl.regex.parser import PatternProblem, parse
from feature_dsl.regex.replacement import read_replacement, replaced_groups, wanted_groups
from feature_dsl.types import BOOL, TEXT, Type, Value

_KERNELS = "feature_dsl.kernels.patterns"
def _checked(pattern: str, groups: tuple[int, ...]) -> None:
    try:
        build(pattern, groups)
    except PatternProblem as problem:
        raise TypeProblem(f"cannot take the pattern: {problem}", 1) from None


def _matches_rule(arguments: Sequence[Argument]) -> Signature:
    return _of_pattern(arguments, BOOL, lambda pattern: ())


def _extract_rule(arguments: Sequence[Argument]) -> Signature:
    return _of_pattern(arguments, TEXT, wanted_groups)


def _of_pattern(arguments: Sequence[Argument], result: Type, groups: Callable[[str], tuple[int, ...]]) -> Signature:
    count(arguments, 2)
    pattern = constant_text(arguments, 1, "the pattern")
    _checked(pattern, ())
    _checked(pattern, groups(pattern))
    return Signature((TEXT, TEXT), result)


def _replace_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 3)
    pattern = constant_text(arguments, 1, "the pattern")
    replacement = constant_text(arguments, 2, "the replacement", empty=True)
    _checked(pattern, ())
    try:
        pieces = read_replacement(replacement)
    except PatternProblem as problem:
        raise TypeProblem(f"cannot take the replacement: {problem}", 2) from None
    groups = parse(pattern).groups
    used = replaced_groups(pieces)
    if used and used[-1] > groups:
        raise TypeProblem(f"uses the group \\{used[-1]}, but the pattern has {groups}", 2)
    _checked(pattern, used)
    return Signature((TEXT, TEXT, TEXT), TEXT)


def _bounded(function: Callable[..., Value]) -> Callable[..., Value]:
    def meaning(value: str | None, *constants: str | None) -> Value:
        try:
            return function(value, *constants)
        except TooLong:
            raise TypeProblem("takes too many steps on a constant text", 0, "shorten it") from None

    return meaning


def _matches(value: str | None, pattern: str) -> Value:
    return value is not None and search(parse(pattern), value) is not None


def _extract(value: str | None, pattern: str) -> Value:
    spans = None if value is None else search(parse(pattern), value)
    if value is None or spans is None:
        return None
    return _text(value, spans, len(wanted_groups(pattern)))


def _text(value: str, spans: Spans, group: int) -> str:
    span = spans[group]
    return "" if span is None else value[span[0] : span[1]]


def _replace(value: str | None, pattern: str, replacement: str | None) -> Value:
    if value is None:
        return None
    pieces = read_replacement(replacement or "")
    out, at = "", 0
    for spans in matches(parse(pattern), value):
        assert spans[0] is not None
        out += value[at : spans[0][0]] + "".join(_text(value, spans, piece) if isinstance(piece, int) else piece for piece in pieces)
        at = spans[0][1]
    return out + value[at:]


register(
    Operation(
        "regex_matches", 1, _matches_rule, _bounded(_matches), f"{_KERNELS}:matches",
        "Whether a constant pattern is found somewhere in the text; false where the text is missing.",
        (('regex_matches("iPhone OS 17", "(?i)iphone|ipad")', "true"), ('regex_matches("ab", "^b")', "false"),
         ('regex_matches("", ".*")', "false")),
        "patterns", prepare=f"{_KERNELS}:of_matches", lifts=(0,), bounds=lambda _: (0, 1),
        signature="x: utf8, pattern: constant utf8 → bool", total=True,
    )
)  # fmt: skip
register(
    Operation(
        "regex_extract", 1, _extract_rule, _bounded(_extract), f"{_KERNELS}:extract",
        "What the pattern's first group took in the first match, or where it has no group the match; without a match missing.",
        (('regex_extract("Chrome/120.0", "Chrome/([0-9]+)")', '"120"'), ('regex_extract("a12b3", "[0-9]+")', '"12"'),
         ('regex_extract("ab", "c")', "missing")),
        "patterns", prepare=f"{_KERNELS}:of_extract", lifts=(0,), signature="x: utf8, pattern: constant utf8 → utf8",
        notes=("Of a group that took no part, or took nothing, missing.",),
    )
)  # fmt: skip
register(
    Operation(
        "regex_replace", 1, _replace_rule, _bounded(_replace), f"{_KERNELS}:replace",
        "Every match, from left to right and none over another, replaced; \\1 to \\9 stand for the groups, \\0 for the match, \\\\ for \\.",
        (('regex_replace("a1b22", "[0-9]+", "#")', '"a#b#"'),
         ('regex_replace("2026-11-20", "(\\\\d+)-(\\\\d+)-(\\\\d+)", "\\\\3.\\\\2.")', '"20.11."'),
         ('regex_replace("abc", "x*", "-")', '"-a-b-c-"')),
        "patterns", prepare=f"{_KERNELS}:of_replace", lifts=(0,),
        signature="x: utf8, pattern: constant utf8, replacement: constant utf8 → utf8",
        notes=("An empty match counts, beside another match too, as in Python's re.sub.", "The replacement may be empty."),
    )
)  # fmt: skip
