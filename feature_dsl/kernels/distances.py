"""Kernels of distances on a sphere, from longitudes and latitudes in degrees."""

from __future__ import annotations

import math
from typing import Any

from feature_dsl.machine.elementwise import elementwise
from feature_dsl.machine.registers import inline

_RADIUS = 6371.0
_DEGREE = math.pi / 180.0
_POINTS = ("float64",) * 4


@inline
def _off_sphere(one: Any, other: Any) -> Any:
    return math.fabs(one) > 90.0 or math.fabs(other) > 90.0


@elementwise(_POINTS, "float64")
def haversine(longitude1: Any, latitude1: Any, longitude2: Any, latitude2: Any) -> Any:
    if _off_sphere(latitude1, latitude2):
        return math.nan
    north = math.sin((latitude2 - latitude1) * _DEGREE / 2.0)
    east = math.sin((longitude2 - longitude1) * _DEGREE / 2.0)
    part = north * north + math.cos(latitude1 * _DEGREE) * math.cos(latitude2 * _DEGREE) * (east * east)
    return 2.0 * _RADIUS * math.asin(math.sqrt(1.0 if part > 1.0 else part))


@elementwise(_POINTS, "float64")
def sphere_dist(longitude1: Any, latitude1: Any, longitude2: Any, latitude2: Any) -> Any:
    if _off_sphere(latitude1, latitude2):
        return math.nan
    first, second = latitude1 * _DEGREE, latitude2 * _DEGREE
    cosine = math.sin(first) * math.sin(second) + math.cos(first) * math.cos(second) * math.cos((longitude2 - longitude1) * _DEGREE)
    return _RADIUS * math.acos(-1.0 if cosine < -1.0 else (1.0 if cosine > 1.0 else cosine))
