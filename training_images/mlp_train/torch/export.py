"""From a trained module to a bundle: ONNX through torch's exporter, tables as arrays, and a comparison of both."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from typing import Any

import numpy as np
import torch

from mlp_core.bundle import Contents, Input, ModelInfo, Table
from mlp_core.bundle.format import TOLERANCE
from mlp_train.errors import TrainError
from mlp_train.torch.batches import Rows
from mlp_train.torch.module import Network, RecModule, score


def export_network(module: RecModule, inputs: tuple[Input, ...]) -> bytes:
    """The network after the look-up as ONNX, any number of rows, the same bytes for the same weights."""
    network = Network(module, tuple(item.name for item in inputs)).eval()
    shapes = {"pooled": (len(inputs[0].features), module.tables.width), "dense": (module.model.shape.dense,)}
    examples = tuple(torch.zeros(2, *shapes[item.name]) for item in inputs)
    rows = torch.export.Dim("rows")
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), _quiet():
        warnings.simplefilter("ignore")
        program: Any = torch.onnx.export(
            network,
            examples,
            input_names=[item.name for item in inputs],
            output_names=["score"],
            dynamic_shapes=(tuple({0: rows} for _ in inputs),),
            dynamo=True,
            verbose=False,
        )
    model = program.model_proto
    _forget_origin(model)
    return bytes(model.SerializeToString(deterministic=True))


def contents(module: RecModule, info: ModelInfo, plan: str | None) -> Contents:
    """Everything that a bundle holds."""
    weight = module.tables.weight.detach()
    tables = {name: module.tables.slice(weight, name).numpy() for name in module.tables.sizes}
    return Contents(info, tables, export_network(module, info.inputs), plan)


def bundle_tables(module: RecModule) -> tuple[Table, ...]:
    """The tables as model.json lists them."""
    return tuple(
        Table(name=name, file=f"tables/{_file_name(name, index)}.bin", rows=rows, width=module.tables.width)
        for index, (name, rows) in enumerate(module.tables.sizes.items())
    )


def compare(made: Contents, features: Any, module: RecModule, rows: Rows) -> float:
    """The largest difference between the bundle's and the framework's scores of the same rows; TrainError above 1e-5."""
    framework = score(module, rows).numpy()
    difference = float(np.max(np.abs(made.bundle().score_features(features) - framework), initial=0.0))
    if not difference <= TOLERANCE:
        raise TrainError(f"the exported bundle scores {difference:.3g} away from the trained model (allowed {TOLERANCE}); not published")
    return difference


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


def _file_name(name: str, index: int) -> str:
    """A table's name where it is a safe file name, its number otherwise."""
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else f"table-{index}"
