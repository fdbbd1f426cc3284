"""Measures of a table's columns: rows, missing share, distinct values, range, mean, label rate by partition."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

from mlp_core.artifacts import resume
from mlp_core.specs.jobs import StatisticsJob
from spark_jobs.inputs import PARTITION, quoted, read
from spark_jobs.runtime import main, session

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

REPORT = "report.json"
_DISTINCT_ERROR = 0.05


def run(job: StatisticsJob) -> None:
    """Measure all partitions together and publish the report."""
    from functools import reduce

    frames = [rows.frame for rows in read(session(), job.input)]
    report = measure(reduce(lambda left, right: left.unionByName(right, allowMissingColumns=True), frames), job)
    (uri,) = job.attempts.values()
    with resume(uri) as attempt:
        attempt.write_json(REPORT, report)
        attempt.statistics.update(rows=report["rows"], label_rate=report["label_rate"])


def measure(frame: DataFrame, job: StatisticsJob) -> dict[str, Any]:
    """One pass over the rows for the columns, and one for the label by partition.

    missing_share: share of rows where the column is null, "" or NaN; distinct: approximate number of values (HyperLogLog++, standard
    error 5 %); min, max and mean of numbers, min and max of other plain columns too, as text.
    """
    from pyspark.sql import functions as F
    from pyspark.sql import types as T

    fields = [field for field in frame.schema.fields if field.name not in (PARTITION, job.input.column)]
    wanted: list[Column] = [F.count(F.lit(1)).alias("rows")]
    for place, field in enumerate(fields):
        column = F.col(quoted(field.name))
        present = column.isNotNull()
        if isinstance(field.dataType, T.StringType):
            present &= column != ""
        elif isinstance(field.dataType, (T.FloatType, T.DoubleType)):
            present &= ~F.isnan(column)
        wanted.append(F.count(F.when(present, 1)).alias(f"present_{place}"))
        if isinstance(field.dataType, (T.ArrayType, T.MapType, T.StructType, T.BinaryType)):
            continue
        value = F.when(present, column)
        wanted.append(F.approx_count_distinct(value, _DISTINCT_ERROR).alias(f"distinct_{place}"))
        wanted += [F.min(value).alias(f"min_{place}"), F.max(value).alias(f"max_{place}")]
        if isinstance(field.dataType, T.NumericType):
            wanted.append(F.avg(value.cast("double")).alias(f"mean_{place}"))
    found = frame.agg(*wanted).collect()[0].asDict()
    rows = found["rows"]
    columns = {
        field.name: {"type": field.dataType.simpleString(), "missing_share": 1 - found[f"present_{place}"] / rows if rows else 0.0}
        | {name: _plain(found[f"{name}_{place}"]) for name in ("distinct", "min", "max", "mean") if f"{name}_{place}" in found}
        for place, field in enumerate(fields)
    }
    by_partition = _label_rates(frame, job.label) if job.label else {}
    positives = sum(item["rows"] * (item["label_rate"] or 0.0) for item in by_partition.values())
    return {
        "rows": rows,
        "label": job.label,
        "label_rate": positives / rows if job.label and rows else None,
        "columns": columns,
        "partitions": by_partition,
    }


def _label_rates(frame: DataFrame, label: str) -> dict[str, dict[str, Any]]:
    from pyspark.sql import functions as F

    value = F.avg(F.col(quoted(label)).cast("double")).alias("rate")
    rows = frame.groupBy(PARTITION).agg(F.count(F.lit(1)).alias("rows"), value).collect()
    return {row[PARTITION]: {"rows": row["rows"], "label_rate": row["rate"]} for row in sorted(rows, key=lambda row: row[PARTITION])}


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (int, float, str, type(None))) else str(value)


if __name__ == "__main__":
    sys.exit(main(StatisticsJob, run))
