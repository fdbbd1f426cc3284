"""Writing a frame's rows into the attempts of their partitions. The executors write; the driver sees what was written, not the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from mlp_core.artifacts import Attempt, FileEntry, resume
from mlp_core.artifacts.parts import PartWriter
from mlp_core.specs.jobs import pack_schema, unpack_schema
from spark_jobs.inputs import PARTITION, quoted
from spark_jobs.runtime import JobError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

OPEN_WRITERS = 8
_WRITTEN = "partition string, entry string"


class Written(msgspec.Struct, frozen=True):
    """A part that some task has written for a partition."""

    partition: str
    entry: FileEntry


def write(
    frame: DataFrame,
    attempts: Mapping[str, str],
    schema: pa.Schema | None = None,
    change: Callable[[pa.RecordBatch], pa.RecordBatch] | None = None,
) -> dict[str, list[FileEntry]]:
    """Write the rows of `frame` into the attempts of their partitions (column PARTITION, which is not stored).

    schema: Arrow schema of the files where it is to be more exact than the frame's; change: makes the rows to write of the frame's, in
    the tasks, batch by batch. Returns the parts of every partition, none
    for one without rows. Nothing is published.
    """
    from pyspark.sql.types import StructType

    stored = StructType([field for field in frame.schema.fields if field.name != PARTITION])
    target = schema if schema is not None else arrow_schema(stored)
    columns = [*stored.names, PARTITION]
    done = _narrow_or_balanced(frame.select(*map(quoted, columns))).mapInArrow(
        _writer(dict(attempts), pack_schema(target), change), _WRITTEN
    )
    parts: dict[str, list[FileEntry]] = {partition: [] for partition in attempts}
    for row in done.collect():
        parts[row.partition].append(msgspec.json.decode(row.entry, type=FileEntry))
    return parts


def publish(
    attempts: Mapping[str, str],
    parts: Mapping[str, Sequence[FileEntry]],
    schema: pa.Schema,
    extra: Callable[[Attempt], None] | None = None,
) -> None:
    """Publish each attempt with its parts; `extra` may add to it."""
    for partition, uri in attempts.items():
        with resume(uri) as attempt:
            attempt.add_parts(parts.get(partition, ()), schema)
            if extra is not None:
                extra(attempt)


def arrow_schema(frame_schema: object) -> pa.Schema:
    """The Arrow schema of a frame's schema, every field nullable as in Parquet files that Spark writes."""
    from pyspark.sql.pandas.types import to_arrow_schema

    schema: pa.Schema = to_arrow_schema(frame_schema, timezone="UTC")
    return schema


def _narrow_or_balanced(frame: DataFrame) -> DataFrame:
    """A frame that shuffles gets few, even, partition-wise output tasks; a narrow one stays as it is."""
    plan = frame._jdf.queryExecution().executedPlan().toString()
    if "Exchange hashpartitioning" not in plan:
        return frame
    return frame.hint("rebalance", PARTITION)


def _writer(
    attempts: dict[str, str], packed: str, change: Callable[[pa.RecordBatch], pa.RecordBatch] | None
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def write_task(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        rows = _by_partition(batches)
        changed = rows if change is None else ((partition, change(batch)) for partition, batch in rows)
        written = list(write_parts(changed, attempts, unpack_schema(packed)))
        yield pa.RecordBatch.from_arrays(
            [
                pa.array([part.partition for part in written], pa.string()),
                pa.array([msgspec.json.encode(part.entry).decode() for part in written], pa.string()),
            ],
            ["partition", "entry"],
        )

    return write_task


def write_parts(batches: Iterable[tuple[str, pa.RecordBatch]], attempts: Mapping[str, str], schema: pa.Schema) -> Iterator[Written]:
    """Write `batches`, each of one partition, in a Spark task; tells the parts as they are closed.

    Part names hold the task's place first, so that names in order give the order of the rows, and the try last, so that a second
    try of a task writes other files. Few files are open at once: beyond OPEN_WRITERS the one used longest ago is closed.
    """
    place, attempt = _task()
    writers: dict[str, PartWriter] = {}
    opened = 0
    try:
        for partition, batch in batches:
            writer = writers.pop(partition, None)
            if writer is None:
                if len(writers) >= OPEN_WRITERS:
                    oldest = next(iter(writers))
                    yield Written(oldest, writers.pop(oldest).close())
                if partition not in attempts:
                    raise JobError(f"a row belongs to {partition or 'no partition'}, which is not to be made")
                writer = PartWriter(attempts[partition], f"part-{place:05d}-{opened:04d}-{attempt}.parquet", schema)
                opened += 1
            writers[partition] = writer
            writer.write(_cast(batch, schema))
        for partition in list(writers):
            yield Written(partition, writers.pop(partition).close())
    finally:
        for writer in writers.values():
            writer.abandon()


def _by_partition(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[str, pa.RecordBatch]]:
    import pyarrow.compute as pc

    for batch in batches:
        if not batch.num_rows:
            continue
        partition = batch.column(batch.num_columns - 1)
        rows = batch.select(range(batch.num_columns - 1))
        names = pc.unique(partition).to_pylist()
        for name in names:
            yield name or "", rows if len(names) == 1 else rows.filter(pc.equal(partition, name))


def _cast(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    if batch.schema.equals(schema, check_metadata=True):
        return batch
    arrays = [batch.column(i).cast(field.type) for i, field in enumerate(schema)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _task() -> tuple[int, int]:
    """The place of the running task in its stage, and a number that no other try of any task has."""
    from pyspark import TaskContext

    context = TaskContext.get()
    return (0, 0) if context is None else (context.partitionId(), context.taskAttemptId())
