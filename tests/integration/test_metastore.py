"""The partition sensor and a real Hive metastore, started from the jars that pyspark carries."""

from __future__ import annotations

import datetime as dt
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from airflow.sdk.exceptions import AirflowException

from airflow_mlp.sensors.hive_partition import HivePartitionSensor
from mlp_core.artifacts import Artifact
from mlp_core.artifacts.partitions import PartitionRange

SPARK = find_spec("pyspark")
pytestmark = [
    pytest.mark.skipif(SPARK is None or shutil.which("java") is None, reason="needs pyspark and Java"),
    pytest.mark.slow,
    pytest.mark.timeout(180),
]


@pytest.fixture(scope="module")
def metastore(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a metastore with an empty database."""
    folder = tmp_path_factory.mktemp("metastore")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert SPARK is not None and SPARK.submodule_search_locations is not None
    opens = [f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in ("net", "lang", "util")]
    options = {
        "hive.metastore.warehouse.dir": f"file://{folder}/warehouse",
        "datanucleus.schema.autoCreateAll": "true",
        "hive.metastore.schema.verification": "false",
        "javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder}/db;create=true",
    }
    command = [
        *("java", "-Xmx512m", f"-Dderby.system.home={folder}", "-Dhive.async.log.enabled=false", *opens),
        *("-cp", f"{SPARK.submodule_search_locations[0]}/jars/*", "org.apache.hadoop.hive.metastore.HiveMetaStore", "-p", str(port)),
        *(part for key, value in options.items() for part in ("--hiveconf", f"{key}={value}")),
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as process:
        try:
            _wait_for(port, process, folder / "log")
            yield port
        finally:
            process.kill()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    tick = threading.Event()
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, log.read_text()
        tick.wait(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture
def connection(metastore: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """The Airflow connection to the metastore."""
    monkeypatch.setenv("AIRFLOW_CONN_A_METASTORE", f'{{"conn_type": "hive_metastore", "host": "127.0.0.1", "port": {metastore}}}')
    return "a_metastore"


class Catalogue:
    """Makes tables and registers partitions, as Spark or Hive would."""

    def __init__(self, port: int, folder: Path) -> None:
        from hmsclient import HMSClient

        self._client = HMSClient(host="127.0.0.1", port=port)
        self.folder = folder

    def table(self, name: str, *, partitioned: bool) -> str:
        from hmsclient.genthrift.hive_metastore.ttypes import FieldSchema, Table

        keys = [FieldSchema("dt", "string", "")] if partitioned else []
        location = (self.folder / name).as_uri()
        with self._client as client:
            client.create_table(
                Table(tableName=name, dbName="default", sd=self._storage(location), partitionKeys=keys, tableType="EXTERNAL_TABLE")
            )
        return location

    def partition(self, table: str, day: str, folder: str, *, rows: int = 3) -> None:
        from hmsclient.genthrift.hive_metastore.ttypes import Partition

        place = self.folder / folder
        place.mkdir(parents=True)
        if rows:
            pq.write_table(pa.table({"user_id": list(range(rows))}), place / "part-00000.parquet")
        with self._client as client:
            client.add_partitions([Partition(values=[day], dbName="default", tableName=table, sd=self._storage(place.as_uri()))])

    def _storage(self, location: str) -> Any:
        from hmsclient.genthrift.hive_metastore.ttypes import FieldSchema, SerDeInfo, StorageDescriptor

        parquet = "org.apache.hadoop.hive.ql.io.parquet"
        return StorageDescriptor(
            cols=[FieldSchema("user_id", "bigint", "")],
            location=location,
            inputFormat=f"{parquet}.MapredParquetInputFormat",
            outputFormat=f"{parquet}.MapredParquetOutputFormat",
            serdeInfo=SerDeInfo(serializationLib=f"{parquet}.serde.ParquetHiveSerDe", parameters={}),
            bucketCols=[],
            sortCols=[],
            parameters={},
        )


@pytest.fixture
def catalogue(metastore: int, tmp_path: Path) -> Catalogue:
    return Catalogue(metastore, tmp_path / "data")


def context(day: str) -> Any:
    run = SimpleNamespace(conf={}, partition_date=dt.date.fromisoformat(day), partition_key=None)
    ti = SimpleNamespace(id="1", dag_id="d", run_id="r", task_id="wait", map_index=-1, try_number=1)
    return {"ti": ti, "dag_run": run, "params": {}}


def reference_of(sensor: HivePartitionSensor) -> Artifact:
    done = sensor.poke(context("2000-11-20"))
    assert done.xcom_value is not None
    return Artifact.load(done.xcom_value)


def test_partitions_are_where_the_metastore_says(
    connection: str, catalogue: Catalogue, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalogue.table("behaviour", partitioned=True)
    catalogue.partition("behaviour", "2000-11-19", "elsewhere/nineteen")
    catalogue.partition("behaviour", "2000-11-20", "elsewhere/twenty", rows=0)
    sensor = HivePartitionSensor(
        task_id="wait",
        table="behaviour",
        partitions=PartitionRange(start=-2, end=0),
        metastore_conn_id=connection,
        artifact_root=str(tmp_path / "artifacts"),
    )
    assert not sensor.poke(context("2000-11-20"))
    assert "2 of 3 partitions of behaviour are not there yet: dt=2000-11-18, dt=2000-11-20" in capsys.readouterr().out

    catalogue.partition("behaviour", "2000-11-18", "elsewhere/eighteen")
    pq.write_table(pa.table({"user_id": [1]}), catalogue.folder / "elsewhere/twenty/a.parquet")
    artifact = reference_of(sensor)
    assert [entry.partition for entry in artifact.entries] == ["dt=2000-11-18", "dt=2000-11-19", "dt=2000-11-20"]
    assert artifact.entries[1].uri == (catalogue.folder / "elsewhere/nineteen").as_uri()
    assert artifact.to_arrow().num_rows == 7


def test_a_whole_table_and_one_that_is_not_there(connection: str, catalogue: Catalogue, tmp_path: Path) -> None:
    location = catalogue.table("user_profile", partitioned=False)
    (catalogue.folder / "user_profile").mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"user_id": [1, 2]}), catalogue.folder / "user_profile" / "part-00000.parquet")
    arguments: dict[str, Any] = {"metastore_conn_id": connection, "artifact_root": str(tmp_path / "artifacts")}
    whole = reference_of(HivePartitionSensor(task_id="wait", table="default.user_profile", **arguments))
    assert [entry.uri for entry in whole.entries] == [location]
    assert not HivePartitionSensor(task_id="wait", table="no_such_table", **arguments).poke(context("2000-11-20"))
    gone = HivePartitionSensor(task_id="wait", table="no_such_table", partitions=PartitionRange(start=0, end=0), **arguments)
    assert not gone.poke(context("2000-11-20"))


def test_a_metastore_that_is_away_is_told_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_AWAY", '{"conn_type": "hive_metastore", "host": "127.0.0.1", "port": 1}')
    sensor = HivePartitionSensor(task_id="wait", table="t", metastore_conn_id="away", artifact_root=str(tmp_path))
    with pytest.raises(AirflowException, match="the Hive metastore of the connection 'away' does not answer"):
        sensor.poke(context("2000-11-20"))
    assert not list(tmp_path.iterdir())
