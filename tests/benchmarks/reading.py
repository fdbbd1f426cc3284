"""What the training reader costs: python tests/benchmarks/reading.py

Prints processor time per million rows, memory on small and large data, and the speed of a consumer that is fed from disk beside the
same fed from memory. The data, 26 id and 13 dense columns with a label, are made in a temporary folder. Every figure comes
from a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mlp_core.specs import TrainingSpec
from mlp_train.data import Batch, Inventory, Reader, open_sources, resolve, scan, take_inventory

IDS, DENSE, BATCH_ROWS, GROUP_ROWS = 26, 13, 4096, 100_000
PARTS: dict[str, Callable[[argparse.Namespace], dict[str, float]]] = {}


def part(function: Callable[[argparse.Namespace], dict[str, float]]) -> Callable[[argparse.Namespace], dict[str, float]]:
    """A measurement that runs in its own process and prints figures by name."""
    PARTS[function.__name__] = function
    return function


def make(file: Path, rows: int) -> None:
    """Write `rows` rows in row groups of at most GROUP_ROWS."""
    rng = np.random.default_rng(1)
    writer = None
    for start in range(0, rows, GROUP_ROWS):
        count = min(GROUP_ROWS, rows - start)
        columns = {"label": rng.integers(0, 2, count)}
        columns |= {f"c{n}": np.minimum(rng.zipf(1.2, count), (100, 10_000, 100_000)[n % 3]) for n in range(IDS)}
        columns |= {f"d{n}": rng.random(count).astype(np.float32) for n in range(DENSE)}
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(file, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()


def inventory(options: argparse.Namespace) -> Inventory:
    """Of the data in the folder."""
    spec = TrainingSpec(name="x", algorithm="lr", train=(options.folder,), output="o")
    source = open_sources(spec.train, "train")
    return take_inventory(source, resolve(spec, source.schema, None), spec, "train")


def peak_mb() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@part
def reading(options: argparse.Namespace) -> dict[str, float]:
    """An epoch of all rows and the pass before it: seconds of processor time per million rows, and the growth of memory."""
    found = inventory(options)
    before, begin = peak_mb(), time.process_time()
    scan(found)
    scanned = time.process_time()
    reader = Reader([found], BATCH_ROWS, 1, buffer_rows=options.buffer)
    rows = sum(batch.rows for batch in reader.epoch(0))
    ended = time.process_time()
    return {
        "rows": rows,
        "scan_seconds": (scanned - begin) / rows * 1e6,
        "epoch_seconds": (ended - scanned) / rows * 1e6,
        "memory_mb": peak_mb() - before,
    }


@part
def feeding(options: argparse.Namespace) -> dict[str, float]:
    """Rows per second of a consumer that computes for about `step` seconds per batch, fed from memory and from disk in turn."""
    found = inventory(options)
    disk = Reader([found], BATCH_ROWS, 1, buffer_rows=found.rows // 2)
    memory = Reader([found], BATCH_ROWS, 1, buffer_rows=found.rows)
    next(memory.epoch(0))
    matrix = np.random.default_rng(1).random((700, 700), dtype=np.float32)
    begin = time.perf_counter()
    for _ in range(20):
        matrix @ matrix
    times = max(1, round(options.step / ((time.perf_counter() - begin) / 20)))

    def consume(batches: Iterator[Batch]) -> float:
        begin = time.perf_counter()
        for _ in batches:
            for _ in range(times):
                matrix @ matrix
        return found.rows / (time.perf_counter() - begin)

    speeds: dict[str, list[float]] = {"memory": [], "disk": []}
    for number in range(options.rounds):
        speeds["memory"].append(consume(memory.epoch(number)))
        speeds["disk"].append(consume(disk.epoch(number)))
    return {name: max(each) for name, each in speeds.items()}


def measure(name: str, folder: str, options: argparse.Namespace) -> dict[str, float]:
    """A part's figures, from a process of its own."""
    command = [sys.executable, __file__, "--part", name, "--folder", folder]
    for field in ("buffer", "rounds", "step"):
        command += [f"--{field}", str(getattr(options, field))]
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "2"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name}: {done.stderr[-2000:]}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def report(options: argparse.Namespace) -> None:
    """Measures everything and prints the tables."""
    print(f"{IDS} id and {DENSE} dense columns, one thread, at most {options.buffer:,} rows in memory\n")
    print("| rows | scan, CPU s per Mrow | epoch, CPU s per Mrow | memory at most, MB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as small:
        only = Path(small) / "part.parquet"
        make(only, options.rows)
        for times in (1, options.times):
            with tempfile.TemporaryDirectory() as large:
                for number in range(times):
                    (Path(large) / f"part-{number:05}.parquet").hardlink_to(only)
                found = measure("reading", large, options)
            print(f"| {found['rows']:,} | {found['scan_seconds']:.2f} | {found['epoch_seconds']:.2f} | {found['memory_mb']:.0f} |")
        found = measure("feeding", small, options)
    print(f"\nA consumer that takes {options.step * 1e3:.0f} ms per {BATCH_ROWS:,} rows: {found['memory']:,.0f} rows/s from memory,")
    print(f"{found['disk']:,.0f} from disk, which is {found['disk'] / found['memory']:.1%}")


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the smaller data set (default 1,000,000)")
    parser.add_argument("--times", type=int, default=10, help="the larger one is so many times the smaller")
    parser.add_argument("--buffer", type=int, default=1_000_000, help="rows in memory")
    parser.add_argument("--rounds", type=int, default=2, help="epochs of which the fastest counts")
    parser.add_argument("--step", type=float, default=0.06, help="seconds that the consumer takes per batch")
    parser.add_argument("--folder", default="", help=argparse.SUPPRESS)
    parser.add_argument("--part", choices=list(PARTS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        print(json.dumps(PARTS[options.part](options)))
    else:
        report(options)


if __name__ == "__main__":
    main()
