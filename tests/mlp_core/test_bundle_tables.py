"""Dynamic tables, alone and in a bundle beside fixed ones."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from mlp_core import bundle
from mlp_core.bundle import BundleError, Column, Contents, Feature, Input, Keys, ModelInfo, Table
from mlp_core.bundle.tables import DynamicTable, is_ascending

LOWEST, HIGHEST = -(2**63), 2**63 - 1
IDS = np.array([2**40 + 1, LOWEST, 7, HIGHEST, 2**40, -1], dtype=np.int64)
ROWS = np.array([1, 2, 6, 4, 5, 3], dtype=np.int64)


def network() -> bytes:
    """score = sigmoid(sum of the embeddings)."""
    nodes = [helper.make_node("ReduceSum", ["pooled", "axes"], ["sum"], keepdims=0), helper.make_node("Sigmoid", ["sum"], ["score"])]
    graph = helper.make_graph(
        nodes,
        "sum",
        [helper.make_tensor_value_info("pooled", TensorProto.FLOAT, ["n", 2, 2])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n"])],
        [helper.make_tensor("axes", TensorProto.INT64, [2], [1, 2])],
    )
    return bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10).SerializeToString())


@pytest.fixture
def contents() -> Contents:
    rng = np.random.default_rng(1)
    info = ModelInfo(
        name="ctr",
        framework="torch",
        algorithm="sum",
        labels=("label",),
        features=(Feature(name="user", type="int64", table="user"), Feature(name="seen", type="list<int64>", table="item")),
        tables=(
            Table(name="user", file="tables/user.bin", rows=7, width=2, kind="dynamic"),
            Table(name="item", file="tables/item.bin", rows=3, width=2),
        ),
        inputs=(Input(name="pooled", kind="pooled", features=("user", "seen")),),
        raw=(Column("user", "int64"), Column("seen", "list<int64>")),
    )
    # Row 7 belongs to no key: an id that was evicted.
    tables = {"user": rng.normal(size=(8, 2)).astype("f4"), "item": rng.normal(size=(3, 2)).astype("f4")}
    return Contents(info, tables, network(), keys={"user": Keys.of(IDS, ROWS)})


def batch() -> pa.Table:
    users = [*IDS.tolist(), 8, 0, None]
    return pa.table({"user": pa.array(users, pa.int64()), "seen": pa.array([[1, 2]] * len(users), pa.list_(pa.int64()))})


def expected(contents: Contents) -> list[float]:
    users = contents.tables["user"].astype(float).sum(axis=1)[[*ROWS, 0, 0, 0]]
    scores: list[float] = (1 / (1 + np.exp(-(users + contents.tables["item"][1:].mean(axis=0).sum())))).tolist()
    return scores


def written(contents: Contents, path: Path) -> Path:
    bundle.write(contents, bundle.folder(path), features=batch(), raw=batch())
    return path


def test_a_dynamic_table_scores_beside_a_fixed_one(contents: Contents, tmp_path: Path) -> None:
    path = written(contents, tmp_path / "b")
    for made in (contents.bundle(), bundle.load(path), bundle.load(path, verify=False)):
        assert made.score_features(batch()) == pytest.approx(expected(contents), abs=1e-6)
        assert made.outside == {"user": 3, "seen": 0}
    bundle.load(path).check()


def test_its_files_hold_ascending_keys_and_their_rows(contents: Contents, tmp_path: Path) -> None:
    path = written(contents, tmp_path / "b")
    order = np.argsort(IDS)
    assert np.fromfile(path / "tables/user.keys.bin", dtype="<i8").tolist() == IDS[order].tolist()
    values = np.fromfile(path / "tables/user.bin", dtype="<f4").reshape(7, 2)
    assert values.tolist() == contents.tables["user"][[0, *ROWS[order]]].tolist()


def test_damaged_keys_are_named(contents: Contents, tmp_path: Path) -> None:
    path = written(contents, tmp_path / "b")
    keys = path / "tables/user.keys.bin"
    good = keys.read_bytes()
    keys.write_bytes(good[:-8])
    with pytest.raises(BundleError, match=r"tables/user.keys.bin has 40 bytes instead of 48"):
        bundle.load(path, verify=False)
    keys.write_bytes(good[8:] + good[:8])
    with pytest.raises(BundleError, match=r"tables/user.keys.bin does not have the checksum"):
        bundle.load(path)
    keys.unlink()
    with pytest.raises(BundleError, match=r"tables/user.keys.bin is missing"):
        bundle.load(path)


def test_files_that_were_written_wrong_are_named(contents: Contents, tmp_path: Path) -> None:
    table = contents.info.tables[0]
    (tmp_path / "tables").mkdir()
    (tmp_path / table.file).write_bytes(bytes(table.bytes))
    (tmp_path / table.keys_file).write_bytes(np.array([3, 2, 1, 4, 5, 6], dtype="<i8").tobytes())
    with pytest.raises(BundleError, match=r"user.keys.bin does not hold ids in ascending order"):
        DynamicTable.map(tmp_path, table, verify=True)
    (tmp_path / table.keys_file).write_bytes(b"1234")
    with pytest.raises(BundleError, match=r"user.keys.bin has 4 bytes, the keys of 6 rows need 48"):
        DynamicTable.map(tmp_path, table, verify=False)
    (tmp_path / "model.json").write_bytes(contents.info.to_json())
    with pytest.raises(BundleError, match=r"lists no checksum for .*tables/user.keys.bin"):
        bundle.load(tmp_path)


def test_keys_that_do_not_fit_are_refused(contents: Contents) -> None:
    def made(**changes: object) -> Contents:
        given = {"info": contents.info, "tables": contents.tables, "network": contents.network, "keys": contents.keys}
        return Contents(**(given | changes))  # type: ignore[arg-type]

    with pytest.raises(BundleError, match=r"dynamic table 'user' of 7 rows has 0 keys"):
        made(keys={}).bundle()
    with pytest.raises(BundleError, match=r"dynamic table 'user' of 7 rows has 5 keys"):
        made(keys={"user": Keys.of(IDS[1:], ROWS[1:])}).bundle()
    with pytest.raises(BundleError, match=r"fixed table 'user' of 7 rows has 6 keys"):
        fixed = msgspec.structs.replace(contents.info.tables[0], kind="fixed")
        made(info=msgspec.structs.replace(contents.info, tables=(fixed, contents.info.tables[1]))).bundle()
    with pytest.raises(BundleError, match=r"has shape .6, 2., which does not hold 2 floats for each key"):
        made(tables=dict(contents.tables) | {"user": contents.tables["user"][:6]}).bundle()
    for ids, rows in (([1, 1], [1, 2]), ([1, 2], [0, 1])):
        with pytest.raises(BundleError, match=r"a key twice, or in row 0"):
            Keys.of(np.array(ids), np.array(rows))


def test_a_table_that_has_met_nobody(tmp_path: Path) -> None:
    table = Table(name="user", file="user.bin", rows=1, width=2, kind="dynamic")
    (tmp_path / table.file).write_bytes(np.ones(2, dtype="<f4").tobytes())
    (tmp_path / table.keys_file).write_bytes(b"")
    rows, unknown = DynamicTable.map(tmp_path, table, verify=True).rows_of(np.array([3, 0, 3]))
    assert (rows.tolist(), unknown) == ([0, 0, 0], 3)


@given(st.sets(st.integers(LOWEST, HIGHEST), max_size=30), st.lists(st.integers(LOWEST, HIGHEST), max_size=10))
def test_every_key_is_found_and_nothing_else(known: set[int], others: list[int]) -> None:
    keys = np.array(sorted(known), dtype=np.int64)
    asked = np.array([*known, *others, *(key + 1 for key in known if key < HIGHEST)], dtype=np.int64)
    rows, unknown = DynamicTable(np.zeros((keys.size + 1, 1), np.float32), keys).rows_of(asked)
    positions = {key: place + 1 for place, key in enumerate(sorted(known))}
    assert rows.tolist() == [positions.get(int(key), 0) for key in asked]
    assert unknown == sum(int(key) not in known for key in asked)


def test_ascending_is_checked_across_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlp_core.bundle.tables._CHUNK", 3)
    assert is_ascending(np.arange(10))
    for place in range(1, 10):
        ids = np.arange(10)
        ids[place] = ids[place - 1]
        assert not is_ascending(ids)
    assert is_ascending(np.array([LOWEST, HIGHEST]))
