"""The partition sensor on a warehouse folder: waiting, naming what is missing, and the reference that it gives out."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_mlp.sensors.hive_partition import HivePartitionSensor
from mlp_core.artifacts import Artifact
from mlp_core.artifacts.partitions import PartitionRange

TaskContext = Callable[..., Any]


def land(warehouse: Path, table: str, *partitions: str) -> None:
    for number, partition in enumerate(partitions):
        file = warehouse / table / partition / "part-00000.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"user_id": [number, 7]}), file)


@pytest.fixture
def sensor(tmp_path: Path) -> Any:
    def make(**changed: Any) -> HivePartitionSensor:
        arguments = {"table": "behaviour", "partitions": PartitionRange(start=-2, end=0), "warehouse": str(tmp_path / "warehouse")}
        return HivePartitionSensor(task_id="wait", artifact_root=str(tmp_path / "artifacts"), **{**arguments, **changed})

    return make


def test_it_waits_and_says_what_is_missing(
    task_context: TaskContext, sensor: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    land(tmp_path / "warehouse", "behaviour", "dt=2000-11-19")
    assert not sensor().poke(task_context())
    assert "2 of 3 partitions of behaviour are not there yet: dt=2000-11-18, dt=2000-11-20" in capsys.readouterr().out
    assert not (tmp_path / "artifacts").exists()


def test_the_reference_lists_partitions_and_copies_nothing(task_context: TaskContext, sensor: Any, tmp_path: Path) -> None:
    land(tmp_path / "warehouse", "behaviour", "dt=2000-11-18", "dt=2000-11-19", "dt=2000-11-20", "dt=2000-11-21")
    done = sensor().poke(task_context())
    artifact = Artifact.load(done.xcom_value)
    assert artifact.kind == "reference"
    assert [entry.partition for entry in artifact.entries] == ["dt=2000-11-18", "dt=2000-11-19", "dt=2000-11-20"]
    assert artifact.files[0].endswith("/warehouse/behaviour/dt=2000-11-18/part-00000.parquet")
    assert artifact.to_arrow().num_rows == 6
    assert artifact.manifest.statistics["files"] == 3
    assert not [file for file in Path(artifact.local()).iterdir() if file.suffix == ".parquet"]


def test_it_is_found_again_until_data_lands_anew(task_context: TaskContext, sensor: Any, tmp_path: Path) -> None:
    days = ("dt=2000-11-18", "dt=2000-11-19", "dt=2000-11-20")
    land(tmp_path / "warehouse", "behaviour", *days)
    first, second = (sensor().poke(task_context()).xcom_value for _ in range(2))
    assert first == second
    before = {entry.partition: entry.digest for entry in Artifact.load(first).entries}
    os.utime(tmp_path / "warehouse/behaviour/dt=2000-11-19/part-00000.parquet", (5, 5))
    third = Artifact.load(sensor().poke(task_context()).xcom_value)
    assert third.id != Artifact.load(first).id
    assert [entry.partition for entry in third.entries if entry.digest != before[entry.partition]] == ["dt=2000-11-19"]


def test_a_table_without_partitions_is_the_same_input_every_day(task_context: TaskContext, sensor: Any, tmp_path: Path) -> None:
    land(tmp_path / "warehouse", "user_profile", ".")
    profile = sensor(table="user_profile", partitions=None)
    first, second = (Artifact.load(profile.poke(task_context(day)).xcom_value) for day in ("2000-11-20", "2000-11-21"))
    assert [entry.partition for entry in first.entries] == ["table=user_profile"]
    assert first.digest == second.digest
    assert first.manifest.partition != second.manifest.partition


def test_a_table_that_is_not_there_is_waited_for(task_context: TaskContext, sensor: Any) -> None:
    assert not sensor(table="user_profile", partitions=None).poke(task_context())


def test_the_form_of_the_seed_platform(task_context: TaskContext, sensor: Any, tmp_path: Path) -> None:
    land(tmp_path / "warehouse", "behaviour", "dt=2000-11-18", "dt=2000-11-20")
    done = sensor(partitions={"partitionColumn": "dt", "valType": "select", "values": ["2000-11-18", 0]}).poke(task_context())
    assert len(Artifact.load(done.xcom_value).entries) == 2


def test_templates_reach_into_the_filter(sensor: Any) -> None:
    made = sensor(partitions=PartitionRange(start="{{ params.days }}", end=0))
    made.render_template_fields({"params": {"days": -7}})
    assert made.partitions == {"partitionColumn": "dt", "valType": "range", "start": "-7", "end": 0}


def test_a_wrong_filter_names_the_operator_and_is_not_retried(task_context: TaskContext, sensor: Any) -> None:
    with pytest.raises(AirflowFailException, match=r"HivePartitionSensor 'wait': valType of the partition filter is 'x'"):
        sensor(partitions={"valType": "x"}).poke(task_context())
