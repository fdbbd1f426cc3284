"""Mathematical functions by the C library, value by value, so that a row's result never depends on its neighbours."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from feature_dsl.kernels.arithmetic import finite
from feature_dsl.kernels.columns import Call, Floats
from feature_dsl.kernels.jit import F64, OUT_F64, i64, kernel, void

_NAMES = ("log", "log2", "log10", "log1p", "exp", "sqrt", "sigmoid")


@kernel(void, i64, F64, OUT_F64)
def _unary(function: Any, values: Any, out: Any) -> None:
    for row in range(len(out)):
        value = values[row]
        if function == 0:
            result = math.log(value)
        elif function == 1:
            result = math.log2(value)
        elif function == 2:
            result = math.log10(value)
        elif function == 3:
            result = math.log1p(value)
        elif function == 4:
            result = math.exp(value)
        elif function == 5:
            result = math.sqrt(value)
        elif value >= 0:
            result = 1.0 / (1.0 + math.exp(-value))
        else:
            power = math.exp(value)
            result = power / (1.0 + power)
        out[row] = result


@kernel(void, F64, F64, OUT_F64)
def _power(bases: Any, exponents: Any, out: Any) -> None:
    base_step = 0 if len(bases) == 1 else 1
    exponent_step = 0 if len(exponents) == 1 else 1
    for row in range(len(out)):
        base, exponent = bases[row * base_step], exponents[row * exponent_step]
        # pow(NaN, 0) and pow(1, NaN) are 1 in C, but missing here
        out[row] = math.nan if math.isnan(base) or math.isnan(exponent) else math.pow(base, exponent)


def _function(name: str) -> Callable[[Call], Floats]:
    code = _NAMES.index(name)

    def run(call: Call) -> Floats:
        values = np.ascontiguousarray(call.args[0].values)
        out = np.empty(len(values))
        _unary(code, values, out)
        return finite(out)

    return run


log, log2, log10, log1p, exp, sqrt, sigmoid = map(_function, _NAMES)


def pow(call: Call) -> Floats:
    base, exponent = call.args
    out = np.empty(call.size)
    _power(np.ascontiguousarray(base.values), np.ascontiguousarray(exponent.values), out)
    return finite(out)
