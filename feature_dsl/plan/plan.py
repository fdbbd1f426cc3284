"""A compiled plan: what it reads and gives, and running it over Arrow batches."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from feature_dsl.errors import FeatureError, did_you_mean
from feature_dsl.plan import explain, serial
from feature_dsl.plan.nodes import Input, Node, Output
from feature_dsl.types import to_arrow

if TYPE_CHECKING:
    import pyarrow as pa

    from feature_dsl.engine import Clock, Engine

Data = TypeVar("Data", "pa.RecordBatch", "pa.Table")


@dataclass(frozen=True, slots=True)
class Timing:
    """What one node cost in a profiled run."""

    node: int
    operation: str
    features: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Plan:
    """Typed nodes and the feature columns made of them. Make one with ``FeatureSet.compile`` or ``Plan.from_json``.

    :param group: the feature file's group.
    :param nodes: expressions, arguments first; only those that outputs need.
    :param inputs: columns that the plan reads, by their names in the data.
    :param outputs: feature columns in order.
    """

    group: str
    nodes: tuple[Node, ...]
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]

    @functools.cached_property
    def fingerprint(self) -> str:
        """A SHA-256 that changes when results could: over nodes, operation versions and the outputs' names."""
        return serial.fingerprint(self.nodes, self.outputs)

    @functools.cached_property
    def schema(self) -> pa.Schema:
        """Arrow schema of the result; each field's metadata says role, cardinality, max_length, domains and table."""
        import pyarrow as pa

        return pa.schema(
            [
                pa.field(output.name, to_arrow(output.type), nullable=False, metadata=serial.field_metadata(output))
                for output in self.outputs
            ]
        )

    @functools.cached_property
    def _engine(self) -> Engine:
        from feature_dsl.engine import Engine

        return Engine(self.nodes)

    def run(self, data: Data) -> Data:
        """One column per feature, in ``outputs`` order; scalars int64 or float64, lists of them, never null.

        :param data: a record batch, or a table (worked on batch by batch); more columns than ``inputs`` do no harm.
        :raises FeatureError: where a column is missing or its type differs (integers widen).
        """
        import pyarrow as pa

        if isinstance(data, pa.Table):
            self._check(data.schema)
            batches = [self._run_batch(batch) for batch in data.select([i.name for i in self.inputs]).to_batches()]
            if not batches and data.num_rows:
                batches = [self._run_columns({}, data.num_rows)]
            return pa.Table.from_batches(batches, schema=self.schema)  # type: ignore[return-value,unused-ignore]
        self._check(data.schema)
        return self._run_batch(data)  # type: ignore[no-any-return,unused-ignore]

    def bind(self, rows: int) -> Runner:
        """A runner for batches of at most ``rows`` rows, which checks their schema once."""
        return Runner(self, rows)

    def profile(self, batch: pa.RecordBatch) -> list[Timing]:
        """Seconds per node of one run over ``batch`` (after one run to warm up), longest first."""
        self.run(batch)
        users = explain.users(self.nodes, self.outputs)
        timings: list[Timing] = []

        def clock(node: int, seconds: float) -> None:
            timings.append(Timing(node, self.nodes[node].op, users[node], seconds))

        begin = time.perf_counter()
        self._run_batch(batch, clock)
        rest = time.perf_counter() - begin - sum(timing.seconds for timing in timings)
        timings.append(Timing(-1, "arrow", (), rest))
        return sorted(timings, key=lambda timing: -timing.seconds)

    def explain(self) -> str:
        """The plan as text: inputs, one line per node, outputs."""
        return explain.explain(self.nodes, self.inputs, self.outputs, self.fingerprint)

    def to_json(self) -> str:
        """The plan as JSON text, for ``from_json`` in any process of this or a later release."""
        return json.dumps(serial.to_document(self.group, self.nodes, self.inputs, self.outputs), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> Plan:
        """The plan that ``to_json`` wrote.

        :raises FeatureError: where the text is not one, names an operation that this release does not have, or was changed.
        """
        return cls(*serial.from_document(text))

    def __reduce__(self) -> tuple[Any, ...]:
        return Plan.from_json, (self.to_json(),)  # kernels stay out of pickles

    def _check(self, schema: pa.Schema) -> None:
        for wanted in self.inputs:
            if wanted.name not in schema.names:
                raise FeatureError(
                    f"the data has no column {wanted.name!r}, which the features read",
                    hint=did_you_mean(wanted.name, schema.names),
                )

    def _run_batch(self, batch: pa.RecordBatch, clock: Clock | None = None) -> pa.RecordBatch:
        from feature_dsl.kernels.arrow import read

        columns = {wanted.name: read(batch.column(wanted.name), wanted.type, wanted.name) for wanted in self.inputs}
        return self._run_columns(columns, batch.num_rows, clock)

    def _run_columns(self, columns: dict[str, Any], rows: int, clock: Clock | None = None) -> pa.RecordBatch:
        import pyarrow as pa

        from feature_dsl.kernels.arrow import write
        from feature_dsl.kernels.columns import broadcast

        results = self._engine.run(columns, clock)
        arrays = [write(broadcast(results[output.node], rows)) for output in self.outputs]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


class Runner:
    """A plan bound to a largest number of rows, for services that score small batches.

    The schema of a batch is checked when it differs from the last one's.
    """

    def __init__(self, plan: Plan, rows: int) -> None:
        if rows < 1:
            raise FeatureError(f"a runner is for at least one row, not {rows}")
        self.plan = plan
        self.rows = rows
        self._schema: pa.Schema | None = None

    def run(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """What ``Plan.run`` gives. Raises FeatureError where the batch has more rows than were bound."""
        if batch.num_rows > self.rows:
            raise FeatureError(f"the batch has {batch.num_rows} rows, more than the {self.rows} of Plan.bind")
        if self._schema is not batch.schema:
            self.plan._check(batch.schema)
            self._schema = batch.schema
        return self.plan._run_batch(batch)

    __call__ = run


def input_names(plans: Sequence[Plan]) -> list[str]:
    """Columns that several plans read, each once, in order."""
    return list(dict.fromkeys(wanted.name for plan in plans for wanted in plan.inputs))
