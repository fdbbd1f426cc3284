"""A loss for the states of a recurrence over a history: each has to tell what comes next."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def next_item_loss(states: Tensor, items: Tensor, filled: Tensor) -> Tensor:
    """How badly each state tells the next item from that of another row: the mean over a row's places, (n,); 0 where there is none.

    states, items: (n, length, dim); filled: (n, length). Zhou et al. (AAAI 2019), equation 6, with dot
    products in the sigmoid.
    """
    states, following = states[:, :-1], items[:, 1:]
    follows = filled[:, 1:]
    others = following.roll(1, dims=0)
    there = follows * follows.roll(1, dims=0)
    right = functional.softplus(-(states * following).sum(dim=2)) * follows
    wrong = functional.softplus((states * others).sum(dim=2)) * there
    return right.sum(dim=1) / follows.sum(dim=1).clamp(min=1) + wrong.sum(dim=1) / there.sum(dim=1).clamp(min=1)
