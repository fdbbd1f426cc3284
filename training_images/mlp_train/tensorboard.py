"""Curves for TensorBoard: loss, learning rate and pace of each interval, measures of each epoch. Needs the package `tensorboard`."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mlp_core.artifacts import storage
from mlp_train.errors import TrainError
from mlp_train.events import listening

# Names the folder or URI below which each training has a folder of its name.
FOLDER = "MLP_TENSORBOARD"
_INTERVAL = ("loss", "learning_rate", "samples_per_second", "waiting_for_input")
_PLACE = ("phase", "epoch", "step")


@contextmanager
def curves(name: str, environment: Mapping[str, str] = os.environ) -> Iterator[None]:
    """While the block runs, write what the training says below `MLP_TENSORBOARD`; without that variable do nothing."""
    folder = environment.get(FOLDER)
    if not folder:
        yield
        return
    writer = Curves(storage.join(folder, name))
    try:
        with listening(writer):
            yield
    finally:
        writer.close()


class Curves:
    """A listener that writes an event file, with the packages' own record format, so neither framework is needed.

    TrainError where the package `tensorboard` is not installed.
    """

    def __init__(self, folder: str) -> None:
        try:
            from tensorboard.compat.proto import event_pb2, summary_pb2
            from tensorboard.summary.writer.record_writer import RecordWriter
        except ImportError as error:
            raise TrainError(f"{FOLDER} is set, but {error}; install the package tensorboard, or leave the variable out") from error
        self._event, self._summary = event_pb2, summary_pb2
        fs, path = storage.filesystem(storage.join(folder, f"events.out.tfevents.{time.time_ns()}.{os.getpid()}"))
        fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        self._writer = RecordWriter(fs.open(path, "wb"))
        self._write(file_version="brain.Event:2")

    def __call__(self, event: str, fields: dict[str, Any]) -> None:
        """Write the numbers of an interval or an epoch, each named after its phase: `select/loss`, `select/auc`."""
        if event == "resumed":
            # Lets TensorBoard forget what a killed run has written beyond its last checkpoint.
            self._write(step=fields["step"], session_log=self._event.SessionLog(status=self._event.SessionLog.START))
        names = _INTERVAL if event == "progress" else [name for name in fields if name not in _PLACE] if event == "epoch" else ()
        scalars = {f"{fields['phase']}/{tag}": value for name in names for tag, value in _flat(name, fields[name])}
        if scalars:
            values = [self._summary.Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
            self._write(step=fields["step"], summary=self._summary.Summary(value=values))

    def close(self) -> None:
        """End the file."""
        self._writer.close()

    def _write(self, **content: Any) -> None:
        self._writer.write(self._event.Event(wall_time=time.time(), **content).SerializeToString())
        self._writer.flush()


def _flat(name: str, value: Any) -> Iterator[tuple[str, float]]:
    """A number by its name, those of tasks by `name/label`; what is no number is left out."""
    if isinstance(value, Mapping):
        for label, each in value.items():
            yield from _flat(f"{name}/{label}", each)
    elif isinstance(value, int | float):
        yield name, float(value)
