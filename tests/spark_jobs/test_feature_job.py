"""The feature job: every way of reading gives the artifact that one call of the plan gives, whatever becomes of its tasks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.orc as orc
import pyarrow.parquet as pq
import pytest

import feature_dsl
from mlp_core.artifacts import Artifact
from mlp_core.specs.jobs import FeatureJob, File, Partition, Table, pack_schema
from spark_jobs import feature
from spark_jobs.feature_frame import needs_spark
from spark_jobs.parquet_rows import batches
from spark_jobs.runtime import JobError

MakeTable = Callable[..., Table]
Attempts = Callable[[Sequence[str]], dict[str, str]]
ROOT = Path(__file__).parents[2]
DAYS = ["dt=2000-11-19", "dt=2000-11-20"]
FEATURES = json.dumps(
    {
        "version": 1,
        "group": "test",
        "features": [
            {"name": "word_place", "kind": "enum_feature", "source": "word", "values": ["NULL", "a", "b", "é"]},
            {"name": "bucket", "kind": "boundary_feature", "source": "number", "boundaries": [-1, 0, 0.5]},
            {"name": "user", "kind": "id_feature", "source": "user_id", "hash_buckets": 1_000_000},
            {"name": "words", "kind": "list_feature", "source": "text", "separator": "|", "hash_buckets": 50_000, "max_length": 3},
            {"name": "both", "kind": "cross_feature", "inputs": ["user", "words"], "hash_buckets": 1000, "max_length": 4},
            {"name": "log", "kind": "expr_feature", "expr": "log10(number)"},
        ],
    }
)


def rows(seed: int, count: int) -> pa.Table:
    random = np.random.default_rng(seed)
    words = pa.array(["a", "b", "é", "", None, "unknown"])
    texts = pa.array(["a|b", "", None, "ü'\"\\|x||y", "a|a|a|a|b"])
    return pa.table(
        {
            "label": pa.array(random.integers(0, 2, count), pa.int64()),
            "word": words.take(pa.array(random.integers(0, len(words), count))),
            "number": pa.array(random.normal(0, 2, count), mask=random.random(count) < 0.1),
            "user_id": pa.array([None if user % 50 == 0 else f"user {user}" for user in random.integers(0, 20_000, count)]),
            "text": texts.take(pa.array(random.integers(0, len(texts), count))),
            "never_read": pa.array(random.random(count)),
        }
    )


def plan_for(table: pa.Table) -> feature_dsl.Plan:
    return feature_dsl.load(FEATURES).compile(schema=table.schema)


def expected(table: pa.Table) -> pa.Table:
    (batch,) = table.combine_chunks().to_batches()
    computed = plan_for(table).run(batch)
    return pa.table([table["label"], *computed.columns], schema=pa.schema([table.schema.field("label"), *computed.schema]))


def content(uri: str) -> pa.Table:
    artifact = Artifact.load(uri)
    artifact.verify()
    return artifact.to_arrow()


def as_encoded(table: pa.Table, kind: pa.DataType) -> pa.Table:
    columns = [column.cast(kind) if pa.types.is_string(column.type) else column for column in table.columns]
    return pa.table(columns, table.schema.names)


@pytest.mark.slow
@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())], ids=str)
def test_tasks_give_what_one_call_gives(
    make_table: MakeTable, attempts: Attempts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: pa.DataType
) -> None:
    monkeypatch.setattr(feature, "_SPLIT_BYTES", 200_000)  # files are cut between their row groups
    made, parts = attempts(DAYS), []
    for seed, day in enumerate(DAYS):
        path = tmp_path / f"{day}.parquet"
        pq.write_table(as_encoded(rows(seed, 30_000), kind), path, row_group_size=4_000)
        parts.append(Partition(name=day, files=(File(str(path), path.stat().st_size),)))
    table = Table(name="t", partitions=tuple(parts), schemas=(pack_schema(pq.read_schema(path)),))
    plan = plan_for(rows(0, 1))
    feature.run(FeatureJob(attempts=made, input=table, plan=plan.to_json(), keep=("label",)))
    for seed, day in enumerate(DAYS):
        assert content(made[day]).equals(expected(rows(seed, 30_000)))
        files = Artifact.load(made[day]).manifest.files
        assert len(files) > 1 and len({file.path for file in files}) == len(files)


@pytest.mark.slow
def test_rows_that_only_spark_reads_give_the_same_artifact(spark: Any, make_table: MakeTable, attempts: Attempts, tmp_path: Path) -> None:
    by_day = {day: rows(seed, 2_000) for seed, day in enumerate(DAYS)}
    parquet = make_table("parquet", by_day)
    parts = []
    for day, table in by_day.items():
        path = tmp_path / "orc" / day / "0.orc"
        path.parent.mkdir(parents=True)
        orc.write_table(table, path)
        parts.append(Partition(name=day, files=(File(str(path), path.stat().st_size),)))
    files = Table(name="orc", partitions=tuple(parts), schemas=parquet.schemas, format="orc")
    spark.read.orc((tmp_path / "orc").as_uri()).createOrReplaceTempView("days")
    spark.sql("CREATE OR REPLACE TEMP VIEW a_view AS SELECT *, 1 AS more FROM days WHERE label >= 0")
    view = msgspec.structs.replace(
        files, format="parquet", relation="a_view", partitions=tuple(Partition(name=day, files=()) for day in by_day)
    )
    plan = plan_for(by_day[DAYS[0]]).to_json()
    found = {}
    for table in (parquet, files, view):
        made = attempts(DAYS)
        feature.run(FeatureJob(attempts=made, input=table, plan=plan, keep=("label", "dt")))
        found[table.relation or table.format] = [Artifact.load(uri).digest for uri in made.values()]
        ours, wanted = content(made[DAYS[0]]).drop_columns(["dt"]), expected(by_day[DAYS[0]])
        assert sorted(map(str, ours.to_pylist())) == sorted(map(str, wanted.to_pylist()))
    assert found["parquet"] == found["orc"] == found["a_view"]


def test_which_rows_need_sparks_reader() -> None:
    schema = pack_schema(rows(0, 1).schema)

    def table(uri: str, **options: Any) -> Table:
        return Table(name="t", partitions=(Partition(name="dt=1", files=(File(uri, 1),)),), schemas=(schema,), **options)

    assert needs_spark(table("/a/b.parquet")) is None
    assert needs_spark(table("/a/b.orc", format="orc")) == "the files are orc"
    assert needs_spark(table("/a/b", relation="v")) == "v is a relation of Spark's catalog"
    assert "no file system for oss: URIs" in (needs_spark(table("oss://bucket/b.parquet")) or "")


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_text("not what it says it is")
    with pytest.raises(JobError, match=r"rows\.parquet is not a Parquet file: .*; write it again"):
        list(batches(str(path), ["a"]))


def test_texts_come_as_dictionaries_where_the_file_has_small_ones(tmp_path: Path) -> None:
    pq.write_table(rows(0, 20_000), tmp_path / "rows.parquet", row_group_size=7_000)
    uri = (tmp_path / "rows.parquet").as_uri()
    found = list(batches(uri, ["word", "user_id"], encoded=["word", "user_id"]))
    assert [str(found[0].schema.field(name).type)[:10] for name in ("word", "user_id")] == ["dictionary", "string"]
    assert sum(batch.num_rows for batch in found) == 20_000
    assert [batch.num_rows for batch in batches(uri, [], (1, 3))] == [7_000, 6_000]


KILLER = '''
"""Spark's Python daemon, whose first try of the first task is killed while it writes."""

