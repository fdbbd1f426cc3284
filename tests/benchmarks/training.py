"""How fast DeepFM learns from Parquet, beside other libraries: 26 columns of ids, 13 of numbers, dimension 16, MLP 256-128.

    python -m venv peers && peers/bin/pip install torch pyarrow deepctr-torch==0.3.0 fuxictr==2.3.10 torch-rechub==0.9.0
    python tests/benchmarks/training.py --peers peers/bin/python

Time is that of four epochs less that of two: of the whole process for `mlp_train`, of `fit` for the others, which read the files into
memory before. Rows per second are those of the two epochs between. AUC is that of four epochs, on rows that nobody has learned.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from training_data import CATEGORICAL, DENSE, write_rows

from mlp_core import bundle, metrics
from mlp_core.specs import TrainingSpec

HERE = Path(__file__).parent
PEERS = ("deepctr-torch", "torch-rechub", "fuxictr")
EPOCHS = (2, 4)
# Adagrad's step on rare rows is what quality depends on; a few rates were tried on other rows than those that are tested.
PARAMS = {"embedding_dim": 16, "hidden": [256, 128], "optimizer": "adagrad", "learning_rate": 0.02}


@dataclass(frozen=True)
class Run:
    """seconds: by epochs; auc: after the most epochs."""

    seconds: dict[int, float]
    auc: float

    def speed(self, rows: int) -> float:
        """Rows per second between fewer and more epochs."""
        fewer, more = EPOCHS
        return rows * (more - fewer) / (self.seconds[more] - self.seconds[fewer])


@dataclass(frozen=True)
class Data:
    """Files with ids below `cardinality`."""

    folder: Path
    cardinality: int
    rows: int

    def write(self) -> None:
        """Make the files."""
        for name, rows, seed in (("train", self.rows, 1), ("test", self.rows // 4, 2)):
            (self.folder / name).mkdir(parents=True)
            write_rows(self.folder / name / "part.parquet", rows, self.cardinality, seed)


def own(data: Data, framework: str, threads: int = 2) -> Run:
    """`mlp_train` in processes of its own."""
    seconds, auc = {}, 0.0
    for epochs in EPOCHS:
        output = data.folder / f"{framework}-{epochs}"
        spec = TrainingSpec(
            name="benchmark",
            framework=framework,  # type: ignore[arg-type]
            algorithm="deepfm",
            train=[str(data.folder / "train")],
            params={**PARAMS, "cardinality": data.cardinality},
            epochs=epochs,
            batch_size=4096,
            output=str(output),
        )
        job = data.folder / f"{framework}-{epochs}.json"
        job.write_bytes(spec.to_json())
        environment = {**os.environ, "MLP_RESOURCES": json.dumps({"cpu": threads})}
        started = time.monotonic()
        subprocess.run([sys.executable, "-m", "mlp_train", "--job", str(job)], check=True, env=environment, stdout=subprocess.DEVNULL)
        seconds[epochs] = time.monotonic() - started
        test = pq.read_table(data.folder / "test")
        auc = metrics.auc(test["label"].to_numpy(), bundle.load(output).score_features(test.select([*CATEGORICAL, *DENSE])))
    return Run(seconds, auc)


def peer(data: Data, name: str, python: str) -> Run:
    """Another library, in its own environment."""
    found = {}
    for epochs in EPOCHS:
        files = [str(data.folder / part / "part.parquet") for part in ("train", "test")]
        command = [python, str(HERE / "training_peers.py"), name, *files, str(data.cardinality), str(epochs), str(data.folder)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found[epochs] = json.loads(done.stdout.splitlines()[-1])
    return Run({epochs: each["seconds"] for epochs, each in found.items()}, found[max(EPOCHS)]["auc"])


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000, help="training rows (default %(default)s)")
    parser.add_argument("--cardinalities", type=int, nargs="+", default=[10_000, 100_000], help="ids per column; 26 tables of so many rows")
    parser.add_argument("--frameworks", nargs="+", default=["torch"], choices=["torch", "tensorflow"])
    parser.add_argument("--peers", metavar="PYTHON", help="the interpreter of an environment that has the other libraries")
    parser.add_argument("--only", nargs="+", default=PEERS, choices=PEERS, help="which of them")
    options = parser.parse_args()
    print("| table rows | library | rows/s | ours / theirs | AUC |\n|---|---|---|---|---|")
    for cardinality in options.cardinalities:
        with tempfile.TemporaryDirectory() as folder:
            data = Data(Path(folder), cardinality, options.rows)
            data.write()
            runs = {f"mlp_train, {framework}": own(data, framework) for framework in options.frameworks}
            if options.peers:
                runs |= {name: peer(data, name, options.peers) for name in options.only}
            ours = next(iter(runs.values())).speed(data.rows)
            for name, run in runs.items():
                speed = run.speed(data.rows)
                print(f"| {26 * cardinality:,} | {name} | {speed:,.0f} | {ours / speed:.2f} | {run.auc:.4f} |", flush=True)


if __name__ == "__main__":
    main()
