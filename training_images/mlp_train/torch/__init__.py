"""Training with PyTorch."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlp_train.torch.base import TorchRecModel

# Torch takes any module named `triton` for the compiler. A folder of that name on the path (the sources of the Triton image, in a checkout)
# is not it: without a loader that runs code there is nothing to import.
_triton = importlib.util.find_spec("triton")
if _triton is not None and _triton.origin is None:
    sys.modules["triton"] = None  # type: ignore[assignment]

__all__ = ["TorchRecModel"]


def __getattr__(name: str) -> Any:
    if name == "TorchRecModel":
        from mlp_train.torch.base import TorchRecModel

        return TorchRecModel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
