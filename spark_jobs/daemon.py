"""Spark's Python daemon with what every task needs imported already: workers are forks of it and start at once."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet
from pyspark.daemon import manager

import mlp_core.artifacts.parts  # noqa: F401
from mlp_core.artifacts.digest import hash_rows

if __name__ == "__main__":
    # Loads the kernel that hashes text, once for all workers.
    hash_rows(pa.record_batch({"text": pa.array([""], pa.string())}))
    manager()
