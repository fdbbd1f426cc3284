"""From Parquet artifacts to columns in memory, through Arrow, without a Python row."""

from __future__ import annotations

from mlp_train.data.layout import Layout, resolve
from mlp_train.data.loading import TrainingData, load_data
from mlp_train.data.reading import Dataset, dataset, read, sample
from mlp_train.data.sources import Part, Source, open_sources

__all__ = [
    "Dataset",
    "Layout",
    "Part",
    "Source",
    "TrainingData",
    "dataset",
    "load_data",
    "open_sources",
    "read",
    "resolve",
    "sample",
]
