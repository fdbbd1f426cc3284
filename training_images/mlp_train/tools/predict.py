"""`mlp_train predict`: scores of any rows."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlp_train.tools.rows import FIELD, open_rows

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from mlp_train.tools.scoring import Scored

    Scores = npt.NDArray[np.float32]

EXAMPLE = """\
Rows stream through the bundle: raw columns through its own feature plan, or feature columns that this plan has computed. Prints a
summary of the scores, with AUC where the label is there; --output writes all columns and the scores (`score`, or `score_<label>` for
several tasks) as one Parquet file, which appears only once it is whole.

example:
  mlp_train predict --bundle models/ctr-1 --data ratings.parquet --output scored.parquet
"""
_QUANTILES = (0, 1, 10, 50, 90, 99, 100)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("--bundle", required=True, metavar="URI", help="the model")
    parser.add_argument(FIELD, nargs="+", required=True, metavar="URI", help="artifacts, folders of Parquet files, or files")
    parser.add_argument("--output", type=Path, metavar="FILE", help="a Parquet file to write; one that is there is replaced")


def run(options: argparse.Namespace) -> None:
    """Score rows."""
    import numpy as np

    from mlp_core import bundle, metrics
    from mlp_train.tools.printing import table
    from mlp_train.tools.scoring import Scored

    model = bundle.load(options.bundle)
    source = open_rows(options.data)
    scored = Scored(model, source)
    labels = [label for label in model.info.labels if label in source.schema.names]
    found: list[Scores] = []
    known: list[Any] = []
    with _output(options.output, scored) as write:
        for batch in scored.batches():
            scores = scored.score(batch)
            write(batch, scores)
            found.append(scores.reshape(len(scores), -1))
            known.append([batch.column(label).to_numpy(zero_copy_only=False) for label in labels])
    tasks = model.info.labels
    scores = np.concatenate([np.zeros((0, len(tasks)), np.float32), *found])
    if not len(scores):
        print("no rows")
        return
    rows: list[tuple[Any, ...]] = []
    for place, task in enumerate(tasks):
        column = scores[:, place].astype(np.float64)
        truth = np.concatenate([each[labels.index(task)] for each in known]).astype(np.float64) if task in labels else None
        measured = [None, None] if truth is None else [_auc(truth, column), metrics.logloss(truth, column)]
        rows.append((task, len(column), column.mean(), *np.percentile(column, _QUANTILES), *measured))
    names = ("label", "rows", "mean", "least", "1 %", "10 %", "median", "90 %", "99 %", "largest", "auc", "logloss")
    table(f"scores of {scored.entry} columns", names, [tuple(_plain(value) for value in row) for row in rows])
    for name, count in model.outside.items():
        if count:
            print(f"{count:,} ids of {name} have no row of their own")
    if options.output is not None:
        print(f"wrote {options.output}")


@contextmanager
def _output(path: Path | None, scored: Scored) -> Iterator[Callable[[pa.RecordBatch, Scores], None]]:
    """Writes batches with their scores to a file that takes its name when the block ends well."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from mlp_train.errors import TrainError

    if path is None:
        yield lambda batch, scores: None
        return
    schema = scored.source.schema
    if taken := [name for name in scored.columns if name in schema.names]:
        raise TrainError(f"--output: the data has a column {taken[0]!r} already; rename it first")
    if not path.absolute().parent.is_dir():
        raise TrainError(f"--output: there is no folder {path.absolute().parent}; make it first")
    for name in scored.columns:
        schema = schema.append(pa.field(name, pa.float32()))
    temporary = path.with_name(f".{path.name}.part")
    try:
        with pq.ParquetWriter(temporary, schema) as writer:

            def write(batch: pa.RecordBatch, scores: Scores) -> None:
                columns = scores.reshape(len(scores), -1).T
                writer.write_batch(pa.record_batch([*batch.columns, *(pa.array(column) for column in columns)], schema=schema))

            yield write
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _auc(labels: Any, scores: Any) -> float | None:
    import math

    from mlp_core import metrics

    value = metrics.auc(labels, scores)
    return None if math.isnan(value) else value


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
