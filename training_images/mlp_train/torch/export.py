"""From a trained network to ONNX, through torch's exporter."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from mlp_core.bundle import Input

if TYPE_CHECKING:
    from mlp_train.torch.base import TorchRecModel
    from mlp_train.torch.learner import Network

# Any sizes but 0 and 1, which the exporter would take for constants; and not equal, or it would take them for one.
EXAMPLE_ROWS, EXAMPLE_LENGTH = 3, 5


class _Exported(nn.Module):
    """The network with tensors for arguments and probabilities as result."""

    def __init__(self, network: Network, model: TorchRecModel, names: tuple[str, ...]) -> None:
        super().__init__()
        self.network, self.model, self.names = network, model, names

    def forward(self, *tensors: Tensor) -> Tensor:
        return self.model.probabilities(self.network(dict(zip(self.names, tensors, strict=True))))


def export_network(network: Network, model: TorchRecModel, inputs: tuple[Input, ...]) -> bytes:
    """The network after the look-up as ONNX, any number of rows and length of sequences, the same bytes for the same weights."""
    names = tuple(item.name for item in inputs)
    exported = _Exported(network, model, names).eval()
    examples = tuple(torch.zeros(_example(item, model.width)) for item in inputs)
    rows = torch.export.Dim("rows")
    lengths = {item.features: torch.export.Dim(f"length_{place}") for place, item in enumerate(inputs) if item.kind == "sequence"}
    dynamic = tuple({0: rows, 1: lengths[item.features]} if item.features in lengths else {0: rows} for item in inputs)
    # A recurrence (`scan`) whose weights want gradients would be exported as its derivative needs it, which fails.
    with torch.no_grad(), warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), _quiet():
        warnings.simplefilter("ignore")
        program: Any = torch.onnx.export(
            exported,
            examples,
            input_names=list(names),
            output_names=["score"],
            dynamic_shapes=(dynamic,),
            dynamo=True,
            verbose=False,
        )
    found = program.model_proto
    _forget_origin(found)
    return bytes(found.SerializeToString(deterministic=True))


def _example(item: Input, width: int) -> tuple[int, ...]:
    sizes = {
        "pooled": (EXAMPLE_ROWS, len(item.features), width),
        "dense": (EXAMPLE_ROWS, len(item.features)),
        "sequence": (EXAMPLE_ROWS, EXAMPLE_LENGTH, width),
        "mask": (EXAMPLE_ROWS, EXAMPLE_LENGTH),
    }
    return sizes[item.kind]


def _forget_origin(model: Any) -> None:
    """Take out stack traces and source paths, which differ from one checkout to the next."""
    del model.metadata_props[:]
    model.graph.doc_string = ""
    for message in (
        model.graph,
        *model.graph.node,
        *model.graph.value_info,
        *model.graph.input,
        *model.graph.output,
        *model.graph.initializer,
    ):
        del message.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
    for function in model.functions:
        del function.metadata_props[:]
        for node in function.node:
            del node.metadata_props[:]
            node.doc_string = ""


@contextlib.contextmanager
def _quiet() -> Any:
    """Hold back the exporter's remarks on packages that are not installed."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
