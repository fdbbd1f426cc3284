"""The Spark feature job beside native Spark SQL, Parquet to Parquet, in one run.

python tests/benchmarks/spark_features.py --rows 10000000

Each side has a process and a JVM of its own (`local[2]`). A side first does two files, so that the JVM has compiled its code and
Python's workers are there, then all of them against the clock: starting Spark is in neither time. Beside the seconds on the clock stand
the seconds of CPU (JVM and Python together), which other programs on the machine change less. `--choose` times the ways of writing
the peer. It writes as Spark does by default (snappy). The job does more: it publishes an artifact, with a
checksum of each file and a content digest of the rows.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parent))
import feature_data as data
import spark_peer as peer

ROOT = Path(__file__).parents[2]
FILE_ROWS = 500_000
SIDES: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {}
# Spark compiles a stage into one method, and HotSpot leaves methods beyond 8,000 bytes interpreted; with this limit Spark cuts it up.
CODE_LIMITS = ("8000", "65535")


def side(function: Callable[[argparse.Namespace], dict[str, Any]]) -> Callable[[argparse.Namespace], dict[str, Any]]:
    """A measurement in a process of its own, which prints figures."""
    SIDES[function.__name__] = function
    return function


def make_rows(folder: Path, rows: int) -> None:
    """Files of half a million rows, all of the same rows: `rows` together."""
    folder.mkdir(parents=True)
    batch = data.table(min(FILE_ROWS, rows))
    for number, first in enumerate(range(0, rows, FILE_ROWS)):
        count, path = min(FILE_ROWS, rows - first), folder / f"{number:05d}.parquet"
        if number and count == FILE_ROWS:
            shutil.copyfile(folder / "00000.parquet", path)
        else:
            pq.write_table(pa.Table.from_batches([batch.slice(0, count)]), path, row_group_size=131_072)


def session(options: argparse.Namespace) -> Any:
    """Spark on two cores."""
    from pyspark.sql import SparkSession

    conf = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": "3g",
        "spark.sql.codegen.hugeMethodLimit": options.limit,
        "spark.local.dir": str(options.folder / "scratch"),
        "spark.python.daemon.module": "spark_jobs.daemon",
    }
    builder = SparkSession.builder.master("local[2]")
    for key, value in conf.items():
        builder = builder.config(key, value)
    found = builder.getOrCreate()
    found.sparkContext.setLogLevel("ERROR")
    return found


def peaks() -> dict[str, float]:
    """The largest resident memory in MB that the JVM has had, and the largest of any Python worker."""
    found = {"jvm": 0.0, "worker": 0.0}
    for process in psutil.Process().children(recursive=True):
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
        peak = next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)
        kind = "jvm" if process.name() == "java" else "worker"
        found[kind] = max(found[kind], peak)
    return found


def timed(run: Callable[[], Any], rounds: int) -> tuple[Any, dict[str, float]]:
    """What the last call gives; the seconds of the fastest call, and the fewest seconds of CPU that Spark took for one."""
    seconds, cpu, result = [], [], None
    for _ in range(rounds):
        begun, before = time.perf_counter(), cpu_seconds()
        result = run()
        seconds.append(time.perf_counter() - begun)
        cpu.append(cpu_seconds() - before)
    return result, {"seconds": min(seconds), "cpu": min(cpu)}


def cpu_seconds() -> float:
    """What the JVM and all that it has started took so far."""
    return float(sum(sum(process.cpu_times()[:2]) for process in psutil.Process().children(recursive=True)))


@side
def ours(options: argparse.Namespace) -> dict[str, Any]:
    """The feature job."""
    import feature_dsl
    from mlp_core.artifacts import Artifact, Identity, begin
    from mlp_core.specs.jobs import FeatureJob, File, Partition, Table, pack_schema
    from spark_jobs import feature

    session(options)
    files = tuple(File(str(path), path.stat().st_size) for path in sorted((options.folder / "rows").iterdir()))
    schema = pq.read_schema(files[0].uri)
    plan = feature_dsl.load(data.feature_file()).compile(schema=schema).to_json()

    def run(files: tuple[File, ...]) -> str:
        identity = Identity(operation="feature", version=1, partition="table=rows")
        uri = begin(kind="table", step="feature", root=(options.folder / "artifacts").as_uri(), identity=identity).uri
        table = Table(name="rows", partitions=(Partition(name="table=rows", files=files),), schemas=(pack_schema(schema),))
        feature.run(FeatureJob(attempts={"table=rows": uri}, input=table, plan=plan))
        return uri

    run((files[0], files[0]))
    uri, figures = timed(lambda: run(files), options.rounds)
    artifact = Artifact.load(uri)
    artifact.verify()
    paths = [str(Path(artifact.uri.removeprefix("file://")) / file.path) for file in artifact.manifest.files]
    return {**figures, "files": paths, "bytes": artifact.manifest.bytes, **peaks()}


@side
def native(options: argparse.Namespace) -> dict[str, Any]:
    """The peer, written in one of the ways."""
    spark = session(options)
    expressions = peer.expressions(options.vocabulary, options.boundaries)
    paths = [str(path) for path in sorted((options.folder / "rows").iterdir())]
    target = options.folder / "native"

    def run(paths: list[str]) -> None:
        spark.read.parquet(*paths).selectExpr(*expressions).write.mode("overwrite").parquet(str(target))

    run([paths[0], paths[0]])
    _, figures = timed(lambda: run(paths), options.rounds)
    files = sorted(target.glob("*.parquet"))
    size = sum(path.stat().st_size for path in files)
    return {**figures, "files": [str(path) for path in files], "bytes": size, **peaks()}


def measured(name: str, options: argparse.Namespace, **more: str) -> dict[str, Any]:
    """What a side prints, run by itself."""
    arguments = {"rows": options.rows, "rounds": options.rounds, "folder": options.folder, **more}
    command = [sys.executable, __file__, "--side", name, *(f"--{key}={value}" for key, value in arguments.items())]
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYTHONWARNINGS": "ignore",
    }
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def check_equal(ours: list[str], native: list[str]) -> int:
    """Raises AssertionError where the sides differ; they may have the rows in another order of files. Returns the number of rows."""
    left, right = (np.sort(_row_sums(files)) for files in (ours, native))
    np.testing.assert_array_equal(left, right)
    return len(left)


def _row_sums(files: list[str]) -> Any:
    """A number for each row that its exact integers, and its logarithms to 9 digits, decide."""
    from mlp_core.artifacts.digest import hash_column

    return np.concatenate([_row_hashes(table, hash_column) for table in _tables(files)])


def _tables(files: list[str]) -> Iterator[pa.RecordBatch]:
    for path in files:
        yield from pq.ParquetFile(path).iter_batches(131_072, columns=data.FEATURES)


def _row_hashes(batch: pa.RecordBatch, hash_column: Callable[[pa.Array], Any]) -> Any:
    total = np.zeros(batch.num_rows, np.uint64)
    for name in data.FEATURES:
        column = batch.column(name)
        if name.startswith("log"):
            column = pa.array(np.round(column.to_numpy(), 9) + 0.0)
        total = total * np.uint64(0x9E3779B97F4A7C15) + hash_column(column)
    return total


def choose(options: argparse.Namespace) -> None:
    """Times the ways of writing the peer."""
    print("| vocabularies | boundaries | spark.sql.codegen.hugeMethodLimit | seconds | CPU s |\n|---|---|---|---|---|")
    for vocabulary in peer.VOCABULARIES:
        for boundaries in peer.BOUNDARIES:
            for limit in CODE_LIMITS:
                found = measured("native", options, vocabulary=vocabulary, boundaries=boundaries, limit=limit)
                print(f"| {vocabulary} | {boundaries} | {limit} | {found['seconds']:.1f} | {found['cpu']:.1f} |", flush=True)


def compare(options: argparse.Namespace) -> None:
    """Prints the table."""
    found = {
        "native Spark SQL": measured("native", options, vocabulary=options.vocabulary, boundaries=options.boundaries, limit=options.limit),
        "the feature job": measured("ours", options),
    }
    theirs, own = found["native Spark SQL"], found["the feature job"]
    rows = check_equal(own["files"], theirs["files"])
    print(f"{rows:,} rows, outputs equal (logarithms to 9 digits)\n")
    head = ("", "seconds", "Mrow/s", "ratio", "CPU s", "ratio", "MB written", "peak MB: JVM", "peak MB: a Python worker")
    print("| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|")
    for name, figures in found.items():
        seconds, cpu = figures["seconds"], figures["cpu"]
        cells = [name, f"{seconds:.1f}", f"{rows / seconds / 1e6:.2f}", f"{theirs['seconds'] / seconds:.1f}"]
        cells += [f"{cpu:.1f}", f"{theirs['cpu'] / cpu:.1f}", f"{figures['bytes'] / 1e6:.0f}", f"{figures['jvm']:.0f}"]
        print("| " + " | ".join([*cells, f"{figures['worker']:.0f}"]) + " |")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=1, help="the best of so many")
    parser.add_argument("--choose", action="store_true", help="time the ways of writing the peer instead")
    parser.add_argument("--vocabulary", choices=peer.VOCABULARIES, default="map")
    parser.add_argument("--boundaries", choices=peer.BOUNDARIES, default="sum")
    parser.add_argument("--limit", choices=CODE_LIMITS, default=CODE_LIMITS[0], help="the peer's spark.sql.codegen.hugeMethodLimit")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        print(json.dumps(SIDES[options.side](options)))
        return
    with tempfile.TemporaryDirectory() as folder:
        options.folder = Path(folder)
        make_rows(options.folder / "rows", options.rows)
        choose(options) if options.choose else compare(options)


if __name__ == "__main__":
    main()
