"""From Parquet artifacts to batches, through Arrow, without a Python row."""

from __future__ import annotations

from mlp_train.data.batches import Batch, Lists
from mlp_train.data.columns import Columns, columns_of
from mlp_train.data.decoding import to_batch
from mlp_train.data.inventory import Inventory, take_inventory
from mlp_train.data.layout import Layout, resolve
from mlp_train.data.loading import TrainingData, load_data
from mlp_train.data.reader import Reader
from mlp_train.data.sampling import sample
from mlp_train.data.scanning import Scan, check_labels, scan
from mlp_train.data.sources import Part, Source, files_of, open_sources

__all__ = [
    "Batch",
    "Columns",
    "Inventory",
    "Layout",
    "Lists",
    "Part",
    "Reader",
    "Scan",
    "Source",
    "TrainingData",
    "check_labels",
    "columns_of",
    "files_of",
    "load_data",
    "open_sources",
    "resolve",
    "sample",
    "scan",
    "take_inventory",
    "to_batch",
]
