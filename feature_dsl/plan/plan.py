"""A compiled plan: what it reads and gives, and running it over Arrow batches."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from feature_dsl.errors import FeatureError
from feature_dsl.plan import explain, serial
from feature_dsl.plan.nodes import COLUMN, Input, Node, Output, check_columns
from feature_dsl.types import to_arrow

if TYPE_CHECKING:
    import pyarrow as pa

    from feature_dsl.machine.engine import Engine

Data = TypeVar("Data", "pa.RecordBatch", "pa.Table")


@dataclass(frozen=True, slots=True)
class Timing:
    """What one node cost in a profiled run; node -1, ``arrow``, is reading the columns."""

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
        from feature_dsl.machine.engine import Engine

        return Engine(self.nodes, [output.node for output in self.outputs], self.schema)

    def run(self, data: Data, threads: int | None = None) -> Data:
        """One column per feature, in ``outputs`` order; scalars int64 or float64, lists of them, never null.

        :param data: a record batch, or a table (worked on batch by batch); more columns than ``inputs`` do no harm.
        :param threads: at most so many; None: all cores that the process may use, where there are rows enough.
        :raises FeatureError: where a column is missing or its type differs (integers widen).
        """
        import pyarrow as pa

        if isinstance(data, pa.Table):
            read = data.select(self._places(data.schema))
            batches = [self._engine.run(batch, threads) for batch in read.to_batches()]
            if not self.inputs and data.num_rows:
                rows = pa.nulls(data.num_rows)
                batches = [self._engine.run(pa.RecordBatch.from_arrays([rows], ["rows"]), threads)]
            return pa.Table.from_batches(batches, schema=self.schema)  # type: ignore[return-value,unused-ignore]
        return self._engine.run(data, threads)  # type: ignore[no-any-return,unused-ignore]

    def bind(self, rows: int) -> Runner:
        """A runner for batches of at most ``rows`` rows, which checks their schema once."""
        return Runner(self, rows)

    def profile(self, batch: pa.RecordBatch) -> list[Timing]:
        """Seconds per node of one run over ``batch`` on one thread (after one run to warm up), longest first."""
        self._engine.profile(batch)
        seconds = self._engine.profile(batch)
        users = explain.users(self.nodes, self.outputs)
        loading = sum(spent for node, spent in seconds.items() if self.nodes[node].op == COLUMN)
        timings = [Timing(-1, "arrow", (), loading)]
        timings += [Timing(node, self.nodes[node].op, users[node], spent) for node, spent in seconds.items() if self.nodes[node].version]
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

    def _places(self, schema: pa.Schema) -> list[str]:
        check_columns(self.inputs, schema.names)
        return [wanted.name for wanted in self.inputs]


class Runner:
    """A plan bound to a largest number of rows, for services that score small batches.

    The schema of a batch is checked when it differs from the last one's.
    """

    def __init__(self, plan: Plan, rows: int) -> None:
        if rows < 1:
            raise FeatureError(f"a runner is for at least one row, not {rows}")
        self.plan = plan
        self.rows = rows

    def run(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """What ``Plan.run`` gives. Raises FeatureError where the batch has more rows than were bound."""
        if batch.num_rows > self.rows:
            raise FeatureError(f"the batch has {batch.num_rows} rows, more than the {self.rows} of Plan.bind")
        return self.plan._engine.run(batch, 1)

    __call__ = run


def input_names(plans: Sequence[Plan]) -> list[str]:
    """Columns that several plans read, each once, in order."""
    return list(dict.fromkeys(wanted.name for plan in plans for wanted in plan.inputs))
