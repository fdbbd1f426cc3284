"""What every job does around its own work: read job.json, make a session, and leave one sentence where it fails."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from mlp_core.specs.jobs import SparkJob

if TYPE_CHECKING:
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

REJECTED = 2
"""Exit code of a job that refuses what it was given: trying again does not help."""
Spec = TypeVar("Spec", bound=SparkJob)


class JobError(Exception):
    """The data or the specification is not fit for the job. One sentence: what, where, the cure."""


def main(kind: type[Spec], run: Callable[[Spec], None], arguments: Sequence[str] | None = None) -> int:
    """Run a job from its command line; returns the exit code. A failure's sentence goes to `$MLP_ERROR_FILE`, else beside job.json."""
    parser = argparse.ArgumentParser(description=kind.__doc__)
    parser.add_argument("--job", type=Path, required=True, help="the job's specification, a JSON file")
    path: Path = parser.parse_args(arguments).job
    try:
        run(kind.from_json(path.read_bytes()))
    except Exception as error:
        sentence = sentence_of(error)
        target = Path(os.environ.get("MLP_ERROR_FILE") or path.with_name("error.json"))
        target.write_bytes(msgspec.json.encode({"error": sentence}))
        print(sentence, file=sys.stderr)
        if isinstance(error, JobError):
            return REJECTED
        raise
    return 0


def session() -> SparkSession:
    """The session of this application, with what all jobs rely on."""
    from pyspark.sql import SparkSession

    return (
        SparkSession.builder.config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", 32_768)
        .config("spark.sql.execution.arrow.useLargeVarTypes", "false")
        .config("spark.sql.parquet.enableVectorizedReader", "true")
        .getOrCreate()
    )


def context() -> SparkContext:
    """Spark without SQL: quicker to start, for jobs whose tasks read and write by themselves."""
    from pyspark import SparkContext

    return SparkContext.getOrCreate()


def sentence_of(error: BaseException) -> str:
    """What went wrong, without the traces: the message of the innermost error that a person can read."""
    text = str(error).strip()
    if "Traceback (most recent call last)" in text:
        text = _last_exception(text)
    lines = text.splitlines()
    first = lines[0].strip() if lines else ""
    return first or type(error).__name__


def _last_exception(text: str) -> str:
    """The message of the exception that a Python trace in the text of a Java error ends with."""
    for line in reversed(text.splitlines()):
        name, _, message = line.strip().partition(": ")
        if message and name.replace(".", "").replace("_", "").isalnum() and name[-1:].isalpha() and not line.startswith(" "):
            return message if name.endswith("JobError") else f"{name.rsplit('.', 1)[-1]}: {message}"
    return text
