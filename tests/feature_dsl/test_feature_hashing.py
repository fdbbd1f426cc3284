"""Hashes against the xxhash package, over every encoding of texts."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
import xxhash

from feature_dsl.hashing import hash_int64, hash_strings
from feature_dsl.reference.xxh64 import xxh64

WORDS = [None, "", "a", "ä", "日本語", *("x" * length for length in range(1, 100)), "😀" * 30]


def _texts() -> list[str | None]:
    return random.Random(1).choices(WORDS, k=500)


ENCODINGS: dict[str, Callable[[list[str | None]], pa.Array]] = {
    "utf8": lambda values: pa.array(values, pa.utf8()),
    "large": lambda values: pa.array(values, pa.large_utf8()),
    "view": lambda values: pa.array(values, pa.string_view()),
    "binary": lambda values: pa.array(values, pa.utf8()).cast(pa.binary()),
    "dictionary": lambda values: pa.array(values, pa.utf8()).dictionary_encode(),
    "sliced": lambda values: pa.array(["skip", *values, "skip"], pa.utf8()).slice(1, len(values)),
    "sliced dictionary": lambda v: pa.array(["skip", *v, "skip"]).dictionary_encode().slice(1, len(v)),
    "chunked": lambda values: pa.chunked_array([values[:7], [], values[7:]], pa.utf8()),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_texts(encoding: str) -> None:
    values = _texts()
    found = hash_strings(ENCODINGS[encoding](values), 42, null=7)
    assert found.dtype == np.uint64
    assert found.tolist() == [7 if v is None else xxhash.xxh64_intdigest(v.encode(), 42) for v in values]


def test_seeds_chain_and_null_keeps_its_seed() -> None:
    values = _texts()
    seeds = np.random.default_rng(1).integers(0, 2**64, len(values), np.uint64)
    found = hash_strings(pa.array(values), seeds)
    expected = [int(seed) if v is None else xxhash.xxh64_intdigest(v.encode(), int(seed)) for v, seed in zip(values, seeds, strict=True)]
    assert found.tolist() == expected
    chunks = pa.chunked_array([values[:9], values[9:]], pa.utf8())
    assert hash_strings(chunks, seeds).tolist() == expected
    with pytest.raises(ValueError, match="shape"):
        hash_strings(pa.array(values), seeds[:3])
    with pytest.raises(TypeError, match="int64"):
        hash_strings(pa.array([1]))


def test_integers_hash_as_eight_bytes_of_any_width() -> None:
    values = [0, 1, -1, 127, -128, 2**63 - 1, -(2**63)]
    expected = [xxhash.xxh64_intdigest(v.to_bytes(8, "little", signed=True), 42) for v in values]
    assert hash_int64(np.array(values, np.int64)).tolist() == expected
    assert hash_int64(np.array(values[:5], np.int8)).tolist() == expected[:5]
    assert hash_int64(np.array([], np.int64)).tolist() == []


def test_reference_is_xxh64() -> None:
    source = random.Random(3)
    for length in range(130):
        data, seed = source.randbytes(length), source.randrange(2**64)
        assert xxh64(data, seed) == xxhash.xxh64_intdigest(data, seed)
