"""Raw columns as the tensors of the Open Inference Protocol (KServe V2, what Triton speaks), and back.

A column of n rows is one tensor of shape (n,). Tensors have no null, so missing is spelled by a value: "" for text, NaN for
floats, the smallest number for integers, -1 for truth values. The feature language holds null, "" and NaN for one value
(missing), so nothing is lost on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

MISSING_INT64 = int(np.iinfo(np.int64).min)
MISSING_BOOL = -1


class TensorError(ValueError):
    """A column cannot travel as a tensor, or the other way round; the message names the column."""


@dataclass(frozen=True)
class TensorType:
    """One way for a column to travel: the feature language's name for it, its Arrow type, Triton's name, the name on the wire."""

    name: str
    arrow: pa.DataType
    config: str
    wire: str
    encode: Callable[[pa.Array], npt.NDArray[Any]]
    decode: Callable[[npt.NDArray[Any]], pa.Array]


def _encode_text(column: pa.Array) -> npt.NDArray[Any]:
    values = np.empty(len(column), dtype=np.object_)
    values[:] = column.cast(pa.binary()).fill_null(b"").to_pylist()
    return values


def _decode_text(tensor: npt.NDArray[Any]) -> pa.Array:
    return pa.array(tensor, type=pa.binary()).cast(pa.string())


def _encode_int64(column: pa.Array) -> npt.NDArray[Any]:
    return np.asarray(column.fill_null(MISSING_INT64).to_numpy(zero_copy_only=False), dtype=np.int64)


def _decode_int64(tensor: npt.NDArray[Any]) -> pa.Array:
    return pa.array(tensor, type=pa.int64(), mask=tensor == MISSING_INT64)


def _encode_float64(column: pa.Array) -> npt.NDArray[Any]:
    return np.asarray(column.fill_null(float("nan")).to_numpy(zero_copy_only=False), dtype=np.float64)


def _decode_float64(tensor: npt.NDArray[Any]) -> pa.Array:
    return pa.array(tensor, type=pa.float64())


def _encode_bool(column: pa.Array) -> npt.NDArray[Any]:
    return np.asarray(column.cast(pa.int8()).fill_null(MISSING_BOOL).to_numpy(zero_copy_only=False), dtype=np.int8)


def _decode_bool(tensor: npt.NDArray[Any]) -> pa.Array:
    return pa.array(tensor != 0, type=pa.bool_(), mask=tensor == MISSING_BOOL)


_TYPES = (
    TensorType("utf8", pa.string(), "TYPE_STRING", "BYTES", _encode_text, _decode_text),
    TensorType("int64", pa.int64(), "TYPE_INT64", "INT64", _encode_int64, _decode_int64),
    TensorType("float64", pa.float64(), "TYPE_FP64", "FP64", _encode_float64, _decode_float64),
    TensorType("bool", pa.bool_(), "TYPE_INT8", "INT8", _encode_bool, _decode_bool),
)
_BY_NAME = {kind.name: kind for kind in _TYPES}
_BY_WIRE = {kind.wire: kind for kind in _TYPES}


def tensor_type(column: str, name: str) -> TensorType:
    """How the raw column `column` of type `name` ("utf8", …) travels. Raises TensorError for a type that has no tensor."""
    kind = _BY_NAME.get(name)
    if kind is None:
        raise TensorError(f"column {column!r} is of type {name}, which cannot be a serving input; make it one of {', '.join(_BY_NAME)}")
    return kind


def encode(name: str, column: pa.Array | pa.ChunkedArray, wire: str) -> npt.NDArray[Any]:
    """The tensor of `column` for an input that the server declares as `wire` ("BYTES", "INT64", …), shape (n,).

    Integers of any width become INT64 and float32 becomes FP64. Raises TensorError where the values do not fit.
    """
    kind = _BY_WIRE.get(wire)
    if kind is None:
        raise TensorError(f"input {name!r} is a {wire} tensor, which no raw column is; this is not a bundle's model")
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not _widens(column.type, kind.arrow):
        raise TensorError(f"column {name!r} is of type {column.type}, and the model takes {kind.name}; cast it first")
    try:
        return kind.encode(column.cast(kind.arrow))
    except pa.ArrowInvalid as error:
        raise TensorError(f"column {name!r} does not fit {kind.name}: {error}") from error


def decode(name: str, tensor: npt.NDArray[Any], kind: TensorType) -> pa.Array:
    """The column that `encode` has made `tensor` of. Raises TensorError (not one-dimensional, not UTF-8)."""
    if tensor.ndim != 1:
        raise TensorError(f"input {name!r} has shape {tuple(tensor.shape)}; a column is a tensor of shape (rows,)")
    try:
        return kind.decode(tensor)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise TensorError(f"input {name!r} does not hold {kind.name} values: {error}") from error


def _widens(given: pa.DataType, wanted: pa.DataType) -> bool:
    if given.equals(wanted) or pa.types.is_null(given):
        return True
    if wanted.equals(pa.string()):
        return bool(pa.types.is_large_string(given)) or given == pa.string_view()
    if wanted.equals(pa.int64()):
        return bool(pa.types.is_integer(given))
    return bool(wanted.equals(pa.float64()) and (pa.types.is_floating(given) or pa.types.is_integer(given)))
