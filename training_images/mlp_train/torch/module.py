"""Tables, standardisation and the engineer's model, put together."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from mlp_core.bundle import Input
from mlp_train.data import Layout
from mlp_train.torch.base import Inputs, TorchRecModel, probabilities
from mlp_train.torch.batches import Batch, Rows
from mlp_train.torch.layers import EmbeddingTables, Standardise


class RecModule(nn.Module):
    """From a batch to logits. `tables` and `scale` are the library's, `model` the engineer's."""

    def __init__(self, model: TorchRecModel, sizes: Mapping[str, int]) -> None:
        super().__init__()
        self.tables = EmbeddingTables(sizes, model.width)
        self.scale = Standardise(model.shape.dense)
        self.model = model
        with torch.no_grad():
            for name in sizes:
                model.init_embedding(self.tables.slice(self.tables.weight, name))

    def forward(self, batch: Batch) -> Tensor:
        """Logits, (n,) or (n, tasks)."""
        inputs: Inputs = {}
        if self.model.shape.categorical:
            inputs["pooled"] = self.tables(batch)
        if self.model.shape.dense:
            inputs["dense"] = self.scale(batch.dense)
        logits: Tensor = self.model(inputs)
        return logits

    def dense_parameters(self) -> list[nn.Parameter]:
        """Every weight but the tables."""
        return [parameter for parameter in self.parameters() if parameter is not self.tables.weight]

    def names(self) -> dict[Tensor, str]:
        """The weights' names."""
        return {parameter: name for name, parameter in self.named_parameters()}


class Network(nn.Module):
    """The part of a RecModule after the look-up, with tensors for arguments and probabilities as result: what is exported."""

    def __init__(self, module: RecModule, names: tuple[str, ...]) -> None:
        super().__init__()
        self.scale, self.model, self.names = module.scale, module.model, names

    def forward(self, *tensors: Tensor) -> Tensor:
        """Probabilities, (n,) or (n, tasks)."""
        inputs = dict(zip(self.names, tensors, strict=True))
        if "dense" in inputs:
            inputs["dense"] = self.scale(inputs["dense"])
        return probabilities(self.model(inputs))


def network_inputs(layout: Layout) -> tuple[Input, ...]:
    """The network's inputs in order: pooled embeddings of scalar, then list features; dense values."""
    pooled = tuple(feature.name for feature in (*layout.scalars, *layout.lists))
    dense = tuple(feature.name for feature in layout.dense)
    inputs = (Input(name="pooled", kind="pooled", features=pooled), Input(name="dense", kind="dense", features=dense))
    return tuple(item for item in inputs if item.features)


def score(module: RecModule, rows: Rows, batch_size: int = 16384) -> Tensor:
    """Probabilities of all rows in order, without dropout: (rows,) or (rows, tasks)."""
    training = module.training
    module.eval()
    with torch.no_grad():
        scores = [probabilities(module(batch)) for batch in rows.in_order(batch_size)]
    module.train(training)
    return torch.cat(scores) if scores else torch.zeros(0)
