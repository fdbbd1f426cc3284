from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from mlp_core import bundle
from mlp_core.bundle import BundleError, Column, Contents, DataWindow, Feature, Input, ModelInfo, Table
from mlp_core.bundle.lookup import pool_mean

FEATURES = (
    Feature(name="uid", type="int64", table="uid"),
    Feature(name="genres", type="list<int64>", table="genres", max_length=3),
    Feature(name="seen", type="list<int64>", table="genres"),
    Feature(name="ctr", type="float64"),
)


def network() -> bytes:
    """score = sigmoid(sum of all embeddings + dense)."""
    nodes = [
        helper.make_node("ReduceSum", ["pooled", "axes"], ["s"], keepdims=0),
        helper.make_node("ReduceSum", ["dense", "one"], ["d"], keepdims=0),
        helper.make_node("Add", ["s", "d"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["score"]),
    ]
    graph = helper.make_graph(
        nodes,
        "sum",
        [
            helper.make_tensor_value_info("pooled", TensorProto.FLOAT, ["n", 3, 2]),
            helper.make_tensor_value_info("dense", TensorProto.FLOAT, ["n", 1]),
        ],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n"])],
        [
            helper.make_tensor("axes", TensorProto.INT64, [2], [1, 2]),
            helper.make_tensor("one", TensorProto.INT64, [1], [1]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    return bytes(model.SerializeToString())


@pytest.fixture
def contents() -> Contents:
    rng = np.random.default_rng(1)
    info = ModelInfo(
        name="ctr",
        framework="torch",
        algorithm="sum",
        labels=("label",),
        group="user_id",
        features=FEATURES,
        tables=(
            Table(name="uid", file="tables/uid.bin", rows=5, width=2),
            Table(name="genres", file="tables/genres.bin", rows=4, width=2),
        ),
        inputs=(
            Input(name="pooled", kind="pooled", features=("uid", "genres", "seen")),
            Input(name="dense", kind="dense", features=("ctr",)),
        ),
        raw=(
            Column("uid", "int64"),
            Column("genres", "list<int64>"),
            Column("seen", "list<int64>"),
            Column("ctr", "float64"),
        ),
        data=DataWindow(start="2000-08-22", end="2000-11-19"),
    )
    tables = {"uid": rng.normal(size=(5, 2)).astype("f4"), "genres": rng.normal(size=(4, 2)).astype("f4")}
    return Contents(info, tables, network())


def batch(**changes: Any) -> pa.Table:
    columns: dict[str, Any] = {
        "uid": pa.array([0, 4, None, 9, -1], pa.int64()),
        "genres": pa.array([[1, 2], [], None, [3], [4, 0, 1]], pa.list_(pa.int64())),
        "seen": pa.array([[], [0], [1, 1], [2], [3]], pa.list_(pa.int32())),
        "ctr": pa.array([0.5, None, float("nan"), 1.0, float("inf")], pa.float64()),
    }
    return pa.table(columns | changes)


def expected(contents: Contents) -> npt.NDArray[np.float64]:
    uid, genres = contents.tables["uid"].astype(float), contents.tables["genres"].astype(float)

    def mean(rows: list[int]) -> Any:
        return np.mean([genres[r] for r in rows], axis=0) if rows else np.zeros(2)

    logits = [
        (uid[0] + mean([1, 2])).sum() + 0.5,
        (uid[4] + mean([0])).sum(),
        (uid[0] + mean([1, 1])).sum(),
        (uid[0] + mean([3]) + mean([2])).sum() + 1.0,
        (uid[0] + mean([0, 0, 1]) + mean([3])).sum(),
    ]
    scores: npt.NDArray[np.float64] = 1 / (1 + np.exp(-np.array(logits, dtype=np.float64)))
    return scores


def written(contents: Contents, path: Path) -> Path:
    bundle.write(contents, bundle.folder(path), features=batch().slice(0, 3), raw=batch().slice(0, 3))
    return path


def test_a_written_bundle_scores_as_its_tables_say(contents: Contents, tmp_path: Path) -> None:
    loaded = bundle.load(written(contents, tmp_path / "b"))
    assert loaded.score_features(batch()) == pytest.approx(expected(contents), abs=1e-6)
    assert loaded.score_features(batch()).dtype == np.float32
    assert loaded.outside == {"uid": 4, "genres": 2, "seen": 0}
    assert loaded.inputs == {"uid": "int64", "genres": "list<int64>", "seen": "list<int64>", "ctr": "float64"}
    assert loaded.info.data == DataWindow(start="2000-08-22", end="2000-11-19")
    assert loaded.plan is None
    loaded.check()


def test_slices_chunks_and_empty_batches(contents: Contents, tmp_path: Path) -> None:
    loaded = bundle.load((written(contents, tmp_path / "b")).as_uri(), threads=2, verify=False)
    whole = loaded.score_features(batch())
    assert loaded.score_features(batch().slice(2, 3)).tolist() == whole[2:].tolist()
    chunked = pa.concat_tables([batch().slice(0, 1), batch().slice(1, 4)])
    assert loaded.score_raw(chunked).tolist() == whole.tolist()
    assert loaded.score_features(batch().combine_chunks().to_batches()[0]).tolist() == whole.tolist()
    assert loaded.score_features(batch().slice(0, 0)).shape == (0,)


def test_equal_contents_make_equal_bytes(contents: Contents, tmp_path: Path) -> None:
    first, second = written(contents, tmp_path / "a"), written(contents, tmp_path / "b")
    names = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert [str(name) for name in names] == [
        "check.parquet", "dense.onnx", "features.json", "model.json", "tables/genres.bin", "tables/uid.bin",
    ]  # fmt: skip
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in names)


def test_the_mapped_table_is_the_file_itself(contents: Contents, tmp_path: Path) -> None:
    path = written(contents, tmp_path / "b")
    assert np.fromfile(path / "tables/uid.bin", dtype="<f4").reshape(5, 2).tolist() == contents.tables["uid"].tolist()


def test_damage_is_named(contents: Contents, tmp_path: Path) -> None:
    path = written(contents, tmp_path / "b")
    table = path / "tables/uid.bin"
    good = table.read_bytes()
    table.write_bytes(good[:-4])
    with pytest.raises(BundleError, match=r"tables/uid.bin has 36 bytes instead of 40: it is truncated"):
        bundle.load(path, verify=False)
    table.write_bytes(good[:-4] + b"\0\0\0\0")
    with pytest.raises(BundleError, match=r"tables/uid.bin does not have the checksum"):
        bundle.load(path)
    table.unlink()
    with pytest.raises(BundleError, match=r"tables/uid.bin is missing"):
        bundle.load(path)
    with pytest.raises(BundleError, match=r"no model bundle: it has no model.json"):
        bundle.load(tmp_path)
    (path / "model.json").write_text('{"version": 1}')
    with pytest.raises(BundleError, match=r"model.json is not a bundle's model.json: .*missing required field"):
        bundle.load(path)


def test_wrong_scores_do_not_pass_the_check(contents: Contents, tmp_path: Path) -> None:
    path = written(contents, tmp_path / "b")
    changed = contents.tables["uid"] + np.float32(0.1)
    (path / "tables/uid.bin").write_bytes(changed.tobytes())
    with pytest.raises(BundleError, match=r"score_features differs by"):
        bundle.load(path, verify=False).check()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"uid": pa.array(["a"] * 5)}, "'uid' has type string, expected int64"),
        ({"genres": pa.array([1] * 5)}, "'genres' has type int64, expected list<int64>"),
        ({"ctr": pa.array(["x"] * 5)}, "'ctr' has type string, expected float64"),
    ],
)
def test_a_column_of_another_type_is_named(contents: Contents, columns: dict[str, Any], message: str) -> None:
    with pytest.raises(BundleError, match=message):
        contents.bundle().score_features(batch(**columns))


