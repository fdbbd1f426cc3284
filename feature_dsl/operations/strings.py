"""Texts: lengths count code points, case and blanks are those of ASCII."""

from __future__ import annotations

from collections.abc import Sequence

from feature_dsl import limits
from feature_dsl.operations.base import Argument, Operation, Signature, TypeProblem, register
from feature_dsl.operations.rules import count, fixed
from feature_dsl.types import BOOL, TEXT, Value

_KERNELS = "feature_dsl.kernels.strings"
BLANKS = " \t\n\r\f\v"
_LOWER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_UPPER = {ord(letter): letter.upper() for letter in "abcdefghijklmnopqrstuvwxyz"}


def _separator(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2)
    if not arguments[1].constant or not isinstance(arguments[1].value, str):
        raise TypeProblem("wants a constant text as separator", 1)
    return Signature((TEXT, TEXT), TEXT.as_list)


def _split(value: str | None, separator: str) -> Value:
    return () if value is None else tuple(part or None for part in value.split(separator))


def _texts(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2, limits.LIST_LENGTH)
    return Signature((TEXT,) * len(arguments), TEXT)


def _lower(value: str | None) -> Value:
    return value and value.translate(_LOWER)


def _upper(value: str | None) -> Value:
    return value and value.translate(_UPPER)


def _trim(value: str | None) -> Value:
    return value and value.strip(BLANKS)


def _concat(*values: str | None) -> Value:
    return "".join(value or "" for value in values)


def _contains(value: str | None, part: str | None) -> bool:
    return value is not None and part is not None and part in value


register(
    Operation(
        "split", 1, _separator, _split, f"{_KERNELS}:split",
        "The parts between separators, empty ones as missing elements; missing gives the empty list.",
        (('split("a|b", "|")', '["a", "b"]'), ('split("a||b", "|")', '["a", missing, "b"]'), ('split("", "|")', "[]")),
        "strings", signature="text: utf8, separator: constant text → list<utf8>",
    )
)  # fmt: skip
register(
    Operation(
        "concat", 1, _texts, _concat, f"{_KERNELS}:concat", "Texts one after another; missing adds nothing.",
        (('concat("a", "_", "b")', '"a_b"'), ('concat("a", "")', '"a"')), "strings", signature="a: utf8, b: utf8, … → utf8",
    )
)  # fmt: skip
for _name, _function, _doc, _examples in (
    ("lower", _lower, "ASCII capitals as small letters; other letters stay.", (('lower("ABÄ")', '"abÄ"'),)),
    ("upper", _upper, "ASCII small letters as capitals; other letters stay.", (('upper("abä")', '"ABä"'),)),
    ("trim", _trim, "Without blanks (space, tab, line ends) at both ends.", (('trim(" a ")', '"a"'), ('trim(" ")', "missing"))),
):  # fmt: skip
    register(
        Operation(
            _name, 1, fixed(TEXT, result=TEXT), _function, f"{_KERNELS}:{_name}", _doc, _examples, "strings", lifts=(0,),
            signature="text: utf8 → utf8",
        )
    )  # fmt: skip
register(
    Operation(
        "contains", 1, fixed(TEXT, TEXT, result=BOOL), _contains, f"{_KERNELS}:contains",
        "Whether the second stands somewhere in the first; false where one is missing.",
        (('contains("abc", "bc")', "true"), ('contains("abc", "")', "false")), "strings", signature="text: utf8, part: utf8 → bool",
    )
)  # fmt: skip
