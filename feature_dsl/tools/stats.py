"""Statistics of features over a table, batch by batch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from feature_dsl.plan.nodes import Output
from feature_dsl.plan.plan import Plan
from feature_dsl.tools.data import Data, fit
from feature_dsl.tools.distinct import Distinct, exact_among, shared_share
from feature_dsl.tools.probes import Probed, probe

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a feature's column is like. Shares are from 0 to 1; None where a question has no sense for the feature.

    :param missing: share of rows whose sources are all missing (a list: empty), whatever stands in for them.
    :param distinct: different values of the column, over all elements of lists.
    :param exact: whether ``distinct`` and ``sources`` were counted, not estimated (see ``Distinct``).
    :param bucket_use: ``distinct`` over ``cardinality``.
    :param unknown: share of the present values that are not in the vocabulary.
    :param sources: different values before they were hashed to buckets.
    :param collisions: share of them that are expected to share their bucket (see ``shared_share``).
    :param length: mean length of a list.
    :param minimum: of all elements; None of a key, whose numbers are names.
    """

    name: str
    type: str
    role: str
    cardinality: int | None
    rows: int
    missing: float
    distinct: int
    exact: bool
    bucket_use: float | None
    unknown: float | None
    sources: int | None
    collisions: float | None
    length: float | None
    minimum: int | float | None
    mean: float | None
    maximum: int | float | None


def stats(plan: Plan, data: Data, most: int | None = None) -> list[Statistics]:
    """Statistics of every feature over the first ``most`` rows, or over all. Memory does not grow with the rows.

    :raises FeatureError: where the table does not fit the plan or cannot be read.
    """
    fit(plan, data)
    wider, probes = probe(plan)
    exact = exact_among(2 * len(plan.outputs))
    counters = [_Counter(output, probes[output.name], Distinct(exact), Distinct(exact)) for output in plan.outputs]
    for batch in data.batches([column.name for column in plan.inputs], most):
        columns = wider.run(batch)
        for counter in counters:
            counter.add(columns)
    return [counter.result() for counter in counters]


@dataclass
class _Counter:
    """One feature's running totals."""

    output: Output
    probed: Probed
    ids: Distinct
    sources: Distinct
    rows: int = 0
    missing: int = 0
    elements: int = 0
    known: int = 0
    looked_up: int = 0
    total: float = 0.0
    minimum: int | float = math.inf
    maximum: int | float = -math.inf

    def add(self, columns: pa.RecordBatch) -> None:
        """Takes a batch in."""
        import numpy as np

        self.rows += columns.num_rows
        values = _flat(columns.column(self.output.name))
        if self.probed.missing:
            groups = [np.minimum.reduce([_flat(columns.column(name)) for name in group]) for group in self.probed.missing]
            self.missing += int(np.maximum.reduce(groups).sum())
        if self.probed.found is not None:
            positions = _flat(columns.column(self.probed.found))
            absent = int(_flat(columns.column(self.probed.absent)).sum()) if self.probed.absent is not None else 0
            self.looked_up += len(positions) - absent
            self.known += int((positions >= 0).sum())
        if self.probed.wide is not None:
            wide = _flat(columns.column(self.probed.wide))
            self.sources.add(wide[wide != 0])
        self.ids.add(values)
        self.elements += len(values)
        if len(values):
            self.total += float(values.sum(dtype=np.float64))
            self.minimum = min(self.minimum, values.min().item())
            self.maximum = max(self.maximum, values.max().item())

    def result(self) -> Statistics:
        """The statistics of all that was taken in."""
        output, buckets = self.output, self.probed.buckets
        numbers = self.elements > 0 and output.role != "key"
        sources = self.sources.count if buckets is not None else None
        cardinality = output.cardinality
        return Statistics(
            name=output.name,
            type=str(output.type),
            role=output.role,
            cardinality=cardinality,
            rows=self.rows,
            missing=self.missing / self.rows if self.rows else 0.0,
            distinct=self.ids.count,
            exact=self.ids.exact and self.sources.exact,
            bucket_use=min(1.0, self.ids.count / cardinality) if cardinality else None,
            unknown=(self.looked_up - self.known) / self.looked_up if self.looked_up else None,
            sources=sources,
            collisions=shared_share(sources, buckets) if sources is not None and buckets is not None else None,
            length=self.elements / self.rows if output.type.is_list and self.rows else None,
            minimum=self.minimum if numbers else None,
            mean=self.total / self.elements if numbers else None,
            maximum=self.maximum if numbers else None,
        )


def _flat(column: Any) -> npt.NDArray[Any]:
    """All numbers of a column, of a list column its elements."""
    import pyarrow as pa

    if pa.types.is_list(column.type):
        column = column.flatten()
    numbers: np.ndarray[Any, Any] = column.to_numpy(zero_copy_only=False)
    return numbers
