"""Names that other engines give to operations of this language: scripts may use them, plans hold the language's own."""

from __future__ import annotations

SPELLINGS = {
    "ln": "log",
    "len": "length",
    "isnan": "is_missing",
    "reduce_sum": "list_sum",
    "reduce_mean": "list_mean",
    "reduce_min": "list_min",
    "reduce_max": "list_max",
    "reduce_prod": "list_prod",
    "gap_min": "list_gap_min",
    "gap_max": "list_gap_max",
    "bool_mask": "mask",
}
"""The operation's own name by the other one."""
