"""The one error of the training library."""

from __future__ import annotations


class TrainError(Exception):
    """Training cannot begin or go on; the message is one sentence: what is wrong, in which column or field, and the cure."""


class WorkerLost(Exception):
    """Another process of the same training has ended before its time, or cannot be reached."""

    def __init__(self, rank: int, world_size: int) -> None:
        super().__init__(
            f"worker {rank} of {world_size} lost touch with another one, whose own output says why it ended; start the job again, and it"
            f" goes on from its last checkpoint if it has `checkpoints`"
        )
