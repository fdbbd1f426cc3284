"""Lists that enter the network item by item: padded vectors and their mask."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from mlp_core.bundle import Bundle, BundleError, Column, Contents, Feature, Input, ModelInfo, Table
from mlp_core.bundle.lookup import filled_places, pad

TABLE = np.arange(1, 11, dtype=np.float32).reshape(5, 2) / 10
INPUTS = (
    Input(name="sequence.seen", kind="sequence", features=("seen",)),
    Input(name="mask.seen", kind="mask", features=("seen",)),
)


def network() -> bytes:
    """score = sigmoid(sum of the sequence · 1 / (1 + filled places))."""
    nodes = [
        helper.make_node("ReduceSum", ["sequence.seen", "both"], ["sum"], keepdims=0),
        helper.make_node("ReduceSum", ["mask.seen", "last"], ["filled"], keepdims=0),
        helper.make_node("Add", ["filled", "one"], ["count"]),
        helper.make_node("Div", ["sum", "count"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["score"]),
    ]
    graph = helper.make_graph(
        nodes,
        "mean",
        [
            helper.make_tensor_value_info("sequence.seen", TensorProto.FLOAT, ["n", "length", 2]),
            helper.make_tensor_value_info("mask.seen", TensorProto.FLOAT, ["n", "length"]),
        ],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n"])],
        [
            helper.make_tensor("both", TensorProto.INT64, [2], [1, 2]),
            helper.make_tensor("last", TensorProto.INT64, [1], [1]),
            helper.make_tensor("one", TensorProto.FLOAT, [], [1]),
        ],
    )
    return bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10).SerializeToString())


def made(inputs: tuple[Input, ...] = INPUTS) -> Bundle:
    info = ModelInfo(
        name="ctr",
        framework="torch",
        algorithm="mean",
        labels=("label",),
        features=(Feature(name="seen", type="list<int64>", table="item"), Feature(name="item", type="int64", table="item")),
        tables=(Table(name="item", file="tables/item.bin", rows=5, width=2),),
        inputs=inputs,
        raw=(Column("seen", "list<int64>"), Column("item", "int64")),
    )
    return Contents(info, {"item": TABLE}, network()).bundle()


def batch(*lists: list[int] | None) -> pa.Table:
    return pa.table({"seen": pa.array(lists, pa.list_(pa.int64())), "item": pa.array([0] * len(lists), pa.int64())})


def expected(*lists: list[int]) -> list[float]:
    logits = np.array([TABLE[row].astype(float).sum() / (1 + len(row)) for row in lists])
    scores: list[float] = (1 / (1 + np.exp(-logits))).tolist()
    return scores


def test_lists_of_all_lengths_score_in_one_batch() -> None:
    model = made()
    lists: list[list[int]] = [[], [1], [4, 2, 2, 3], [0, 0]]
    assert model.score_features(batch(*lists)) == pytest.approx(expected(*lists), abs=1e-6)
    assert model.score_features(batch([1], None, [9, -1, 3])) == pytest.approx(expected([1], [], [0, 0, 3]), abs=1e-6)
    assert model.outside == {"seen": 2, "item": 0}


def test_a_batch_of_empty_lists_scores() -> None:
    assert made().score_features(batch([], None, [])) == pytest.approx([0.5] * 3)
    assert made().score_features(batch().slice(0, 0)).shape == (0,)


def test_an_input_of_another_kind_of_column_is_refused() -> None:
    wrong = (Input(name="sequence.seen", kind="sequence", features=("item",)), INPUTS[1])
    with pytest.raises(BundleError, match=r"'sequence.seen' is made of item, not of one list of ids"):
        made(wrong).score_features(batch([1]))


@given(st.lists(st.lists(st.integers(0, 4), max_size=5), max_size=20))
def test_padding_keeps_every_list_in_order(lists: list[list[int]]) -> None:
    ids = np.array([i for row in lists for i in row], dtype=np.int64)
    offsets = np.cumsum([0, *(len(row) for row in lists)], dtype=np.int64)
    padded, filled = pad(TABLE[ids], offsets), filled_places(offsets)
    length = max([1, *(len(row) for row in lists)])
    assert padded.shape == (len(lists), length, 2)
    assert filled.shape == (len(lists), length)
    for row, vectors, mask in zip(lists, padded, filled, strict=True):
        assert mask.tolist() == [True] * len(row) + [False] * (length - len(row))
        assert vectors.tolist() == TABLE[row].tolist() + [[0.0, 0.0]] * (length - len(row))
