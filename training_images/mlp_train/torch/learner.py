"""A PyTorch network as the training loop sees it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from mlp_core.specs import TrainingSpec
from mlp_core.specs.presets import CommonParams
from mlp_train.context import TrainContext
from mlp_train.data.batches import Batch, Floats
from mlp_train.hooks import Hooks
from mlp_train.learner import STEPS, Arrays, Inputs, Step
from mlp_train.shape import DENSE, Shape
from mlp_train.torch.base import Targets, TorchRecModel
from mlp_train.torch.distributed import parallel, sum_over_ranks
from mlp_train.torch.export import export_network
from mlp_train.torch.layers import Standardise
from mlp_train.torch.optimizers import put_slots, slots_of


class Network(nn.Module):
    """From the network's inputs to the model's outputs, dense columns standardised first."""

    def __init__(self, model: TorchRecModel) -> None:
        super().__init__()
        self.scale = Standardise(len(model.shape.dense))
        self.model = model

    def forward(self, inputs: dict[str, Tensor]) -> Any:
        """What the model's `forward` gives."""
        if DENSE in inputs:
            inputs = {**inputs, DENSE: self.scale(inputs[DENSE])}
        return self.model(inputs)


class TorchLearner:
    """Implements `mlp_train.learner.Learner` with a TorchRecModel."""

    def __init__(self, model: TorchRecModel, context: TrainContext, seed: int) -> None:
        self.shape: Shape = model.shape
        self.inputs = model.shape.inputs()
        self.width: int = model.width
        self.deviation: Floats = model.deviation
        self.hooks: Hooks = model
        self.network = Network(model)
        self._model = model
        self._params: CommonParams = model.params
        self._seed, self._steps, self._context = seed, 0, context
        self._embedded = tuple(item.name for item in self.inputs if item.kind in ("pooled", "sequence"))
        self._device = torch.device("cuda", context.local_rank) if torch.cuda.is_available() else torch.device("cpu")
        self.network.to(self._device)
        self._wrapped = parallel(self.network, context, self._device)
        weights = [weight for weight in self.network.parameters() if weight.requires_grad]
        self._optimizers = model.optimizers(weights)
        self._rates = [[group["lr"] for group in optimizer.param_groups] for optimizer in self._optimizers]

    def standardise(self, mean: Floats, deviation: Floats) -> None:
        """As the protocol says."""
        with torch.no_grad():
            self.network.scale.mean.copy_(torch.from_numpy(mean))
            self.network.scale.deviation.copy_(torch.from_numpy(deviation))

    def step(self, inputs: Inputs, batch: Batch, rate: float) -> Step:
        """As the protocol says. A loss that is not a number is given back with no gradients, and changes nothing."""
        # What is dropped depends on the seed and the step alone, so that a resumed run drops the same.
        torch.manual_seed(self._seed * 1_000_003 + self._steps)
        self._wrapped.train()
        tensors = self._tensors(inputs)
        embedded = {name: tensors[name].requires_grad_() for name in self._embedded if name in tensors}
        with self._precision():
            outputs = self._wrapped(tensors)
        loss = self._model.batch_loss(_float32(outputs), self._targets(batch))
        value = float(loss.detach())
        if not math.isfinite(value):
            return Step(value, {})
        for optimizer in self._optimizers:
            optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        gradients = {name: tensor.grad if tensor.grad is not None else torch.zeros_like(tensor) for name, tensor in embedded.items()}
        self._clip(gradients)
        for optimizer, rates in zip(self._optimizers, self._rates, strict=True):
            for group, own in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = own * rate
            optimizer.step()
        self._steps += 1
        return Step(value, {name: gradient.cpu().numpy() for name, gradient in gradients.items()})

    def score(self, inputs: Inputs) -> Floats:
        """As the protocol says."""
        self.network.eval()
        with torch.no_grad():
            scores: Tensor = self._model.probabilities(self.network(self._tensors(inputs)))
        return scores.cpu().numpy()

    def state(self) -> dict[str, npt.NDArray[np.generic]]:
        """As the protocol says; `steps` says how many batches were learned."""
        names: dict[Tensor, str] = {weight: name for name, weight in self.network.named_parameters()}
        tensors = {**self.network.state_dict(), **slots_of(self._optimizers, names)}
        return {name: value.detach().cpu().numpy().copy() for name, value in tensors.items()} | {STEPS: np.array(self._steps)}

    def load(self, state: Arrays) -> list[str]:
        """As the protocol says."""
        taken = []
        weights = dict(self.network.named_parameters())
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                if name not in state or state[name].shape != tuple(value.shape):
                    continue
                value.copy_(_tensor(state[name]))
                taken.append(name)
                prefix = f"{name}/"
                slots = {key.removeprefix(prefix): _tensor(state[key]) for key in state if key.startswith(prefix)}
                if slots and name in weights:
                    taken += [prefix + slot for slot in put_slots(self._optimizers, weights[name], slots)]
        if STEPS in state:
            self._steps = int(np.asarray(state[STEPS]).item())
            taken.append(STEPS)
        return taken

    def export(self) -> bytes:
        """As the protocol says."""
        return export_network(self.network, self._model, self.inputs)

    def _tensors(self, inputs: Inputs) -> dict[str, Tensor]:
        return {item.name: torch.from_numpy(inputs[item.name]).to(self._device) for item in self.inputs}

    def _targets(self, batch: Batch) -> Targets:
        weights = None if batch.weights is None else torch.from_numpy(batch.weights).to(self._device)
        return Targets(torch.from_numpy(batch.labels).to(self._device), weights, torch.from_numpy(batch.ids).to(self._device))

    def _precision(self) -> AbstractContextManager[None]:
        name = self._params.mixed_precision
        if name is None:
            return nullcontext()
        found: AbstractContextManager[None] = torch.autocast(self._device.type, dtype=getattr(torch, name))
        return found

    def _clip(self, gradients: Mapping[str, Tensor]) -> None:
        """Shorten the gradient of weights and embedding rows together to `clip_norm`."""
        limit = self._params.clip_norm
        if limit is None:
            return
        dense = [weight.grad for weight in self.network.parameters() if weight.grad is not None]
        # Ranks hold the same gradient of the weights, and each its own rows' part of the embeddings', of the mean over all ranks.
        world = self._context.world_size
        rows = sum_over_ranks(_squares(gradients.values()) / world**2, self._context)
        norm = math.sqrt(float(_squares(dense)) + float(rows))
        if norm > limit:
            for gradient in (*dense, *gradients.values()):
                gradient.mul_(limit / norm)


