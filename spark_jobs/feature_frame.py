"""Features of rows that only Spark can read (other formats, views, file systems without a Python client), by `mapInArrow`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlp_core.artifacts import ArtifactError, FileEntry, storage
from mlp_core.specs.jobs import FeatureJob, Table
from spark_jobs.feature_task import compute, input_columns
from spark_jobs.inputs import PARTITION, quoted, read
from spark_jobs.outputs import write
from spark_jobs.runtime import session

if TYPE_CHECKING:
    import pyarrow as pa


def needs_spark(table: Table) -> str | None:
    """Why tasks cannot read the rows of `table` by themselves; None where they can: Parquet files on a file system that fsspec knows."""
    if table.relation is not None:
        return f"{table.relation} is a relation of Spark's catalog"
    if table.format != "parquet":
        return f"the files are {table.format}"
    places = {urlsplit(file.uri)[:2]: file.uri for partition in table.partitions for file in partition.files}
    try:
        for uri in places.values():
            storage.filesystem(uri)
    except ArtifactError as error:
        return str(error)
    return None


def write_features(job: FeatureJob, schema: pa.Schema) -> dict[str, list[FileEntry]]:
    """Compute and write every partition, rows read by Spark; the parts by partition. Nothing is published."""
    parts: dict[str, list[FileEntry]] = {}
    for rows in read(session(), job.input):
        frame = rows.frame.select(*map(quoted, input_columns(job)), PARTITION)
        attempts = {partition.name: job.attempts[partition.name] for partition in rows.partitions}
        parts |= write(frame, attempts, schema, partial(compute, spec=job, schema=schema))
    return parts
