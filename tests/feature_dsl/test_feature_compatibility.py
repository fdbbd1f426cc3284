"""Hashes of other platforms, against values that those platforms gave."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from feature_dsl.reference.farmhash import fingerprint64
from feature_dsl.reference.murmur import murmur64a

Evaluate = Callable[..., list[Any]]
STD_HASH = {
    "": 6142509188972423790, "a": 4993892634952068459, "日本語": 6421031525384408153, "12345678": 10113836418918046885,
    "123456789": 12315982496267331008, "x" * 40: 7382371410579938598,
}  # fmt: skip
"""``std::hash<std::string>`` of libstdc++ 12."""

FARM_BELOW_2_62 = {
    "": 1936946117179621455, "a": 3694432073954588131, "abcd": 1897425971756105985, "abcdefgh": 4533385575889643785,
    "x" * 17: 2082709914559524773, "x" * 33: 3046993373088323127, "x" * 65: 323337772074164025, "0123456789" * 20: 439712990348739477,
}  # fmt: skip
"""``tf.strings.to_hash_bucket_fast(text, 2**62)`` of TensorFlow 2.21."""


def _texts() -> list[str]:
    source = random.Random(4)
    letters = "abcäö日😀 0123"
    return ["".join(source.choices(letters, k=length)) for length in range(150) for _ in range(2)] + ["x" * 5_000]


def test_murmur_is_std_hash(evaluate: Evaluate) -> None:
    assert [murmur64a(text.encode()) for text in STD_HASH] == list(STD_HASH.values())
    buckets = {"abc": 33, "efg": 44, "xyz": 13, "hij": 66, "1": 95, "2": 70}
    assert evaluate('murmur_mod(x("s"), 100)', s=list(buckets)) == list(buckets.values())
    assert evaluate('murmur_mod(x("s"), 9223372036854775807)', s=list(STD_HASH)) == [digest % (2**63 - 1) for digest in STD_HASH.values()]


def test_farm_is_tensorflows(evaluate: Evaluate) -> None:
    assert [fingerprint64(text.encode()) % 2**62 for text in FARM_BELOW_2_62] == list(FARM_BELOW_2_62.values())
    assert evaluate('farm_mod(x("s"), 100)', s=["1", "2", "3"]) == [49, 59, 21]
    assert evaluate('farm_mod(x("s"), 4611686018427387904)', s=list(FARM_BELOW_2_62)) == list(FARM_BELOW_2_62.values())


@pytest.mark.parametrize("name", ["murmur", "farm"])
def test_kernels_equal_reference(name: str, evaluate: Evaluate) -> None:
    texts = _texts()
    evaluate(f'{name}_mod(x("s"), 9223372036854775807)', s=texts)
    found = evaluate(f'{name}_bucket(x("s"), 11)', s=[*texts, None])
    assert found[0] == 0 and found[-1] == 0 and set(found) == set(range(11))
    one = evaluate(f'{name}_bucket(x("s"), 9)', s=["a"])[0]
    assert evaluate(f'{name}_bucket(split(x("s"), "|"), 9)', s=["a||a", None, "a"]) == [(one, 0, one), (), (one,)]


def test_tensorflow_itself() -> None:
    tensorflow = pytest.importorskip("tensorflow", reason="TensorFlow is not installed here")
    texts = _texts()
    expected = tensorflow.strings.to_hash_bucket_fast(texts, 2**40 + 7).numpy().tolist()
    assert [fingerprint64(text.encode()) % (2**40 + 7) for text in texts] == expected
