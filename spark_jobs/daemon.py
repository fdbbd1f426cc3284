"""Spark's Python daemon with what every task needs imported already: workers are forks of it and start at once."""

from __future__ import annotations

import pyarrow.parquet  # noqa: F401
from pyspark.daemon import manager

import mlp_core.artifacts.parts  # noqa: F401

if __name__ == "__main__":
    manager()
