"""The content digest of a table: over its schema and rows, whatever the rows' order and the cut into files.

Every row is hashed by itself, columns chained in schema order; a table's value is the sum over its rows, kept twice with
two different mixings (128 bits), so that parts are added up in any order. The sum makes it a multiset hash (Clarke et al.
2003, "Incremental multiset hash functions", MSet-Add-Hash); it guards against accidents, not against an adversary.
The finaliser is that of SplitMix64 (Steele, Lea and Flood 2014).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import numpy.typing as npt

from mlp_core.artifacts.manifest import digest_of

if TYPE_CHECKING:
    import pyarrow as pa

U64 = npt.NDArray[np.uint64]
_NULL = np.uint64(0x9AE16A3B2F90404F)
_NAN_BITS = np.uint64(0x7FF8000000000000)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_SECOND = np.uint64(0xD6E8FEB86659FD93)
_MASK = (1 << 64) - 1
_BLOCK_ROWS = 16_384
"""So many rows are hashed together that what is in between stays in the processor's cache: twice as fast as whole batches."""


class RowHash(msgspec.Struct, frozen=True):
    """The hash of a bag of rows: two sums modulo 2^64 and the number of rows. Bags are joined with `+`."""

    first: int = 0
    second: int = 0
    rows: int = 0

    def __add__(self, other: RowHash) -> RowHash:
        return RowHash((self.first + other.first) & _MASK, (self.second + other.second) & _MASK, self.rows + other.rows)

    def __str__(self) -> str:
        return f"{self.first:016x}{self.second:016x}"

    @classmethod
    def parse(cls, text: str, rows: int) -> RowHash:
        """Read what `str` has written."""
        return cls(int(text[:16], 16), int(text[16:], 16), rows)


def type_name(kind: pa.DataType) -> str:
    """The name of an Arrow type in a digest: the same for every encoding of the same values."""
    import pyarrow as pa
    from pyarrow import types

    if types.is_dictionary(kind):
        return type_name(kind.value_type)
    if types.is_string(kind) or types.is_large_string(kind) or kind == pa.string_view():
        return "utf8"
    if types.is_binary(kind) or types.is_large_binary(kind) or kind == pa.binary_view():
        return "binary"
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return f"list<{type_name(kind.value_type)}>"
    if types.is_struct(kind):
        return "struct<" + ",".join(f"{f.name}:{type_name(f.type)}" for f in _fields(kind)) + ">"
    if types.is_map(kind):
        return f"map<{type_name(kind.key_type)},{type_name(kind.item_type)}>"
    return {"double": "float64", "float": "float32", "halffloat": "float16"}.get(str(kind), str(kind))


def schema_names(schema: pa.Schema) -> tuple[dict[str, str], ...]:
    """A schema as the manifest lists it: a name and a type for each column."""
    return tuple({"name": field.name, "type": type_name(field.type)} for field in schema)


def table_digest(schema: Iterable[dict[str, str]], rows: RowHash, plan: str | None = None) -> str:
    """The content digest of a table with these columns and rows; `plan` is what a feature table says of its columns' meaning."""
    content: list[Any] = [[[column["name"], column["type"]] for column in schema], rows.rows, str(rows)]
    return digest_of(content if plan is None else [*content, plan])


def hash_rows(batch: pa.RecordBatch) -> RowHash:
    """The hash of the rows of one record batch."""
    blocks = (batch.slice(first, _BLOCK_ROWS) for first in range(0, batch.num_rows, _BLOCK_ROWS))
    return sum(map(_hash_block, blocks), RowHash())


def _hash_block(batch: pa.RecordBatch) -> RowHash:
    combined = np.zeros(batch.num_rows, dtype=np.uint64)
    for column in batch.columns:
        combined = _mix(combined * _GOLDEN + hash_column(column))
    second = _mix(combined ^ _SECOND)
    # A sum of uint64 wraps, which is the addition modulo 2^64 that is wanted.
    return RowHash(int(combined.sum(dtype=np.uint64)), int(second.sum(dtype=np.uint64)), batch.num_rows)


