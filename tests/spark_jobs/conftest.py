"""One Spark in this process for all tests of jobs, and tables to give them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlp_core.artifacts import Identity, begin
from mlp_core.specs.jobs import File, Partition, Table, pack_schema

MakeTable = Callable[..., Table]
Attempts = Callable[[Sequence[str]], dict[str, str]]


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """The session that jobs find when they ask for one."""
    from pyspark.sql import SparkSession

    os.environ |= {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "4")
    session = builder.config("spark.python.daemon.module", "spark_jobs.daemon").getOrCreate()
    yield session
    session.stop()


@pytest.fixture
def make_table(tmp_path: Path) -> MakeTable:
    """A table of given rows: by partition, each in `files` files; folders have names that are awkward in URIs."""

    def make(name: str, partitions: dict[str, pa.Table], files: int = 1) -> Table:
        schemas: dict[str, int] = {}
        parts = []
        for partition, rows in partitions.items():
            folder = tmp_path / "a folder%20é" / name / partition
            folder.mkdir(parents=True)
            size = -(-rows.num_rows // files)
            written = []
            for number in range(files if rows.num_rows else 0):
                path = folder / f"{number}.parquet"
                pq.write_table(rows.slice(number * size, size), path)
                written.append(File(str(path), path.stat().st_size))
            schema = schemas.setdefault(pack_schema(rows.schema), len(schemas))
            parts.append(Partition(name=partition, files=tuple(written), schema=schema))
        return Table(name=name, partitions=tuple(parts), schemas=tuple(schemas))

    return make


@pytest.fixture
def attempts(tmp_path: Path) -> Attempts:
    """Begins an attempt for each partition, as an operator does."""
    begun = iter(range(1000))

    def begin_all(partitions: Sequence[str]) -> dict[str, str]:
        number, root = next(begun), (tmp_path / "artifacts").as_uri()
        made = {}
        for partition in partitions:
            identity = Identity(operation="test", version=1, partition=partition, params={"number": number})
            made[partition] = begin(kind="table", step="test", root=root, identity=identity).uri
        return made

    return begin_all
