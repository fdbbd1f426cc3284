"""What each optimizer does to rows, given the sum of their gradients. Arrays are flat: some rows, one after the other, float32.

step(gradients, values, first, second, rows, width, numbers): changes values and the optimizer's slots in place. numbers: learning rate,
epsilon, l2, and what else the optimizer's `numbers` gives.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlp_train.tables.kernels.compiled import inlined

ONE = np.float32(1)


@inlined
def adagrad(gradients: Any, values: Any, first: Any, second: Any, rows: Any, width: Any, numbers: Any) -> None:
    rate, epsilon, pull = numbers[0], numbers[1], numbers[2]
    for at in range(rows * width):
        gradient = gradients[at] + pull * values[at]
        total = first[at] + gradient * gradient
        first[at] = total
        values[at] -= rate * gradient / (np.sqrt(total) + epsilon)


@inlined
def rowwise_adagrad(gradients: Any, values: Any, first: Any, second: Any, rows: Any, width: Any, numbers: Any) -> None:
    rate, epsilon, pull = numbers[0], numbers[1], numbers[2]
    for row in range(rows):
        total = np.float32(0)
        for at in range(row * width, (row + 1) * width):
            gradients[at] += pull * values[at]
            total += gradients[at] * gradients[at]
        first[row] += total / np.float32(width)
        factor = rate / (np.sqrt(first[row]) + epsilon)
        for at in range(row * width, (row + 1) * width):
            values[at] -= factor * gradients[at]


@inlined
def adam(gradients: Any, values: Any, first: Any, second: Any, rows: Any, width: Any, numbers: Any) -> None:
    # numbers[0] is already divided by the first bias correction, numbers[5] is the root of the second.
    rate, epsilon, pull, slow, slower, root = numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]
    for at in range(rows * width):
        gradient = gradients[at] + pull * values[at]
        moment = first[at] + (gradient - first[at]) * slow
        square = second[at] * (ONE - slower) + slower * gradient * gradient
        first[at], second[at] = moment, square
        values[at] -= rate * moment / (np.sqrt(square) / root + epsilon)
