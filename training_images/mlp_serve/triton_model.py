"""A bundle behind Triton's Python backend: raw columns in, scores out.

Each version folder of a model repository holds a `model.py` that imports the class from here, and a `bundle/` folder.
This module is imported by the backend alone, which brings `triton_python_backend_utils`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import triton_python_backend_utils as backend

from feature_dsl.errors import FeatureError
from mlp_core import bundle as bundles
from mlp_core.tensors import TensorError, decode, tensor_type


class TritonPythonModel:
    """The class that the backend looks for; one instance per process, one process per instance of a version."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load the version's bundle and score its check rows: a bundle that scores otherwise here never gets ready."""
        if np.lib.NumpyVersion(np.__version__) >= "2.0.0":
            # Triton's backend was built for the first numpy: with the second it hands over wrong values, and says nothing.
            raise RuntimeError(f"this Python has numpy {np.__version__} from {np.__file__}: models need the model environment's numpy 1.26")
        folder = Path(args["model_repository"]) / args["model_version"] / "bundle"
        self._bundle = bundles.load(folder)
        self._bundle.check()
        self._inputs = {column.name: tensor_type(column.name, column.type) for column in self._bundle.info.raw}

    def execute(self, requests: list[Any]) -> list[Any]:
        """Score each request by itself: n rows in, the FP64 tensor `score` out, or the request's own error.

        Its shape is (n,), for several labels (n, labels).
        """
        return [self._answer(request) for request in requests]

    def _answer(self, request: Any) -> Any:
        try:
            scores = self._bundle.score_raw(self._table(request))
        except (TensorError, FeatureError, bundles.BundleError) as error:
            return backend.InferenceResponse(error=backend.TritonError(str(error)))
        tensor = backend.Tensor("score", np.ascontiguousarray(scores, dtype=np.float64))
        return backend.InferenceResponse(output_tensors=[tensor])

    def _table(self, request: Any) -> pa.Table:
        columns = {}
        for name, kind in self._inputs.items():
            tensor = backend.get_input_tensor_by_name(request, name)
            # Inputs are optional in the configuration, because versions of one model may take different columns.
            if tensor is None:
                wanted = ", ".join(self._inputs)
                raise TensorError(f"input {name!r} is missing from the request; this version takes {wanted}")
            columns[name] = decode(name, tensor.as_numpy(), kind)
        lengths = {name: len(column) for name, column in columns.items()}
        if len(set(lengths.values())) > 1:
            raise TensorError(f"the inputs have different numbers of rows: {lengths}")
        return pa.table(columns)
