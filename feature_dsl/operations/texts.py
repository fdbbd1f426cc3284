"""Parts of texts, and texts made of parts: positions count code points."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from feature_dsl.operations.base import Argument, Operation, Signature, TypeProblem, register
from feature_dsl.operations.rules import count, fixed
from feature_dsl.types import BOOL, INT, TEXT, Scalar, Value

_KERNELS = "feature_dsl.kernels.texts"


def constant_text(arguments: Sequence[Argument], index: int, what: str, empty: bool = False) -> str:
    """The value of an argument that has to be a constant text; ``""`` where ``empty`` allows it. Raises TypeProblem."""
    argument = arguments[index]
    if argument.constant and empty and argument.value is None:
        return ""
    if not argument.constant or not isinstance(argument.value, str):
        raise TypeProblem(f"{what} has to be a constant text{'' if empty else ' that is not empty'}", index)
    return argument.value


def _join_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2)
    if arguments[0].type != TEXT.as_list:
        raise TypeProblem(f"wants a list of texts, not {arguments[0].type}", 0, "str(…) makes texts of numbers")
    constant_text(arguments, 1, "the separator", empty=True)
    return Signature((TEXT.as_list, TEXT), TEXT)


def _join(values: tuple[Scalar, ...], separator: str | None) -> Value:
    return (separator or "").join(str(value) for value in values if value is not None)


def _substring(value: str | None, start: int | None, length: int | None) -> Value:
    if value is None or start is None or length is None:
        return None
    begin = start if start >= 0 else max(len(value) + start, 0)
    return value[begin : begin + max(length, 0)]


def _replace_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 3)
    constant_text(arguments, 1, "the text to replace")
    constant_text(arguments, 2, "the replacement", empty=True)
    return Signature((TEXT, TEXT, TEXT), TEXT)


def _replace(value: str | None, old: str, new: str | None) -> Value:
    return value and value.replace(old, new or "")


def _prefix_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2)
    constant_text(arguments, 0, "the prefix")
    return Signature((TEXT, TEXT), TEXT)


def _prefix(prefix: str, value: str | None) -> Value:
    return value and prefix + value


def _tokenise_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2)
    constant_text(arguments, 1, "the set of separators")
    return Signature((TEXT, TEXT), TEXT.as_list)


def _tokenise(value: str | None, separators: str) -> Value:
    parts, token = [], ""
    for letter in value or "":
        if letter in separators:
            parts.append(token)
            token = ""
        else:
            token += letter
    return tuple(part for part in (*parts, token) if part)


def _edge(test: Callable[[str, str], bool]) -> Callable[[str | None, str | None], bool]:
    def meaning(value: str | None, part: str | None) -> bool:
        return value is not None and part is not None and test(value, part)

    return meaning


register(
    Operation(
        "join", 1, _join_rule, _join, f"{_KERNELS}:join",
        "The present elements one after another, a constant separator between them.",
        (('join(array("a", "b"), "|")', '"a|b"'), ('join(split("a||b", "|"), "-")', '"a-b"'), ('join(array("a", "b"), "")', '"ab"')),
        "strings", signature="list<utf8>, separator: constant utf8 → utf8",
        notes=("Of a list with no present element missing.", "The separator may be empty."),
    )
)  # fmt: skip
register(
    Operation(
        "substring", 1, fixed(TEXT, INT, INT, result=TEXT), _substring, f"{_KERNELS}:substring",
        "As many code points as the third says, from a position on, which counts from 0, or below 0 from the text's end.",
        (('substring("abcd", 1, 2)', '"bc"'), ('substring("aäb", -2, 9)', '"äb"'), ('substring("ab", 2, 1)', "missing")),
        "strings", lifts=(0,), signature="x: utf8, start: int64, length: int64 → utf8",
        notes=("A start before the text's begin is its begin.", "Nothing is left: missing. So it is where an argument is missing."),
    )
)  # fmt: skip
register(
    Operation(
        "replace", 1, _replace_rule, _replace, f"{_KERNELS}:replace",
        "Every occurrence of a constant text, from left to right and none over another, replaced by a constant text.",
        (('replace("a-b-c", "-", "+")', '"a+b+c"'), ('replace("aaa", "aa", "b")', '"ba"'), ('replace("aa", "a", "")', "missing")),
        "strings", lifts=(0,), signature="x: utf8, old: constant utf8, new: constant utf8 → utf8",
        notes=("The new text may be empty; it is not searched again.",),
    )
)  # fmt: skip
register(
    Operation(
        "prefix", 1, _prefix_rule, _prefix, f"{_KERNELS}:prefix",
        "A constant text and the value after it; missing stays missing, as it does not in concat.",
        (('prefix("u_", "7")', '"u_7"'), ('prefix("u_", "")', "missing")), "strings", lifts=(1,),
        signature="prefix: constant utf8, x: utf8 → utf8",
    )
)  # fmt: skip
register(
    Operation(
        "tokenise", 1, _tokenise_rule, _tokenise, f"{_KERNELS}:tokenise",
        "The parts between separators, each of which is one character of a constant set; empty parts are left out.",
        (('tokenise("a, b;c", " ,;")', '["a", "b", "c"]'), ('tokenise("", " ")', "[]")), "strings",
        prepare=f"{_KERNELS}:of_tokenise", signature="x: utf8, separators: constant utf8 → list<utf8>", total=True,
    )
)  # fmt: skip
for _name, _test, _doc, _examples in (
    ("starts_with", str.startswith, "Whether the first begins with the second; false where one is missing.",
     (('starts_with("abc", "ab")', "true"), ('starts_with("abc", "")', "false"))),
    ("ends_with", str.endswith, "Whether the first ends with the second; false where one is missing.",
     (('ends_with("abc", "bc")', "true"), ('ends_with("", "c")', "false"))),
):  # fmt: skip
    register(
        Operation(
            _name, 1, fixed(TEXT, TEXT, result=BOOL), _edge(_test), f"{_KERNELS}:{_name}", _doc, _examples, "strings", lifts=(0,),
            bounds=lambda _: (0, 1), signature="x: utf8, part: utf8 → bool", total=True,
        )
    )  # fmt: skip
