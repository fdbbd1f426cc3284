"""Model bundles: one folder that holds a frozen plan, embedding tables, a network and rows to check it by."""

from __future__ import annotations

from mlp_core.bundle.bundle import Bundle, CheckRows
from mlp_core.bundle.errors import BundleError
from mlp_core.bundle.format import Column, DataWindow, Feature, Input, ModelInfo, Table
from mlp_core.bundle.loading import load
from mlp_core.bundle.tables import Keys
from mlp_core.bundle.writing import Contents, folder, write

__all__ = [
    "Bundle",
    "BundleError",
    "CheckRows",
    "Column",
    "Contents",
    "DataWindow",
    "Feature",
    "Input",
    "Keys",
    "ModelInfo",
    "Table",
    "folder",
    "load",
    "write",
]
