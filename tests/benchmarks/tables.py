"""Speed of the embedding tables, and of PyTorch's in the same run: python tests/benchmarks/tables.py

26 id columns with a table each, rows of 17 floats, Adagrad, batches of 4,096 rows of random ids. All batches differ; the time of the
fastest is told, for other programs can only make it longer. The peer's look-up is its forward pass, its update the backward pass and
the optimizer's step.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mlp_train.data.batches import Batch
from mlp_train.shape import POOLED, Column, Shape
from mlp_train.tables import Adagrad, Tables, make_tables

COLUMNS, WIDTH, BATCH = 26, 17, 4096
NAMES = [f"column_{at}" for at in range(COLUMNS)]
Pass = Callable[[Batch], Any]


def batch_of(ids: np.ndarray) -> Batch:
    """A batch of these ids, (n, COLUMNS)."""
    nothing = np.zeros((len(ids), 0), dtype=np.float32)
    return Batch(np.ascontiguousarray(ids), (), nothing, nothing)


def random_batches(rows: int, count: int) -> Iterator[Batch]:
    """Ids below `rows`."""
    random = np.random.default_rng(1)
    for _ in range(count):
        yield batch_of(random.integers(0, rows, (BATCH, COLUMNS)))


def ours(rows: int | None, threads: int) -> Tables:
    """Tables of `rows` rows each, or growing ones."""
    shape, deviation = Shape(tuple(Column(name, "id") for name in NAMES)), np.full(WIDTH, 0.01, dtype=np.float32)
    return make_tables(shape, dict.fromkeys(NAMES, rows), WIDTH, deviation, Adagrad(0.05), seed=1, threads=threads)


def grown(rows: int, threads: int) -> Tables:
    """Growing tables that know `rows` keys each, met in random order."""
    tables, keys = ours(None, threads), np.random.default_rng(2).permutation(rows)
    for start in range(0, rows, BATCH):
        tables.look_up(batch_of(np.repeat(keys[start : start + BATCH, None], COLUMNS, axis=1)))
    return tables


def passes(tables: Tables) -> tuple[Pass, Callable[[Any], None]]:
    """Look-up and update of ours."""
    gradient = np.random.default_rng(3).normal(size=(BATCH, COLUMNS, WIDTH)).astype(np.float32)
    return tables.look_up, lambda embedded: tables.update(embedded, {POOLED: gradient})


def torch_passes(rows: int, threads: int) -> tuple[Pass, Callable[[Any], None]]:
    """One nn.Embedding(sparse=True) for all columns."""
    import mlp_train.torch  # noqa: F401 - keeps a folder named triton from being taken for the compiler

    import torch  # isort: skip

    torch.set_num_threads(threads)
    embedding = torch.nn.Embedding(rows * COLUMNS, WIDTH, sparse=True)
    optimizer, bases = torch.optim.Adagrad(embedding.parameters(), lr=0.05), torch.arange(COLUMNS) * rows
    gradient = torch.randn(BATCH, COLUMNS, WIDTH)

    def update(vectors: torch.Tensor) -> None:
        optimizer.zero_grad(set_to_none=True)
        vectors.backward(gradient)
        optimizer.step()

    return lambda batch: embedding(torch.from_numpy(batch.ids) + bases), update


def measure(name: str, rows: int, count: int, both: tuple[Pass, Callable[[Any], None]]) -> None:
    """Prints a line."""
    look_up, update = both
    seconds: list[tuple[float, float]] = []
    for batch in random_batches(rows, count + 5):
        begin = time.perf_counter()
        embedded = look_up(batch)
        between = time.perf_counter()
        update(embedded)
        seconds.append((between - begin, time.perf_counter() - between))
    first, second = np.min(seconds[5:], axis=0) * 1e3
    print(f"| {name} | {rows * COLUMNS:,} | {first:.2f} | {second:.2f} | {first + second:.2f} |", flush=True)


def main() -> None:
    """Reads the command line, prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="rows of each of the 26 tables")
    parser.add_argument("--keys", type=int, default=100_000, help="keys of each of the 26 growing tables")
    parser.add_argument("--batches", type=int, default=60, help="batches whose time counts")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    print("| tables | rows | look-up, ms | update, ms | together |\n|---|---|---|---|---|")
    for rows in options.rows:
        measure("fixed", rows, options.batches, passes(ours(rows, options.threads)))
    measure("growing", options.keys, options.batches, passes(grown(options.keys, options.threads)))
    for rows in options.rows:
        measure("nn.Embedding(sparse=True), Adagrad", rows, options.batches, torch_passes(rows, options.threads))


if __name__ == "__main__":
    main()
