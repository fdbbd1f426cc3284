"""Trigonometric and hyperbolic functions, those of the C library, in radians; what is not finite is missing."""

from __future__ import annotations

import math
from collections.abc import Callable

from feature_dsl.operations.base import Operation, register
from feature_dsl.operations.maths import guarded
from feature_dsl.operations.rules import floats

_KERNELS = "feature_dsl.kernels.trigonometry"
_FUNCTIONS: tuple[tuple[str, Callable[..., float], str, tuple[tuple[str, str], ...], tuple[str, ...]], ...] = (
    ("sin", math.sin, "Sine of an angle in radians.", (("sin(0)", "0.0"), ('sin("")', "missing")), ("Of an infinite number missing.",)),
    ("cos", math.cos, "Cosine of an angle in radians.", (("cos(0)", "1.0"),), ("Of an infinite number missing.",)),
    ("tan", math.tan, "Tangent of an angle in radians.", (("tan(0)", "0.0"),), ("Of an infinite number missing.",)),
    ("asin", math.asin, "Arc sine, from -π/2 to π/2.", (("asin(0)", "0.0"), ("asin(2)", "missing")), ("Outside -1 to 1 missing.",)),
    ("acos", math.acos, "Arc cosine, from 0 to π.", (("acos(1)", "0.0"), ("acos(2)", "missing")), ("Outside -1 to 1 missing.",)),
    ("atan", math.atan, "Arc tangent, from -π/2 to π/2.", (("atan(0)", "0.0"),), ()),
    ("sinh", math.sinh, "Hyperbolic sine.", (("sinh(0)", "0.0"), ("sinh(1000)", "missing")), ()),
    ("cosh", math.cosh, "Hyperbolic cosine.", (("cosh(0)", "1.0"),), ()),
    ("tanh", math.tanh, "Hyperbolic tangent.", (("tanh(0)", "0.0"), ("tanh(100)", "1.0")), ()),
    ("asinh", math.asinh, "Inverse hyperbolic sine.", (("asinh(0)", "0.0"),), ()),
    ("acosh", math.acosh, "Inverse hyperbolic cosine.", (("acosh(1)", "0.0"), ("acosh(0)", "missing")), ("Below 1 missing.",)),
    ("atanh", math.atanh, "Inverse hyperbolic tangent.", (("atanh(0)", "0.0"), ("atanh(1)", "missing")),
     ("Outside -1 to 1, and at both ends, missing.",)),
)  # fmt: skip
for _name, _function, _doc, _examples, _notes in _FUNCTIONS:
    register(
        Operation(
            _name, 1, floats(1), guarded(_function), f"{_KERNELS}:{_name}", _doc, _examples, "maths", lifts=(0,),
            signature="x: number → float64", notes=_notes,
        )
    )  # fmt: skip
register(
    Operation(
        "atan2", 1, floats(2), guarded(math.atan2), f"{_KERNELS}:atan2", "The angle of the point (x, y) from the first axis, from -π to π.",
        (("atan2(0, 1)", "0.0"), ("atan2(1, 0)", "1.5707963267948966"), ("atan2(0, 0)", "0.0")), "maths", lifts=(0, 1),
        signature="y: number, x: number → float64", notes=("y stands first, as in C.",),
    )
)  # fmt: skip