def test_a_missing_column_is_named(contents: Contents) -> None:
    with pytest.raises(BundleError, match=r"'ctr' is missing; the batch has uid, genres, seen"):
        contents.bundle().score_features(batch().drop_columns(["ctr"]))


def test_parts_that_do_not_fit_are_refused(contents: Contents, tmp_path: Path) -> None:
    wrong = msgspec.structs.replace(contents.info, inputs=contents.info.inputs[:1])
    with pytest.raises(BundleError, match=r"wants inputs .'dense'."):
        Contents(wrong, contents.tables, contents.network).bundle()
    with pytest.raises(BundleError, match=r"table 'uid' has shape .4, 2."):
        Contents(contents.info, dict(contents.tables) | {"uid": contents.tables["uid"][:4]}, contents.network).bundle()
    with pytest.raises(BundleError, match=r"dense\.onnx cannot be loaded"):
        Contents(contents.info, contents.tables, b"nonsense").bundle()
    nan = contents.tables["uid"] * np.float32("nan")
    with pytest.raises(BundleError, match=r"scores NaN"):
        written(Contents(contents.info, dict(contents.tables) | {"uid": nan}, contents.network), tmp_path)
    with pytest.raises(BundleError, match=r"1 to 100 check rows, not 0"):
        bundle.write(contents, bundle.folder(tmp_path), features=batch().slice(0, 0))


def test_scores_are_the_same_from_many_threads(contents: Contents) -> None:
    model, want = contents.bundle(), contents.bundle().score_features(batch()).tolist()
    got: list[list[float]] = []
    threads = [threading.Thread(target=lambda: got.extend(model.score_features(batch()).tolist() for _ in range(50))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [want] * 200


def test_check_rows_are_readable_by_anyone(contents: Contents, tmp_path: Path) -> None:
    table = pq.read_table(written(contents, tmp_path / "b") / "check.parquet")
    assert table.column_names == [
        "raw.uid", "raw.genres", "raw.seen", "raw.ctr", "feature.uid", "feature.genres", "feature.seen", "feature.ctr", "score",
    ]  # fmt: skip


@given(st.lists(st.lists(st.integers(0, 9), max_size=5), max_size=30))
def test_pooling_is_the_mean_of_each_list(lists: list[list[int]]) -> None:
    values = np.random.default_rng(0).normal(size=(10, 3)).astype("f4")
    ids = np.array([i for row in lists for i in row], dtype=np.int64)
    offsets = np.cumsum([0, *(len(row) for row in lists)], dtype=np.int64)
    pooled = pool_mean(values[ids], offsets)
    wanted = [values[row].astype(float).mean(axis=0) if row else np.zeros(3) for row in lists]
    assert pooled.shape == (len(lists), 3)
    assert np.allclose(pooled, np.reshape(wanted, (-1, 3)), atol=1e-6)
