"""Speed of the feature engine beside its peers, all in this run: python tests/benchmarks/features.py

Needs the `benchmark` extra. Every engine runs in a process of its own, so that each has the threads that it is given; outputs are
checked to be equal first. Times are the best of several rounds: other programs can only make them longer.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parent))
import feature_data as data

PARTS: dict[str, Callable[[argparse.Namespace], dict[str, float]]] = {}


def part(function: Callable[[argparse.Namespace], dict[str, float]]) -> Callable[[argparse.Namespace], dict[str, float]]:
    """A measurement that runs in its own process and prints figures by name."""
    PARTS[function.__name__] = function
    return function


def plan() -> Any:
    """The compiled features."""
    import feature_dsl

    return feature_dsl.load(data.feature_file()).compile()


def best(call: Callable[[], Any], rounds: int) -> float:
    """Seconds of the fastest of several calls, after one to warm up."""
    call()
    seconds = []
    for _ in range(rounds):
        begin = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


@part
def equal(options: argparse.Namespace) -> dict[str, float]:
    """All engines give the same: crosses aside in Polars, logarithms there within a part in 10¹²."""
    import polars as pl

    batch = data.table(min(options.rows, 50_000))
    ours = plan().run(batch)
    theirs = data.polars_query(pl.from_arrow(batch).lazy()).collect().to_arrow()  # type: ignore[union-attr]
    rows = batch.slice(0, 2_000).to_pylist()
    objects = {operation.name: [operation(row) for row in rows] for operation in data.operations()}
    for name in data.FEATURES:
        found = ours.column(name).to_numpy(zero_copy_only=False)
        np.testing.assert_array_equal(found[:2_000], objects[name], err_msg=name)
        if name not in data.CROSSES:
            np.testing.assert_allclose(theirs.column(name).to_numpy(), found, rtol=1e-12, atol=1e-12, err_msg=name)
    return {"features": float(len(data.FEATURES))}


@part
def ours(options: argparse.Namespace) -> dict[str, float]:
    """This engine."""
    batch, features = data.table(options.rows), plan()
    return {"seconds": best(lambda: features.run(batch, options.threads), options.rounds)}


@part
def polars(options: argparse.Namespace) -> dict[str, float]:
    """A hand-written lazy query."""
    import polars as pl

    frame: Any = pl.from_arrow(data.table(options.rows))
    return {"seconds": best(lambda: data.polars_query(frame.lazy()).collect(), options.rounds)}


@part
def objects(options: argparse.Namespace) -> dict[str, float]:
    """Operation objects called per row, on a part of the rows."""
    rows = data.table(min(options.rows, 20_000)).to_pylist()
    operations = data.operations()
    seconds = best(lambda: [[operation(row) for operation in operations] for row in rows], 3)
    return {"seconds": seconds * options.rows / len(rows)}


@part
def growth(options: argparse.Namespace) -> dict[str, float]:
    """Rows in batches as a reader hands them over; seconds and the growth of memory over the first tenth's."""
    batch, features = data.table(100_000), plan()
    features.run(batch)
    begin, early = time.perf_counter(), 0.0
    batches = max(options.rows // batch.num_rows, 10)
    for number in range(batches):
        features.run(batch, options.threads)
        if number == batches // 10:
            early = float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - early
    return {"seconds": time.perf_counter() - begin, "grown_mb": grown / 1024}


@part
def latency(options: argparse.Namespace) -> dict[str, float]:
    """Microseconds of one call on few rows: median and 99th percentile, through Plan.run and Plan.bind."""
    features = plan()
    found = {}
    for rows in (1, 200):
        batch = pa.RecordBatch.from_pylist(data.table(rows).to_pylist(), schema=data.table(0).schema)
        runner = features.bind(rows)
        for name, call in (("run", features.run), ("bind", runner.run)):
            seconds = []
            for _ in range(options.calls):
                begin = time.perf_counter()
                call(batch)
                seconds.append(time.perf_counter() - begin)
            found[f"{name}_{rows}_p50"], found[f"{name}_{rows}_p99"] = (float(np.percentile(seconds, q)) * 1e6 for q in (50, 99))
    return found


@part
def compiling(options: argparse.Namespace) -> dict[str, float]:
    """Milliseconds from 200 features' text to a plan that has run once, kernels on disk, and the same again in a warm process."""
    import feature_dsl

    document = json.loads(data.feature_file())
    document["features"] = [entry | {"name": f"{entry['name']}_{copy}"} for copy in range(10) for entry in document["features"]]
    text, batch = json.dumps(document), data.table(1)
    found = {}
    for name in ("first", "again"):
        begin = time.perf_counter()
        features = feature_dsl.load(text).compile(schema=batch.schema)
        found[f"{name}_compile_ms"] = (time.perf_counter() - begin) * 1e3
        features.run(batch)
        found[f"{name}_ms"] = (time.perf_counter() - begin) * 1e3
    return found


def measure(name: str, options: argparse.Namespace, threads: int = 1, rows: int | None = None) -> dict[str, float]:
    """A part's figures, from a process of its own."""
    command = [sys.executable, __file__, "--part", name, "--threads", str(threads), "--rows", str(rows or options.rows)]
    command += ["--rounds", str(options.rounds), "--calls", str(options.calls)]
    env = {**os.environ, "POLARS_MAX_THREADS": str(threads)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name}: {done.stderr[-2000:]}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def report(options: argparse.Namespace) -> None:
    """Measures everything and prints the tables."""
    measure("equal", options)
    rows = options.rows
    print(f"{rows:,} rows x {len(data.FEATURES)} features, outputs equal\n")
    print("| engine | threads | Mrow/s | ours is |\n|---|---|---|---|")
    alternating = {name: {threads: [] for threads in (1, 2)} for name in ("ours", "polars")}
    for _ in range(3):  # in turn, so that a slow minute meets both
        for threads in (1, 2):
            for name, found in alternating.items():
                found[threads].append(measure(name, options, threads)["seconds"])
    seconds = {name: {threads: min(times) for threads, times in found.items()} for name, found in alternating.items()}
    per_row = measure("objects", options)["seconds"]
    for threads in (1, 2):
        ours_s, theirs = seconds["ours"][threads], seconds["polars"][threads]
        print(f"| this engine | {threads} | {rows / ours_s / 1e6:.2f} | |")
        print(f"| Polars with polars-hash | {threads} | {rows / theirs / 1e6:.2f} | {theirs / ours_s:.1f} times as fast |")
    print(f"| operation objects per row | 1 | {rows / per_row / 1e6:.3f} | {per_row / seconds['ours'][1]:.0f} times as fast |")
    print(f"\none to two threads: {seconds['ours'][1] / seconds['ours'][2] / 2:.0%} of linear")
    print("\n| rows | s per Mrow | memory grown, MB |\n|---|---|---|")
    for factor in (1, 5, 20):
        found = measure("growth", options, 2, rows * factor)
        print(f"| {rows * factor:,} | {found['seconds'] / (rows * factor / 1e6):.3f} | {found['grown_mb']:.0f} |")
    found = measure("latency", options)
    print("\n| call | rows | p50, µs | p99, µs |\n|---|---|---|---|")
    for name in ("run", "bind"):
        for size in (1, 200):
            print(f"| Plan.{name} | {size} | {found[f'{name}_{size}_p50']:.0f} | {found[f'{name}_{size}_p99']:.0f} |")
    found = measure("compiling", options)
    print(f"\n200 features: {found['again_compile_ms']:.0f} ms to compile, {found['again_ms']:.0f} ms with the first run;")
    print(f"{found['first_compile_ms']:.0f} and {found['first_ms']:.0f} ms in a new process, kernels loaded from disk")


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the tables (default 1,000,000)")
    parser.add_argument("--rounds", type=int, default=7, help="timed calls of which the fastest counts")
    parser.add_argument("--calls", type=int, default=5_000, help="calls of which the latency is told")
    parser.add_argument("--threads", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--part", choices=list(PARTS), help="measure this alone, in this process, and print its figures as JSON")
    options = parser.parse_args()
    missing = [name for name in ("polars", "polars_hash", "xxhash") if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(f"needs {', '.join(missing)}: pip install 'airflow-mlp[benchmark]'")
    if options.part:
        print(json.dumps(PARTS[options.part](options)))
    else:
        report(options)


if __name__ == "__main__":
    main()
