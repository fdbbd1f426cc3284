"""From values to positions: vocabularies and boundaries."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence

from feature_dsl.operations.base import Argument, Bounds, Operation, Signature, TypeProblem, register
from feature_dsl.operations.rules import constant_list, count, unify
from feature_dsl.types import BOOL, INT, Scalar, Type, Value

_KERNELS = "feature_dsl.kernels.vocabulary"


def _index_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2)
    words = constant_list(arguments, 0, "the vocabulary")
    if len(set(words)) != len(words):
        twice = Counter(words).most_common(1)[0][0]
        raise TypeProblem(f"has {twice!r} twice in its vocabulary", 0)
    kind = unify((Argument(arguments[0].type.element), arguments[1]))
    if kind == BOOL or kind.is_list:
        raise TypeProblem(f"does not look up {kind}", 1)
    return Signature((kind.as_list, kind), INT)


def _index(words: tuple[Scalar, ...], value: Scalar) -> Value:
    return words.index(value) if value in words else -1


def _index_bounds(arguments: Sequence[Argument]) -> Bounds | None:
    words = arguments[0].value
    return (-1, len(words) - 1) if isinstance(words, tuple) else None


def _bucket_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2)
    boundaries = constant_list(arguments, 1, "the boundaries")
    numbers = [edge for edge in boundaries if isinstance(edge, int | float) and not isinstance(edge, bool)]
    if len(numbers) != len(boundaries):
        raise TypeProblem("wants numbers as boundaries", 1)
    if any(not math.isfinite(edge) for edge in numbers):
        raise TypeProblem("wants finite boundaries", 1)
    if any(low >= high for low, high in itertools.pairwise(numbers)):
        raise TypeProblem("wants boundaries that rise", 1)
    if not arguments[0].is_missing and not arguments[0].type.is_number:
        raise TypeProblem(f"wants a number, not {arguments[0].type}", 0, "cast with int() or float()")
    kind: Type = unify((arguments[0], Argument(arguments[1].type.element)))
    return Signature((kind, kind.as_list), INT)


def _bucket(value: int | float | None, boundaries: tuple[int | float, ...]) -> Value:
    return None if value is None else sum(1 for edge in boundaries if edge <= value)


def _bucket_bounds(arguments: Sequence[Argument]) -> Bounds | None:
    edges = arguments[1].value
    return (0, len(edges)) if isinstance(edges, tuple) else None


register(
    Operation(
        "index", 1, _index_rule, _index, f"{_KERNELS}:index",
        "A value's position in a constant vocabulary, from 0, or -1; missing is found where the vocabulary has \"\".",
        (('index(array("a", "b"), "b")', "1"), ('index(array("a"), "z")', "-1"), ('index(array("a", ""), "")', "1"),
         ("index(array(10, 20), 20)", "1"), ('index(array("a", "b"), split("b,c", ","))', "[1, -1]")),
        "vocabulary", prepare=f"{_KERNELS}:vocabulary", lifts=(1,), bounds=_index_bounds, total=True,
        signature="vocabulary: constant list, v: scalar of its type → int64",
    )
)  # fmt: skip
register(
    Operation(
        "bucket", 1, _bucket_rule, _bucket, f"{_KERNELS}:bucket",
        "How many of the rising boundaries are at most the value (left-closed); missing stays missing.",
        (("bucket(0.05, array(0.01, 0.05, 0.1))", "2"), ("bucket(-1, array(0, 10))", "0"),
         ('bucket("", array(0, 10))', "missing"), ("bucket(array(5, 15), array(0, 10))", "[1, 2]")),
        "vocabulary", prepare=f"{_KERNELS}:boundaries", lifts=(0,), bounds=_bucket_bounds,
        signature="x: number, boundaries: constant list of numbers → int64",
    )
)  # fmt: skip
