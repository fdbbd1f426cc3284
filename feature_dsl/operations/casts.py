"""Casts: the only way from one type to another, int64 to float64 beside a float aside."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from feature_dsl.operations.base import Argument, Bounds, Operation, Signature, TypeProblem, register
from feature_dsl.operations.rules import count, finite, in_range
from feature_dsl.types import FLOAT, INT, TEXT, Type, Value

_KERNELS = "feature_dsl.kernels.casts"
INTEGER_TEXT = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
REAL_TEXT = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)


def _cast(result: Type, refused: tuple[str, ...], hint: str) -> object:
    def rule(arguments: Sequence[Argument]) -> Signature:
        count(arguments, 1)
        kind = arguments[0].type
        if kind.is_list or kind.name in refused:
            raise TypeProblem(f"does not take {kind}", 0, hint)
        return Signature((kind,), result)

    return rule


def _same_bounds(arguments: Sequence[Argument]) -> Bounds | None:
    return arguments[0].bounds


def _to_int(value: Value) -> Value:
    if isinstance(value, bool | int):
        return int(value)
    if isinstance(value, str):
        return in_range(int(value)) if INTEGER_TEXT.fullmatch(value) else None
    if isinstance(value, float) and math.isfinite(value):
        return in_range(int(value))
    return None


def to_float(value: Value) -> Value:
    """A float64 from a value of any scalar type; missing where a text is no decimal number."""
    if isinstance(value, str):
        return finite(float(value)) if REAL_TEXT.fullmatch(value) else None
    return float(value) if isinstance(value, int | float) else None


def _to_text(value: Value) -> Value:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


register(
    Operation(
        "int", 1, _cast(INT, (), "lists are cast element by element"), _to_int, f"{_KERNELS}:to_int",  # type: ignore[arg-type]
        "An int64: floats rounded towards zero, texts of decimal digits with a sign or none, bools 0 and 1; else missing.",
        (("int(2.9)", "2"), ('int("-12")', "-12"), ('int("1.5")', "missing"), ("int(true)", "1"), ("int(1e300)", "missing")),
        "casts", lifts=(0,), bounds=_same_bounds, signature="v: any scalar → int64",
    )
)  # fmt: skip
register(
    Operation(
        "float", 1, _cast(FLOAT, (), ""), to_float, f"{_KERNELS}:to_float",  # type: ignore[arg-type]
        "A float64: integers to the nearest, texts of a decimal number with exponent or none; else missing.",
        (("float(2)", "2.0"), ('float("1e3")', "1000.0"), ('float("nan")', "missing"), ("float(false)", "0.0")),
        "casts", lifts=(0,), prepare=f"{_KERNELS}:parsing", signature="v: any scalar → float64",
    )
)  # fmt: skip
register(
    Operation(
        "str", 1, _cast(TEXT, ("float64",), "engines print floats differently; int(), or bucket() it"),  # type: ignore[arg-type]
        _to_text, f"{_KERNELS}:to_text", "An integer's decimal digits; true or false of a bool. Floats are refused.",
        (("str(-12)", '"-12"'), ("str(true)", '"true"')), "casts", lifts=(0,), signature="v: int64, bool or utf8 → utf8",
    )
)  # fmt: skip
