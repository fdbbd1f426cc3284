"""Gated recurrences over a history, with and without attention to an item."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch._higher_order_ops.scan import scan

from mlp_train.torch.layers.target_attention import masked_softmax


class GatedRecurrence(nn.Module):
    """A gated recurrent unit whose update gate is multiplied by a weight: (n, length, inputs) → last state (n, dim), all (n, length, dim).

    Zhou et al., "Deep Interest Evolution Network" (AAAI 2019), equations 2 to 5 and, for the weight (AUGRU), 15 and 16. Places that are
    not filled leave the state as it is, so the last state is that after a row's last item, zeros for an empty history.
    """

    def __init__(self, inputs: int, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.enter = nn.Linear(inputs, 3 * dim)
        self.again = nn.Linear(dim, 3 * dim)

    def forward(self, items: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """(n, dim), (n, length, dim). weights: (n, length), 0 where nothing is filled."""
        entering = self.enter(items).transpose(0, 1)
        gates = weights.transpose(0, 1).unsqueeze(2)
        state = torch.zeros_like(entering[0, :, : self.dim])
        if torch.compiler.is_exporting():
            # A loop in Python would be exported for the example's length only.
            state, states = scan(self._step, state, (entering, gates))
            return state, states.transpose(0, 1)
        passed = []
        for entered, gate in zip(entering.unbind(), gates.unbind(), strict=True):
            state, _ = self._step(state, (entered, gate))
            passed.append(state)
        return state, torch.stack(passed, dim=1)

    def _step(self, state: Tensor, item: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """The state after one item, twice: to carry on and to keep."""
        entered, gate = item
        again = self.again(state)
        dim = self.dim
        reset, update = torch.sigmoid(entered[:, : 2 * dim] + again[:, : 2 * dim]).chunk(2, dim=1)
        candidate = torch.tanh(entered[:, 2 * dim :] + reset * again[:, 2 * dim :])
        state = state + gate * update * (candidate - state)
        return state, state.clone()


class InterestEvolution(nn.Module):
    """A history as its interest in the item in question: (n, dim), (n, length, dim), (n, length) → (n, dim) and states (n, length, dim).

    Zhou et al. (AAAI 2019): a recurrence extracts a state after each item; a second one passes over these, letting in as much of
    each as the target attends to it (a softmax of bilinear products, equation 14).
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.extract = GatedRecurrence(dim, dim)
        self.attend = nn.Linear(dim, dim, bias=False)
        self.evolve = GatedRecurrence(dim, dim)

    def forward(self, target: Tensor, items: Tensor, filled: Tensor) -> tuple[Tensor, Tensor]:
        """(n, dim), and the extracted states (n, length, dim)."""
        _, states = self.extract(items, filled)
        scores = (states @ self.attend(target).unsqueeze(2)).squeeze(2)
        interest, _ = self.evolve(states, masked_softmax(scores, filled))
        return interest, states
