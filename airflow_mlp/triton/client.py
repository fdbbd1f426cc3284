"""Asking a Triton server, this machine's or another's, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Self, TypeVar

from airflow_mlp.triton.errors import TritonError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

T = TypeVar("T")
OUTPUT = "score"


@dataclass(frozen=True)
class ModelState:
    """A version as the server lists it. version: "" where nothing of the model was ever loaded."""

    name: str
    version: str
    state: str
    reason: str


class TritonClient:
    """A connection to a Triton server. Like the client library below it, it is not to be shared between threads."""

    def __init__(self, url: str, *, seconds: float = 120, ssl: bool = False, headers: Mapping[str, str] | None = None) -> None:
        """
        :param url: `host:port` of the HTTP endpoint
        :param seconds: how long one answer may take; loading a large model is one answer
        :param headers: sent with every request, such as the key of a restricted model-control API
        """
        from tritonclient.http import InferenceServerClient

        self.url = url
        self._headers = dict(headers or {})
        self._client: Any = InferenceServerClient(url, ssl=ssl, connection_timeout=10, network_timeout=seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def live(self) -> bool:
        """Whether the server answers at all."""
        try:
            return self._ask(lambda: bool(self._client.is_server_live(headers=self._headers)))
        except TritonError:
            return False

    def ready(self, model: str, version: int | None = None) -> bool:
        """Whether the model (this version of it) can be asked."""
        return self._ask(lambda: bool(self._client.is_model_ready(model, _spell(version), headers=self._headers)))

    def index(self) -> list[ModelState]:
        """Every model in the server's repository, one entry for each version it knows of."""
        entries = self._ask(lambda: self._client.get_model_repository_index(headers=self._headers))
        return [ModelState(e["name"], e.get("version", ""), e.get("state", ""), e.get("reason", "")) for e in entries]

    def inputs(self, model: str, version: int | None = None) -> dict[str, str]:
        """The inputs that the model declares: by name the datatype on the wire ("BYTES", "INT64", "FP64", "INT8")."""
        metadata = self._ask(lambda: self._client.get_model_metadata(model, _spell(version), headers=self._headers))
        return {entry["name"]: entry["datatype"] for entry in metadata["inputs"]}

    def policy(self, model: str) -> frozenset[int]:
        """The versions that the loaded configuration of the model asks for."""
        config = self._ask(lambda: self._client.get_model_config(model, headers=self._headers))
        return frozenset(int(version) for version in config["version_policy"].get("specific", {}).get("versions", ()))

    def load(self, model: str) -> None:
        """Load the model as its folder says now. All or nothing: when it fails, what was loaded stays loaded."""
        self._ask(lambda: self._client.load_model(model, headers=self._headers))

    def unload(self, model: str) -> None:
        """Unload every version of the model; requests under way are answered first. Nothing happens if none is loaded."""
        self._ask(lambda: self._client.unload_model(model, headers=self._headers))

    def infer(self, model: str, table: pa.Table | pa.RecordBatch, version: int | None = None) -> npt.NDArray[np.float64]:
        """The scores of the raw rows in `table`, (rows,) float64, or (rows, labels) for a model of several labels.

        Columns that the model does not declare are left out. Without a version the server takes its newest.
        Raises TensorError for a column of another type, TritonError for what the server refuses (a missing column).
        """
        from tritonclient.http import InferInput, InferRequestedOutput

        from mlp_core.tensors import encode

        inputs = []
        for name, datatype in self.inputs(model, version).items():
            if name in table.schema.names:
                tensor = encode(name, table.column(name), datatype)
                each = InferInput(name, list(tensor.shape), datatype)
                each.set_data_from_numpy(tensor)
                inputs.append(each)
        if not inputs:
            raise TritonError(f"the table has no column that the model {model!r} takes; it has {', '.join(table.schema.names)}")
        outputs = [InferRequestedOutput(OUTPUT)]
        result = self._ask(lambda: self._client.infer(model, inputs, _spell(version), outputs=outputs, headers=self._headers))
        scores: npt.NDArray[np.float64] = result.as_numpy(OUTPUT)
        return scores

    def _ask(self, question: Callable[[], T]) -> T:
        from tritonclient.utils import InferenceServerException

        try:
            return question()
        except InferenceServerException as error:
            raise TritonError(f"Triton at {self.url} refuses: {_message(error)}") from error
        except (OSError, HTTPException) as error:
            raise TritonError(f"Triton at {self.url} does not answer ({error}): is it running? `mlp serve status` tells") from error


def _spell(version: int | None) -> str:
    return "" if version is None else str(version)


def _message(error: Any) -> str:
    text = str(error.message())
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return text
