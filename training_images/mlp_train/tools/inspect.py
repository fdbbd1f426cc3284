"""`mlp_train inspect`: what a bundle or a checkpoint holds."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mlp_train.tools.saved import Saved, SavedTable

    Array = npt.NDArray[np.float32]

EXAMPLE = """\
Prints every weight's size, mean, deviation and Euclidean norm, and for each table its rows, how many were never learned, and how long
the rows' vectors are. Never learned: the optimizer has no trace of the row; that takes a checkpoint (a bundle's own lies where its
job's `checkpoints` said), or the job, with which first values can be made again. With --job one batch of its data is also learned by a
copy of the model, for the norms of gradients.

examples:
  mlp_train inspect models/ctr-1
  mlp_train inspect models/ctr-1 --job job.json
"""
_CHUNK = 1 << 16


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("uri", metavar="URI", help="a bundle, or a checkpoint")
    parser.add_argument("--job", type=Path, metavar="FILE", help="the job that it was trained by, for gradients and first values")


def run(options: argparse.Namespace) -> None:
    """Print what is there."""
    from mlp_train.tools.saved import open_saved

    saved = open_saved(options.uri)
    _heading(saved)
    looked = _Looked(saved, options.job)
    _weights(saved, looked.weights)
    _tables(saved, looked)
    if looked.fresh:
        print(f"not in {options.uri}, so with first values for the gradients: {', '.join(looked.fresh)}")


class _Looked:
    """What the job adds. weights, tables: norms of gradients; untouched: rows that still have their first values, by table."""

    def __init__(self, saved: Saved, job_file: Path | None) -> None:
        self.weights: Mapping[str, float] = {}
        self.tables: Mapping[str, float] = {}
        self.untouched: dict[str, int] = {}
        self.fresh: list[str] = []
        if job_file is None:
            return
        from mlp_train.tools.fitted import begin, open_job, restore
        from mlp_train.tools.gradients import gradients_of

        # A clipped gradient would only tell the limit.
        job = open_job(job_file, leave_out="clip_norm")
        fit = begin(job)
        for name in fit.tables.names:
            table = saved.tables.get(name)
            if table is not None and table.values is not None and table.keys is None and fit.tables.keys(name) is None:
                self.untouched[name] = _equal_rows(table.values, fit.tables.values(name))
        self.fresh = restore(fit, saved)
        self.weights, self.tables = gradients_of(job, fit)


def _heading(saved: Saved) -> None:
    import numpy as np

    network = sum(weight.size for weight in saved.weights.values())
    rows = [int(np.prod(table.values.shape)) for table in saved.tables.values() if table.values is not None]
    if saved.bundle is not None:
        info = saved.bundle.info
        print(f"bundle {saved.uri}: {info.name}, {info.algorithm} on {info.framework}, labels {', '.join(info.labels)}")
        if info.data.start:
            print(f"learned {info.data.start} to {info.data.end}")
    else:
        print(f"checkpoint {saved.uri}")
    print(f"{network:,} numbers in the network, {sum(rows):,} in {len(rows)} tables ({4 * (network + sum(rows)) / 2**20:,.1f} MiB)")


def _weights(saved: Saved, gradients: Mapping[str, float]) -> None:
    import numpy as np

    from mlp_train.tools.printing import table

    columns = ["weight", "shape", "numbers", "mean", "deviation", "norm"]
    rows: list[list[Any]] = []
    for name, value in saved.weights.items():
        exact = value.astype(np.float64)
        shape = " × ".join(map(str, value.shape)) or "one"
        rows.append([name, shape, int(value.size), float(exact.mean()), float(exact.std()), float(np.linalg.norm(exact))])
    if gradients:
        columns.append("gradient's norm")
        rows = [[*row, gradients.get(row[0])] for row in rows]
    table("weights", columns, rows)


def _tables(saved: Saved, looked: _Looked) -> None:
    import numpy as np

    from mlp_train.tools.printing import table

    columns = ["table", "kind", "rows", "width", "never learned", "length: least", "median", "99 %", "largest"]
    rows: list[list[Any]] = []
    for name, each in saved.tables.items():
        kind = "fixed" if each.keys is None else "growing"
        never = _never_learned(each, looked.untouched.get(name))
        if each.values is None:
            count = next((len(slot) for slot in each.slots.values()), None)
            rows.append([name, kind, count, None, never, None, None, None, None])
            continue
        lengths = np.concatenate([np.linalg.norm(part.astype(np.float64), axis=1) for part in _parts(each.values)])
        rows.append([name, kind, *each.values.shape, never, *(float(value) for value in np.percentile(lengths, (0, 50, 99, 100)))])
    if looked.tables:
        columns.append("gradient's norm")
        rows = [[*row, looked.tables.get(row[0])] for row in rows]
    if rows:
        table("tables, and how long the vectors of their rows are", columns, rows)


def _never_learned(table: SavedTable, untouched: int | None) -> int | None:
    """Rows without a trace in the optimizer's slots, else those that have their first values; None where nothing tells."""
    import numpy as np

    rows = None if table.values is None else len(table.values)
    slots = [slot for slot in table.slots.values() if slot.ndim == 2 and rows in (None, len(slot))]
    if not slots:
        return untouched
    touched = np.zeros(len(slots[0]), np.bool_)
    for slot in slots:
        touched |= slot.any(axis=1)
    return int(np.count_nonzero(~touched))


def _equal_rows(first: Array, second: Array) -> int:
    import numpy as np

    if first.shape[1] != second.shape[1]:
        return 0
    pairs = zip(_parts(first), _parts(second), strict=False)
    return sum(int(np.count_nonzero((a[: len(b)] == b[: len(a)]).all(axis=1))) for a, b in pairs)


def _parts(values: Array) -> Iterator[Array]:
    """Some rows after the other, so that a mapped table is not in memory at once."""
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
