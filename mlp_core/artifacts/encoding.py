"""How a table's columns are written to Parquet: quickly, and small where that costs no time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_DICTIONARY_BYTES = 64 << 10
"""A column whose dictionary grows beyond this gives it up at once: a dictionary of a whole row group costs more than all else."""
_FEW_VALUES = _DICTIONARY_BYTES // 8
_FEATURE = b"mlp.role"
_CARDINALITY = b"mlp.cardinality"


def parquet_options(schema: pa.Schema) -> dict[str, Any]:
    """Options of `pyarrow.parquet.ParquetWriter` for tables of `schema`.

    Features that the schema's metadata knows are numbers: ids of many values are packed as differences (`DELTA_BINARY_PACKED`), which
    takes as many bits as the cardinality needs, and snappy costs next to nothing. What else there is (texts above all) takes zstd.
    """
    compression: dict[str, str] = {}
    dictionary: list[str] = []
    packed: dict[str, str] = {}
    for field in schema:
        metadata = field.metadata or {}
        for path, kind in _leaves(field.name, field.type):
            compression[path] = "snappy" if _FEATURE in metadata else "zstd"
            if str(kind) == "int64" and json.loads(metadata.get(_CARDINALITY, b"0")) > _FEW_VALUES:
                packed[path] = "DELTA_BINARY_PACKED"
            else:
                dictionary.append(path)
    return {
        "compression": compression,
        "use_dictionary": dictionary or False,
        "column_encoding": packed or None,
        "dictionary_pagesize_limit": _DICTIONARY_BYTES,
    }


def _leaves(path: str, kind: pa.DataType) -> Iterator[tuple[str, pa.DataType]]:
    """The Parquet columns of an Arrow column: their paths and types."""
    from pyarrow import types

    if types.is_dictionary(kind):
        yield path, kind.value_type
    elif types.is_map(kind):
        yield from _leaves(f"{path}.key_value.key", kind.key_type)
        yield from _leaves(f"{path}.key_value.value", kind.item_type)
    elif types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        yield from _leaves(f"{path}.list.element", kind.value_type)
    elif types.is_struct(kind):
        for place in range(kind.num_fields):
            yield from _leaves(f"{path}.{kind.field(place).name}", kind.field(place).type)
    else:
        yield path, kind
