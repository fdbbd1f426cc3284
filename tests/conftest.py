from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import settings

from mlp_core import bundle
from mlp_core.artifacts import Artifact, Identity, Maker, publish
from mlp_core.bundle.format import CHECK, MODEL, FileInfo, ModelInfo

# The first call of a kernel compiles it, or loads it from numba's cache: no single example may be timed.
settings.register_profile("project", deadline=None)
settings.load_profile("project")

MakeBundle = Callable[..., Artifact]


def _network() -> bytes:
    """score = sigmoid(sum of a row's embeddings + its dense value)."""
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("ReduceSum", ["pooled", "axes"], ["embedded"], keepdims=0),
        helper.make_node("ReduceSum", ["dense", "one"], ["number"], keepdims=0),
        helper.make_node("Add", ["embedded", "number"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["score"]),
    ]
    inputs = [
        helper.make_tensor_value_info("pooled", TensorProto.FLOAT, ["n", "features", 4]),
        helper.make_tensor_value_info("dense", TensorProto.FLOAT, ["n", 1]),
    ]
    output = helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n"])
    constants = [helper.make_tensor("axes", TensorProto.INT64, [2], [1, 2]), helper.make_tensor("one", TensorProto.INT64, [1], [1])]
    graph = helper.make_graph(nodes, "sum", inputs, [output], constants)
    return bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10).SerializeToString())


FEATURES = """
version: 1
group: test
domains:
  user: {key: user_id, columns: {user_id: utf8, age: int64}}
  item: {key: item_id, columns: {genres: utf8, ratio: float64}}
features:
  - {name: user, kind: id_feature, source: user_id, hash_buckets: 50}
  - {name: genre, kind: list_feature, source: genres, separator: "|", hash_buckets: 20, max_length: 5}
  - {name: adult, kind: boundary_feature, source: age, boundaries: [18, 25, 50]}
  - {name: ctr, kind: expr_feature, expr: ratio}
"""
RAW = {
    "user_id": pa.array(["u1", "", None, "ünï", "u2"]),
    "age": pa.array([17, 18, None, 60, -1], pa.int64()),
    "genres": pa.array(["a|b", "", None, "a||b", "|"]),
    "ratio": pa.array([0.5, None, float("nan"), -1.0, 0.0], pa.float64()),
}


@pytest.fixture
def make_plan_bundle(tmp_path: Path) -> MakeBundle:
    """Publishes a small real bundle that holds a feature plan; its raw columns are those of `RAW`, text among them."""

    def make(seed: int = 1) -> Artifact:
        import feature_dsl

        plan = feature_dsl.load(FEATURES).compile()
        random, sizes = np.random.default_rng(seed), {"user": 50, "genre": 20, "adult": 4}
        info = ModelInfo(
            name="ctr",
            framework="torch",
            algorithm="sum",
            labels=("label",),
            features=(
                bundle.Feature(name="user", type="int64", table="user"),
                bundle.Feature(name="genre", type="list<int64>", table="genre"),
                bundle.Feature(name="adult", type="int64", table="adult"),
                bundle.Feature(name="ctr", type="float64"),
            ),
            tables=tuple(bundle.Table(name=name, file=f"tables/{name}.bin", rows=rows, width=4) for name, rows in sizes.items()),
            inputs=(bundle.Input(name="pooled", kind="pooled", features=tuple(sizes)), bundle.Input(name="dense", kind="dense", features=("ctr",))),
            raw=tuple(bundle.Column(each.name, str(each.type)) for each in plan.inputs),
            data=bundle.DataWindow(start="2000-08-22", end="2000-11-19"),
        )
        tables = {name: random.normal(size=(rows, 4)).astype(np.float32) for name, rows in sizes.items()}
        raw = pa.table(RAW).select([each.name for each in plan.inputs])
        identity = Identity(operation="train", version=1, partition="dt=2000-11-20", params={"plan": True, "seed": seed})
        with publish(kind="model", step="train", root=(tmp_path / "artifacts").as_uri(), identity=identity, maker=Maker()) as attempt:
            bundle.write(bundle.Contents(info, tables, _network(), plan.to_json()), attempt.open, features=plan.run(raw), raw=raw)
        return attempt.artifact

    return make


def _rewrite_check(folder: Path, shift: float) -> None:
    """Let check.parquet claim other scores than the model gives, with a checksum that fits."""
    table = pq.read_table(folder / CHECK)
    scores = pa.array(table.column("score").to_numpy() + np.float32(shift))
    pq.write_table(table.set_column(table.schema.get_field_index("score"), "score", scores), folder / CHECK)
    import hashlib

    content = (folder / CHECK).read_bytes()
    info = ModelInfo.from_json((folder / MODEL).read_bytes(), MODEL)
    files = {**info.files, CHECK: FileInfo(len(content), hashlib.sha256(content).hexdigest())}
    (folder / MODEL).write_bytes(msgspec.structs.replace(info, files=files).to_json())


@pytest.fixture
def make_bundle(tmp_path: Path) -> MakeBundle:
    """Publishes a small real bundle: raw columns `user` (int64) and `ctr` (float64), no plan.

    Arguments: seed of the weights, last day of the data, and how far check.parquet's scores are from the model's.
    """

    def make(seed: int = 1, data_end: str | None = "2000-11-19", wrong_by: float = 0.0, user_type: str = "int64") -> Artifact:
        weights = np.random.default_rng(seed).normal(size=(50, 4)).astype(np.float32)
        info = ModelInfo(
            name="ctr",
            framework="torch",
            algorithm="sum",
            labels=("label",),
            features=(bundle.Feature(name="user", type="int64", table="user"), bundle.Feature(name="ctr", type="float64")),
            tables=(bundle.Table(name="user", file="tables/user.bin", rows=50, width=4),),
            inputs=(bundle.Input(name="pooled", kind="pooled", features=("user",)), bundle.Input(name="dense", kind="dense", features=("ctr",))),
            raw=(bundle.Column("user", user_type), bundle.Column("ctr", "float64")),
            data=bundle.DataWindow(start="2000-08-22", end=data_end),
        )
        rows = pa.table({"user": pa.array([*range(19), None], pa.int64()), "ctr": pa.array([*np.linspace(-1, 1, 18), None, 0.5], pa.float64())})
        folder = tmp_path / f"written-{seed}-{data_end}-{wrong_by}-{user_type}"
        bundle.write(bundle.Contents(info, {"user": weights}, _network()), bundle.folder(folder), features=rows, raw=rows)
        if wrong_by:
            _rewrite_check(folder, wrong_by)
        identity = Identity(operation="train", version=1, partition="dt=2000-11-20", params={"seed": seed, "end": data_end, "wrong": wrong_by})
        root = (tmp_path / "artifacts").as_uri()
        with publish(kind="model", step="train", root=root, identity=identity, maker=Maker()) as attempt:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    attempt.add_file(path, path.relative_to(folder).as_posix())
        return attempt.artifact

    return make
