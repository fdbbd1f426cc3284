from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp_core.tensors import MISSING_INT64, TensorError, decode, encode, tensor_type

int64s = st.integers(MISSING_INT64 + 1, 2**63 - 1)
VALUES = {"utf8": st.text(), "int64": int64s, "float64": st.floats(allow_nan=False), "bool": st.booleans()}


@pytest.mark.parametrize("name", VALUES)
@given(data=st.data())
def test_a_column_comes_back_with_missing_values_as_missing(name: str, data: st.DataObject) -> None:
    values: list[Any] = data.draw(st.lists(st.none() | VALUES[name]))
    kind = tensor_type("c", name)
    back = decode("c", encode("c", pa.array(values, kind.arrow), kind.wire), kind)
    spelled = {"utf8": "", "float64": float("nan")}.get(name)
    assert back.type == kind.arrow
    np.testing.assert_equal(back.to_pylist(), [spelled if value is None else value for value in values])


@pytest.mark.parametrize(
    ("column", "wire", "values"),
    [
        (pa.array([1, None], pa.int32()), "INT64", [1, MISSING_INT64]),
        (pa.array([1, 2], pa.uint8()), "FP64", [1.0, 2.0]),
        (pa.array([0.5], pa.float32()), "FP64", [0.5]),
        (pa.array(["a", None], pa.large_string()), "BYTES", [b"a", b""]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), "BYTES", [b"a", b"b", b"a"]),
        (pa.nulls(2), "BYTES", [b"", b""]),
        (pa.chunked_array([["x"], ["y", "z"]]), "BYTES", [b"x", b"y", b"z"]),
        (pa.chunked_array([], pa.string()), "BYTES", []),
        (pa.array([10, 11, 12]).slice(1), "INT64", [11, 12]),
        (pa.array([True, None]), "INT8", [1, -1]),
    ],
)
def test_narrower_columns_widen(column: pa.Array, wire: str, values: list[Any]) -> None:
    assert encode("c", column, wire).tolist() == values


@pytest.mark.parametrize(
    ("column", "wire", "message"),
    [
        (pa.array(["1"]), "INT64", "column 'c' is of type string, and the model takes int64; cast it first"),
        (pa.array([1.5]), "INT64", "column 'c' is of type double, and the model takes int64"),
        (pa.array([1]), "BYTES", "column 'c' is of type int64, and the model takes utf8"),
        (pa.array([2**63], pa.uint64()), "INT64", "column 'c' does not fit int64"),
        (pa.array([1]), "FP32", "input 'c' is a FP32 tensor, which no raw column is"),
    ],
)
def test_other_columns_are_refused(column: pa.Array, wire: str, message: str) -> None:
    with pytest.raises(TensorError, match=message):
        encode("c", column, wire)


def test_bad_tensors_are_refused() -> None:
    with pytest.raises(TensorError, match=r"input 'c' has shape \(2, 1\); a column is a tensor of shape \(rows,\)"):
        decode("c", np.zeros((2, 1)), tensor_type("c", "float64"))
    with pytest.raises(TensorError, match="input 'c' does not hold utf8 values"):
        decode("c", np.array([b"\xff"], dtype=object), tensor_type("c", "utf8"))
    with pytest.raises(TensorError, match="column 'c' is of type list<int64>, which cannot be a serving input; make it one of utf8, int64"):
        tensor_type("c", "list<int64>")
