"""What all tests share: an Airflow of their own, services that CI must not skip, and a small model bundle."""

from __future__ import annotations

import atexit
import datetime as dt
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import settings

import feature_dsl
from mlp_core import bundle
from mlp_core.artifacts import Artifact, Identity, Maker, publish
from mlp_core.bundle.format import CHECK, MODEL, FileInfo, ModelInfo

# The first call of a kernel compiles it, or loads it from numba's cache: no single example may be timed.
settings.register_profile("project", deadline=None)
settings.load_profile("project")

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.sdk import DAG

MakeBundle = Callable[..., Artifact]
RunDag = Callable[..., "DagRun"]


def _own_airflow() -> Path:
    """Point Airflow, which reads its environment when it is imported, and the platform at a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="airflow-mlp-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in [name for name in os.environ if name.startswith(("AIRFLOW__", "AIRFLOW_CONN_", "AIRFLOW_VAR_"))]:
        del os.environ[name]
    (folder / "dags").mkdir()
    os.environ |= {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "MLP_HOME": str(folder / "mlp"),
    }
    return folder


_AIRFLOW_HOME = _own_airflow()


@pytest.fixture(scope="session")
def airflow_db() -> Path:
    """Airflow's home, with its metadata database made; all tests in this process share it, so give Dags names of their own."""
    command = [sys.executable, "-m", "airflow", "db", "migrate"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout
    from airflow.dag_processing.bundles.manager import DagBundlesManager

    DagBundlesManager().sync_bundles_to_db()
    return _AIRFLOW_HOME


@pytest.fixture
def airflow_home(airflow_db: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of an Airflow of this test alone, in `tmp_path/airflow`, its database made; for child processes."""
    place = tmp_path / "airflow"
    (place / "dags").mkdir(parents=True)
    shutil.copy(airflow_db / "airflow.db", place / "airflow.db")
    own = {"AIRFLOW_HOME": str(place), "AIRFLOW__CORE__DAGS_FOLDER": str(place / "dags"), "MLP_HOME": str(tmp_path / "mlp")}
    return {**os.environ, **own}


@pytest.fixture
def run_dag(airflow_db: Path) -> RunDag:
    """Runs a Dag that a test has made for one day, as `dag.test()` does: run_dag(dag, "2000-11-20", reuse="never")."""
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db

    def run(dag: DAG, day: str = "2000-11-20", **conf: Any) -> DagRun:
        bag = DagBag(dag_folder=os.devnull, bundle_name="dags-folder")
        bag.bag_dag(dag)
        sync_bag_to_db(bag, "dags-folder", None)
        logical_date = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), dt.UTC)
        return dag.test(logical_date=logical_date, run_conf=conf)

    return run


def _sharing(path: str) -> str:
    """What a test file's tests share a process with: the file's own, or all that look at one run of the main job, slow to make."""
    folder, _, name = path.rpartition("/")
    return folder if folder.endswith("/main_job") and name != "test_demo.py" else path


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the tests (pytest-xdist), the longest go first."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: "main_job" not in item.path.parts)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Hands the tests of a file, or of files that share more, to one process, so that nothing slow is made twice."""
    from xdist.scheduler import LoadScopeScheduling

    class Sharing(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _sharing(nodeid.partition("::")[0])

    config.option.loadscopereorder = False
    return Sharing(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Compiles kernels once, before each process, the model environment and children of tests would do it for themselves."""
    from mlp_train import tables

    feature_dsl.warm_up(os.cpu_count() or 1)
    tables.warm_up()


def _service_missing(longrepr: object) -> str | None:
    """Why a test was skipped, where CI has to run it: the reason names a variable of a service that is not set."""
    reason = longrepr[2] if isinstance(longrepr, tuple) else ""
    return reason if os.environ.get("MLP_TEST_REQUIRE_SERVICES") and "MLP_TEST_" in reason else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With MLP_TEST_REQUIRE_SERVICES a test that lacks a service fails where it would be skipped."""
    report = yield
    if report.skipped and (reason := _service_missing(report.longrepr)):
        report.outcome, report.longrepr = "failed", f"MLP_TEST_REQUIRE_SERVICES is set, and this test was skipped: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a module that is skipped as a whole."""
    report = yield
    if report.skipped and (reason := _service_missing(report.longrepr)):
        report.outcome, report.longrepr = "failed", f"MLP_TEST_REQUIRE_SERVICES is set, and this module was skipped: {reason}"
    return report


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
  item: {key: item_id, columns: {item_id: int64, genres: utf8, ratio: float64}}
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
            inputs=(
                bundle.Input(name="pooled", kind="pooled", features=tuple(sizes)),
                bundle.Input(name="dense", kind="dense", features=("ctr",)),
            ),
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
            inputs=(
                bundle.Input(name="pooled", kind="pooled", features=("user",)),
                bundle.Input(name="dense", kind="dense", features=("ctr",)),
            ),
            raw=(bundle.Column("user", user_type), bundle.Column("ctr", "float64")),
            data=bundle.DataWindow(start="2000-08-22", end=data_end),
        )
        users = pa.array([*range(19), None], pa.int64())
        rows = pa.table({"user": users, "ctr": pa.array([*np.linspace(-1, 1, 18), None, 0.5], pa.float64())})
        folder = tmp_path / f"written-{seed}-{data_end}-{wrong_by}-{user_type}"
        bundle.write(bundle.Contents(info, {"user": weights}, _network()), bundle.folder(folder), features=rows, raw=rows)
        if wrong_by:
            _rewrite_check(folder, wrong_by)
        params = {"seed": seed, "end": data_end, "wrong": wrong_by}
        identity = Identity(operation="train", version=1, partition="dt=2000-11-20", params=params)
        root = (tmp_path / "artifacts").as_uri()
        with publish(kind="model", step="train", root=root, identity=identity, maker=Maker()) as attempt:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    attempt.add_file(path, path.relative_to(folder).as_posix())
        return attempt.artifact

    return make
