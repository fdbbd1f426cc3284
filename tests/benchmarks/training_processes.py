"""How much faster two processes learn than one with one thread: python tests/benchmarks/training_processes.py

DeepFM, 26 columns of ids, 13 of numbers, dimension 16, MLP 256-128, batches of 4,096 rows. Time is that of the whole processes for four
epochs less that for two. Other programs on the machine slow two processes down more than one, so the processors' time is told as well:
what one process needs for a million rows, over what each of two needs, is the ratio that an idle machine comes near.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from training_data import write_rows

from mlp_core.specs import TrainingSpec

EPOCHS = (2, 4)
PARAMS = {"embedding_dim": 16, "hidden": [256, 128], "optimizer": "adagrad", "learning_rate": 0.02}


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, and of one process's processor on average."""

    seconds: float
    processor: float

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.seconds - other.seconds, self.processor - other.processor)


def train(folder: Path, cardinality: int, epochs: int, tables: str | None) -> Cost:
    """One process, or two with tables held so."""
    name = f"{tables or 'alone'}-{epochs}"
    spec = TrainingSpec(
        name="benchmark",
        algorithm="deepfm",
        train=[str(folder / "train")],
        params={**PARAMS, "cardinality": cardinality} | ({"tables": tables} if tables else {}),
        epochs=epochs,
        batch_size=4096,
        output=str(folder / name),
    )
    job = folder / f"{name}.json"
    job.write_bytes(spec.to_json())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "MLP_RESOURCES": '{"cpu": 1}', "OMP_NUM_THREADS": "1"}
    topology = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)} if tables else {}
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-m", "mlp_train", "--job", str(job)]
    processes = [
        subprocess.Popen(command, env={**environment, **topology, "RANK": str(rank)}, stdout=subprocess.DEVNULL)
        for rank in range(2 if tables else 1)
    ]
    codes = [process.wait() for process in processes]
    if any(codes):
        raise SystemExit(f"training {json.dumps(name)} failed")
    seconds, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(seconds, processor / len(processes))


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000, help="training rows (default %(default)s)")
    parser.add_argument("--cardinality", type=int, default=10_000, help="ids per column; 26 tables of so many rows")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "train").mkdir()
        write_rows(folder / "train" / "part.parquet", options.rows, options.cardinality, seed=1)
        print("| processes | tables | rows/s | against one | by processor time |\n|---|---|---|---|---|")
        costs: dict[str | None, Cost] = {}
        fewer, more = EPOCHS
        for tables in (None, "replicated", "sharded"):
            costs[tables] = train(folder, options.cardinality, more, tables) - train(folder, options.cardinality, fewer, tables)
            cost, one = costs[tables], costs[None]
            speed = options.rows * (more - fewer) / cost.seconds
            ratios = f"{one.seconds / cost.seconds:.2f} | {one.processor / cost.processor:.2f}"
            print(f"| {2 if tables else 1} | {tables or 'whole'} | {speed:,.0f} | {ratios} |", flush=True)


if __name__ == "__main__":
    main()