def hash_column(column: pa.Array) -> U64:
    """One uint64 per value of an Arrow array, of any type; null has a value of its own."""
    from pyarrow import types

    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    for accepts, hasher in _hashers():
        if accepts(column.type):
            hashes = hasher(column)
            break
    else:
        raise TypeError(f"a column of type {column.type} has no content digest; cast it before it is published")
    if column.null_count:
        hashes = np.where(np.asarray(column.is_null()), _NULL, hashes)
    return hashes


def _mix(x: U64) -> U64:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _hash_integers(column: pa.Array) -> U64:
    import pyarrow as pa
    from pyarrow import types

    if types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    elif types.is_temporal(column.type):
        column = column.view(pa.int32() if column.type.bit_width == 32 else pa.int64())
    values = column.fill_null(0).to_numpy(zero_copy_only=False)
    signed = values.astype(np.int64) if values.dtype != np.uint64 else values
    return _mix(signed.view(np.uint64) + _GOLDEN)


def _hash_floats(column: pa.Array) -> U64:
    import pyarrow as pa

    values = column.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False)
    bits = np.where(np.isnan(values), _NAN_BITS, np.ascontiguousarray(values).view(np.uint64))
    return _mix(bits + _SECOND)


def _hash_text(column: pa.Array) -> U64:
    from feature_dsl.hashing import hash_strings

    hashes: U64 = hash_strings(column)
    return hashes


def _hash_lists(column: pa.Array) -> U64:
    import pyarrow as pa
    from pyarrow import types

    if types.is_fixed_size_list(column.type):
        column = column.cast(pa.list_(column.type.value_type))
    offsets = column.offsets.to_numpy()
    values = hash_column(column.values.slice(offsets[0], offsets[-1] - offsets[0]))
    starts, lengths = offsets[:-1] - offsets[0], np.diff(offsets)
    place = np.arange(len(values)) - np.repeat(starts, lengths) if len(values) else np.zeros(0, dtype=np.int64)
    sums = np.zeros(len(column), dtype=np.uint64)
    filled = lengths > 0
    if filled.any():
        terms = _mix(values + (place.astype(np.uint64) + np.uint64(1)) * _GOLDEN)
        sums[filled] = np.add.reduceat(terms, starts[filled])
    return _mix(sums + lengths.astype(np.uint64))


def _hash_structs(column: pa.Array) -> U64:
    combined = np.zeros(len(column), dtype=np.uint64)
    for child in column.flatten():
        combined = _mix(combined * _GOLDEN + hash_column(child))
    return combined


def _hash_maps(column: pa.Array) -> U64:
    import pyarrow as pa

    pairs = pa.StructArray.from_arrays([column.keys, column.items], ["key", "value"])
    return _hash_lists(pa.ListArray.from_arrays(column.offsets, pairs))


def _hash_decimals(column: pa.Array) -> U64:
    import pyarrow as pa

    return _hash_text(column.cast(pa.string()))


def _hash_nothing(column: pa.Array) -> U64:
    return np.full(len(column), _NULL, dtype=np.uint64)


def _fields(kind: Any) -> list[Any]:
    return [kind.field(index) for index in range(kind.num_fields)]


def _hashers() -> list[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array], U64]]]:
    from pyarrow import types

    return [
        (lambda t: type_name(t) in ("utf8", "binary"), _hash_text),
        (lambda t: types.is_integer(t) or types.is_boolean(t) or types.is_temporal(t), _hash_integers),
        (types.is_floating, _hash_floats),
        (types.is_map, _hash_maps),
        (lambda t: type_name(t).startswith("list<"), _hash_lists),
        (types.is_struct, _hash_structs),
        (types.is_decimal, _hash_decimals),
        (types.is_null, _hash_nothing),
    ]
