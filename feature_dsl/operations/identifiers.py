"""Ids of bounded size from vocabularies and from integers."""

from __future__ import annotations

from collections.abc import Sequence

from feature_dsl.operations.base import Argument, Bounds, Operation, Signature, TypeProblem, register
from feature_dsl.operations.hashing import signed_hash
from feature_dsl.operations.rules import constant_int, constant_list, count, unify
from feature_dsl.types import INT, TEXT, Scalar, Value

_KERNELS = "feature_dsl.kernels.identifiers"


def _vocab_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 3)
    words = constant_list(arguments, 0, "the vocabulary")
    if None in words:
        raise TypeProblem('has "" in its vocabulary, but missing has the id 0', 0, "leave it out")
    if len(set(words)) != len(words):
        twice = next(word for word in words if words.count(word) > 1)
        raise TypeProblem(f"has {twice!r} twice in its vocabulary", 0)
    kind = unify((Argument(arguments[0].type.element), arguments[1]))
    if kind not in (INT, TEXT):
        raise TypeProblem(f"does not look up {kind}", 1, "words are texts or integers")
    constant_int(arguments, 2, "the number of buckets for other words", 1, 2**31)
    return Signature((kind.as_list, kind, INT), INT)


def _vocab(words: tuple[Scalar, ...], value: Scalar, others: int) -> Value:
    if value is None:
        return 0
    return 1 + others + words.index(value) if value in words else 1 + signed_hash(value) % others


def _vocab_bounds(arguments: Sequence[Argument]) -> Bounds | None:
    words, others = arguments[0].value, arguments[2].value
    return (0, len(words) + others) if isinstance(words, tuple) and isinstance(others, int) else None


def _within_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2)
    if not arguments[0].is_missing and arguments[0].type != INT:
        raise TypeProblem(f"wants an int64, not {arguments[0].type}", 0, "int() makes one")
    constant_int(arguments, 1, "the number of ids", 1)
    return Signature((INT, INT), INT)


def _within(value: int | None, size: int) -> Value:
    return value if value is not None and 0 <= value < size else None


def _within_bounds(arguments: Sequence[Argument]) -> Bounds | None:
    size = arguments[1].value
    return (0, size - 1) if isinstance(size, int) else None


register(
    Operation(
        "vocab_index", 1, _vocab_rule, _vocab, f"{_KERNELS}:vocab_index",
        "An id by a constant vocabulary: 0 of missing, 1 to n by hash of other words, from n + 1 on the vocabulary's words in order.",
        (('vocab_index(array("a", "b"), "b", 1)', "3"), ('vocab_index(array("a", "b"), "z", 1)', "1"),
         ('vocab_index(array("a", "b"), "", 1)', "0"), ('vocab_index(array("a", "b"), "z", 10)', "8")),
        "vocabulary", prepare=f"{_KERNELS}:of_vocab_index", lifts=(1,), bounds=_vocab_bounds,
        signature="words: constant list<K>, x: K, n: constant int64 → int64, K int64 or utf8", total=True,
        notes=("With n = 1 words count from 2, as in EasyRec's vocab_list.", "Another word's bucket is 1 + floormod(hash(x), n)."),
    )
)  # fmt: skip
register(
    Operation(
        "within", 1, _within_rule, _within, f"{_KERNELS}:within", "An integer from 0 to n - 1 as it is; any other is missing.",
        (("within(3, 10)", "3"), ("within(10, 10)", "missing"), ("within(-1, 10)", "missing")), "vocabulary", lifts=(0,),
        bounds=_within_bounds, signature="x: int64, n: constant int64 → int64",
    )
)  # fmt: skip
