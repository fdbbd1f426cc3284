"""Vectors: lists of numbers taken as float64; one that has a missing element has no value."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from feature_dsl.operations.base import Argument, Operation, Signature, TypeProblem, register
from feature_dsl.operations.casts import to_float
from feature_dsl.operations.rules import a_list, count, finite, vectors
from feature_dsl.types import FLOAT, TEXT, Value

_KERNELS = "feature_dsl.kernels.vectors"
Vector = tuple[float, ...]
_ONE = ("A vector that is empty, or has a missing element, gives missing.",)
_TWO = ("Vectors of different lengths, empty ones, and such as have a missing element give missing.",)


def _whole(function: Callable[..., float | None]) -> Callable[..., Value]:
    def meaning(*lists: tuple[float | None, ...]) -> Value:
        if any(not values or None in values or len(values) != len(lists[0]) for values in lists):
            return None
        result = function(*lists)
        return None if result is None else finite(result)

    return meaning


def _dot(left: Vector, right: Vector) -> float:
    total = 0.0
    for a, b in zip(left, right, strict=True):
        total += a * b
    return total


def _squared_norm(values: Vector) -> float:
    return _dot(values, values)


def _l2_norm(values: Vector) -> float:
    return math.sqrt(_dot(values, values))


def _euclid_dist(left: Vector, right: Vector) -> float:
    return _l2_norm(tuple(a - b for a, b in zip(left, right, strict=True)))


def _cosine(left: Vector, right: Vector) -> float | None:
    size = _l2_norm(left) * _l2_norm(right)
    return None if size == 0 or math.isinf(size) else _limited(_dot(left, right) / size)


def _limited(ratio: float) -> float:
    return ratio if math.isnan(ratio) else max(-1.0, min(ratio, 1.0))


def _corr(left: Vector, right: Vector) -> float | None:
    return _cosine(_centred(left), _centred(right))


def _centred(values: Vector) -> Vector:
    total = 0.0
    for value in values:
        total += value
    mean = total / len(values)
    return tuple(value - mean for value in values)


def _kv_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 2, 3)
    for index in (0, 1):
        kind = a_list(arguments, index)
        if kind != TEXT.as_list:
            raise TypeProblem(f"wants a list of texts, not {kind}", index, 'split(…, "|") makes one')
    if len(arguments) == 3 and (not isinstance(arguments[2].value, str) or len(arguments[2].value.encode()) != 1):
        raise TypeProblem("wants one ASCII character between key and weight", 2)
    return Signature((TEXT.as_list, TEXT.as_list, TEXT)[: len(arguments)], FLOAT)


def _kv_dot(left: tuple[str | None, ...], right: tuple[str | None, ...], between: str = ":") -> Value:
    if not left or not right:
        return None
    total = 0.0
    weighted = _weights(right, between)
    for key, weight in _weights(left, between):
        for other, factor in weighted:
            if key == other:
                total += weight * factor
    return finite(total)


def _weights(texts: tuple[str | None, ...], between: str) -> list[tuple[str, float]]:
    """Keys and weights; a text that is no pair of them is left out."""
    found = []
    for text in texts:
        key, sign, weight = (text or "").rpartition(between)
        key, number = (key, to_float(weight)) if sign else (weight, 1.0)
        if key and isinstance(number, float):
            found.append((key, number))
    return found


_OPERATIONS: tuple[tuple[str, int, Callable[..., float | None], str, tuple[tuple[str, str], ...], tuple[str, ...]], ...] = (
    ("l2_norm", 1, _l2_norm, "Length of the vector: the root of squared_norm.",
     (("l2_norm(array(3, 4))", "5.0"), ('l2_norm(array(3, ""))', "missing")), _ONE),
    ("squared_norm", 1, _squared_norm, "Sum of the squares, from left to right.", (("squared_norm(array(3, 4))", "25.0"),), _ONE),
    ("dot", 2, _dot, "Dot product: sum of the products, from left to right.",
     (("dot(array(1, 2), array(3, 4))", "11.0"), ("dot(array(1, 2), array(3))", "missing")), _TWO),
    ("euclid_dist", 2, _euclid_dist, "Euclidean distance: the l2_norm of the difference.",
     (("euclid_dist(array(1, 1), array(4, 5))", "5.0"),), _TWO),
    ("cosine", 2, _cosine, "Cosine of the angle between two vectors, within -1 and 1: dot / (l2_norm * l2_norm).",
     (("cosine(array(1, 0), array(0, 2))", "0.0"), ("cosine(array(1, 0), array(0, 0))", "missing")),
     (*_TWO, "Where the product of the lengths is 0 or not finite missing.")),
    ("corr", 2, _corr, "Pearson's correlation, within -1 and 1: the cosine of the vectors, each less its mean.",
     (("corr(array(0, 2), array(0, 4))", "0.9999999999999998"), ("corr(array(1, 1), array(1, 2))", "missing")),
     (*_TWO, "Where one does not vary missing.")),
)  # fmt: skip
for _name, _arity, _function, _doc, _examples, _notes in _OPERATIONS:
    register(
        Operation(
            _name, 1, vectors(_arity), _whole(_function), f"{_KERNELS}:{_name}", _doc, _examples, "vectors",
            signature="list of numbers → float64" if _arity == 1 else "a: list of numbers, b: list of numbers → float64", notes=_notes,
        )
    )  # fmt: skip
register(
    Operation(
        "kv_dot", 1, _kv_rule, _kv_dot, "feature_dsl.kernels.weighted_keys:kv_dot",
        'Dot product of two lists of "key:weight": the products of the weights of equal keys, summed.',
        (('kv_dot(split("a:0.5|b:0.5", "|"), split("d:0.5|b:0.5", "|"))', "0.25"),
         ('kv_dot(split("a|b|c", "|"), split("a|b|d", "|"))', "2.0"),
         ('kv_dot(split("a=2", ","), split("a=3", ","), "=")', "6.0")), "vectors",
        prepare="feature_dsl.kernels.casts:parsing",
        signature='a: list of texts, b: list of texts, sign: constant text of one ASCII character (":") → float64',
        notes=("The key ends at the last sign; without a sign the weight is 1.",
               "A text whose weight float() does not read is left out.",
               "Every pair of equal keys counts, an empty key aside, in the order of the first list, then of the second.",
               "Where no key is in both it is 0.",
               "An empty list gives missing."),
    )
)  # fmt: skip
