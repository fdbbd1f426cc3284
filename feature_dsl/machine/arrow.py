"""Arrow's C data interface in compiled code: where its structures keep what, and releasing them.

Source: arrow.apache.org/docs/format/CDataInterface.html.
"""

from __future__ import annotations

from typing import Any

from feature_dsl.machine.memory import call_release, octets, words
from feature_dsl.machine.registers import inline

# Words of a struct ArrowArray.
LENGTH, NULLS, OFFSET, BUFFER_COUNT, CHILD_COUNT, BUFFERS, CHILDREN, DICTIONARY, RELEASE, PRIVATE = range(10)
ARRAY = 10


@inline
def buffer(array: Any, place: Any) -> Any:
    """The address of a buffer, 0 where there is none."""
    return words(array[BUFFERS])[place]


@inline
def child(array: Any, place: Any) -> Any:
    """The words of a child array."""
    return words(words(array[CHILDREN])[place])


@inline
def has_nulls(array: Any) -> Any:
    """Whether an array may hold nulls."""
    return array[NULLS] != 0 and array[BUFFER_COUNT] > 0 and buffer(array, 0) != 0


@inline
def bit(address: Any, place: Any) -> Any:
    """A bit of a bitmap."""
    return (octets(address)[place >> 3] >> (place & 7)) & 1 != 0


@inline
def is_null(array: Any, place: Any) -> Any:
    """Whether the value at a place (the array's offset included) is null."""
    return has_nulls(array) and not bit(buffer(array, 0), place)


@inline
def release(array: Any, address: Any) -> None:
    """Gives an array back to who exported it."""
    if array[RELEASE] != 0:
        call_release(array[RELEASE], address)
