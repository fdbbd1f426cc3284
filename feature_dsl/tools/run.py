"""The first rows of a table as features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feature_dsl.plan.plan import Plan
from feature_dsl.tools.data import Data, fit

if TYPE_CHECKING:
    import pyarrow as pa


def run(plan: Plan, data: Data, rows: int) -> pa.Table:
    """The features of the first ``rows`` rows; no more batches are read than hold them.

    :raises FeatureError: where the table lacks a column, has it in another type, or cannot be read.
    """
    import pyarrow as pa

    fit(plan, data)
    parts = [plan.run(batch) for batch in data.batches([column.name for column in plan.inputs], rows)] if rows else []
    return pa.Table.from_batches(parts, schema=plan.schema)
