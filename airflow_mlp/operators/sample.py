"""SampleOperator: training, validation and test sets from the partitions of a table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_mlp.operators.base import BadInput
from airflow_mlp.operators.sources import Source, source
from airflow_mlp.operators.spark import SparkOperator, check_columns
from airflow_mlp.operators.step import Step
from mlp_core.artifacts import Artifact, Identity
from mlp_core.artifacts.manifest import digest_of
from mlp_core.artifacts.partitions import PartitionFilter, PartitionRange, PartitionSelect, parse_filter
from mlp_core.specs.jobs import SampleJob

if TYPE_CHECKING:
    from airflow.sdk import Context

_VERSION = 1
_NEGATIVE = "0"


class SampleOperator(SparkOperator):
    """Split a table's partitions into a training, a validation and a test set, and draw the rows of the training set.

    Outputs: `train`, `validation` and `test`, each a reference. The validation set is the last days of the training window, the test
    set the run's own partition; both keep every row. The draw is by a seeded hash, so that a row's fate does not depend on others; rows of
    a partition lie in a seeded order, the same in every run. A sampled partition depends on the rates that hold there and the seed alone:
    tomorrow's run samples one partition anew.

    :param input: the rows: an output of another task, or a URI. (templated)
    :param label: the column that the sampling rates are by.
    :param train: the training window, validation days included: a partition filter as the sensor takes it; None for all partitions of the
        input before the run's. (templated)
    :param validation_days: how many partitions at the window's end are the validation set, 0 for none.
    :param test: the partitions of the test set, as a partition filter; None for the run's own partition. (templated)
    :param keep_negative: share of the rows with label 0 to keep in the training set. (templated)
    :param rates: shares to keep by value of the label, in place of `keep_negative`: `{"0": 0.1}`; values not named are kept.
    :param key: columns whose hash decides what is kept (`["user_id"]` keeps or drops users as a whole); all columns where none are named.
    :param seed: of the draw and of the order.
    """

    template_fields: ClassVar[tuple[str, ...]] = (*SparkOperator.template_fields, "input", "train", "test", "keep_negative")  # type: ignore[misc]
    step_name: ClassVar[str] = "sample"
    job_module: ClassVar[str] = "spark_jobs.sample"
    output_names: ClassVar[tuple[str, ...]] = ("train", "validation", "test")
    ui_color = "#f7e8d8"

    def __init__(
        self,
        *,
        input: Any,
        label: str = "label",
        train: PartitionFilter | Mapping[str, Any] | str | None = None,
        validation_days: int = 1,
        test: PartitionFilter | Mapping[str, Any] | str | None = None,
        keep_negative: float | str = 1.0,
        rates: Mapping[str, float] | None = None,
        key: Sequence[str] = (),
        seed: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.input = input
        self.label_column = label  # `label` is an attribute of Airflow's own
        self.train = _plain(train)
        self.validation_days = validation_days
        self.test = _plain(test)
        self.keep_negative = keep_negative
        self.rates = rates
        self.key = list(key)
        self.seed = seed

    def make(self, step: Step, context: Context) -> Mapping[str, Artifact]:
        """Split, then sample the partitions that are missing."""
        rows = source("input", self.input)
        check_columns("label", [self.label_column], rows.schema.names, rows.uri)
        check_columns("key", self.key, rows.schema.names, rows.uri)
        rates = self._rates()
        sets = self._split(rows, step.partition.date)
        plans = {partition: rows.plan_of(partition) for names in sets.values() for partition in names}
        if len(set(plans.values())) > 1:
            raise BadInput(f"the partitions of {rows.uri} have different feature plans: compute them with one feature file")
        plan = next(iter(plans.values()), None)
        drawn = {partition: rates if partition in sets["train"] else {} for names in sets.values() for partition in names}
        identities = {partition: self._identity(rows, partition, drawn[partition], plan) for partition in drawn}

        def job(attempts: dict[str, str]) -> SampleJob:
            return SampleJob(
                attempts=attempts,
                input=rows.table(attempts),
                seed=self.seed,
                rates={partition: drawn[partition] for partition in attempts if drawn[partition]},
                label=self.label_column,
                key=tuple(self.key),
                plan=plan,
            )

        made = self.make_partitions(step, context, identities, job)
        if not any(made[partition].rows for partition in sets["train"]):
            raise BadInput(
                f"the training set is empty: no row of {sets['train'][0]} to {sets['train'][-1]} is left; look at the filters of the steps "
                "before, and at the sampling rates"
            )
        return {name: step.make_reference({part: made[part] for part in names}, output=name) for name, names in sets.items()}

    def _identity(self, rows: Source, partition: str, rates: Mapping[str, float], plan: str | None) -> Identity:
        draw = {"label": self.label_column, "key": self.key, "rates": rates} if rates else {}
        return Identity(
            operation="sample",
            version=_VERSION,
            partition=partition,
            params={"seed": self.seed, **draw},
            inputs=(rows.input_of(partition),),
            code=None if plan is None else digest_of(plan),
        )

    def _rates(self) -> dict[str, float]:
        """Rates below 1, by value of the label. Raises BadInput for what is no share."""
        given = dict(self.rates) if self.rates is not None else {_NEGATIVE: self.keep_negative}
        rates = {}
        for value, rate in given.items():
            try:
                rates[str(value)] = float(rate)
            except ValueError:
                raise BadInput(f"the sampling rate of label {value} is {rate!r}: give a share between 0 and 1") from None
            if not 0 <= rates[str(value)] <= 1:
                raise BadInput(f"the sampling rate of label {value} is {rate!r}: give a share between 0 and 1")
        return {value: rate for value, rate in sorted(rates.items()) if rate < 1}

    def _split(self, rows: Source, day: dt.date) -> dict[str, list[str]]:
        """The partitions of each set. Raises BadInput for sets that are empty, overlap, or are not in the input."""
        if self.validation_days < 0:
            raise BadInput(f"validation_days is {self.validation_days}: give 0 for no validation set, or the number of its partitions")
        today = f"dt={day.isoformat()}"
        test = [today] if self.test is None else list(parse_filter(self.test).names(day))
        window = [name for name in rows.entries if name < today] if self.train is None else list(parse_filter(self.train).names(day))
        for field, names in (("train", window), ("test", test)):
            missing = [name for name in names if name not in rows.entries]
            if missing:
                raise BadInput(
                    f"{field} names the partition {missing[0]} ({len(missing)} such), which {rows.uri} does not have: widen its range"
                )
        both = sorted(set(window) & set(test))
        if both:
            raise BadInput(
                f"the partition {both[0]} is in the training window and in the test set: a model must not be tested on what it has learned"
            )
        if len(window) <= self.validation_days:
            raise BadInput(
                f"the training set is empty: its window has {len(window)} partitions before {today}, "
                f"of which validation_days takes {self.validation_days}"
            )
        cut = len(window) - self.validation_days
        return {"train": window[:cut], "validation": window[cut:], "test": test}


def _plain(value: PartitionFilter | Mapping[str, Any] | str | None) -> Any:
    """Filters in their JSON form: templates reach into plain dictionaries only."""
    return value.to_json() if isinstance(value, (PartitionRange, PartitionSelect)) else value
