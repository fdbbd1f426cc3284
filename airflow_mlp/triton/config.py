"""Triton's model configuration (`config.pbtxt`) for the versions of a model that are to be loaded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from airflow_mlp.triton.errors import DeployError
from mlp_core.bundle import ModelInfo
from mlp_core.tensors import TensorError, tensor_type

OUTPUT = "score"


def render(name: str, versions: Mapping[int, ModelInfo], environment: Path | None) -> str:
    """The configuration that loads exactly `versions`, in Protocol Buffers' text format, the same text for the same arguments.

    One configuration holds for all versions, so it declares the columns of any of them, each optional; a version
    itself refuses a request that lacks one of its own. environment: the virtual environment that models run in on this machine;
    None where the server's own Python has the packages (an image). Raises DeployError if the versions do not go together.
    """
    from google.protobuf import text_format
    from tritonclient.grpc.model_config_pb2 import ModelConfig

    config = ModelConfig(name=name, backend="python")
    for column, datatype in sorted(_columns(name, versions).items()):
        config.input.add(name=column, data_type=datatype, dims=[-1], optional=True)
    config.output.add(name=OUTPUT, data_type="TYPE_FP64", dims=_dims(name, versions))
    config.instance_group.add(kind="KIND_CPU", count=1)
    config.version_policy.specific.versions.extend(sorted(versions))
    if environment is not None:
        config.parameters["EXECUTION_ENV_PATH"].string_value = str(environment)
    return str(text_format.MessageToString(config, as_utf8=True))


def servable(info: ModelInfo) -> None:
    """Raise DeployError if a bundle's raw columns cannot be a server's inputs."""
    if not info.raw:
        raise DeployError(f"the bundle {info.name!r} names no raw columns to serve: train it on the output of FeatureOperator")
    _columns(info.name, {1: info})


def _columns(name: str, versions: Mapping[int, ModelInfo]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for version, info in sorted(versions.items()):
        for column in info.raw:
            try:
                datatype = tensor_type(column.name, column.type).config
            except TensorError as error:
                raise DeployError(f"the bundle {info.name!r} cannot be served: {error}") from error
            if columns.setdefault(column.name, datatype) != datatype:
                raise DeployError(
                    f"column {column.name!r} of {name!r} is {column.type} in version {version} and another type in the version"
                    f" that serves: deploy it under another name"
                )
    return columns


def _dims(name: str, versions: Mapping[int, ModelInfo]) -> list[int]:
    labels = {version: len(info.labels) for version, info in sorted(versions.items())}
    if len(set(labels.values())) > 1:
        raise DeployError(f"the versions of {name!r} have different numbers of labels ({labels}): deploy the bundle under another name")
    (count,) = set(labels.values())
    return [-1] if count == 1 else [-1, count]
