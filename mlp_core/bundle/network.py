"""The network after the look-up, run by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp_core.bundle.errors import BundleError


class Network:
    """An ONNX model on the CPU. `threads` threads compute one call; calls from several threads at once are safe."""

    def __init__(self, model: bytes, output: str, threads: int = 1) -> None:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Spinning threads would take the cores of the other instances on the host.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session: Any = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            # ONNX Runtime has one exception class per status code, without a common base but Exception.
            raise BundleError(f"dense.onnx cannot be loaded: {error}; export the bundle again") from error
        self._output = output
        self.inputs: tuple[str, ...] = tuple(item.name for item in self._session.get_inputs())

    def run(self, inputs: Mapping[str, npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
        """The scores, (n,) or (n, tasks) float32."""
        scores: npt.NDArray[np.float32] = self._session.run([self._output], {name: inputs[name] for name in self.inputs})[0]
        return scores
