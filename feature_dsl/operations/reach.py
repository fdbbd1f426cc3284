"""How long the list that an operation gives can be."""

from __future__ import annotations

from collections.abc import Sequence

from feature_dsl import limits
from feature_dsl.operations.base import Reach
from feature_dsl.types import Value

Reaches = Sequence[int | None]


def like(index: int) -> Reach:
    """As long as one of the arguments."""
    return lambda reaches, constants: reaches[index]


def cut(reaches: Reaches, constants: Sequence[Value]) -> int | None:
    """As long as the first argument, and at most as the second says where that is a constant."""
    return shortened(1)(reaches, constants)


def shortened(index: int) -> Reach:
    """As long as the first argument, and at most as the argument at ``index`` says where that is a constant."""

    def reach(reaches: Reaches, constants: Sequence[Value]) -> int | None:
        limit = constants[index]
        known = [length for length in (reaches[0], max(limit, 0) if isinstance(limit, int) else None) if length is not None]
        return min(known, default=None)

    return reach


def exactly(index: int) -> Reach:
    """As the constant argument at ``index`` says."""

    def reach(_: Reaches, constants: Sequence[Value]) -> int | None:
        length = constants[index]
        return length if isinstance(length, int) else None

    return reach


def greatest(reaches: Reaches, constants: Sequence[Value]) -> int | None:
    """As long as one of the last two arguments."""
    first, second = reaches[-2:]
    return None if first is None or second is None else max(first, second)


def together(reaches: Reaches, constants: Sequence[Value]) -> int | None:
    """As long as all arguments together."""
    known = [length for length in reaches if length is not None]
    return sum(known) if len(known) == len(reaches) else None


def product(reaches: Reaches, constants: Sequence[Value]) -> int | None:
    """Every combination of one element of each argument, those of an empty list counting as one."""
    total = 1
    for length in reaches:
        if length is None:
            return limits.CROSS_COMBINATIONS
        total = min(total * max(length, 1), limits.CROSS_COMBINATIONS)
    return total


def arguments(reaches: Reaches, constants: Sequence[Value]) -> int | None:
    """As many elements as arguments."""
    return len(reaches)
