"""An archive of Spark's loaded classes, so that the Java of small jobs starts in half the time (class-data sharing, JEP 350)."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from airflow_mlp.launchers.base import Job, JobFailed
from airflow_mlp.launchers.spark_home import CLASS_ARCHIVE, spark_home
from airflow_mlp.launchers.spark_local import SparkLocalLauncher
from airflow_mlp.triton.locking import locked
from mlp_core.artifacts import Identity, begin
from mlp_core.specs.jobs import File, Partition, Table, Trait, TraitJoinJob, pack_schema


def make_class_archive() -> Path:
    """Make the archive (160 MB, some ten seconds), unless it is there, by running a small job that uses most of what jobs use.

    Raises JobFailed or LauncherError as any local job does.
    """
    archive = spark_home() / CLASS_ARCHIVE
    if archive.exists():
        return archive
    with locked(archive.with_name(".recording.lock")):
        if not archive.exists():  # nobody has made it while this process waited
            _record(archive)
    return archive


def _record(archive: Path) -> None:
    folder = Path(tempfile.mkdtemp(dir=archive.parent, prefix="recording-"))
    try:
        recorded = folder / CLASS_ARCHIVE
        launcher = SparkLocalLauncher(java_options=f"-XX:ArchiveClassesAtExit={recorded} -Xlog:cds=off -Xlog:cds+dynamic=off")
        launcher.run(Job(name="record-classes", module="spark_jobs.trait_join", spec=_small_job(folder).to_json(), workdir=folder / "job"))
        if not recorded.exists():
            raise JobFailed(f"this Java wrote no class archive to {recorded}: jobs run without it, only slower to start")
        Path(recorded).replace(archive)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _small_job(folder: Path) -> TraitJoinJob:
    """Two partitions of one row and a profile table: it reads, joins, groups, shuffles and writes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = pa.table({"key": pa.array(["a"]), "number": pa.array([1], pa.int64()), "real": pa.array([0.5])})
    pq.write_table(rows, folder / "rows.parquet")
    pq.write_table(rows, folder / "more.parquet")
    schema = (pack_schema(rows.schema),)
    names = {"dt=2000-01-01": "rows.parquet", "dt=2000-01-02": "more.parquet"}
    files = {name: (File((folder / file).as_uri(), (folder / file).stat().st_size),) for name, file in names.items()}
    partitions = tuple(Partition(name=name, files=listed) for name, listed in files.items())
    profiles = Table(name="profiles", partitions=(Partition(name="table=profiles", files=files["dt=2000-01-01"]),), schemas=schema)
    identities = {name: Identity(operation="record_classes", version=1, partition=name) for name in names}
    attempts = {name: begin(kind="table", step="record", root=str(folder), identity=each).uri for name, each in identities.items()}
    trait = Trait(table=profiles, on=("key",), columns={"real": "profile_real"})
    return TraitJoinJob(attempts=attempts, input=Table(name="input", partitions=partitions, schemas=schema), traits=(trait,))
