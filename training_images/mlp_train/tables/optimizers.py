"""Row-sparse optimizers of embedding tables: what a batch does not touch does not change, the rest learns as in the dense optimizer.

`l2` is added to a row's summed gradient, times the row. `learning_rate` is multiplied by the `rate` of each update.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Adagrad:
    """Duchi et al. 2011, in PyTorch's form: sum += g², w -= learning_rate · g / (√sum + epsilon).

    Equal to the dense optimizer: there, rows without a gradient do not change either.
    """

    learning_rate: float
    l2: float = 0.0
    epsilon: float = 1e-10
    name: ClassVar[str] = "adagrad"
    slots: ClassVar[tuple[str, ...]] = ("sum",)

    def slot_widths(self, width: int) -> tuple[int, ...]:
        """Floats per row of each slot."""
        return (width,)

    def numbers(self, rate: float, step: int) -> tuple[float, ...]:
        """What the kernel needs in step number `step`, counted from 1."""
        return (self.learning_rate * rate, self.epsilon, self.l2)


@dataclass(frozen=True)
class RowWiseAdagrad(Adagrad):
    """Adagrad with one sum per row, as FBGEMM has it: sum += mean of g² over the row. A quarter of the memory and less."""

    epsilon: float = 1e-8
    name: ClassVar[str] = "rowwise_adagrad"

    def slot_widths(self, width: int) -> tuple[int, ...]:
        """One float per row."""
        return (1,)


@dataclass(frozen=True)
class Adam:
    """Kingma and Ba 2015 with lazy rows: both moments of a row change only in steps that touch it.

    Bias correction counts all steps of the tables, not a row's own, so a step equals the dense optimizer's for rows that every batch
    has touched so far; a row that rests keeps its moments, where dense Adam would let them fade and the row move on.
    """

    learning_rate: float
    l2: float = 0.0
    epsilon: float = 1e-8
    first_decay: float = 0.9
    second_decay: float = 0.999
    name: ClassVar[str] = "adam"
    slots: ClassVar[tuple[str, ...]] = ("first_moment", "second_moment")

    def slot_widths(self, width: int) -> tuple[int, ...]:
        """Floats per row of each slot."""
        return (width, width)

    def numbers(self, rate: float, step: int) -> tuple[float, ...]:
        """What the kernel needs in step number `step`, counted from 1."""
        corrected = self.learning_rate * rate / (1 - self.first_decay**step)
        root = math.sqrt(1 - self.second_decay**step)
        return (corrected, self.epsilon, self.l2, 1 - self.first_decay, 1 - self.second_decay, root)


RowOptimizer = Adagrad | RowWiseAdagrad | Adam

ROW_OPTIMIZERS: dict[str, type[Adagrad] | type[RowWiseAdagrad] | type[Adam]] = {
    optimizer.name: optimizer for optimizer in (Adagrad, RowWiseAdagrad, Adam)
}