def make_learner(spec: TrainingSpec, shape: Shape, context: TrainContext) -> TorchLearner:
    """The learner of the model that `spec.algorithm` names. SpecError and TrainError for what it does not take."""
    from mlp_train.torch.presets import find_model

    use_determinism(spec.seed, context.threads)
    model, params = find_model(spec)
    return TorchLearner(model.for_shape(shape, params), context, spec.seed)


def use_determinism(seed: int, threads: int) -> None:
    """Make equal input give equal bits on one process."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True)
    # Nothing here reads memory before it writes it, and filling every new tensor costs a seventh of a step.
    setattr(torch.utils.deterministic, "fill_uninitialized_memory", False)  # noqa: B010


def _squares(tensors: Any) -> Tensor:
    return torch.stack([tensor.double().square().sum() for tensor in tensors] or [torch.zeros((), dtype=torch.float64)]).sum()


def _tensor(array: npt.NDArray[np.generic]) -> Tensor:
    return torch.from_numpy(np.array(array))


def _float32(outputs: Any) -> Any:
    """Outputs of mixed precision in full: losses are computed in float32."""
    if isinstance(outputs, Tensor):
        return outputs.float()
    if isinstance(outputs, tuple | list):
        return type(outputs)(_float32(each) for each in outputs)
    return {name: _float32(each) for name, each in outputs.items()} if isinstance(outputs, dict) else outputs
