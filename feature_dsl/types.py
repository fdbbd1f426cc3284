"""The language's types: ``int64``, ``float64``, ``utf8``, ``bool`` and lists of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

Scalar = int | float | str | bool | None
"""A value of one row; None is missing."""

Value = Scalar | tuple[Scalar, ...]
"""A scalar, or a list of scalars as a tuple."""


@dataclass(frozen=True, slots=True)
class Type:
    """A scalar type, or with ``is_list`` a list of it."""

    name: str
    is_list: bool = False

    @property
    def as_list(self) -> Type:
        return self if self.is_list else Type(self.name, True)

    @property
    def element(self) -> Type:
        return Type(self.name) if self.is_list else self

    @property
    def is_number(self) -> bool:
        return not self.is_list and self.name in ("int64", "float64")

    def __str__(self) -> str:
        return f"list<{self.name}>" if self.is_list else self.name


INT = Type("int64")
FLOAT = Type("float64")
TEXT = Type("utf8")
BOOL = Type("bool")
SCALARS = {kind.name: kind for kind in (INT, FLOAT, TEXT, BOOL)}
NAMES = tuple(SCALARS) + tuple(f"list<{name}>" for name in SCALARS)


def parse_type(text: str) -> Type | None:
    """The type that ``text`` spells (``int64``, ``list<utf8>`` …), or None."""
    text = text.replace(" ", "")
    if text.startswith("list<") and text.endswith(">"):
        element = SCALARS.get(text[5:-1])
        return element.as_list if element else None
    return SCALARS.get(text)


def to_arrow(kind: Type) -> pa.DataType:
    """The Arrow type of an output column."""
    import pyarrow as pa

    scalar: pa.DataType = {"int64": pa.int64(), "float64": pa.float64(), "utf8": pa.utf8(), "bool": pa.bool_()}[kind.name]
    return pa.list_(scalar) if kind.is_list else scalar


def from_arrow(data_type: pa.DataType) -> Type | None:
    """The language's type of an Arrow column, or None where it has none.

    Integers that fit in int64 widen; encodings of text (large, view, dictionary) are one type.
    """
    import pyarrow as pa

    types = pa.types
    if types.is_dictionary(data_type):
        return from_arrow(data_type.value_type)
    if types.is_list(data_type) or types.is_large_list(data_type) or types.is_fixed_size_list(data_type):
        element = from_arrow(data_type.value_type)
        return element.as_list if element and not element.is_list else None
    if types.is_integer(data_type):
        return None if types.is_uint64(data_type) else INT
    if types.is_float64(data_type):
        return FLOAT
    if types.is_boolean(data_type):
        return BOOL
    if types.is_string(data_type) or types.is_large_string(data_type) or types.is_string_view(data_type):
        return TEXT
    return None
