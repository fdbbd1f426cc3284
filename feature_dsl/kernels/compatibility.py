"""Kernels of other platforms' hashes. Sources of the algorithms: see ``reference/murmur.py`` and ``reference/farmhash.py``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from feature_dsl.kernels.farmhash import fingerprint
from feature_dsl.machine.compiled import Kernel, Variant
from feature_dsl.machine.elementwise import elementwise
from feature_dsl.machine.memory import load_u64, octets, words
from feature_dsl.machine.registers import DATA, MORE, STEP, argument, inline, new_values, size_of_result

_SEED, _FACTOR, _SHIFT = np.uint64(0xC70F6907), np.uint64(0xC6A4A7935BD1E995), np.uint64(47)


@inline
def murmur(address: Any, length: Any) -> Any:
    """MurmurHash64A (uint64) of ``length`` bytes, with libstdc++'s seed."""
    total = _SEED ^ (np.uint64(length) * _FACTOR)
    at, end = address, address + (length & ~7)
    while at < end:
        word = load_u64(at) * _FACTOR
        total = (total ^ ((word ^ (word >> _SHIFT)) * _FACTOR)) * _FACTOR
        at += 8
    if length & 7:
        letters, word = octets(at), np.uint64(0)
        for place in range(length & 7):
            word |= np.uint64(letters[place]) << np.uint64(8 * place)
        total = (total ^ word) * _FACTOR
    total = (total ^ (total >> _SHIFT)) * _FACTOR
    return total ^ (total >> _SHIFT)


def _modulo(function: Callable[..., Any], name: str) -> Kernel:
    def loop(frame: Any, step: Any) -> None:
        source, count = argument(frame, step, 0), size_of_result(frame, step)
        size = np.uint64(words(argument(frame, step, 1)[DATA])[0])
        out = words(new_values(frame, step, count, False)[DATA])
        for at in range(count):
            place = at * source[STEP]
            out[at] = np.int64(function(words(source[DATA])[place], words(source[MORE])[place]) % size)

    return Kernel({None: Variant(name, loop, loop)})


def _bucket(function: Callable[..., Any], name: str) -> Kernel:
    def bucket(text: Any, size: Any) -> Any:
        return 1 + np.int64(function(text[0], text[1]) % np.uint64(size - 1))

    return elementwise(("utf8", "int64"), "int64", missing=0, name=name)(bucket)


murmur_mod, murmur_bucket = _modulo(murmur, "murmur_mod"), _bucket(murmur, "murmur_bucket")
farm_mod, farm_bucket = _modulo(fingerprint, "farm_mod"), _bucket(fingerprint, "farm_bucket")