import os
import signal

from pyspark import TaskContext
from pyspark.daemon import manager

from mlp_core.artifacts.parts import PartWriter

_write = PartWriter.write


def write(self, batch):
    _write(self, batch)
    context = TaskContext.get()
    if context.partitionId() == 0 and context.attemptNumber() == 0 and self._hash.rows > 70_000:
        os.kill(os.getpid(), signal.SIGKILL)


PartWriter.write = write
if __name__ == "__main__":
    manager()
'''


@pytest.mark.slow
def test_a_task_killed_in_the_middle_is_tried_again(make_table: MakeTable, attempts: Attempts, tmp_path: Path) -> None:
    (tmp_path / "killing_daemon.py").write_text(KILLER)
    data = rows(1, 150_000)
    made = attempts(DAYS[:1])
    table, plan = make_table("t", {DAYS[0]: data}), plan_for(data)
    (tmp_path / "job.json").write_bytes(FeatureJob(attempts=made, input=table, plan=plan.to_json(), keep=("label",)).to_json())
    conf = "--master local[2,4] --conf spark.ui.enabled=false --conf spark.python.daemon.module=killing_daemon pyspark-shell"
    environment = os.environ | {
        "PYSPARK_SUBMIT_ARGS": conf,
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
    }
    command = [sys.executable, "-m", "spark_jobs.feature", "--job", str(tmp_path / "job.json")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Lost task 0.0" in done.stderr
    assert content(made[DAYS[0]]).equals(expected(data))
    artifact = Artifact.load(made[DAYS[0]])
    (part,) = artifact.manifest.files
    written = {path.name for path in Path(artifact.uri.removeprefix("file://")).glob("*.parquet")}
    assert written - {part.path}, "the killed try has left a file, which the manifest does not name"


MEASURED = """
import resource, sys
from pathlib import Path
from spark_jobs.feature_task import Split, run_task
list(run_task(Path(sys.argv[1]).read_bytes(), [[Split("dt=2000-11-19", sys.argv[2], 1)]]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_data(attempts: Attempts, tmp_path: Path) -> None:
    base = rows(0, 100_000).select(["word", "number"])
    entries = [entry for entry in json.loads(FEATURES)["features"] if entry["name"] in ("word_place", "log")]
    plan = feature_dsl.load(json.dumps(json.loads(FEATURES) | {"features": entries})).compile(schema=base.schema)
    peaks = {}
    for millions in (1, 10):
        path = tmp_path / f"{millions}.parquet"
        with pq.ParquetWriter(path, base.schema) as writer:
            for _ in range(10 * millions):
                writer.write_table(base)
        made = attempts(DAYS[:1])
        table = Table(name="t", partitions=(Partition(name=DAYS[0], files=(File(str(path), 1),)),), schemas=(pack_schema(base.schema),))
        job = tmp_path / "job.json"
        job.write_bytes(FeatureJob(attempts=made, input=table, plan=plan.to_json()).to_json())
        command = [sys.executable, "-c", MEASURED, str(job), str(path)]
        peaks[millions] = int(subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout)
    assert peaks[10] < peaks[1] + (32 << 20), {millions: f"{peak >> 20} MB" for millions, peak in peaks.items()}
