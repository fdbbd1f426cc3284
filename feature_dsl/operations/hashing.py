"""Hashes: XXH64 with seed 42 over UTF-8, or over an integer's 8 little-endian bytes, as a signed number."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from feature_dsl import limits
from feature_dsl.operations.base import Argument, Bounds, Operation, Signature, TypeProblem, register
from feature_dsl.operations.reach import product
from feature_dsl.operations.rules import constant_int, count
from feature_dsl.reference.xxh64 import xxh64
from feature_dsl.types import INT, Scalar, Type, Value

_KERNELS = "feature_dsl.kernels.hashing"
SEED = 42


def _hashable(arguments: Sequence[Argument], index: int) -> Type:
    kind = arguments[index].type
    if kind.name not in ("int64", "utf8"):
        raise TypeProblem(f"does not hash {kind}", index, "cast it: str(), int() or bucket()")
    return kind


def _hash_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 1)
    return Signature((_hashable(arguments, 0),), INT)


def signed_hash(value: Scalar, seed: int = SEED) -> int:
    """The hash of one value as a signed 64-bit number; missing counts as ""."""
    data = value.to_bytes(8, "little", signed=True) if isinstance(value, int) else str(value or "").encode()
    digest = xxh64(data, seed % 2**64)
    return digest - 2**64 if digest >= 2**63 else digest


def _hash(value: Scalar) -> Value:
    return signed_hash(value)


def _id(value: Scalar) -> Value:
    return signed_hash(value) if isinstance(value, str) else value


def _bucket_rule(low: int) -> object:
    def rule(arguments: Sequence[Argument]) -> Signature:
        count(arguments, 2)
        kind = _hashable(arguments, 0)
        constant_int(arguments, 1, "the number of buckets", low)
        return Signature((kind, INT), INT)

    return rule


def _below(index: int) -> object:
    def bounds(arguments: Sequence[Argument]) -> Bounds | None:
        size = arguments[index].value
        return (0, size - 1) if isinstance(size, int) else None

    return bounds


def _hash_bucket(value: Scalar, size: int) -> Value:
    return 0 if value is None else 1 + signed_hash(value) % (size - 1)


def _cross_rule(arguments: Sequence[Argument]) -> Signature:
    count(arguments, 3, 65)
    constant_int(arguments, 0, "the number of buckets", 2)
    kinds = tuple(_hashable(arguments, index) for index in range(1, len(arguments)))
    result = INT.as_list if any(kind.is_list for kind in kinds) else INT
    return Signature((INT, *kinds), result)


def _cross(size: int, *values: Value) -> Value:
    choices = [(value or (None,)) if isinstance(value, tuple) else (value,) for value in values]
    ids = []
    for combination in itertools.islice(itertools.product(*choices), limits.CROSS_COMBINATIONS):
        seed = SEED
        for value in combination:
            seed = signed_hash(value, seed)
        ids.append(1 + seed % (size - 1))
    return tuple(ids) if any(isinstance(value, tuple) for value in values) else ids[0]


register(
    Operation(
        "hash", 1, _hash_rule, _hash, f"{_KERNELS}:hashed",
        "The 64-bit hash of a text or an integer; missing counts as \"\".",
        (('hash("")', "-7444071767201028348"), ('hash("a")', "-8582455328737087284"),
         ("hash(1)", "-7001672635703045582")), "hashing", lifts=(0,), total=True, signature="v: utf8 or int64 → int64",
    )
)  # fmt: skip
register(
    Operation(
        "id", 1, _hash_rule, _id, f"{_KERNELS}:identity",
        "A 64-bit identity: an integer as it is, a text's hash; missing stays missing.",
        (("id(7)", "7"), ('id("a")', "-8582455328737087284"), ('id("")', "missing")), "hashing",
        lifts=(0,), signature="v: utf8 or int64 → int64",
    )
)  # fmt: skip
register(
    Operation(
        "hash_bucket", 1, _bucket_rule(2), _hash_bucket, f"{_KERNELS}:hash_bucket",  # type: ignore[arg-type]
        "0 for missing, else 1 + floormod(hash, n - 1): a table of n rows whose row 0 is missing.",
        (('hash_bucket("a", 100)', "31"), ('hash_bucket("", 100)', "0")),
        "hashing", signature="v: utf8 or int64, n: constant integer of at least 2 → int64",
        lifts=(0,), bounds=_below(1), total=True,  # type: ignore[arg-type]
    )
)  # fmt: skip
register(
    Operation(
        "hash_mod", 1, _bucket_rule(1), lambda value, size: signed_hash(value) % size,  # type: ignore[arg-type]
        f"{_KERNELS}:hash_mod", "floormod(hash, n), missing as \"\": the plain bucket, for those who migrate.",
        (('hash_mod("a", 100)', "16"),), "hashing",
        signature="v: utf8 or int64, n: constant integer of at least 1 → int64", lifts=(0,), bounds=_below(1), total=True,  # type: ignore[arg-type]
    )
)  # fmt: skip
register(
    Operation(
        "cross", 1, _cross_rule, _cross, f"{_KERNELS}:cross",
        "1 + floormod(h, n - 1), where each input's hash seeds the next; missing and an empty list count as one \"\". "
        f"Lists give the Cartesian product, first input outermost, its first {limits.CROSS_COMBINATIONS:,} combinations.",
        (('cross(100, "a", "b")', "76"), ('cross(100, split("a,b", ","), "c")', "[96, 91]")),
        "hashing", signature="n: constant integer of at least 2, a, b, …: utf8, int64 or lists → int64, or a list of it",
        bounds=_below(0), reach=product, total=True,  # type: ignore[arg-type]
    )
)  # fmt: skip
