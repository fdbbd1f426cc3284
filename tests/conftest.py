from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlp_core import bundle
from mlp_core.artifacts import Artifact, Identity, Maker, publish
from mlp_core.bundle.format import CHECK, MODEL, FileInfo, ModelInfo

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
        helper.make_tensor_value_info("pooled", TensorProto.FLOAT, ["n", 1, 4]),
        helper.make_tensor_value_info("dense", TensorProto.FLOAT, ["n", 1]),
    ]
    output = helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n"])
    constants = [helper.make_tensor("axes", TensorProto.INT64, [2], [1, 2]), helper.make_tensor("one", TensorProto.INT64, [1], [1])]
    graph = helper.make_graph(nodes, "sum", inputs, [output], constants)
    return bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10).SerializeToString())


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
