"""Makers of random calls: maths, vectors, lists, combiners, overlaps, normalisers and sequences."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Protocol


class Source(Protocol):
    """What draws arguments."""

    random: random.Random

    def expression(self, kind: str, depth: int) -> str: ...

    def literal(self, kind: str) -> str: ...


Maker = Callable[[Source, int], str]


def op(name: str, *kinds: str, then: Callable[[random.Random], str] | None = None) -> Maker:
    """A call of an operation on arguments of these types, and on constants that ``then`` draws."""

    def make(source: Source, depth: int) -> str:
        arguments = [source.expression(kind, depth) for kind in kinds]
        return f"{name}({', '.join([*arguments, then(source.random)] if then else arguments)})"

    return make


def many(name: str, kind: str, most: int) -> Maker:
    """A call on two or more arguments of one type."""

    def make(source: Source, depth: int) -> str:
        count = source.random.randint(2, most)
        return f"{name}({', '.join(source.expression(kind, depth) for _ in range(count))})"

    return make


def _filled(name: str, kind: str) -> Maker:
    def make(source: Source, depth: int) -> str:
        filler = source.expression(kind[5:-1], depth)
        return f"{name}({source.expression(kind, depth)}, {source.random.randint(1, 5)}, {filler})"

    return make


def _clip(kind: str) -> Maker:
    """Limits in any order where they are no constants; constants the wrong way round are an error."""
    column = {"int64": "i", "float64": "f"}[kind]

    def make(source: Source, depth: int) -> str:
        value, other = source.expression(kind, depth), source.expression(kind, depth)
        if source.random.random() < 0.5:
            return f'clip({value}, {other}, x("{column}"))'
        third = source.expression(kind, depth)
        return f"clip({value}, min({other}, {third}), max({other}, {third}))"

    return make


def _size(source: random.Random) -> str:
    return str(source.randint(1, 4))


def _direction(source: random.Random) -> str:
    return source.choice(["true", "false"])


def _deviation(source: random.Random) -> str:
    return f"{source.uniform(-9, 9)!r}, {source.choice([0.1, 1, 2.5, 1e300])!r}"


def _range(source: random.Random) -> str:
    low = source.choice([-1e300, -2.5, 0, 1])
    return f"{low!r}, {low + source.choice([0.5, 3, 1e9, 1e300])!r}" if low > -1e299 else "-1e300, 1e300"


def _threshold(source: random.Random) -> str:
    return f"{source.choice([0, 1e-10, 1, 100])!r}, {source.choice([-10, 0.5])!r}"


def _digits(source: random.Random) -> str:
    return str(source.choice([0, 1, 2, -1, -3, 15, -15]))


NUMBERS = ("int64", "float64")
LISTS = ("list<int64>", "list<float64>", "list<utf8>")
VECTORS = ("list<int64>", "list<float64>")
_CIRCULAR = ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "round")
_SPREADS = ("variance", "pop_variance", "std_dev", "pop_std_dev", "l2_norm", "squared_norm")
_PAIRED = ("dot", "euclid_dist", "cosine", "corr", "weighted_sum", "weighted_mean")
_OVERLAPS = ("count", "index", "cover", "distance_min", "distance_max")


def _same(kind: str) -> list[Maker]:
    """Operations that give a number of their arguments' type."""
    return [
        op("sign", kind), op("square", kind), _clip(kind), op("replace_value", kind, kind, kind),
        *[many(name, kind, 5) for name in ("min", "max", "sum")],
        *[op(name, f"list<{kind}>") for name in ("list_prod", "list_gap_min", "list_gap_max")],
    ]  # fmt: skip


def _lists(kind: str) -> list[Maker]:
    """Operations that give a list of their arguments' type."""
    element = kind[5:-1]
    return [
        op("unique", kind), op("reverse", kind), op("sort", kind), op("sort", kind, then=_direction), op("top_k", kind, then=_size),
        op("take_last", kind, then=_size), op("slice", kind, "int64", "int64"), _filled("pad_left", kind), op("align", kind, "list<utf8>"),
        op("repeat", element, then=_size), many("concat_lists", kind, 3), op("mask", kind, "list<bool>"),
        op("sort_by", kind, "list<int64>"), op("sort_by", kind, "list<utf8>", then=_direction), op("replace_value", kind, element, element),
    ]  # fmt: skip


MAKERS: dict[str, list[Maker]] = {
    "bool": [
        op("get", "list<bool>", "int64"),
        *[op("is_finite", kind) for kind in NUMBERS], *[op("contains_value", kind, kind[5:-1]) for kind in LISTS],
        *[op(name, kind, kind) for name in ("overlap_contains", "overlap_equal") for kind in LISTS],
    ],
    "int64": [
        *_same("int64"), *[op("position", kind, kind[5:-1]) for kind in LISTS], *[op("list_count", kind) for kind in LISTS],
        *[op(f"overlap_{name}", kind, kind) for name in _OVERLAPS for kind in ("list<utf8>", "list<int64>")],
    ],
    "float64": [
        *_same("float64"), *[op(name, "float64") for name in _CIRCULAR], op("atan2", "float64", "float64"), many("avg", "float64", 5),
        many("avg", "int64", 3), op("roundp", "float64", then=_digits), op("zscore", "float64", then=_deviation),
        op("minmax", "float64", then=_range), op("log10_above", "float64", then=_threshold),
        *[op(name, *("float64",) * 4) for name in ("haversine", "sphere_dist")],
        *[op(name, kind) for name in _SPREADS for kind in VECTORS],
        *[op(name, kind, "list<float64>") for name in _PAIRED for kind in VECTORS],
        op("kv_dot", "list<utf8>", "list<utf8>"),
        op("kv_dot", "list<utf8>", "list<utf8>", then=lambda source: source.choice(['"e"', '"="'])),
        *[op(name, "list<utf8>", "list<utf8>") for name in ("overlap_ratio", "jaccard", "overlap_distance_mean")],
        *[op(name, "list<float64>", "list<float64>") for name in ("overlap_ratio", "jaccard")],
    ],
    "utf8": [op("replace_value", "utf8", "utf8", "utf8")],
    "list<int64>": [
        *_lists("list<int64>"), op("position", "list<utf8>", "list<utf8>"), op("clip", "list<int64>", then=lambda source: "-3, 7"),
        op("sum", "int64", "list<int64>", "int64"),
    ],
    "list<float64>": [
        *_lists("list<float64>"), op("zscore", "list<float64>", then=_deviation), op("round", "list<float64>"),
        op("atan2", "float64", "list<float64>"),
        op("max", "float64", "list<float64>", "float64"),
    ],
    "list<utf8>": _lists("list<utf8>"),
    "list<bool>": [
        op("gt", "list<int64>", "int64"), op("lt", "float64", "list<float64>"), op("eq", "list<utf8>", "utf8"),
        op("ne", "int64", "list<int64>"),
        op("contains_value", "list<utf8>", "list<utf8>"), op("is_finite", "list<float64>"), op("reverse", "list<bool>"),
        op("array", "bool", "bool", "bool"),
    ],
}  # fmt: skip
