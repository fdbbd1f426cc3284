"""Random programs by the kernels and by the reference: python tests/feature_dsl/random_programs.py --programs 100000 --first 1000000

Prints how many programs gave the same in both, in how many seconds, and for each operation in how many of them it had a missing input.
"""

from __future__ import annotations

import argparse
import collections
import json
import multiprocessing
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from numba.core import event  # type: ignore[import-untyped,unused-ignore]

sys.path.insert(0, str(Path(__file__).parent))

import checking

import feature_dsl
from feature_dsl.operations.base import names


@dataclass
class Tally:
    """What a run of many programs found, all without a difference.

    :param seconds: without readying the kernels.
    :param compiled: compiler passes that ran while programs did.
    :param missing: by operation, in how many programs one of its inputs was missing in some row.
    """

    programs: int
    seconds: float
    compiled: int
    missing: dict[str, int]


@contextmanager
def compiler_passes() -> Iterator[list[object]]:
    """The passes of Numba's compiler that run meanwhile."""
    with event.install_recorder("numba:run_pass") as recorder:
        yield recorder.buffer


def _warm() -> None:
    feature_dsl.warm_up()
    checking.check_file(0, 2)


def check_share(seeds: range) -> tuple[int, int, dict[str, int]]:
    """Checks a file of programs for each seed; gives programs, compiler passes and missing inputs."""
    missing: collections.Counter[str] = collections.Counter()
    with compiler_passes() as passes:
        for seed in seeds:
            missing.update(checking.check_file(seed).missing)
    return len(seeds) * checking.PROGRAMS_PER_FILE, len(passes), dict(missing)


def check_many(programs: int, first: int, processes: int) -> Tally:
    """Checks at least so many programs, spread over processes. Raises AssertionError with the first that differs."""
    files = -(-programs // checking.PROGRAMS_PER_FILE)
    seeds = range(first, first + files)
    shares = [seeds[begin : begin + 20] for begin in range(0, files, 20)]
    total, compiled, missing = 0, 0, collections.Counter(dict.fromkeys(names(), 0))
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _warm) as pool:
        list(pool.map(_ready, range(4 * processes)))
        begin = time.perf_counter()
        for done in as_completed([pool.submit(check_share, share) for share in shares]):
            count, passes, found = done.result()
            total, compiled = total + count, compiled + passes
            missing.update(found)
        return Tally(total, time.perf_counter() - begin, compiled, dict(missing))


def _ready(_: int) -> None:
    """Returns when its process is warm."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Random programs by the kernels and by the reference.")
    parser.add_argument("--programs", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help=f"the first seed; each draws {checking.PROGRAMS_PER_FILE} programs")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="the whole tally as JSON")
    asked = parser.parse_args()
    try:
        tally = check_many(asked.programs, asked.first, asked.processes)
    except AssertionError as problem:
        sys.stderr.write(f"kernels and reference differ\n{problem}\n")
        return 1
    if asked.json:
        sys.stdout.write(json.dumps(asdict(tally)) + "\n")
        return 0
    least = min(tally.missing, key=tally.missing.__getitem__)
    sys.stdout.write(
        f"{tally.programs:,} programs: no difference, in {tally.seconds:.0f} s on {asked.processes} processes\n"
        f"compiler passes meanwhile: {tally.compiled}\n"
        f"{len(tally.missing)} operations, each with a missing input in at least {tally.missing[least]:,} programs ({least})\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
