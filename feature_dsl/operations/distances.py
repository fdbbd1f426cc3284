"""Distances on a sphere of the Earth's mean radius, in kilometres, from longitudes and latitudes in degrees."""

from __future__ import annotations

import math
from collections.abc import Callable

from feature_dsl.operations.base import Operation, register
from feature_dsl.operations.maths import guarded
from feature_dsl.operations.rules import floats

_KERNELS = "feature_dsl.kernels.distances"
EARTH_RADIUS = 6371.0
DEGREE = math.pi / 180.0
_SIGNATURE = "longitude1: number, latitude1: number, longitude2: number, latitude2: number → float64"
_NOTES = (
    f"Degrees; the result is in kilometres on a sphere of radius {EARTH_RADIUS}.",
    "Longitude stands before latitude. A latitude outside -90 to 90 makes the result missing; longitudes go round.",
)


def _checked(distance: Callable[[float, float, float, float], float]) -> Callable[..., float]:
    def meaning(longitude1: float, latitude1: float, longitude2: float, latitude2: float) -> float:
        if abs(latitude1) > 90.0 or abs(latitude2) > 90.0:
            return math.nan
        return distance(longitude1, latitude1, longitude2, latitude2)

    return meaning


def _haversine(longitude1: float, latitude1: float, longitude2: float, latitude2: float) -> float:
    north = math.sin((latitude2 - latitude1) * DEGREE / 2.0)
    east = math.sin((longitude2 - longitude1) * DEGREE / 2.0)
    part = north * north + math.cos(latitude1 * DEGREE) * math.cos(latitude2 * DEGREE) * (east * east)
    return 2.0 * EARTH_RADIUS * math.asin(math.sqrt(min(part, 1.0)))


def _by_cosines(longitude1: float, latitude1: float, longitude2: float, latitude2: float) -> float:
    first, second = latitude1 * DEGREE, latitude2 * DEGREE
    east = (longitude2 - longitude1) * DEGREE
    cosine = math.sin(first) * math.sin(second) + math.cos(first) * math.cos(second) * math.cos(east)
    return EARTH_RADIUS * math.acos(max(min(cosine, 1.0), -1.0))  # in this order NaN stays NaN


register(
    Operation(
        "haversine", 1, floats(4), guarded(_checked(_haversine)), f"{_KERNELS}:haversine",
        "Great-circle distance by the haversine formula, exact for near points too.",
        (("haversine(0, 0, 0, 0)", "0.0"), ("haversine(0, 0, 180, 0)", "20015.086796020572"), ("haversine(0, 91, 0, 0)", "missing")),
        "maths", lifts=(0, 1, 2, 3), signature=_SIGNATURE, notes=_NOTES,
    )
)  # fmt: skip
register(
    Operation(
        "sphere_dist", 1, floats(4), guarded(_checked(_by_cosines)), f"{_KERNELS}:sphere_dist",
        "Great-circle distance by the law of cosines, which loses digits below a few metres: haversine does not.",
        (("sphere_dist(0, 0, 0, 90)", "10007.543398010286"), ("sphere_dist(0, 0, 0, 91)", "missing")),
        "maths", lifts=(0, 1, 2, 3), signature=_SIGNATURE, notes=_NOTES,
    )
)  # fmt: skip
