"""`mlp_train profile`: where the time of a training goes."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlp_train.data import Batch
    from mlp_train.probing import Trace
    from mlp_train.training.fitting import Fit
    from mlp_train.training.train import Job

EXAMPLE = """\
Learns some batches of a job with a fresh model, publishes nothing, and prints how long a step waits for rows, looks them up, runs the
network and updates tables; then, from a few more steps that are traced, each layer's own time forward and backward, and the dearest
operations. --picture draws the same as bars.

example:
  mlp_train profile --job job.json --steps 50 --picture profile.png
"""
_WARM_UP, _TRACED, _OPERATIONS = 3, 5, 12
_PARTS = ("wait for rows", "look up", "network", "update tables")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("--job", type=Path, required=True, metavar="FILE", help="job.json: the training specification")
    parser.add_argument("--steps", type=_steps, default=50, metavar="N", help="steps to measure (default: 50)")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="a .png, .svg or .pdf to write; needs matplotlib")


def run(options: argparse.Namespace) -> None:
    """Measure and print."""
    from mlp_train.probing import probe_of
    from mlp_train.tools.fitted import begin, open_job
    from mlp_train.tools.pictures import check_picture

    check_picture(options.picture)
    job = open_job(options.job)
    fit = begin(job)
    batches = _endless(job, fit)
    probe = probe_of(job.spec.framework)
    _measure(fit, batches, _WARM_UP)
    parts = _measure(fit, batches, options.steps)
    trace = None if probe is None else probe.trace(fit.learner, lambda: _one_step(fit, next(batches)), _TRACED)
    _show(job, parts, trace)
    if options.picture is not None:
        _draw(options.picture, job, parts, trace)
        print(f"drew {options.picture}")


@dataclass
class Parts:
    """Seconds of all measured steps, in the order of `_PARTS`, and their rows."""

    seconds: list[float]
    rows: int
    steps: int

    @property
    def milliseconds(self) -> list[float]:
        """Per step."""
        return [1000 * each / self.steps for each in self.seconds]


def _endless(job: Job, fit: Fit) -> Iterator[Batch]:
    """Full batches of one epoch after the other, in the order of training."""
    from itertools import count

    from mlp_train.training.train import reader

    rows = reader(job, fit.progress, job.data.train_rows)
    for epoch in count(1):
        yield from rows.epoch(epoch)


def _measure(fit: Fit, batches: Iterator[Batch], steps: int) -> Parts:
    from mlp_train.training.fitting import network_inputs

    found = Parts([0.0] * len(_PARTS), 0, steps)
    for _ in range(steps):
        marks = [time.perf_counter()]
        batch = fit.learner.hooks.on_data(next(batches))
        marks.append(time.perf_counter())
        looked_up = fit.look_up(batch)
        marks.append(time.perf_counter())
        learned = fit.learner.step(network_inputs(looked_up.inputs, batch), batch, 1.0)
        marks.append(time.perf_counter())
        looked_up.update(learned.gradients, 1.0)
        marks.append(time.perf_counter())
        found.rows += batch.rows
        for place in range(len(_PARTS)):
            found.seconds[place] += marks[place + 1] - marks[place]
    return found


def _one_step(fit: Fit, batch: Batch) -> None:
    fit.step(batch)


def _show(job: Job, parts: Parts, trace: Trace | None) -> None:
    from mlp_train.tools.printing import table

    total = sum(parts.seconds) or 1.0
    each = zip(_PARTS, parts.milliseconds, parts.seconds, strict=True)
    rows = [(name, ms, f"{100 * seconds / total:.0f} %") for name, ms, seconds in each]
    table(f"a step of {parts.rows / parts.steps:,.0f} rows, {parts.rows / total:,.0f} rows per second", ("part", "ms", "share"), rows)
    if trace is None:
        print(f"layers and operations are not measured on {job.spec.framework}")
        return
    layers = [(layer.name, layer.kind, 1000 * layer.forward, 1000 * layer.backward) for layer in trace.layers]
    table("layers: their own time in a step, traced", ("layer", "kind", "forward ms", "backward ms"), layers)
    operations = [(each.name, each.calls, 1000 * each.seconds) for each in trace.operations[:_OPERATIONS]]
    table("operations of a step, traced", ("operation", "calls", "ms"), operations)


def _draw(path: Path, job: Job, parts: Parts, trace: Trace | None) -> None:
    from mlp_train.tools.pictures import Bars, draw_bars

    panels = [Bars("parts of a step", _PARTS, {"ms": parts.milliseconds}, "ms per step")]
    if trace is not None:
        layers = trace.layers
        both = {"forward": [1000 * layer.forward for layer in layers], "backward": [1000 * layer.backward for layer in layers]}
        panels.append(Bars("layers, their own time", [f"{layer.name} ({layer.kind})" for layer in layers], both, "ms per step"))
        shown = trace.operations[:_OPERATIONS]
        panels.append(Bars("operations", [each.name for each in shown], {"ms": [1000 * each.seconds for each in shown]}, "ms per step"))
    pace = parts.rows / (sum(parts.seconds) or 1.0)
    draw_bars(path, f"{job.spec.name}: {job.spec.algorithm} on {job.spec.framework}, {pace:,.0f} rows per second", panels)


def _steps(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)
