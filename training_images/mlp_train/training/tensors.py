"""Arrays in the safetensors format, written as a stream: a table of many gigabytes passes through a few megabytes of memory.

The library's own writer and reader hold a copy of every tensor. https://huggingface.co/docs/safetensors#format
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import safe_open

from mlp_core.bundle.writing import Sink

Array = npt.NDArray[np.generic]
_CHUNK = 1 << 24
_NAMES = {"float16": "F16", "float32": "F32", "float64": "F64", "int32": "I32", "int64": "I64", "uint8": "U8", "int8": "I8", "bool": "BOOL"}
_TYPES = {name: np.dtype(kind) for kind, name in _NAMES.items()}


def write_tensors(sink: Sink, arrays: Mapping[str, Array]) -> None:
    """Write all arrays, in order of their names. Of views, only a piece at a time is made contiguous."""
    header, place = {}, 0
    for name in sorted(arrays):
        array = arrays[name]
        header[name] = {"dtype": _NAMES[array.dtype.name], "shape": list(array.shape), "data_offsets": [place, place + array.nbytes]}
        place += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    sink.write(len(text).to_bytes(8, "little") + text)
    for name in sorted(arrays):
        for piece in _pieces(arrays[name]):
            sink.write(piece)


def _pieces(array: Array) -> Iterator[bytes]:
    if array.ndim == 0 or array.nbytes <= _CHUNK:
        yield np.ascontiguousarray(array).tobytes()
        return
    step = max(1, _CHUNK // (array.nbytes // array.shape[0]))
    for start in range(0, array.shape[0], step):
        yield np.ascontiguousarray(array[start : start + step]).tobytes()


class Tensors(Mapping[str, Array]):
    """The arrays of a local file, mapped: only what is looked at is read. They cannot be written."""

    def __init__(self, path: Path) -> None:
        # The library looks whether the header is right.
        with safe_open(path, framework="numpy") as file:
            self._names = frozenset(file.keys())
        with path.open("rb") as content:
            size = int.from_bytes(content.read(8), "little")
            self._header = json.loads(content.read(size))
        self._begin, self._bytes = 8 + size, np.memmap(path, np.uint8, "r").view(np.ndarray)

    def __getitem__(self, name: str) -> Array:
        if name not in self._names:
            raise KeyError(name)
        first, last = self._header[name]["data_offsets"]
        found = self._bytes[self._begin + first : self._begin + last].view(_TYPES[self._header[name]["dtype"]])
        return np.require(found.reshape(self._header[name]["shape"]), requirements="A")

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._names))

    def __len__(self) -> int:
        return len(self._names)
