"""Where a plan's time goes: by operation, by feature, and rows a second."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass

from feature_dsl.plan.plan import Plan
from feature_dsl.tools.data import Data, fit

NOT_OPERATIONS = "(reading columns)"


@dataclass(frozen=True, slots=True)
class Cost:
    """What an operation or a feature costs.

    :param calls: how often the operation stands in the plan; of a feature how many operations it needs.
    :param seconds: over all rows.
    :param share: of the total.
    """

    name: str
    calls: int
    seconds: float
    share: float


@dataclass(frozen=True, slots=True)
class Profile:
    """Costs, dearest first.

    :param rows: rows that were run.
    :param seconds: of ``Plan.run`` over them on all cores, without reading the file; the best of three runs of each batch.
    :param operations: by operation, on one core.
    :param features: by feature; what several features share is divided among them.
    """

    rows: int
    seconds: float
    operations: tuple[Cost, ...]
    features: tuple[Cost, ...]

    @property
    def rows_per_second(self) -> float:
        """Rows a second of ``Plan.run``."""
        return self.rows / self.seconds if self.seconds else 0.0


def profile(plan: Plan, data: Data, most: int | None = None) -> Profile:
    """Times a plan over the first ``most`` rows of a table, or over all.

    :raises FeatureError: where the table does not fit the plan or cannot be read.
    """
    fit(plan, data)
    rows, seconds = 0, 0.0
    operations: dict[str, list[float]] = defaultdict(list)
    features: dict[str, float] = defaultdict(float)
    needed: dict[str, set[int]] = defaultdict(set)
    places: dict[str, set[int]] = defaultdict(set)
    for batch in data.batches([column.name for column in plan.inputs], most):
        timings = plan.profile(batch)
        seconds += min(_seconds(plan, batch) for _ in range(3))
        rows += batch.num_rows
        for timing in timings:
            name = timing.operation if timing.features else NOT_OPERATIONS
            operations[name].append(timing.seconds)
            places[name].add(timing.node)
            for feature in timing.features:
                features[feature] += timing.seconds / len(timing.features)
                needed[feature].add(timing.node)
    total = sum(map(sum, operations.values())) or 1.0
    by_operation = [Cost(name, len(places[name]), sum(spent), sum(spent) / total) for name, spent in operations.items()]
    by_feature = [Cost(name, len(needed[name]), spent, spent / total) for name, spent in features.items()]
    return Profile(rows, seconds, _dearest(by_operation), _dearest(by_feature))


def _seconds(plan: Plan, batch: object) -> float:
    begin = time.perf_counter()
    plan.run(batch)
    return time.perf_counter() - begin


def _dearest(costs: list[Cost]) -> tuple[Cost, ...]:
    return tuple(sorted(costs, key=lambda cost: (-cost.seconds, cost.name)))
