"""What a model is made for: the columns that it sees and the labels that it predicts, whatever the framework."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mlp_core.bundle import Input

POOLED, DENSE = "pooled", "dense"


@dataclass(frozen=True)
class Column:
    """A feature column: one id per row (`id`), a list of them (`list`), or a number (`dense`).

    table: the embedding table of an id or a list, which columns may share; domains: whose it is (`user`, `item`), as the feature
    plan says, empty where it does not.
    """

    name: str
    kind: Literal["id", "list", "dense"]
    table: str | None = None
    domains: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shape:
    """The columns of a data set, in the order of the network's inputs, and its labels (tasks).

    sequences: list columns that enter the network item by item; other lists enter as the mean of their rows.
    """

    columns: tuple[Column, ...]
    labels: tuple[str, ...] = ("label",)
    sequences: tuple[str, ...] = ()

    @property
    def pooled(self) -> tuple[str, ...]:
        """Columns with one vector per row, in the order of `inputs["pooled"]`: ids, then lists that are no sequences."""
        kinds = ("id", "list")
        return tuple(column.name for kind in kinds for column in self.columns if column.kind == kind and column.name not in self.sequences)

    @property
    def dense(self) -> tuple[str, ...]:
        """Columns of numbers, in the order of `inputs["dense"]`."""
        return tuple(column.name for column in self.columns if column.kind == "dense")

    @property
    def tasks(self) -> int:
        """How many labels."""
        return len(self.labels)

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)

    def inputs(self) -> tuple[Input, ...]:
        """The network's inputs in order: pooled vectors, dense values, then the vectors and the mask of each sequence."""
        inputs = [Input(name=POOLED, kind="pooled", features=self.pooled), Input(name=DENSE, kind="dense", features=self.dense)]
        for name in self.sequences:
            inputs += [
                Input(name=sequence_input(name), kind="sequence", features=(name,)),
                Input(name=mask_input(name), kind="mask", features=(name,)),
            ]
        return tuple(item for item in inputs if item.features)


def sequence_input(column: str) -> str:
    """The input that holds a sequence's vectors: (n, length, width)."""
    return f"sequence.{column}"


def mask_input(column: str) -> str:
    """The input that says which places of a sequence are filled: (n, length), 1 or 0."""
    return f"mask.{column}"
